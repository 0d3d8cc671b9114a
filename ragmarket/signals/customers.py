"""From published tables to the signals of one customer: what the line asks when a brief names a customer.

Consent and do-not-disturb are read first; for whoever did not agree, nothing else is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.errors import MissingDependency
from ragmarket.schemas.customers import CustomerView
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.standing import TABLES_READ, signals_on

DO_NOT_DISTURB, NO_CONSENT = "customer.do_not_disturb", "customer.no_consent"


class CustomerBook:
    """Looks customers up in feature tables.

    Args:
        folder: What `ragmarket signals publish` wrote (one Parquet file per table), or a simulated bank.
    """

    def __init__(self, folder: Path) -> None:
        self._tables = Tables(folder)

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
