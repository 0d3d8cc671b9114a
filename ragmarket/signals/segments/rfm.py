"""The baseline that every embedding must beat: recency, frequency and monetary value, ten named segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

# Recency score and mean of frequency and monetary score, each 1 to 5, to the usual ten names; the first that fits wins.
NAMES: tuple[tuple[str, int, int, float, float], ...] = (
    ("champions", 4, 5, 4.0, 5.0),
    ("loyal", 3, 5, 3.5, 5.0),
    ("potential loyalists", 4, 5, 2.5, 4.0),
    ("new customers", 5, 5, 1.0, 2.5),
    ("promising", 4, 4, 1.0, 2.5),
    ("need attention", 3, 3, 2.5, 3.5),
    ("about to sleep", 3, 3, 1.0, 2.5),
    ("cannot lose them", 1, 2, 4.0, 5.0),
    ("at risk", 1, 2, 2.5, 4.0),
    ("hibernating", 1, 2, 1.0, 2.5),
)


def rfm_values(transactions: pl.DataFrame) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Recency in days before the last transaction of all, number of debits, and debits in INR.

    Returns:
        Customer ids, sorted, and an array of shape (customers, 3). Customers without a debit count their credits' dates
        and have a frequency and value of zero.
    """
    import numpy as np
    import polars as pl

    if transactions.is_empty():
        raise InvalidInput("transactions: there are none", hint="Ingest transactions first.")
    last = transactions["at"].max()
    debit = pl.col("type").cast(pl.String) == "debit"
    found = (
        transactions.group_by("customer_id")
        .agg(
            ((pl.lit(last) - pl.col("at").max()).dt.total_seconds() / 86_400).alias("recency"),
            debit.sum().alias("frequency"),
            pl.when(debit).then(pl.col("amount_inr")).otherwise(0.0).sum().alias("monetary"),
        )
        .sort("customer_id")
    )
    values = found.select("recency", "frequency", "monetary").to_numpy().astype(np.float64)
    return tuple(found["customer_id"].to_list()), values


class RfmSegments:
    """Quintiles of the three values, learned once, so that new customers are scored as the old ones were."""

    def __init__(self, edges: NDArray[np.float64]) -> None:
        self.edges = edges

    @classmethod
    def fit(cls, values: NDArray[np.float64]) -> RfmSegments:
        """Learn the quintiles of values of shape (customers, 3)."""
        import numpy as np

        return cls(np.quantile(values, [0.2, 0.4, 0.6, 0.8], axis=0))

    def scores(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Scores 1 (worst) to 5 (best) for recency, frequency and monetary value, shape (customers, 3)."""
        import numpy as np

        found = np.stack([np.searchsorted(self.edges[:, place], values[:, place]) for place in range(3)], axis=1) + 1
        found[:, 0] = 6 - found[:, 0]
        return found.astype(np.int64)

    def names(self, values: NDArray[np.float64]) -> Sequence[str]:
        """The name of each customer's segment."""
        return [_name(int(row[0]), float(row[1] + row[2]) / 2) for row in self.scores(values)]


def _name(recency: int, value: float) -> str:
    for name, low, high, least, most in NAMES:
        if low <= recency <= high and least <= value <= most:
            return name
    return "need attention"
