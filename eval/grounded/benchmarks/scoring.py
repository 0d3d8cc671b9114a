"""Measures of detection: F1, AUROC, calibration error, overlap of spans, with intervals over whole groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from eval.grounded.resampling import cluster_metric
from eval.grounded.results import Score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def f1(wrong: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> float:
    """F1 of wrong answers; 0 where none is flagged rightly."""
    hits = int((wrong & flagged).sum())
    return 2 * hits / max(1, int(wrong.sum()) + int(flagged.sum()))


def macro_f1(wrong: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> float:
    """Mean F1 of both classes."""
    return (f1(wrong, flagged) + f1(~wrong, ~flagged)) / 2


def balanced(wrong: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> float:
    """Mean of the shares of wrong answers flagged and of right ones let pass; NaN where one class is absent."""
    if wrong.all() or not wrong.any():
        return float("nan")
    return float((flagged[wrong].mean() + (~flagged)[~wrong].mean()) / 2)


def auroc(wrong: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Probability that a wrong answer scores above a right one, ties by half; NaN where one class is absent."""
    from scipy.stats import rankdata

    wrongs, rights = int(wrong.sum()), int((~wrong).sum())
    if not wrongs or not rights:
        return float("nan")
    return float((rankdata(scores)[wrong].sum() - wrongs * (wrongs + 1) / 2) / (wrongs * rights))


def calibration_error(wrong: NDArray[np.bool_], scores: NDArray[np.float64], bins: int = 10) -> float:
    """Expected calibration error (Naeini et al. 2015) over equal-width bins."""
    import numpy as np

    places = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for place in range(bins):
        inside = places == place
        if inside.any():
            total += abs(float(wrong[inside].mean()) - float(scores[inside].mean())) * int(inside.sum())
    return total / len(scores)


def span_f1(gold: Sequence[Sequence[tuple[int, int]]], found: Sequence[Sequence[tuple[int, int]]]) -> float:
    """Micro F1 of characters in marked spans, as RAGTruth counts them."""
    hits = total = 0
    for true, said in zip(gold, found, strict=True):
        left = {place for start, end in true for place in range(start, end)}
        right = {place for start, end in said for place in range(start, end)}
        hits += len(left & right)
        total += len(left) + len(right)
    return 2 * hits / total if total else 0.0


def scored(
    measure: str, value: Callable[[NDArray[Any]], float], groups: Sequence[str], seed: int, draws: int = 300
) -> Score:
    """A measure over all rows with its interval; ``value`` takes row numbers."""
    import numpy as np

    return Score(measure, value(np.arange(len(groups))), *cluster_metric(groups, value, seed, draws))
