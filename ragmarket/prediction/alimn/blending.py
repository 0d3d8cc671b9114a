"""Eq. 8 one level up: the network, trees and a line as branches of one sum, their weights on the simplex."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.prediction.calibration import sigmoid

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

_PULL = 10.0  # rows' worth of evidence for equal weights, per branch


@dataclass(frozen=True, slots=True)
class Blend:
    """logit = sum_m alpha_m logit_m, alpha_m in [0, 1], summing to one."""

    alpha: Mapping[str, float]

    def logits(self, by_branch: Mapping[str, Floats]) -> Floats:
        """(n,) from each branch's logits (n,)."""
        return sum(weight * by_branch[name] for name, weight in self.alpha.items())  # type: ignore[return-value]


def equal_blend(names: Collection[str]) -> Blend:
    """Every branch alike: of few periods, fitted weights are mostly luck (Stock and Watson 2004).

    Raises:
        InvalidInput: There is no branch.
    """
    if not names:
        raise InvalidInput("blending: there is no branch")
    return Blend(dict.fromkeys(names, 1.0 / len(names)))


def fit_blend(by_branch: Mapping[str, Floats], target: Floats, groups: Indices | None = None) -> Blend:
    """Weights that minimise the log loss of rows that no branch was fitted on.

    Per group (inner fold, period) an intercept is fitted along and thrown away: a branch must order customers well, not
    know the base rate of a period. No scale is fitted: a branch that says the same louder would be as good. A Dirichlet
    prior, worth ten rows a branch, pulls to equal weights: with few rows the best weights of the past are mostly luck.

    Args:
        by_branch: Name to (n,) out-of-fold logits.
        target: (n,) 0 or 1.
        groups: (n,) group numbers; one group by default.

    Raises:
        InvalidInput: There is no branch.
    """
    import numpy as np
    from scipy.optimize import minimize

    names: Sequence[str] = tuple(by_branch)
    if not names:
        raise InvalidInput("blending: there is no branch")
    if len(names) == 1:
        return Blend({names[0]: 1.0})
    logits = np.stack([by_branch[name] for name in names])
    _, place = np.unique(groups if groups is not None else np.zeros(len(target)), return_inverse=True)
    count, m, pull = int(place.max()) + 1, len(names), _PULL / len(target)

    def unpack(theta: Floats) -> tuple[Floats, Floats]:
        powers = np.exp(theta[:m] - theta[:m].max())
        return powers / powers.sum(), theta[m:]

    def loss(theta: Floats) -> tuple[float, Floats]:
        alpha, shift = unpack(theta)
        value = alpha @ logits + shift[place]
        wrong = (sigmoid(value) - target) / len(target)
        by_alpha = logits @ wrong - pull / np.maximum(alpha, 1e-9)
        by_theta = alpha * (by_alpha - alpha @ by_alpha)
        gradient = np.concatenate([by_theta, np.bincount(place, weights=wrong, minlength=count)])
        total = float(np.logaddexp(0, value).mean() - (target * value).mean())
        return total - pull * float(np.log(np.maximum(alpha, 1e-12)).sum()), gradient

    start = np.zeros(m + count)
    start[m:] = float(np.log(target.mean() / (1 - target.mean()))) - float(logits.mean())
    found = minimize(loss, start, jac=True, method="L-BFGS-B")
    alpha, _ = unpack(found.x)
    return Blend({name: float(weight) for name, weight in zip(names, alpha, strict=True)})
