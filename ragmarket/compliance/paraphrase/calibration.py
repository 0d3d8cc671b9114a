"""Margins to probabilities, and the probability from which on a passage is held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """``1 / (1 + exp(-(slope * margin + offset)))``, and the threshold on it."""

    slope: float
    offset: float
    threshold: float

    def probabilities(self, margins: Array) -> Array:
        """Probabilities, shaped like ``margins``."""
        import numpy as np

        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * margins + self.offset, -60, 60))))


def calibrate(margins: Array, unlawful: Mask, false_alarms: float) -> Calibration:
    """Platt's scaling of held-out margins; the threshold lets through as many lawful ones as ``false_alarms`` says."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e4).fit(margins[:, None], unlawful)
    scaled = Calibration(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]), 1.0)
    lawful = np.sort(scaled.probabilities(margins[~unlawful]))
    allowed = int(false_alarms * len(lawful))
    # Just above the first one that may not be flagged.
    edge = float(lawful[len(lawful) - allowed - 1])
    return Calibration(scaled.slope, scaled.offset, min(edge + 1e-6, 1.0))


def expected_error(probabilities: Array, unlawful: Mask) -> float:
    """The expected calibration error over ten bins of equal size."""
    import numpy as np

    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, _BINS)
    gaps = [len(part) * abs(float(probabilities[part].mean() - unlawful[part].mean())) for part in parts if len(part)]
    return sum(gaps) / len(order)
