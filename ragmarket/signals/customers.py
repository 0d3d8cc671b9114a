"""From published tables to the signals of one customer: what the line asks when a brief names a customer.

Consent and do-not-disturb are read first; for whoever did not agree, nothing else is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.errors import MissingDependency
from ragmarket.schemas.customers import CustomerView, VisitView
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.standing import TABLES_READ, signals_on

DO_NOT_DISTURB, NO_CONSENT = "customer.do_not_disturb", "customer.no_consent"


class CustomerBook:
    """Looks customers up in feature tables.

    Args:
        folder: What `ragmarket signals publish` wrote (one Parquet file per table), or a simulated bank.
        links: What `ragmarket sessions link` wrote; without it only visits with a login have a customer.
    """

    def __init__(self, folder: Path, links: Path | None = None) -> None:
        self._tables = Tables(folder)
        self._links = links

    @property
    def exists(self) -> bool:
        """Whether there are customers to look up."""
        return bool(self._tables.parts("customers"))

    def find(self, customer_id: str, as_of: date) -> CustomerView | None:
        """One customer on a day, None for whom the tables do not know.

        Args:
            customer_id: The bank's own reference.
            as_of: Behaviour after this day is not read.

        Raises:
            MissingDependency: polars is not installed.
        """
        try:
            import polars as pl  # noqa: F401  (said here, where the remedy is known)
        except ImportError as error:
            raise MissingDependency("polars", "signals") from error
        row = self._row("customers", customer_id)
        if row is None:
            return None
        if barred := _barred(row):
            return CustomerView(customer_id=customer_id, barred=barred)
        frames = {name: self._tables.maybe(name, [customer_id]) for name in TABLES_READ}
        return CustomerView(customer_id=customer_id, signals=signals_on(frames, as_of)[customer_id])

    def barred(self, customers: Sequence[str]) -> dict[str, str]:
        """Which of these may not be predicted for, and why; whom the tables do not know is not among them."""
        people = self._tables.maybe("customers", customers)
        told = {} if people is None else {str(row["customer_id"]): _barred(row) for row in people.iter_rows(named=True)}
        return {customer: reason for customer, reason in told.items() if reason}

    def visit(self, session_id: str) -> VisitView | None:
        """One visit, None for one that the tables do not hold.

        A customer who did not agree to linking is not named, nor is anybody where two logged in; of a visit of one who
        may not be addressed nothing is read.
        """
        import polars as pl

        parts = self._tables.parts("session_events")
        if not parts:
            return None
        rows = pl.scan_parquet(parts).filter(pl.col("session_id") == session_id).sort("event").collect()
        if rows.is_empty():
            return None
        owners = sorted({str(one) for one in rows["customer_id"].drop_nulls()}) or self._linked(session_id)
        if barred := self.barred(owners):
            return VisitView(session_id=session_id, barred=next(iter(barred.values())))
        row = self._row("customers", owners[0]) if len(owners) == 1 else None
        agreed = row is not None and row.get("consent_linking") is True
        return VisitView(
            session_id=session_id,
            customer_id=owners[0] if agreed else None,
            events=tuple(rows.drop("customer_id").iter_rows(named=True)),
        )

    def _linked(self, session_id: str) -> list[str]:
        import polars as pl

        if self._links is None or not self._links.is_file():
            return []
        found = pl.scan_parquet(self._links).filter(pl.col("session_id") == session_id).collect()
        return [str(one) for one in found["customer_id"]]

    def every(self, as_of: date, customers: Sequence[str] | None = None, block: int = 5_000) -> Iterator[CustomerView]:
        """All customers on a day, or these, in the order of their references; a block of them is read at a time.

        Of those who did not agree nothing but that is read.

        Raises:
            NotFound: There are no customers.
        """
        people = self._tables.read("customers", customers).unique("customer_id", keep="last").sort("customer_id")
        for start in range(0, people.height, block):
            part = people.slice(start, block)
            barred = {str(row["customer_id"]): _barred(row) for row in part.iter_rows(named=True)}
            free = [customer for customer, reason in barred.items() if reason is None]
            frames = {name: self._tables.maybe(name, free) for name in TABLES_READ}
            signals = signals_on(frames, as_of) if free else {}
            for customer, reason in barred.items():
                yield CustomerView(customer_id=customer, barred=reason, signals=signals.get(customer, {}))

    def _row(self, name: str, customer_id: str) -> dict[str, Any] | None:
        found = self._tables.maybe(name, [customer_id])
        return found.row(-1, named=True) if found is not None and found.height else None


def _barred(row: Mapping[str, Any]) -> str | None:
    if row.get("do_not_disturb"):
        return DO_NOT_DISTURB
    return None if row.get("consent_marketing") is True else NO_CONSENT
