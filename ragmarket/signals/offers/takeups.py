"""From a bank's history of holdings to examples: what customers showed at a month's end, and what they took up next."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.offers.signs import RECENT, signs

if TYPE_CHECKING:
    import polars as pl

# Share of examples whose balance must be known for balances to be learned from: beside it, "not known" would be a sign.
BALANCES_KNOWN = 0.9


def months_held(holdings: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """The known month ends in the columns that `signs` reads; who held nothing was no customer then and is left out.

    Args:
        holdings: `ragmarket.signals.ingest.history.HOLDINGS`.
        transactions: `ragmarket.signals.tables.TRANSACTIONS`.
    """
    import polars as pl

    inflow = (
        transactions.filter(pl.col("type").cast(pl.String) == "credit")
        .group_by("customer_id", "period")
        .agg(pl.col("amount_inr").sum().alias("credits_inr"))
    )
    held = pl.col("holdings").str.split("|")
    return (
        holdings.filter(pl.col("holdings").is_not_null())
        .select(
            "customer_id",
            "period",
            "balance_inr",
            *(held.list.contains(name).alias(f"holds_{name}") for name in PRODUCT_CLASSES),
        )
        .join(inflow, on=["customer_id", "period"], how="left")
        .with_columns(pl.col("credits_inr").fill_null(0.0))
    )


def take_ups(holdings: pl.DataFrame) -> pl.DataFrame:
    """What was taken up in the month after each month's end: held at its own end, and not before.

    Args:
        holdings: `ragmarket.signals.ingest.history.HOLDINGS`; months that are not known tell of no take-up.

    Returns:
        ``customer_id``, ``period`` (the month before) and ``product``; a customer may take up several.
    """
    import polars as pl

    held = holdings.filter(pl.col("holdings").is_not_null()).select(
        "customer_id", "period", pl.col("holdings").str.split("|").alias("held")
    )
    later = held.select("customer_id", pl.col("period") - 1, pl.col("held").alias("then"))
    return (
        held.join(later, on=["customer_id", "period"])
        .select("customer_id", "period", pl.col("then").list.set_difference("held").alias("product"))
        .explode("product")
        .drop_nulls("product")
        .sort("customer_id", "period", "product")
    )


def examples(
    holdings: pl.DataFrame,
    transactions: pl.DataFrame,
    session_events: pl.DataFrame | None,
    *,
    without: Collection[str] = (),
) -> pl.DataFrame:
    """The signs of everybody who took something up, at the end of the month before, with what it was.

    The first `RECENT` months are left out: nobody can be seen to start something where nothing is known of before.

    Args:
        holdings: `ragmarket.signals.ingest.history.HOLDINGS`.
        transactions: `ragmarket.signals.tables.TRANSACTIONS`.
        session_events: `SESSION_EVENTS`; None where the bank has none.
        without: Customers who are not learned from.

    Returns:
        The columns of `signs`, ``period`` and ``product``, one row per take-up; no row where there was none.
    """
    import polars as pl

    taken = take_ups(holdings).filter((pl.col("period") >= RECENT) & ~pl.col("customer_id").is_in(list(without)))
    months = months_held(holdings, transactions)
    parts = []
    for (month,), own in sorted(taken.group_by("period"), key=lambda part: part[0]):
        who = own.select("customer_id").unique()
        shown = signs(
            int(month),
            periods=months.join(who, on="customer_id", how="semi"),
            transactions=transactions.join(who, on="customer_id", how="semi"),
            session_events=None if session_events is None else session_events.join(who, on="customer_id", how="semi"),
        )
        parts.append(shown.join(own, on="customer_id").sort("customer_id", "product"))
    if not parts:
        return pl.DataFrame(schema={"customer_id": pl.String, "period": pl.Int32, "product": pl.String})
    found = pl.concat(parts)
    if found["balance_inr"].count() < BALANCES_KNOWN * found.height:
        found = found.with_columns(pl.lit(None, pl.Float64).alias("balance_inr"))
    return found
