"""From published tables to the signals of one customer: what the line asks when a brief names a customer.

Consent and do-not-disturb are read first; for whoever did not agree, nothing else is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.customers import CustomerView
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.features import CITY_TIERS, INCOME_BANDS

if TYPE_CHECKING:
    import polars as pl

# Days of behaviour that the signals count over, and the most that the tables may lie behind the brief's day.
WINDOW = 90
DO_NOT_DISTURB, NO_CONSENT = "customer.do_not_disturb", "customer.no_consent"
_BANDS = ((25, "18-24"), (35, "25-34"), (45, "35-44"), (60, "45-59"))
_NETBANKING = ("NEFT", "IMPS")


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
        if row.get("do_not_disturb"):
            return CustomerView(customer_id=customer_id, barred=DO_NOT_DISTURB)
        if row.get("consent_marketing") is not True:
            return CustomerView(customer_id=customer_id, barred=NO_CONSENT)
        signals = _standing(row, as_of) | self._holdings(customer_id) | self._behaviour(customer_id, as_of)
        return CustomerView(
            customer_id=customer_id, signals={key: value for key, value in signals.items() if value is not None}
        )

    def _row(self, name: str, customer_id: str) -> dict[str, Any] | None:
        found = self._tables.maybe(name, [customer_id])
        return found.row(-1, named=True) if found is not None and found.height else None

    def _holdings(self, customer_id: str) -> dict[str, Any]:
        standing = self._row("standing", customer_id)
        if standing is not None:
            held = str(standing["holdings"] or "").split("|")
            amounts = {name: standing[name] for name in ("balance_inr", "deposits_inr", "loans_inr")}
            return amounts | {"holdings": [name for name in held if name in PRODUCT_CLASSES]}
        month = self._row("periods", customer_id)
        if month is None:
            return {}
        return {
            "balance_inr": month["balance_inr"],
            "deposits_inr": month["deposits_inr"],
            "loans_inr": month["loans_inr"],
            "holdings": [name for name in PRODUCT_CLASSES if month[f"holds_{name}"]],
        }

    def _behaviour(self, customer_id: str, as_of: date) -> dict[str, Any]:
        import polars as pl

        end = datetime.combine(as_of, time.max)
        recent = (pl.col("at") <= end) & (pl.col("at") > end - timedelta(days=WINDOW))
        found: dict[str, Any] = {}
        newest: list[datetime] = []
        transactions = self._tables.maybe("transactions", [customer_id])
        if transactions is not None:
            newest += transactions.filter(pl.col("at") <= end)["at"].top_k(1).to_list()
            found["txn_counts"] = _transaction_counts(transactions.filter(recent))
        events = self._tables.maybe("session_events", [customer_id])
        if events is not None:
            newest += events.filter(pl.col("at") <= end)["at"].top_k(1).to_list()
            seen = events.filter(recent)
            found["app_logins"] = seen["session_id"].n_unique()
            viewed = seen["product"].cast(pl.String).drop_nulls().value_counts()
            found["page_views"] = dict(viewed.iter_rows())
        if newest:
            found["observed_on"] = max(newest).date().isoformat()
        return found


def _standing(row: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    age, opened = row.get("age"), row.get("opened_on")
    found: dict[str, Any] = {
        "age_band": None if age is None else next((band for below, band in _BANDS if age < below), "60+"),
        "tenure_months": None if opened is None else max(0, (as_of - opened).days // 30),
    }
    for name, known in (("income_band", INCOME_BANDS), ("city_tier", CITY_TIERS)):
        found[name] = row.get(name) if row.get(name) in known else None
    return found | {"language": row.get("language")}


def _transaction_counts(transactions: pl.DataFrame) -> dict[str, int]:
    import polars as pl

    def count(condition: pl.Expr) -> int:
        return transactions.filter(condition).height

    channel, category = pl.col("channel").cast(pl.String), pl.col("category").cast(pl.String)
    credit = pl.col("type").cast(pl.String) == "credit"
    return {
        "upi": count(channel == "UPI"),
        "card": count(channel == "card"),
        "atm": count(channel == "cash"),
        "netbanking": count(channel.is_in(_NETBANKING) & ~credit),
        "merchant_qr": count(credit & (category == "business receipts")),
        "salary_credit": count(credit & (category == "salary")),
    }
