"""Training the heads, calibrating them, and measuring them on customers that nothing was fitted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.prediction.metrics import scores
from ragmarket.prediction.weights import HEADS, Head, Model

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

# A head answers only where it is likelier right than wrong, and so that this share of its answers on the validation
# customers was right.
LEAST_CONFIDENCE = 0.5
WANTED_PRECISION = 0.75
_TEMPERATURES = tuple(0.5 + 0.02 * step for step in range(101))


@dataclass(frozen=True, slots=True)
class Sample:
    """Encoded customers and their answers.

    ``vectors`` is (n, columns), NaN where missing; ``labels`` gives n class names for each head of `HEADS`
    (``response``: "yes" or "no").
    """

    vectors: Sequence[Sequence[float]]
    labels: Mapping[str, Sequence[str]]


def train(
    fit: Sample,
    validation: Sample,
    held_out: Sample,
    *,
    columns: Sequence[tuple[str, str, str]],
    spec_sha256: str,
    provenance: Mapping[str, object],
    strength: float = 0.3,
    progress: Callable[[str], None] = lambda _line: None,
) -> Model:
    """Fit on one sample, calibrate and choose thresholds on the second, report on the third.

    Args:
        fit: Customers to learn from.
        validation: Others, for temperatures and thresholds.
        held_out: Others again; nothing is chosen on them.
        columns: Name, plain words and role of each column.
        spec_sha256: Hash of the feature spec that encoded the vectors.
        provenance: What the card says of the data (seeds, sizes, origin).
        strength: Inverse strength of the L2 penalty.
        progress: Receives one line per head.

    Returns:
        The model; its card holds the held-out figures beside those of always answering the class frequencies.

    Raises:
        InvalidInput: A sample lacks a head's labels or has another number of columns.
        MissingDependency: scikit-learn is not installed.
    """
    try:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingDependency("scikit-learn", "prediction") from error
    raw = [_matrix(sample, len(columns)) for sample in (fit, validation, held_out)]
    mean = np.nan_to_num(np.nanmean(raw[0], axis=0))
    spread = np.nanstd(raw[0], axis=0)
    scale = np.where(np.isfinite(spread) & (spread > 1e-9), spread, 1.0)
    blank = Model(name="customer-heads", columns=tuple(columns), mean=mean, scale=scale, heads={}, card={})
    z_fit, z_validation, z_held_out = (blank.standardise(matrix) for matrix in raw)
    heads: dict[str, Head] = {}
    figures: dict[str, object] = {}
    for name in HEADS:
        classes = tuple(sorted(set(fit.labels[name])))
        y_fit, y_validation, y_held_out = (
            _indices(sample.labels[name], classes, name) for sample in (fit, validation, held_out)
        )
        regression = LogisticRegression(C=strength, max_iter=2000).fit(z_fit, y_fit)
        weights, bias = regression.coef_.T, regression.intercept_
        if len(classes) == 2:  # scikit-learn keeps one row for two classes
            weights, bias = np.hstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
        head = Head(classes, np.asarray(weights), np.asarray(bias), 1.0, 0.0)
        temperature = min(
            _TEMPERATURES,
            key=lambda t: _log_loss(Head(head.classes, head.weights, head.bias, t, 0.0), z_validation, y_validation),
        )
        head = Head(classes, head.weights, head.bias, temperature, 0.0)
        threshold = _threshold(head.probabilities(z_validation), y_validation)
        heads[name] = Head(classes, head.weights, head.bias, temperature, threshold)
        held = head.probabilities(z_held_out)
        frequencies = np.bincount(y_fit, minlength=len(classes)) / len(y_fit)
        sure = held.max(axis=1) >= threshold
        figures[name] = {
            **scores(held, y_held_out),
            "baseline": scores(np.tile(frequencies, (len(y_held_out), 1)), y_held_out),
            "answered": round(float(sure.mean()), 4),
            "accuracy_when_answered": (
                round(float((held.argmax(axis=1) == y_held_out)[sure].mean()), 4) if sure.any() else None
            ),
        }
        progress(f"{name}: {figures[name]}")
    card = {"feature_spec_sha256": spec_sha256, "data": dict(provenance), "held_out": figures}
    return Model(name=blank.name, columns=blank.columns, mean=mean, scale=scale, heads=heads, card=card)


def _matrix(sample: Sample, width: int) -> Floats:
    import numpy as np

    matrix = np.asarray(sample.vectors, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != width:
        raise InvalidInput(f"training: the vectors have the shape {matrix.shape}, not (n, {width})")
    for name in HEADS:
        if len(sample.labels.get(name, ())) != len(matrix):
            raise InvalidInput(f"training: the labels of {name!r} are missing or of another number than the vectors")
    return matrix


def _indices(labels: Sequence[str], classes: Sequence[str], name: str) -> Indices:
    import numpy as np

    places = {label: number for number, label in enumerate(classes)}
    unseen = sorted(set(labels) - set(places))
    if unseen:
        raise InvalidInput(f"training: {name} {', '.join(unseen)} never stands in the sample to learn from")
    return np.array([places[label] for label in labels], dtype=np.int64)


def _log_loss(head: Head, z: Floats, truth: Indices) -> float:
    import numpy as np

    return float(-np.log(np.maximum(head.probabilities(z)[np.arange(len(truth)), truth], 1e-12)).mean())


def _threshold(probabilities: Floats, truth: Indices) -> float:
    """The lowest confidence that keeps both promises above; 1 when none does."""
    import numpy as np

    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    for candidate in np.arange(LEAST_CONFIDENCE, 1.0, 0.01):
        chosen = confidence >= candidate
        if chosen.sum() >= 20 and right[chosen].mean() >= WANTED_PRECISION:
            return round(float(candidate), 2)
    return 1.0
