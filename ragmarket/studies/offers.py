"""What customers may want next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House
from ragmarket.errors import NotFound
from ragmarket.schemas.offers import Offer
from ragmarket.studies.home import tables

if TYPE_CHECKING:
    import polars as pl


def offers(
    house: House, folder: Path | None, customers: Sequence[str] | None, *, period: int | None = None
) -> Mapping[str, tuple[Offer, ...]]:
    """What these customers may want next: by the recommender where outcomes stand beside the tables, else by rules.

    The published store knows holdings and balances of today alone, so that nothing can be learned from its past.

    Args:
        house: Gives the home.
        folder: Tables, with ``outcomes/`` beside ``features/`` to learn from.
        customers: Ids; all without them.
        period: Month after which the offer is made; the last one without it.

    Raises:
        NotFound: The tables hold no months, or none of these customers.
    """
    import polars as pl

    from ragmarket.signals.offers.recommender import Recommender
    from ragmarket.signals.offers.rules import load_offer_rules
    from ragmarket.signals.offers.signs import month_of, signs

    source = tables(house, folder)
    months, transactions = source.maybe("periods"), source.read("transactions")
    periods = month_of(source.read("standing"), transactions) if months is None else months
    events = source.maybe("session_events")
    last = int(periods["period"].max()) if period is None else period  # type: ignore[arg-type]

    def table(month: int) -> pl.DataFrame:
        return signs(month, periods=periods, transactions=transactions, session_events=events)

    now = table(last)
    if customers is not None:
        now = now.filter(pl.col("customer_id").is_in(list(customers)))
        if now.is_empty():
            raise NotFound("none of these customers has a row in that month", hint="Check the ids and the folder.")
    outcomes = sorted((source.folder / "outcomes" / "outcomes").glob("part-*.parquet"))
    if not outcomes or months is None or last < 1:
        return load_offer_rules().offers(now)
    past = pl.concat(
        [table(month).with_columns(pl.lit(month).alias("period")) for month in range(max(0, last - 2), last)]
    )
    taken = pl.scan_parquet(outcomes).select("customer_id", "period", pl.col("product").cast(pl.String)).collect()
    seen = past.with_columns(pl.col("period").cast(pl.Int32)).join(taken, on=["customer_id", "period"], how="inner")
    return Recommender.fit(seen.drop("period", "product"), seen["product"].to_list()).offers(now)
