"""Signs: what a customer did in the last two months, as flags and amounts with words for each.

Names are built from the tables' own vocabularies, so that a rule can be read and checked without code: ``holds_loan``,
``seen_hospital``, ``recurring_rent``, ``starts_brokerage``, ``viewed_home_loan``, ``searched``, ``balance_inr``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.vocabulary import CATEGORIES

if TYPE_CHECKING:
    import polars as pl

# Months, the present one among them, in which something counts as recent.
RECENT = 2
AMOUNTS = {"balance_inr": "average savings balance", "inflow_inr": "money received in the month"}


@cache
def words() -> dict[str, str]:
    """Name of every sign and what it says in plain words."""
    found = {f"holds_{name}": f"holds {_plain(name)}" for name in PRODUCT_CLASSES}
    for category in CATEGORIES:
        key = category.replace(" ", "_")
        found[f"seen_{key}"] = f"had a transaction with {category} in the last {RECENT} months"
        found[f"recurring_{key}"] = f"has a recurring transaction with {category}"
        found[f"starts_{key}"] = f"recently started a recurring transaction with {category}"
    for name in PRODUCT_CLASSES:
        found[f"viewed_{name}"] = f"looked at {_plain(name)} pages in the last {RECENT} months"
        found[f"applied_{name}"] = f"opened an application for {_plain(name)} in the last {RECENT} months"
    found["searched"] = f"searched the site in the last {RECENT} months"
    return found | AMOUNTS


def _plain(name: str) -> str:
    return name.replace("_", " ")


def signs(
    period: int, *, periods: pl.DataFrame, transactions: pl.DataFrame, session_events: pl.DataFrame | None = None
) -> pl.DataFrame:
    """All signs at the end of a month.

    Args:
        period: The month; rows of later ones are not read.
        periods: `ragmarket.signals.tables.PERIODS`; customers are those with a row in ``period``.
        transactions: `TRANSACTIONS`.
        session_events: `SESSION_EVENTS`; without them nothing was viewed.

    Returns:
        ``customer_id`` and one column per name of `words`: flags as Boolean, amounts as Float64. Sorted by customer.

    Raises:
        InvalidInput: Nobody has a row in that month.
    """
    import polars as pl

    now = periods.filter(pl.col("period") == period)
    if now.is_empty():
        raise InvalidInput(f"period: no customer has a row for month {period}")
    found = now.select(
        "customer_id",
        *(pl.col(f"holds_{name}") for name in PRODUCT_CLASSES),
        pl.col("balance_inr").cast(pl.Float64),
        pl.col("credits_inr").cast(pl.Float64).alias("inflow_inr"),
    )
    past = transactions.filter(pl.col("period") <= period)
    recent = pl.col("period") > period - RECENT
    category = pl.col("category").cast(pl.String)
    aggregates = []
    for name in CATEGORIES:
        key, here = name.replace(" ", "_"), category == name
        mandate = here & pl.col("is_recurring")
        aggregates += [
            (here & recent).any().alias(f"seen_{key}"),
            (mandate & recent).any().alias(f"recurring_{key}"),
            ((mandate & recent).any() & ~(mandate & ~recent).any()).alias(f"starts_{key}"),
        ]
    found = found.join(past.group_by("customer_id").agg(aggregates), on="customer_id", how="left")
    if session_events is not None:
        found = found.join(_browsing(session_events, period), on="customer_id", how="left")
    names = [name for name in words() if name not in AMOUNTS]
    missing = [pl.lit(value=False).alias(name) for name in names if name not in found.columns]
    return (
        found.with_columns(missing)
        .with_columns(pl.col(names).fill_null(value=False))
        .select("customer_id", *words())
        .sort("customer_id")
    )


def month_of(standing: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """The last month in the columns that `signs` reads, where a bank knows holdings and balances of today alone.

    Args:
        standing: `ragmarket.signals.ingest.publishing.STANDING`.
        transactions: `ragmarket.signals.tables.TRANSACTIONS`; what came in during their last month is the inflow.
    """
    import polars as pl

    last = pl.lit(transactions["period"].max(), pl.Int32)
    inside = transactions.filter((pl.col("period") == last) & (pl.col("type").cast(pl.String) == "credit"))
    inflow = inside.group_by("customer_id").agg(pl.col("amount_inr").sum().alias("credits_inr"))
    held = pl.col("holdings").fill_null("").str.split("|")
    return (
        standing.select(
            "customer_id",
            last.alias("period"),
            "balance_inr",
            *(held.list.contains(name).alias(f"holds_{name}") for name in PRODUCT_CLASSES),
        )
        .join(inflow, on="customer_id", how="left")
        .with_columns(pl.col("credits_inr").fill_null(0.0))
    )


def _browsing(events: pl.DataFrame, period: int) -> pl.DataFrame:
    import polars as pl

    recent = events.filter(
        (pl.col("period") <= period) & (pl.col("period") > period - RECENT) & pl.col("customer_id").is_not_null()
    )
    product, page = pl.col("product").cast(pl.String), pl.col("page").cast(pl.String)
    aggregates = [(page == "search").any().alias("searched")]
    for name in PRODUCT_CLASSES:
        aggregates += [
            (product == name).any().alias(f"viewed_{name}"),
            ((product == name) & (page == "apply")).any().alias(f"applied_{name}"),
        ]
    return recent.group_by("customer_id").agg(aggregates)
