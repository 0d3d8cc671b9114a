"""Bootstrap intervals that resample whole clusters: claims of one document are not independent of one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its percentile interval; ``n`` counts single observations, ``clusters`` what was resampled."""

    value: float
    low: float
    high: float
    n: int
    clusters: int

    def as_dict(self) -> dict[str, float]:
        """As plain JSON."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "clusters": self.clusters}

    def __str__(self) -> str:
        """In words: ``92.0 % [88.1, 94.7] (n=250)``."""
        if not self.n:
            return "-"
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}] (n={self.n})"


NOTHING = Estimate(float("nan"), 0.0, 1.0, 0, 0)


def cluster_share(observations: Mapping[str, Sequence[bool]], seed: int = 0, draws: int = DRAWS) -> Estimate:
    """The share of true observations, with a 95 % percentile interval over resampled clusters.

    Where every observation agrees, or there are fewer than four clusters, resampling says nothing: the interval is then
    Wilson's over the clusters' count of observations.

    Args:
        observations: By cluster, for example by document.
        seed: Of the resampling.
        draws: How often clusters are drawn with replacement.
    """
    import numpy as np

    from eval.intervals import wilson

    hits = np.asarray([sum(own) for own in observations.values() if own], dtype=float)
    sizes = np.asarray([len(own) for own in observations.values() if own], dtype=float)
    total = int(sizes.sum())
    if not total:
        return NOTHING
    value = float(hits.sum() / total)
    if len(sizes) < 4 or value in (0.0, 1.0):
        low, high = wilson(int(hits.sum()), total)
        return Estimate(value, low, high, total, len(sizes))
    picks = np.random.default_rng(seed).integers(0, len(sizes), (draws, len(sizes)))
    drawn = hits[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high), total, len(sizes))


def cluster_metric(
    clusters: Sequence[str],
    metric: Callable[[NDArray[Any]], float],
    seed: int = 0,
    draws: int = 300,
) -> tuple[float, float]:
    """95 % percentile interval of any metric of row numbers, resampling whole clusters.

    Args:
        clusters: The cluster of each row.
        metric: Its value on some rows (numbers, with repetition); NaN draws are left out.
        seed: Of the resampling.
        draws: How often clusters are drawn.
    """
    import numpy as np

    members: dict[str, list[int]] = {}
    for row, name in enumerate(clusters):
        members.setdefault(name, []).append(row)
    groups = [np.asarray(rows) for rows in members.values()]
    dice = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        rows = np.concatenate([groups[place] for place in dice.integers(0, len(groups), len(groups))])
        value = metric(rows)
        if not math.isnan(value):
            values.append(value)
    if not values:
        return float("nan"), float("nan")
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
