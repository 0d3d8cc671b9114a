from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ragmarket.schemas.customers import CustomerView
from ragmarket.signals.customers import DO_NOT_DISTURB, NO_CONSENT, CustomerBook
from ragmarket.signals.features import DEFAULT_SPEC

DAY = date(2026, 3, 25)


def customer(id_: str, **changes: Any) -> dict[str, Any]:
    return {
        "customer_id": id_,
        "age": 38,
        "income_band": "middle",
        "city_tier": "urban",
        "language": "ta",
        "opened_on": date(2021, 3, 25),
        "consent_marketing": True,
        "do_not_disturb": False,
    } | changes


def transaction(id_: str, at: datetime, **changes: Any) -> dict[str, Any]:
    return {"customer_id": id_, "at": at, "channel": "UPI", "type": "debit", "category": "groceries"} | changes


@pytest.fixture
def book(tmp_path: Path) -> CustomerBook:
    pl.DataFrame(
        [
            customer("C1"),
            customer("C2", do_not_disturb=True),
            customer("C3", consent_marketing=False),
            customer("C4", consent_marketing=None),
            customer("C5", age=None, income_band=None),
        ]
    ).write_parquet(tmp_path / "customers.parquet")
    pl.DataFrame(
        [
            transaction("C1", datetime(2026, 3, 1)),
            transaction("C1", datetime(2026, 3, 2), channel="NEFT", type="credit", category="salary"),
            transaction("C1", datetime(2025, 11, 1)),
            transaction("C1", datetime(2026, 4, 2)),
        ]
    ).write_parquet(tmp_path / "transactions.parquet")
    pl.DataFrame(
        [
            {
                "customer_id": "C1",
                "balance_inr": 8_000.0,
                "deposits_inr": 0.0,
                "loans_inr": None,
                "holdings": "savings|credit_card",
            }
        ]
    ).write_parquet(tmp_path / "standing.parquet")
    return CustomerBook(tmp_path)


def found(book: CustomerBook, id_: str) -> CustomerView:
    view = book.find(id_, DAY)
    assert view is not None
    return view


def test_signals_are_what_the_feature_spec_reads(book: CustomerBook) -> None:
    view = found(book, "C1")
    assert view.barred is None
    assert view.signals["age_band"] == "35-44"
    assert view.signals["tenure_months"] == 60
    assert view.signals["holdings"] == ["savings", "credit_card"]
    assert "loans_inr" not in view.signals, "what nobody knows is missing, not zero"
    DEFAULT_SPEC.encode(view.signals)


def test_only_the_last_days_before_the_brief_count(book: CustomerBook) -> None:
    signals = found(book, "C1").signals
    assert signals["txn_counts"]["upi"] == 1
    assert signals["txn_counts"]["salary_credit"] == 1
    assert signals["observed_on"] == "2026-03-02"


@pytest.mark.parametrize(("id_", "reason"), [("C2", DO_NOT_DISTURB), ("C3", NO_CONSENT), ("C4", NO_CONSENT)])
def test_whoever_may_not_be_addressed_is_barred_and_nothing_else_is_read(
    book: CustomerBook, id_: str, reason: str
) -> None:
    view = found(book, id_)
    assert view.barred == reason
    assert view.signals == {}


def test_unknown_people_and_missing_tables_are_none(book: CustomerBook, tmp_path: Path) -> None:
    assert book.exists
    assert book.find("nobody", DAY) is None
    assert not CustomerBook(tmp_path / "elsewhere").exists
    assert "age_band" not in found(book, "C5").signals


def visits(folder: Path) -> CustomerBook:
    """C1 agreed to linking, C2 is not to be disturbed, C6 agreed to messages alone; S4 was linked by its device."""
    people = [customer("C1"), customer("C2", do_not_disturb=True), customer("C6", consent_linking=False)]
    pl.DataFrame([{"consent_linking": True} | one for one in people]).write_parquet(folder / "customers.parquet")
    owners = {"S1": "C1", "S2": "C2", "S3": "C6", "S4": None, "S5": None}
    rows = [
        {"session_id": session, "event": at, "customer_id": owner, "page": page}
        for session, owner in owners.items()
        for at, page in ((1, "calculator"), (0, "home"))
    ]
    rows += [
        {"session_id": "S6", "event": at, "customer_id": one, "page": "home"} for at, one in enumerate(("C1", "C6"))
    ]
    rows += [
        {"session_id": "S7", "event": at, "customer_id": one, "page": "home"} for at, one in enumerate(("C1", "C2"))
    ]
    pl.DataFrame(rows).write_parquet(folder / "session_events.parquet")
    pl.DataFrame({"session_id": ["S4"], "customer_id": ["C1"]}).write_parquet(folder / "links.parquet")
    return CustomerBook(folder, folder / "links.parquet")


@pytest.mark.parametrize(("session", "owner"), [("S1", "C1"), ("S3", None), ("S4", "C1"), ("S5", None)])
def test_a_visit_names_its_customer_only_where_that_one_agreed(tmp_path: Path, session: str, owner: str | None) -> None:
    found = visits(tmp_path).visit(session)
    assert found is not None
    assert (found.customer_id, found.barred) == (owner, None)
    assert [one["page"] for one in found.events] == ["home", "calculator"]
    assert all("customer_id" not in one for one in found.events)


def test_of_a_barred_customers_visit_nothing_is_read(tmp_path: Path) -> None:
    book = visits(tmp_path)
    found = book.visit("S2")
    assert found is not None
    assert (found.barred, found.events, found.customer_id) == (DO_NOT_DISTURB, (), None)
    assert book.visit("S9") is None
    two = book.visit("S7")
    assert two is not None
    assert (two.barred, two.events) == (DO_NOT_DISTURB, ())


def test_a_visit_in_which_two_logged_in_is_nobodys(tmp_path: Path) -> None:
    book = visits(tmp_path)
    found = book.visit("S6")
    assert found is not None
    assert (found.customer_id, found.barred, len(found.events)) == (None, None, 2)
    assert CustomerBook(tmp_path / "nowhere").visit("S1") is None


def test_who_is_barred_is_told_for_many_at_once(book: CustomerBook, tmp_path: Path) -> None:
    found = book.barred(["C1", "C2", "C3", "C4", "stranger"])
    assert found == {"C2": DO_NOT_DISTURB, "C3": NO_CONSENT, "C4": NO_CONSENT}
    assert CustomerBook(tmp_path / "nowhere").barred(["C2"]) == {}
