"""Paired comparison of models on the same folds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def paired(ours: Sequence[float], theirs: Sequence[float], test_share: float) -> dict[str, Any]:
    """The corrected resampled paired t-test (Nadeau and Bengio 2003).

    Folds share training rows, so the plain t-test's variance is too small; it is multiplied by 1/k + n_test/n_train.

    Args:
        ours: One figure per fold.
        theirs: The same folds.
        test_share: Share of the rows that a fold tests.

    Returns:
        ``difference`` (ours minus theirs), ``sd``, ``low`` and ``high`` (95 %), ``p`` (two-sided; None with one fold,
        or where all folds differ by the same amount), ``folds``.
    """
    from scipy.stats import t

    gaps = [one - other for one, other in zip(ours, theirs, strict=True)]
    count, mean = len(gaps), sum(gaps) / len(gaps)
    if count < 2:
        return {"difference": mean, "sd": None, "low": None, "high": None, "p": None, "folds": count}
    variance = sum((gap - mean) ** 2 for gap in gaps) / (count - 1)
    error = math.sqrt(variance * (1 / count + test_share / (1 - test_share)))
    reach = float(t.ppf(0.975, count - 1)) * error
    p = None if error == 0 else float(2 * t.sf(abs(mean) / error, count - 1))
    low, high = mean - reach, mean + reach
    return {"difference": mean, "sd": math.sqrt(variance), "low": low, "high": high, "p": p, "folds": count}


def mean_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (0 for one value)."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, 0.0
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
