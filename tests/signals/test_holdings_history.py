"""What customers held at each month's end, told from deliveries of core banking through ingestion and publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.schemas.ingestion import PublishReport
from ragmarket.signals.ingest.intake import ingest, record_id
from ragmarket.signals.ingest.publishing import publish
from ragmarket.signals.ingest.store import SignalStore

HEAD = "cif,name,opened_on,holdings,holdings_opened,balance,updated_at"
MONTHS = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
Told = dict[tuple[str, str], str | None]


@pytest.fixture
def store(tmp_path: Path) -> SignalStore:
    return SignalStore(tmp_path / "signals")


def deliver(store: SignalStore, folder: Path, *feeds: Sequence[str]) -> None:
    """Core banking in so many deliveries, and one payment that lets observation begin in January."""
    folder.mkdir(parents=True, exist_ok=True)
    paid = folder / "transactions.csv"
    paid.write_text("txn_id,cif,txn_date,mode,dr_cr,amount\nT1,C1,2026-01-05,UPI,DR,5\n", encoding="utf-8")
    ingest(store, [("transactions", str(paid))])
    for number, rows in enumerate(feeds):
        place = folder / f"core_{number}.csv"
        place.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
        report = ingest(store, [("core_banking", str(place))])
        assert report.rejected == 0


def published(store: SignalStore, customers: Mapping[str, str]) -> tuple[Told, PublishReport]:
    """Holdings by customer and month end, with the report; ``customers`` names the customer of each file."""
    ids = [record_id("core_banking", one) for one in customers]
    frame = pl.DataFrame({"record_id": ids, "customer_id": list(customers.values())})
    store.identity.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(store.identity / "customers.parquet")
    report = publish(store)
    rows = pl.read_parquet(store.tables / "holdings.parquet")
    return {(row["customer_id"], str(row["month_end"])): row["holdings"] for row in rows.to_dicts()}, report


def test_opening_dates_tell_the_months_before_one_delivery(store: SignalStore, tmp_path: Path) -> None:
    deliver(
        store,
        tmp_path,
        ["C1,A,2020-01-01,savings|deposit|loan,savings:2020-01-01|deposit:15/02/2026|loan:2026-05-02,5,2026-05-10"],
    )
    told, report = published(store, {"C1": "P1"})
    held = ["savings", "deposit|savings", "deposit|savings", "deposit|savings"]
    assert told == {("P1", end): one for end, one in zip(MONTHS, held, strict=True)}
    assert report.without_history == {}
    rows = pl.read_parquet(store.tables / "holdings.parquet")
    assert rows["opened"].to_list()[:2] == ["savings:2020-01-01", "deposit:2026-02-15|savings:2020-01-01"]
    assert set(rows["basis"]) == {"dated"}
    assert rows["balance_inr"].null_count() == rows.height, "nobody said what the balance was then"


def test_month_after_month_tells_without_a_date(store: SignalStore, tmp_path: Path) -> None:
    deliver(
        store,
        tmp_path,
        ["C1,A,,savings,,10,2026-02-01"],
        ["C1,A,,savings|loan,,20,2026-02-27T22:00:00"],
        ["C1,A,,loan,,30,2026-03-31"],
    )
    told, _ = published(store, {"C1": "P1"})
    assert told == {("P1", MONTHS[0]): "savings", ("P1", MONTHS[1]): "loan|savings", ("P1", MONTHS[2]): "loan"}
    rows = pl.read_parquet(store.tables / "holdings.parquet")
    assert rows["balance_inr"].to_list() == [10, 20, 30]
    assert set(rows["basis"]) == {"delivered"}


def test_what_two_deliveries_leave_open_is_not_told(store: SignalStore, tmp_path: Path) -> None:
    """One file stays as it was; one gains, one loses something in between: who knows in which month."""
    deliver(
        store,
        tmp_path,
        ["C1,A,,savings,,1,2026-01-31", "C2,B,,savings,,1,2026-01-31", "C3,C,,savings|loan,,1,2026-01-31"],
        ["C1,A,,savings,,1,2026-04-30", "C2,B,,savings|loan,,1,2026-04-30", "C3,C,,savings,,1,2026-04-30"],
    )
    told, _ = published(store, {"C1": "P1", "C2": "P2", "C3": "P3"})
    known = {one: [end for who, end in told if who == one] for one in ("P1", "P2", "P3")}
    assert known == {"P1": list(MONTHS), "P2": [MONTHS[0], MONTHS[3]], "P3": [MONTHS[0], MONTHS[3]]}


def test_who_has_no_opening_date_is_left_out_and_counted(store: SignalStore, tmp_path: Path) -> None:
    deliver(
        store,
        tmp_path,
        ["C1,A,,savings|loan,savings:2020-01-01,1,2026-04-30", "C2,B,,savings,savings:2020-01-01,1,2026-04-30"],
        ["C3,C,,savings,savings:2026-05-02,1,2026-04-30"],
    )
    told, report = published(store, {"C1": "P1", "C2": "P2", "C3": "P3"})
    assert [end for who, end in told if who == "P1"] == [MONTHS[3]], "the day of the delivery itself is known"
    assert len([end for who, end in told if who == "P2"]) == 4
    assert report.without_history == {"no opening date": 2}, "a date after the delivery is none"


def test_before_a_file_was_opened_it_held_nothing(store: SignalStore, tmp_path: Path) -> None:
    deliver(store, tmp_path, ["C1,A,2026-03-10,savings,,1,2026-04-30"])
    told, _ = published(store, {"C1": "P1"})
    assert told == {("P1", MONTHS[0]): None, ("P1", MONTHS[1]): None, ("P1", MONTHS[3]): "savings"}


def test_a_customer_is_known_when_all_its_files_are(store: SignalStore, tmp_path: Path) -> None:
    deliver(
        store,
        tmp_path,
        [
            "C1,A,,savings,savings:2026-01-02,4,2026-04-30",
            "C2,A,,savings|loan,savings:2025-01-02|loan:2026-03-02,5,2026-04-29",
        ],
        ["C3,B,,savings,savings:2020-01-01,1,2026-04-30", "C4,B,,loan,,1,2026-04-30"],
    )
    told, report = published(store, {"C1": "P1", "C2": "P1", "C3": "P2", "C4": "P2"})
    assert [told["P1", end] for end in MONTHS] == ["savings", "savings", "loan|savings", "loan|savings"]
    assert [end for who, end in told if who == "P2"] == [MONTHS[3]]
    assert report.without_history == {"no opening date": 1}
    last = pl.read_parquet(store.tables / "holdings.parquet").filter(pl.col("customer_id") == "P1").row(-1, named=True)
    assert (last["balance_inr"], last["opened"]) == (9, "loan:2026-03-02|savings:2025-01-02")


@settings(max_examples=6)
@given(order=st.permutations(range(3)))
def test_the_order_of_deliveries_changes_no_byte(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    tmp_path = tmp_path_factory.mktemp("order")
    feeds = [[f"C1,A,,{held},,{number},{day}"] for number, (held, day) in enumerate(
        [("savings", "2026-01-31"), ("savings|loan", "2026-02-28"), ("loan", "2026-03-31")]
    )]  # fmt: skip
    bytes_of = []
    for name, rows in (("straight", feeds), ("mixed", [feeds[place] for place in order])):
        store = SignalStore(tmp_path / name)
        deliver(store, tmp_path / f"{name}_in", *rows)
        published(store, {"C1": "P1"})
        bytes_of.append((store.tables / "holdings.parquet").read_bytes())
    assert bytes_of[0] == bytes_of[1]


@pytest.mark.parametrize(
    "said", ["deposit", "deposit:soon", "bitcoin:2026-01-01", "deposit:2026-01-01|loan", ":2026-01-01"]
)
def test_an_opening_that_is_none_stands_aside(store: SignalStore, tmp_path: Path, said: str) -> None:
    place = tmp_path / "core.csv"
    place.write_text(f"{HEAD}\nC1,A,,deposit,{said},1,2026-04-30\nC2,B,,loan,,1,2026-04-30\n", encoding="utf-8")
    (delivery,) = ingest(store, [("core_banking", str(place))]).deliveries
    assert delivery.receipt is not None
    assert (delivery.receipt.accepted, delivery.receipt.reasons) == (1, {"not_dates": 1})
    (fault,) = store.faults("core_banking", delivery.receipt.sha256)
    assert (fault.column, "deposit:2024-03-01" in fault.remedy) == ("holdings_opened", True)


def test_what_went_in_before_the_contract_asked_for_openings_still_counts(store: SignalStore, tmp_path: Path) -> None:
    deliver(store, tmp_path, ["C1,A,,savings,,1,2026-01-31"], ["C1,A,,savings|loan,loan:2026-03-02,1,2026-03-31"])
    old = next(one for one in store.files("core_banking") if pl.read_parquet(one)["holdings"].to_list() == ["savings"])
    pl.read_parquet(old).drop("holdings_opened").write_parquet(old)
    told, _ = published(store, {"C1": "P1"})
    assert [told["P1", end] for end in MONTHS[:3]] == ["savings", "savings", "loan|savings"]
    new = next(one for one in store.files("core_banking") if one != old)
    pl.read_parquet(new).drop("holdings_opened").write_parquet(new)
    told, _ = published(store, {"C1": "P1"})
    assert [end for _, end in told] == [MONTHS[0], MONTHS[2]]
