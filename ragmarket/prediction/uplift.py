"""Uplift: whom a message changes, rather than who would respond anyway; from randomised trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Fit = Callable[["Floats", "Floats"], Callable[["Floats"], "Floats"]]


def _check(treated: Floats, target: Floats) -> None:
    for name, values in (("treatment", treated), ("outcome", target)):
        if not set(values.tolist()) <= {0.0, 1.0}:
            raise InvalidInput(f"uplift: the {name} must be 0 or 1")
    if treated.min() == treated.max():
        raise InvalidInput("uplift: both treated and untreated customers are needed")


def qini_curve(scores: Floats, treated: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Radcliffe's Qini curve: customers targeted from the best score down, against extra responses.

    Q(k) = R_t(k) - R_c(k) N_t(k) / N_c(k); customers of equal score enter together.

    Args:
        scores: (n,) predicted uplift.
        treated: (n,) 0 or 1, assigned at random.
        target: (n,) 0 or 1.

    Returns:
        Counts from 0 to n, and Q at each.

    Raises:
        InvalidInput: Values are not 0 and 1, or one arm is empty.
    """
    import numpy as np

    _check(treated, target)
    order = np.argsort(-scores, kind="stable")
    s, t, y = scores[order], treated[order], target[order]
    ends = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
    n_t, n_c = np.cumsum(t)[ends], np.cumsum(1 - t)[ends]
    r_t, r_c = np.cumsum(t * y)[ends], np.cumsum((1 - t) * y)[ends]
    gain = r_t - r_c * np.divide(n_t, n_c, out=np.zeros_like(n_t), where=n_c > 0)
    return np.concatenate([[0.0], ends + 1.0]), np.concatenate([[0.0], gain])


def qini_auc(scores: Floats, treated: Floats, target: Floats) -> float:
    """The Qini coefficient: the area between the curve and random targeting, over that of the best possible order.

    1 is the best order that the outcomes allow, 0 random, negative worse than random.
    """
    import numpy as np

    def area(values: Floats) -> float:
        x, q = qini_curve(values, treated, target)
        return float(np.trapezoid(q, x)) - 0.5 * float(x[-1]) * float(q[-1])

    # Treated responders first, then neither, then untreated responders.
    best = area(treated * target - (1 - treated) * target)
    return area(scores) / best if best > 0 else float("nan")


def uplift_at(scores: Floats, treated: Floats, target: Floats, share: float = 0.3) -> float:
    """Difference of response rates, treated minus not, among the top ``share``."""
    import numpy as np

    _check(treated, target)
    chosen = np.argsort(-scores, kind="stable")[: max(1, round(share * len(scores)))]
    t, y = treated[chosen] == 1, target[chosen]
    if t.all() or not t.any():
        return float("nan")
    return float(y[t].mean() - y[~t].mean())


def t_learner(fit: Fit, features: Floats, treated: Floats, target: Floats) -> Callable[[Floats], Floats]:
    """Two models, one per arm; uplift is their difference (Künzel et al. 2019)."""
    _check(treated, target)
    yes = fit(features[treated == 1], target[treated == 1])
    no = fit(features[treated == 0], target[treated == 0])
    return lambda rows: yes(rows) - no(rows)


def transformed_class(treated: Floats, target: Floats) -> Floats:
    """Z = YW + (1 - Y)(1 - W) (Jaskowski and Jaroszewicz 2012): with even arms, uplift = 2 P(Z = 1 | x) - 1."""
    _check(treated, target)
    return target * treated + (1 - target) * (1 - treated)
