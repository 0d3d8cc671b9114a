"""How good probabilities are: accuracy, log loss, expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

BINS = 15


def expected_calibration_error(confidence: Floats, right: Floats) -> float:
    """The mean gap between confidence and accuracy over equal-width bins, weighted by size.

    Args:
        confidence: (n,) probabilities in [0, 1].
        right: (n,) 1 where the event happened.
    """
    import numpy as np

    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = [
        abs(float(confidence[bins == number].mean()) - float(right[bins == number].mean()))
        * int((bins == number).sum())
        for number in range(BINS)
        if (bins == number).any()
    ]
    return float(sum(gaps) / len(confidence))


def scores(probabilities: Floats, truth: Indices) -> dict[str, float]:
    """Accuracy, log loss (nats) and ECE of the most probable class.

    Args:
        probabilities: (n, k), rows sum to 1.
        truth: (n,) indices of the true class.
    """
    import numpy as np

    rows = np.arange(len(truth))
    chosen = probabilities.argmax(axis=1)
    right = (chosen == truth).astype(np.float64)
    return {
        "accuracy": round(float(right.mean()), 4),
        "log_loss": round(float(-np.log(np.maximum(probabilities[rows, truth], 1e-12)).mean()), 4),
        "ece": round(expected_calibration_error(probabilities[rows, chosen], right), 4),
    }
