"""Training: students for the folds, a classifier on what they never saw, a last student on everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.model.classifier import LABELS
from ragmarket.compliance.grounding.model.crossing import HOLDS, TENTHS, Embedder, Lessons, cross_fitted, traits_of
from ragmarket.compliance.grounding.model.cues import CueReader
from ragmarket.compliance.grounding.model.distillation import distil
from ragmarket.compliance.grounding.model.fitting import fit, reliability, temperatures
from ragmarket.compliance.grounding.model.pairs import Pair
from ragmarket.compliance.grounding.model.store import Weights, save
from ragmarket.schemas.base import LANGUAGES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder

Progress = Callable[[str], None]
SEED = 7
FOLDS = 2
EPOCHS, LAST_EPOCHS, PASSES = 12, 16, 6
# Pairs of other hands are few beside ours and in English only; they say how claims and evidence read elsewhere.
_ELSEWHERE = "elsewhere"
_ELSEWHERE_SHARE = 0.15


def train(
    lessons: Lessons,
    encoder: TextEncoder,
    folder: Path,
    provenance: dict[str, Any],
    *,
    extra: Sequence[Pair] = (),
    folds: int = FOLDS,
    epochs: int = EPOCHS,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Train and write a model; returns its card.

    The figures on the card are those of classifiers that saw neither the fold's pairs nor a student that saw them.

    Args:
        lessons: Everything that there is to learn from.
        encoder: The English sentence encoder.
        folder: Receives ``weights.npz`` and ``card.json``.
        provenance: What the card says of the data.
        extra: English pairs from elsewhere, labelled by people.
        folds: How many tenths of the data are held out in turn.
        epochs: Passes of the students; the last one gets a third more.
        progress: Receives lines.

    Raises:
        ValueError: Fewer than two folds, or more than ten.
    """
    import numpy as np

    if not 2 <= folds <= TENTHS:
        raise ValueError(f"folds: {folds} is not 2 to {TENTHS}")
    embedder = Embedder(encoder, progress)
    cues = CueReader(lessons.packs)
    found = []
    for fold in range(folds):
        share = [pair for place, pair in enumerate(extra) if place % folds == fold]
        found.append(
            cross_fitted(lessons, embedder, cues, fold, epochs=epochs, seed=SEED, extra=share, progress=progress)
        )
    rows = np.concatenate([part for part, _ in found])
    pairs = [pair for _, part in found for pair in part]
    folds_of = np.concatenate([np.full(len(part), place) for place, (_, part) in enumerate(found)])
    labels = np.array([LABELS.index(pair.label) for pair in pairs], dtype=np.int64)
    weights = _weights(pairs)
    logits = np.zeros((len(pairs), len(LABELS)), dtype=np.float32)
    for fold in range(folds):
        out = folds_of == fold
        logits[out] = fit(rows[~out], labels[~out], weights[~out], passes=PASSES, seed=SEED).logits(rows[out])
        progress(f"classifier without fold {fold + 1}")
    # Pairs of a kind that nobody knew are rarer in service than here; they do not set the temperatures.
    languages = [pair.language for pair in pairs]
    usual = np.array([pair.hold != "kind" and pair.how != _ELSEWHERE for pair in pairs])
    heat = temperatures(
        logits[usual], labels[usual], weights[usual], [one for one, ok in zip(languages, usual, strict=True) if ok]
    )
    classifier = replace(fit(rows, labels, weights, passes=PASSES, seed=SEED), temperatures=heat)
    figures = _figures(logits, labels, weights, pairs, heat)
    kinds = sorted(lessons.catalogue.kinds)
    english = embedder.of([])
    last = -(-epochs * LAST_EPOCHS // EPOCHS)
    student = distil(lessons.lines, lessons.terms, kinds, english, epochs=last, seed=SEED, progress=progress)
    card = {
        **provenance,
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint},
        "lines": {
            "phrasings": len(lessons.phrasings),
            "english": sum(line.language == "en" for line in lessons.lines),
            "terms": len(lessons.terms),
            "pairs": len(pairs),
            "elsewhere": len(extra),
        },
        "training": {"seed": SEED, "folds": folds, "epochs": epochs, "last_epochs": last, "passes": PASSES},
        "figures": figures,
    }
    model = Weights(student, classifier, traits_of(lessons, lessons.lines, kinds, cues), tuple(kinds), card)
    save(model, folder)
    return card


def _weights(pairs: Sequence[Pair]) -> NDArray[np.float32]:
    """What each pair counts, before the classes are balanced."""
    import numpy as np

    ours = sum(pair.how != _ELSEWHERE for pair in pairs)
    theirs = max(1, len(pairs) - ours)
    each = min(1.0, _ELSEWHERE_SHARE * ours / theirs)
    return np.array([each if pair.how == _ELSEWHERE else 1.0 for pair in pairs], dtype=np.float32)


def _figures(
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    weights: NDArray[np.float32],
    pairs: Sequence[Pair],
    heat: dict[str, float],
) -> dict[str, Any]:
    """Shares with Wilson intervals, by what was held out, by language and by construction; and reliability."""
    import numpy as np

    from ragmarket.compliance.grounding.model.encoder import softmax

    temperature = np.array([heat[pair.language] for pair in pairs], dtype=np.float32)
    probabilities = softmax(logits / temperature[:, None])
    told = probabilities.argmax(axis=1)
    hold = np.array([pair.hold or _ELSEWHERE for pair in pairs])
    how = np.array([pair.how for pair in pairs])
    language = np.array([pair.language for pair in pairs])

    def shares(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, label in enumerate(LABELS):
            of = chosen & (labels == place)
            if of.any():
                right = (told[of] == 0) if label == "supported" else (told[of] != 0)
                found["supported_recall" if label == "supported" else f"{label}_flagged"] = share(right)
        return found

    ours = how != _ELSEWHERE
    known = ours & (hold != "kind")
    return {
        **{name: shares(ours & (hold == name)) for name in HOLDS},
        **({_ELSEWHERE: shares(~ours)} if (~ours).any() else {}),
        "by_language": {one: shares(known & (language == one)) for one in LANGUAGES},
        "by_construction": {
            str(one): {
                "label": LABELS[int(labels[how == one][0])],
                "not_supported": share(told[known & (how == one)] != 0),
            }
            for one in sorted(set(how[known].tolist()))
        },
        "reliability": {
            "all": reliability(probabilities[known], labels[known], weights[known]),
            **{
                one: reliability(probabilities[part], labels[part], weights[part])["expected_error"]
                for one in LANGUAGES
                if (part := known & (language == one)).any()
            },
        },
    }


def share(right: NDArray[np.bool_]) -> dict[str, float | int]:
    """A share with its 95 % Wilson interval."""
    n, hits = len(right), int(right.sum())
    if not n:
        return {"hits": 0, "of": 0, "share": 0.0, "low": 0.0, "high": 1.0}
    z = 1.959964
    p, spread = hits / n, z * z / n
    middle, reach = (p + spread / 2) / (1 + spread), z * (p * (1 - p) / n + spread / (4 * n)) ** 0.5 / (1 + spread)
    return {
        "hits": hits,
        "of": n,
        "share": round(p, 4),
        "low": round(middle - reach, 4),
        "high": round(middle + reach, 4),
    }
