"""What the serving network needs beside its weights: vocabularies, scales, calibration, priors, figures.

Everything is fitted on customers to learn from or on customers to calibrate with; figures are of customers that neither
the teacher nor the student ever met, with a bootstrap over customers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.prediction.metrics import scores
from ragmarket.prediction.student import Head
from ragmarket.schemas.features import FeatureSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]

MISSING = -1
# A word must be met in so many customers' months, and a feature keeps so many of the commonest.
RAREST, MOST = 25, 400
# A head answers only where it is likelier right than wrong, and so that this share of its answers was right.
LEAST_CONFIDENCE, WANTED_PRECISION = 0.5, 0.75
_TEMPERATURES = tuple(0.5 + 0.02 * step for step in range(101))
_RESAMPLES = 200


def with_vocabularies(spec: FeatureSpec, months: Iterable[Mapping[str, Any]]) -> FeatureSpec:
    """The spec with the words that these customers' months hold often enough, in alphabetical order."""
    names = [feature.name for feature in spec.features if feature.kind == "words"]
    counted: dict[str, Counter[str]] = {name: Counter() for name in names}
    for signals in months:
        for name in names:
            counted[name].update((signals.get(name) or {}).keys())
    kept = {
        name: tuple(sorted(word for word, count in words.most_common(MOST) if count >= RAREST))
        for name, words in counted.items()
    }
    features = tuple(
        feature.model_copy(update={"values": kept[feature.name]}) if feature.name in kept else feature
        for feature in spec.features
    )
    return spec.model_copy(update={"features": features})


def encoded(spec: FeatureSpec, months: Sequence[Mapping[str, object]]) -> npt.NDArray[np.float16]:
    """(n, C) vectors, NaN where missing."""
    import numpy as np

    blank = np.array(spec.encode({}), dtype=np.float32)
    found = np.empty((len(months), len(blank)), dtype=np.float16)
    row = np.empty(len(blank), dtype=np.float32)
    for place, signals in enumerate(months):
        spec.fill(signals, row, blank)
        found[place] = row
    return found


def scales(spec: FeatureSpec, vectors: npt.NDArray[np.float16]) -> tuple[Floats, Floats]:
    """Mean and inverse spread of each column where it is known; missing flags stay as they are."""
    import numpy as np

    width = vectors.shape[1]
    mean, inverse = np.zeros(width, dtype=np.float32), np.zeros(width, dtype=np.float32)
    for start in range(0, width, 64):
        part = vectors[:, start : start + 64].astype(np.float32)
        known = np.isfinite(part)
        count = np.maximum(known.sum(axis=0), 1)
        average = np.where(known, part, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (part - average) ** 2, 0.0).sum(axis=0) / count)
        mean[start : start + 64] = average
        inverse[start : start + 64] = np.where(spread > 1e-4, 1.0 / np.maximum(spread, 0.02), 0.0)
    flags = [stop - 1 for _, stop in spec.spans.values()]
    mean[flags], inverse[flags] = 0.0, 1.0
    return mean, inverse


def calibrated(
    heads: Mapping[str, Head],
    logits: Floats,
    whole: Floats,
    answers: Mapping[str, Indices],
) -> dict[str, Head]:
    """Heads with the temperatures of least log loss, and the lowest confidence that keeps both promises above.

    Args:
        heads: As laid out.
        logits: (n, classes of all heads) of customers to calibrate with, features left out at random.
        whole: The same customers with all that tables hold.
        answers: (n,) codes or `MISSING`.
    """
    import numpy as np

    found = {}
    for name, head in heads.items():
        rows = np.flatnonzero(answers[name] != MISSING)
        truth = answers[name][rows]
        soft, sharp = (_temperature(one[rows, head.place], truth) for one in (logits, whole))
        threshold = _threshold(_softened(logits[rows, head.place], soft), truth)
        found[name] = Head(head.classes, head.start, soft, threshold, sharp)
    return found


def _softened(logits: Floats, temperature: float) -> Floats:
    import numpy as np

    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def _temperature(logits: Floats, truth: Indices) -> float:
    import numpy as np

    def loss(temperature: float) -> float:
        chances = _softened(logits, temperature)[np.arange(len(truth)), truth]
        return -float(np.log(np.maximum(chances, 1e-9)).mean())

    best: float = min(_TEMPERATURES, key=loss)
    return round(best, 4)


def _threshold(chances: Floats, truth: Indices) -> float:
    import numpy as np

    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    for candidate in np.arange(LEAST_CONFIDENCE, 1.0, 0.01):
        chosen = confidence >= candidate
        if chosen.sum() >= 20 and right[chosen].mean() >= WANTED_PRECISION:
            return round(float(candidate), 2)
    return 1.0


def priors(segment: Floats, answers: Mapping[str, Indices], heads: Mapping[str, Head]) -> dict[str, Floats]:
    """(segments, classes) of each other head: what customers of a segment answered, smoothed by all customers.

    Args:
        segment: (n, segments) chances.
        answers: (n,) codes or `MISSING`.
        heads: Names the classes.
    """
    import numpy as np

    found = {}
    for name, head in heads.items():
        if name == "segment":
            continue
        known = answers[name] != MISSING
        hits = np.eye(len(head.classes), dtype=np.float32)[answers[name][known]]
        counts = segment[known].T @ hits
        whole = hits.mean(axis=0)
        found[name] = ((counts + 20 * whole) / (counts.sum(axis=1, keepdims=True) + 20)).astype(np.float32)
    return found


def figures(
    chances: Mapping[str, Floats], answers: Mapping[str, Indices], people: Indices, seed: int = 0
) -> dict[str, Any]:
    """Each head's figures with 95 % intervals of accuracy and AUC (bootstrap over customers).

    Args:
        chances: (n, classes) of each head.
        answers: (n,) codes or `MISSING`.
        people: (n,) whose row it is.
        seed: Of the resamples.
    """
    import numpy as np

    found: dict[str, Any] = {}
    for name, values in chances.items():
        known = np.flatnonzero(answers[name] != MISSING)
        truth, own, whose = answers[name][known], values[known], people[known]
        frequencies = np.tile(np.bincount(truth, minlength=own.shape[1]) / len(truth), (len(truth), 1))
        row = {
            **scores(own.astype(np.float64), truth),
            "baseline_accuracy": scores(frequencies.astype(np.float64), truth)["accuracy"],
            "n": len(truth),
        }
        hits = own.argmax(axis=1) == truth
        _, place = np.unique(whose, return_inverse=True)
        rng = np.random.default_rng(seed)
        count = int(place.max()) + 1
        right, total = np.bincount(place, hits.astype(float), count), np.bincount(place, minlength=count)
        drawn = rng.integers(0, count, (_RESAMPLES, count))
        shares = right[drawn].sum(axis=1) / total[drawn].sum(axis=1)
        row["accuracy_low"], row["accuracy_high"] = (round(float(q), 4) for q in np.quantile(shares, (0.025, 0.975)))
        row["roc_auc"] = round(area(own, truth), 4)
        found[name] = row
    return found


def area(chances: Floats, truth: Indices) -> float:
    """Mean over the classes that occur of the area under each one's curve against the rest."""
    import numpy as np
    from scipy.stats import rankdata

    areas = []
    for code in np.unique(truth) if chances.shape[1] > 2 else (1,):
        hit = truth == code
        yes, no = int(hit.sum()), int((~hit).sum())
        if yes and no:
            ranks = rankdata(chances[:, code])
            areas.append((float(ranks[hit].sum()) - yes * (yes + 1) / 2) / (yes * no))
    return float(np.mean(areas)) if areas else 0.5
