"""Who customers are and what they did, as the signals of the line's feature spec, on any day.

One function reads one customer for a draft, a bank for a batch, and many months for training.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES
from ragmarket.signals.behaviour import behaviour, nothing
from ragmarket.signals.features import CITY_TIERS, INCOME_BANDS
from ragmarket.signals.vocabulary import GENDERS, OCCUPATIONS, STATES

if TYPE_CHECKING:
    import polars as pl

_BANDS = ((25, "18-24"), (35, "25-34"), (45, "35-44"), (60, "45-59"))
_KNOWN: dict[str, tuple[str, ...]] = {
    "income_band": INCOME_BANDS, "city_tier": CITY_TIERS, "language": LANGUAGES, "gender": GENDERS, "state": STATES,
    "occupation": OCCUPATIONS,
}  # fmt: skip
MONEY = ("balance_inr", "deposits_inr", "loans_inr", "investments_inr")
TABLES_READ = ("customers", "standing", "periods", "transactions", "session_events", "notes", "campaigns")


def signals_on(frames: Mapping[str, pl.DataFrame | None], as_of: date) -> dict[str, dict[str, Any]]:
    """The signals of all customers of ``frames["customers"]`` on a day, by customer; what nobody knows is absent.

    Args:
        frames: Tables by name, `TABLES_READ`; those that the bank does not have are None or absent.
        as_of: Nothing after this day is read.
    """
    people = frames["customers"]
    if people is None:
        return {}
    done, idle = behaviour(frames, as_of), nothing(frames)
    held = _holdings(frames, as_of)
    found: dict[str, dict[str, Any]] = {}
    for row in people.iter_rows(named=True):
        customer = str(row["customer_id"])
        whole = _standing(row, as_of) | held.get(customer, {}) | idle | done.get(customer, {})
        found[customer] = {key: value for key, value in whole.items() if value is not None}
    return found


def _holdings(frames: Mapping[str, pl.DataFrame | None], as_of: date) -> dict[str, dict[str, Any]]:
    """Balances and products of each customer, from the standing table, else from the newest month that has begun."""
    import polars as pl

    standing = frames.get("standing")
    if standing is not None:
        return {
            str(row["customer_id"]): {name: row.get(name) for name in MONEY}
            | {"holdings": [name for name in str(row["holdings"] or "").split("|") if name in PRODUCT_CLASSES]}
            for row in standing.iter_rows(named=True)
        }
    months = frames.get("periods")
    if months is None:
        return {}
    begun = months.filter(pl.col("start") <= as_of).sort("start").unique("customer_id", keep="last")
    return {
        str(row["customer_id"]): {name: row.get(name) for name in MONEY}
        | {"holdings": [name for name in PRODUCT_CLASSES if row[f"holds_{name}"]]}
        for row in begun.iter_rows(named=True)
    }


def _standing(row: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    age, opened = row.get("age"), row.get("opened_on")
    found: dict[str, Any] = {
        "age_band": None if age is None else next((band for below, band in _BANDS if age < below), "60+"),
        "tenure_months": None if opened is None else max(0, (as_of - opened).days // 30),
    }
    for name, known in _KNOWN.items():
        found[name] = row.get(name) if row.get(name) in known else None
    return found
