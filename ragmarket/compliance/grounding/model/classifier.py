"""From features to three probabilities: a small network, and a temperature for each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.model.encoder import softmax

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LABELS = ("supported", "contradicted", "unsupported")


@dataclass(frozen=True, slots=True)
class Classifier:
    """``centre`` and ``spread`` (features,) standardise; ``layers`` are (weights, bias) with GELU between them.

    Probabilities are the softmax of the logits divided by the language's temperature.
    """

    centre: Floats
    spread: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    temperatures: Mapping[str, float]

    def logits(self, rows: Floats) -> Floats:
        """Scores of the three labels before calibration, shape (n, 3)."""
        import numpy as np

        values = np.clip((rows - self.centre) / self.spread, -8, 8)
        for place, (weights, bias) in enumerate(self.layers):
            values = values @ weights + bias
            if place + 1 < len(self.layers):
                values = 0.5 * values * (1 + np.tanh(0.7978845608 * (values + 0.044715 * values**3)))
        return np.asarray(values, dtype=np.float32)

    def probabilities(self, rows: Floats, languages: Sequence[str]) -> Floats:
        """Calibrated probabilities in the order of `LABELS`, shape (n, 3)."""
        import numpy as np

        heat = np.array([self.temperatures[language] for language in languages], dtype=np.float32)
        return softmax(self.logits(rows) / heat[:, None])
