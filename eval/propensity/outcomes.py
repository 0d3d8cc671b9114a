"""What a system answers on a split, and the rows it learns from and stops by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eval.propensity.problems import Split

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

VALIDATION = 0.15
Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Test probabilities (n,), the threshold chosen on validation rows, seconds of CPU to fit, the training curve."""

    probability: Floats
    threshold: float
    seconds: float
    curve: list[dict[str, float]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


def inner(split: Split) -> tuple[Indices, Indices]:
    """Rows to learn from and 15 % of the training rows, drawn at random, to stop by.

    Also where time goes forward: a baseline must not be kept from the latest period, which Full's last fit sees.
    """
    import numpy as np

    cut = round((1 - VALIDATION) * len(split.train))
    order = np.random.default_rng(split.seed).permutation(split.train)
    return order[:cut], order[cut:]
