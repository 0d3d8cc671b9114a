"""A recommender of a bank's own: learned from its history of holdings, held against a hold-out, allowed or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.schemas.offers import OfferCard, OfferHoldout, OfferSpec
from ragmarket.signals.offers.holdout import measure
from ragmarket.signals.offers.selection import choose, fitted
from ragmarket.signals.offers.signs import RECENT, words
from ragmarket.signals.offers.takeups import examples, take_ups

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.signals.offers.recommender import Recommender
    from ragmarket.signals.offers.rules import OfferRules

# Take-ups that are learned from and held out at the least; fewer tell neither a pattern nor a figure.
LEARNED, HELD = 200, 50
# The hold-out grows back from the last month until it has so many, over at most a third of the months.
HELD_WANTED, HELD_MONTHS = 400, 3
HINT = (
    "Deliver core banking with opening dates (holdings_opened), or month after month, then `ragmarket signals publish`."
)


def spec_of(session_events: pl.DataFrame | None) -> OfferSpec:
    """What offers can be read from, by the tables of a store."""
    visited = session_events is not None and not session_events.is_empty()
    tables = ("holdings", "transactions", *(("session_events",) if visited else ()))
    return OfferSpec(signs=tuple(words()), recent_months=RECENT, tables=tables)


def shortage(holdings: pl.DataFrame | None) -> str:
    """Why nothing can be learned from a history, as half a sentence; empty where it may suffice."""
    if holdings is None:
        return "the tables hold no history of holdings"
    taken = take_ups(holdings)
    months = sorted(one for one in set(taken["period"].to_list()) if one >= RECENT)
    usable = taken.filter(taken["period"] >= RECENT).height
    if len(months) < 2 or usable < LEARNED + HELD:
        return (
            f"the history tells {usable:,} take-ups over {len(months)} months (its first {RECENT} months show what was "
            f"usual before), and {LEARNED + HELD} over 2 are needed"
        )
    return ""


def learn(
    holdings: pl.DataFrame,
    transactions: pl.DataFrame,
    session_events: pl.DataFrame | None,
    rules: OfferRules,
    *,
    barred: Collection[str] = (),
    left_out: Mapping[str, int] | None = None,
    note: Callable[[str], None] = lambda _line: None,
) -> tuple[Recommender, OfferCard]:
    """Learn from a bank's own history: first from all but the last months, to be measured on them, then from all.

    Args:
        holdings: `ragmarket.signals.ingest.history.HOLDINGS`.
        transactions: `ragmarket.signals.tables.TRANSACTIONS`.
        session_events: `SESSION_EVENTS`; None where the bank has none.
        rules: What answers without a recommender, and must not be better.
        barred: Customers who did not agree, or may not be addressed: they are not learned from.
        left_out: Customers of whom there is no history, by reason; told in the card.
        note: Receives lines of progress.

    Raises:
        InvalidInput: There is too little history.
        MissingDependency: scikit-learn is not installed.
    """
    if reason := shortage(holdings):
        raise InvalidInput(f"too little history: {reason}", hint=HINT)
    known = examples(holdings, transactions, session_events, without=barred)
    cut = _cut(known)
    before, after = known.filter(known["period"] < cut), known.filter(known["period"] >= cut)
    if before.height < LEARNED or after.height < HELD or before["product"].n_unique() < 2:
        few = f"{before.height:,} take-ups to learn from and {after.height:,} to hold out, of those who agreed"
        raise InvalidInput(f"too little history: {few}; {LEARNED} and {HELD} are needed", hint=HINT)
    ends = dict(holdings.select("period", "month_end").unique().iter_rows())
    note(f"learning from {before.height:,} take-ups, measuring on the {after.height:,} after {ends[cut]}")
    shape = choose(before, note)
    held = measure(before, after, shape, rules, str(ends[cut]))
    card = OfferCard(
        fitted_at=datetime.now(UTC).isoformat(timespec="seconds"),
        spec=spec_of(session_events),
        shape=shape,
        month_ends=(str(ends[known["period"].min()]), str(ends[known["period"].max()])),
        customers=known["customer_id"].n_unique(),
        take_ups=known.height,
        by_product=dict(Counter(known["product"].to_list()).most_common()),
        left_out={**(left_out or {}), "may not be addressed": len(barred)},
        balances=known["balance_inr"].count() > 0,
        holdout=held,
        why_not=_why_not(held),
    )
    return fitted(known, shape), card


def _cut(known: pl.DataFrame) -> int:
    """The first month of the hold-out."""
    months = sorted(set(known["period"].to_list()), reverse=True)
    cut, held = months[0], 0
    for month in months[: max(1, len(months) // HELD_MONTHS)]:
        cut, held = month, held + known.filter(known["period"] == month).height
        if held >= HELD_WANTED:
            break
    return int(cut)


def _why_not(held: OfferHoldout) -> str:
    """Why the readable rules stay in force; empty where what was learned foretells at least as much as both others."""
    own = {one.k: one.share for one in held.recalls["recommender"]}
    for name in ("rules", "popularity"):
        for other in held.recalls[name]:
            if own[other.k] < other.share:
                return (
                    f"on {held.take_ups} take-ups held out it found {own[other.k]:.1%} at {other.k}, "
                    f"{name} {other.share:.1%}"
                )
    return ""
