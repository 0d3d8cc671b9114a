"""A simulated bank's visits with whose they are, as far as a bank may know, and what a production system counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.sessions.features import by_session
from ragmarket.signals.vocabulary import DEVICES, PAGES, REFERRERS

if TYPE_CHECKING:
    import polars as pl

# A visit of two weeks ago tells a third of what one of today tells.
MEMORY_DAYS = 14.0
_STANDING = ("gender", "income_band", "city_tier", "occupation")


class Visits:
    """A bank's sessions with whose they are, as far as a bank may know.

    Args:
        events: Session events.
        customers: The customers' columns.
        links: Customer by session, of visits that were linked with consent.
    """

    def __init__(self, events: pl.DataFrame, customers: pl.DataFrame, links: Mapping[str, str]) -> None:
        import polars as pl

        words = ["page", "product", "referrer", "device", "tile_clicked"]
        self.rows = by_session(
            events.sort("session_id", "event").with_columns(pl.col(words).cast(pl.String)).to_dicts()
        )
        self.owner: dict[str, str] = dict(links)
        for session, rows in self.rows.items():
            known = [row["customer_id"] for row in rows if row["customer_id"]]
            if known:
                self.owner[session] = known[-1]
        self.start = {session: rows[0]["at"].timestamp() for session, rows in self.rows.items()}
        self.past: dict[str, list[str]] = {}
        for session in sorted(self.rows, key=lambda one: (self.start[one], one)):
            if session in self.owner:
                self.past.setdefault(self.owner[session], []).append(session)
        self.standing = _standing(customers)

    def before(self, session: str) -> list[tuple[str, float]]:
        """Earlier visits of the same customer with what each still weighs."""
        owner = self.owner.get(session)
        now = self.start[session]
        return [
            (one, math.exp(-(now - self.start[one]) / 86_400 / MEMORY_DAYS))
            for one in self.past.get(owner or "", [])
            if self.start[one] < now
        ]


def _standing(customers: pl.DataFrame) -> dict[str, list[float]]:
    import polars as pl

    values = {name: customers[name].cast(pl.String).drop_nulls().unique().sort().to_list() for name in _STANDING}
    found = {}
    for row in customers.with_columns(pl.col(list(_STANDING)).cast(pl.String)).to_dicts():
        one = [row["age"] / 50.0]
        for name, known in values.items():
            one += [float(row[name] == value) for value in known]
        found[row["customer_id"]] = one
    return found


def counts(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """What a production system counts in a visit: pages, products, clicks, device, referrer, time."""
    found = dict.fromkeys(
        [*(f"page {one}" for one in PAGES), *(f"product {one}" for one in PRODUCT_CLASSES)]
        + [f"tile {one}" for one in PRODUCT_CLASSES],
        0.0,
    )
    for row in rows:
        found[f"page {row['page']}"] += 1
        if row["product"]:
            found[f"product {row['product']}"] += 1
        if row["tile_clicked"]:
            found[f"tile {row['tile_clicked']}"] += 1
    known = float(any(row["customer_id"] for row in rows))
    dwell = math.log1p(sum(row["dwell_s"] or 0.0 for row in rows))
    where = [float(bool(rows) and rows[0]["device"] == one) for one in DEVICES]
    source = [float(bool(rows) and rows[0]["referrer"] == one) for one in REFERRERS]
    return [*(math.log1p(value) for value in found.values()), dwell, float(len(rows)), known, *where, *source]
