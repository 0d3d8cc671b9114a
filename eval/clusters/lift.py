"""How much a segment tells of the next product, with intervals over customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Interval = tuple[float, float, float]


def bootstrap(values: NDArray[np.float64], *, rounds: int = 500, seed: int = 0) -> Interval:
    """Mean of values over customers with its percentile interval."""
    import numpy as np

    dice = np.random.default_rng(seed)
    means = [values[dice.integers(0, len(values), len(values))].mean() for _ in range(rounds)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def lift(labels: Sequence[Any], taken: Sequence[str], *, folds: int = 5, seed: int = 0) -> Interval:
    """How much more often the product that a segment's other members take most, for its size, is taken in it.

    Customers are split into folds; the product is chosen on the others by its lift there, and counted on the fold. A
    figure of 1 says that the segment tells nothing.
    """
    import numpy as np

    dice = np.random.default_rng(seed)
    fold = dice.integers(0, folds, len(taken))
    overall = Counter(taken)
    total = len(taken)
    gains = np.ones(total)
    rows = list(zip(labels, taken, strict=True))
    for number in range(folds):
        learned: dict[Any, Counter[str]] = {}
        for at, (label, product) in enumerate(rows):
            if fold[at] != number:
                learned.setdefault(label, Counter())[product] += 1
        for at, (label, product) in enumerate(rows):
            if fold[at] == number and label in learned:
                own = learned[label]
                size = sum(own.values())
                best = max(own, key=lambda one: (own[one] / size) / (overall[one] / total) if own[one] >= 5 else 0.0)
                gains[at] = (product == best) / (overall[best] / total)
    return bootstrap(gains)


def next_product(bank: Path) -> dict[str, str]:
    """What each customer takes up in the last month."""
    import polars as pl

    from ragmarket.signals.simulate.store import read

    rows = read(bank, "outcomes").select("customer_id", "period", pl.col("product").cast(pl.String)).collect()
    last = rows.filter(pl.col("period") == rows["period"].max())
    return dict(zip(last["customer_id"].to_list(), last["product"].to_list(), strict=True))
