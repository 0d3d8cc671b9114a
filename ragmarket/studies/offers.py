"""What customers may want next: learned from the bank's own history, by readable rules elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House
from ragmarket.errors import NotFound
from ragmarket.schemas.offers import CustomerOffers, Offer, OfferCard, OfferSource
from ragmarket.signals.feature_tables import Tables
from ragmarket.studies.home import Note, tables

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.signals.offers.recommender import Recommender


def offers(
    house: House,
    folder: Path | None,
    customers: Sequence[str] | None,
    *,
    period: int | None = None,
    rules_only: bool = False,
) -> tuple[CustomerOffers, ...]:
    """What these customers may want next, in the order of their ids.

    The recommender of `train_offers` answers for the published store. A simulated bank with outcomes beside its tables
    is learned from on the spot. Rules answer wherever there is none, and say why.

    Args:
        house: Gives the home.
        folder: Tables; the published store without one.
        customers: Ids; all without them.
        period: Month after which the offer is made; the last one without it.
        rules_only: Whether the rules answer whatever was learned.

    Raises:
        NotFound: The tables hold no months, or none of these customers.
        ModelMissing: The recommender is damaged, or reads other signs than the tables have.
    """
    import polars as pl

    from ragmarket.signals.customers import CustomerBook
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
    ids = now["customer_id"].to_list()
    barred = CustomerBook(source.folder).barred(ids)
    free = now.filter(~pl.col("customer_id").is_in(list(barred)))
    found: Mapping[str, tuple[Offer, ...]]
    answered: OfferSource = "recommender"
    why = "the rules were asked for" if rules_only else ""
    outcomes = [] if rules_only else sorted((source.folder / "outcomes" / "outcomes").glob("part-*.parquet"))
    if outcomes and months is not None and last >= 1:
        shown = [table(month).with_columns(pl.lit(month).alias("period")) for month in range(max(0, last - 2), last)]
        found = _from_outcomes(pl.concat(shown), outcomes).offers(free)
    else:
        own, why = (None, why) if rules_only else _own(house, source)
        answered = "recommender" if own else "rules"
        found = own.offers(free, new_only=True) if own else load_offer_rules().offers(free)
    return tuple(
        CustomerOffers(
            customer_id=one, offers=found.get(one, ()), answered_by=answered, why_rules=why, barred=barred.get(one)
        )
        for one in ids
    )


def train_offers(house: House, folder: Path | None, note: Note) -> OfferCard:
    """Learn a recommender from a store's own history, and keep it with its hold-out.

    Args:
        house: Gives the home.
        folder: Tables; the published store without one.
        note: Receives lines of progress.

    Raises:
        NotFound: The tables hold no history of holdings.
        InvalidInput: There is too little of it; an earlier recommender stays.
    """
    from ragmarket.signals.customers import CustomerBook
    from ragmarket.signals.offers.kept import KeptRecommender
    from ragmarket.signals.offers.learning import learn
    from ragmarket.signals.offers.rules import load_offer_rules

    source = tables(house, folder)
    holdings = source.read("holdings")
    known = holdings["customer_id"].unique().to_list()
    recommender, card = learn(
        holdings,
        source.read("transactions"),
        source.maybe("session_events"),
        load_offer_rules(),
        barred=CustomerBook(source.folder).barred(known),
        left_out=_without_history(source.folder),
        note=note,
    )
    KeptRecommender(recommender, card).save(_home(house))
    return card


def _home(house: House) -> Path:
    return house.settings.home / "offers"


def _without_history(folder: Path) -> dict[str, int]:
    """Customers whom the history leaves out, by reason, as publishing counted them."""
    from ragmarket.signals.ingest.publishing import CARD

    card = folder / CARD
    told = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    return dict(told.get("without_history", {}))


def _own(house: House, source: Tables) -> tuple[Recommender | None, str]:
    """What was learned from the bank's own history, or why the rules answer."""
    from ragmarket.signals.offers.kept import KeptRecommender
    from ragmarket.signals.offers.learning import shortage, spec_of

    holdings = source.maybe("holdings")
    if reason := shortage(holdings):
        return None, f"too little history to learn from: {reason}"
    kept = KeptRecommender.load(_home(house), spec_of(source.maybe("session_events")))
    if kept is None:
        return None, "no recommender was trained: run `ragmarket train offers`"
    if kept.card.why_not:
        return None, f"the recommender foretells less: {kept.card.why_not}"
    return kept.recommender, ""


def _from_outcomes(past: pl.DataFrame, outcomes: list[Path]) -> Recommender:
    import polars as pl

    from ragmarket.signals.offers.recommender import Recommender

    taken = pl.scan_parquet(outcomes).select("customer_id", "period", pl.col("product").cast(pl.String)).collect()
    seen = past.with_columns(pl.col("period").cast(pl.Int32)).join(taken, on=["customer_id", "period"], how="inner")
    return Recommender.fit(seen.drop("period", "product"), seen["product"].to_list())
