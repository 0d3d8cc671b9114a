"""Deliveries of all kinds: what is good goes in once, what is not stands aside without a value being told."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.errors import BackendUnavailable, BadKnowledge, InvalidInput
from ragmarket.schemas.ingestion import Delivery, Source
from ragmarket.signals.ingest.contracts import load_contracts
from ragmarket.signals.ingest.intake import find_deliveries, ingest, record_id
from ragmarket.signals.ingest.publishing import publish
from ragmarket.signals.ingest.screening import value_kind
from ragmarket.signals.ingest.store import SignalStore

CIFS = [
    "cif,customer_name,dob,pan,mobile,email,address,pincode,state,holdings,balance,dnd,updated_at",
    (
        "C1,Asha Rao,12/03/1980,ABCPR1234F,9876543210,asha.rao@example.com,"
        '"4, MG Road, Mysuru",570001,KA,savings|deposit,"1,20,000",N,2026-01-31'
    ),
    'C2,Ravi Nair,01/01/1975,,9812345678,,"near temple, Kochi",682001,KL,savings,5000,Y,2026-01-31',
]
TXNS = [
    "txn_id,cif,txn_date,mode,dr_cr,amount,category,narration,recurring",
    "T1,C1,2026-01-05T10:00:00,upi,DR,250.00,groceries,KIRANA 001,N",
    "T2,C1,2026-01-06 11:30:00,NEFT,CR,50000,salary,SALARY 09,Y",
    "T3,C2,07/01/2026 09:15,card,D,1499,,call 9876543210 for refund,0",
]


@pytest.fixture
def store(tmp_path: Path) -> SignalStore:
    return SignalStore(tmp_path / "signals")


def write(folder: Path, name: str, lines: Sequence[str]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    data = ("\n".join(lines) + "\n").encode()
    place.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return str(place)


def take(store: SignalStore, source: Source, place: str) -> Delivery:
    return ingest(store, [(source, place)]).deliveries[0]


def know(store: SignalStore, *cifs: str) -> None:
    """Stand in for identity resolution: every customer file is a customer of its own."""
    ids = [record_id("core_banking", one) for one in cifs]
    frame = pl.DataFrame({"record_id": ids, "source": ["core_banking"] * len(ids), "customer_id": list(cifs)})
    store.identity.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(store.identity / "customers.parquet")


def tables(store: SignalStore) -> dict[str, bytes]:
    know(store, "C1", "C2")
    publish(store)
    return {place.name: place.read_bytes() for place in sorted(store.tables.glob("*.parquet"))}


def test_good_rows_go_in_typed_whatever_their_form(store: SignalStore, tmp_path: Path) -> None:
    assert take(store, "core_banking", write(tmp_path, "a.csv", CIFS)).outcome == "taken"
    assert take(store, "transactions", write(tmp_path, "t.csv.gz", TXNS)).outcome == "taken"
    tables(store)
    rows = pl.read_parquet(store.tables / "transactions.parquet").to_dicts()
    assert [row["transaction_id"] for row in rows] == ["T1", "T2", "T3"]
    assert [row["channel"] for row in rows] == ["UPI", "NEFT", "card"]
    assert [row["type"] for row in rows] == ["debit", "credit", "debit"]
    assert rows[2]["at"].isoformat() == "2026-01-07T09:15:00"
    assert rows[0]["period"] == 0
    standing = pl.read_parquet(store.tables / "standing.parquet").to_dicts()
    assert standing[0]["balance_inr"] == 120_000
    assert standing[0]["holdings"] == "deposit|savings"
    people = pl.read_parquet(store.tables / "customers.parquet")
    assert people["age"].to_list() == [46, 51]
    assert people["do_not_disturb"].to_list() == [False, True]


BAD = [
    ("T9,,2026-01-05T10:00:00,upi,DR,1,,,", "cif", "missing"),
    ("T9,C1,the day before yesterday,upi,DR,1,,,", "at", "not_a_time"),
    ("T9,C1,2026-13-05,upi,DR,1,,,", "at", "not_a_time"),
    ("T9,C1,2026-01-05T10:00:00,cheque,DR,1,,,", "channel", "unknown_value"),
    ("T9,C1,2026-01-05T10:00:00,upi,DR,twelve,,,", "amount_inr", "not_a_number"),
    ("T9,C1,2026-01-05T10:00:00,upi,DR,-12,,,", "amount_inr", "out_of_range"),
    ("T9,C1,2026-01-05T10:00:00,upi,DR,NaN,,,", "amount_inr", "not_a_number"),
    ("T9,C1,2026-01-05T10:00:00,upi,DR,1,,,maybe", "is_recurring", "not_a_flag"),
    ("T9,C1,2026-01-05T10:00:00,upi", "*", "field_count"),
]


@pytest.mark.parametrize(
    ("line", "column", "reason"), BAD, ids=[f"{one[1]}-{one[2]}-{at}" for at, one in enumerate(BAD)]
)
def test_a_bad_row_stands_aside_and_the_rest_goes_in(
    store: SignalStore, tmp_path: Path, line: str, column: str, reason: str
) -> None:
    told = take(store, "transactions", write(tmp_path, "t.csv", [*TXNS[:2], line, *TXNS[2:]])).receipt
    assert told is not None
    assert (told.rows, told.accepted, told.rejected) == (4, 3, 1)
    (fault,) = store.faults("transactions", told.sha256)
    assert (fault.row, fault.column, fault.reason) == (2, column, reason)
    assert fault.remedy


def test_an_unknown_product_stands_aside(store: SignalStore, tmp_path: Path) -> None:
    lines = [*CIFS, "C3,Uma Das,,,,,,,WB,savings|bitcoin,1,N,2026-01-31"]
    told = take(store, "core_banking", write(tmp_path, "a.csv", lines)).receipt
    assert told is not None
    assert told.reasons == {"unknown_product": 1}
    assert told.accepted == 2


def test_bytes_that_are_no_text_cost_their_row_only(store: SignalStore, tmp_path: Path) -> None:
    place = Path(write(tmp_path, "t.csv", TXNS))
    place.write_bytes(place.read_bytes() + b"T4,C1,2026-01-09,upi,DR,5,,\xff\xfe,N\n")
    told = take(store, "transactions", str(place)).receipt
    assert told is not None
    assert told.reasons == {"not_text": 1}
    assert told.accepted == 3


@pytest.mark.parametrize("later", ["T9,C1,2026-01-09,upi,DR,9,,plain,N", 'T9,C1,2026-01-09,upi,DR,9,,"quoted, too",N'])
@pytest.mark.parametrize("many", [3, 9_000])
def test_a_quote_that_nobody_closes_costs_its_own_row_only(
    store: SignalStore, tmp_path: Path, many: int, later: str
) -> None:
    torn = 'T4,C1,2026-01-09,upi,DR,5,,"KIRANA 004,N'
    rest = [f"X{n},C1,2026-01-09,upi,DR,{n + 1},,KIRANA {'x' * 100} {n},N" for n in range(many)]
    place = write(tmp_path, "t.csv", [*TXNS[:2], torn, *TXNS[2:], *rest, later])
    told = take(store, "transactions", place).receipt
    assert told is not None
    assert told.reasons == {"open_quote": 1}
    assert (told.accepted, told.rows) == (4 + many, 5 + many)
    assert [one.row for one in store.faults("transactions", told.sha256)] == [2]


def test_a_text_may_have_several_lines(store: SignalStore, tmp_path: Path) -> None:
    note = 'N1,K1,2026-01-01,enquiry,"asked for ""SIP"",\nthen, for a loan\n"'
    place = write(tmp_path, "crm.csv", ["note_id,contact_id,at,kind,text", note, "N2,K2,2026-01-02,enquiry,plain"])
    told = take(store, "crm", place).receipt
    assert told is not None
    assert (told.accepted, told.rejected) == (2, 0)
    texts = pl.concat([pl.read_parquet(one) for one in store.files("crm")])["text"].to_list()
    assert sorted(texts) == ['asked for "SIP",\nthen, for a loan', "plain"]


@pytest.mark.parametrize("data", ["\n".join(TXNS).encode("utf-16"), b"PK\x03\x04\x14\x00\x06\x00 a spreadsheet"])
def test_what_is_no_text_is_called_so(store: SignalStore, tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "t.csv"
    place.write_bytes(data)
    told = take(store, "transactions", str(place))
    assert (told.outcome, told.reason) == ("refused", "it is no UTF-8 text")
    assert "UTF-8" in told.remedy


def test_damaged_files_stand_aside_and_the_others_go_in(store: SignalStore, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    torn = Path(
        write(folder, "transactions_1.csv.gz", [*TXNS, *(f"T{n},C1,2026-01-09,upi,DR,{n},,,N" for n in range(9, 900))])
    )
    torn.write_bytes(torn.read_bytes()[:-40])
    write(folder, "transactions_2.csv", TXNS)
    (folder / "core_banking.parquet").write_bytes(b"PAR1 this is no parquet PAR1")
    write(folder, "crm.csv", ["note_id,at,kind,text", "N1,2026-01-01,enquiry,hello"])
    (folder / "market.csv").write_bytes(b"")
    report = ingest(store, find_deliveries(folder))
    outcomes = {one.name: one.outcome for one in report.deliveries}
    assert outcomes == {
        "core_banking.parquet": "refused",
        "transactions_1.csv.gz": "refused",
        "transactions_2.csv": "taken",
        "crm.csv": "refused",
        "market.csv": "refused",
    }
    assert report.accepted == 3
    reasons = {one.name: one.reason for one in store.refused()}
    assert "cut off" in reasons["transactions_1.csv.gz"]
    assert "contact_id" in reasons["crm.csv"]


def test_a_duplicate_feed_is_taken_once_even_when_zipped_and_renamed(store: SignalStore, tmp_path: Path) -> None:
    assert take(store, "transactions", write(tmp_path, "t.csv", TXNS)).outcome == "taken"
    again = take(store, "transactions", write(tmp_path, "again.csv.gz", TXNS))
    assert again.outcome == "duplicate"
    assert "t.csv" in again.reason
    assert len(store.receipts()) == 1


def test_running_twice_changes_no_byte(store: SignalStore, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "core_banking.csv", CIFS)
    write(folder, "transactions.csv", TXNS)
    ingest(store, find_deliveries(folder))
    first = tables(store)
    report = ingest(store, find_deliveries(folder))
    assert {one.outcome for one in report.deliveries} == {"duplicate"}
    assert tables(store) == first


@settings(max_examples=6)
@given(order=st.permutations(range(4)))
def test_late_and_reordered_feeds_end_in_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    tmp_path = tmp_path_factory.mktemp("order")
    newer = CIFS[1].replace("1,20,000", "90,000").replace("2026-01-31", "2026-02-28")
    feeds: list[tuple[Source, str]] = [
        ("core_banking", write(tmp_path, "a.csv", CIFS)),
        ("core_banking", write(tmp_path, "b.csv", [CIFS[0], newer])),
        ("transactions", write(tmp_path, "t.csv", TXNS[:3])),
        ("transactions", write(tmp_path, "u.csv", [TXNS[0], TXNS[2], TXNS[3]])),
    ]  # fmt: skip
    straight, mixed = SignalStore(tmp_path / "one"), SignalStore(tmp_path / "two")
    ingest(straight, feeds)
    for place in order:
        ingest(mixed, [feeds[place]])
    assert tables(mixed) == tables(straight)
    balances = pl.read_parquet(mixed.tables / "standing.parquet")["balance_inr"].to_list()
    assert balances == [90_000, 5_000], "the newest version of a file counts"


def test_a_late_feed_is_told_and_taken(store: SignalStore, tmp_path: Path) -> None:
    take(store, "transactions", write(tmp_path, "feb.csv", [TXNS[0], TXNS[1].replace("2026-01", "2026-02")]))
    late = take(store, "transactions", write(tmp_path, "jan.csv", [TXNS[0], *TXNS[2:]])).receipt
    assert late is not None
    assert (late.late, late.accepted) == (2, 2)
    assert late.watermark == "2026-02-05T10:00:00"


def test_rows_wait_until_their_customer_is_known(store: SignalStore, tmp_path: Path) -> None:
    take(store, "transactions", write(tmp_path, "t.csv", TXNS))
    know(store, "C1")
    report = publish(store)
    assert (report.tables["transactions"], report.waiting["transactions"]) == (2, 1)
    know(store, "C1", "C2")
    report = publish(store)
    assert (report.tables["transactions"], report.waiting["transactions"]) == (3, 0)


def test_nothing_personal_leaves_the_identity_store(store: SignalStore, tmp_path: Path) -> None:
    secrets = (
        "Asha",
        "ABCPR1234F",
        "9876543210",
        "asha.rao",
        "MG Road",
        "Ravi",
        "9812345678",
        "1980-03-12",
        "12/03/1980",
    )
    bad = CIFS[1].replace("savings|deposit", "ABCPR1234F").replace("C1,", "C7,")
    take(store, "core_banking", write(tmp_path, "a.csv", [*CIFS, bad]))
    take(store, "transactions", write(tmp_path, "t.csv", TXNS))
    tables(store)
    seen = []
    for place in sorted(store.root.rglob("*")):
        if place.is_file() and store.identity not in place.parents:
            seen.append(pl.read_parquet(place).write_csv() if place.suffix == ".parquet" else place.read_text("utf-8"))
    told = "\n".join(seen)
    assert "[telephone number]" in told
    for secret in (*secrets, '"C1"', "\nC7,"):
        assert secret not in told.replace("cust_", ""), secret
    kept = pl.concat([pl.read_parquet(one) for one in store.files("core_banking", people=True)], how="diagonal")
    assert "Asha Rao" in kept["name"].to_list()
    assert store.identity.stat().st_mode & 0o077 == 0


def test_a_crash_between_two_moves_leaves_a_store_that_the_next_run_completes(
    store: SignalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write(tmp_path, "a.csv", CIFS)
    with monkeypatch.context() as broken:
        broken.setattr(SignalStore, "part", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ingest(store, [("core_banking", place)])
    assert store.receipts() == []
    assert store.files("core_banking", people=True) == []
    assert take(store, "core_banking", place).outcome == "taken"
    assert len(store.files("core_banking", people=True)) == 1


def test_two_writers_do_not_meet(store: SignalStore, tmp_path: Path) -> None:
    with store.writing(), pytest.raises(BackendUnavailable):
        take(SignalStore(store.root), "core_banking", write(tmp_path, "a.csv", CIFS))


def test_a_database_is_asked_for_what_is_new(store: SignalStore, tmp_path: Path) -> None:
    base = tmp_path / "bank.db"
    url = f"sqlite:///{base}#txn"
    insert = "INSERT INTO txn VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    with sqlite3.connect(base) as link:
        link.execute("CREATE TABLE txn (txn_id,cif,txn_date,mode,dr_cr,amount,category,narration,recurring)")
        link.executemany(insert, [row.split(",") for row in TXNS[1:3]])
    link.close()
    first = take(store, "transactions", url).receipt
    assert first is not None
    assert first.accepted == 2
    assert take(store, "transactions", url).outcome == "duplicate"
    with sqlite3.connect(base) as link:
        for day in range(1, 29):
            link.execute(insert, [f"M{day}", "C1", f"2026-03-{day:02d} 10:00:00", "upi", "DR", "5", "", "", "N"])
    link.close()
    assert take(store, "transactions", url).outcome == "taken"
    with sqlite3.connect(base) as link:
        link.execute("INSERT INTO txn VALUES ('N1','C2','2026-03-29 10:00:00','upi','DR','7','','','N')")
    link.close()
    last = take(store, "transactions", url).receipt
    assert last is not None
    assert last.rows < 31, "a week behind the watermark, not everything"
    know(store, "C1", "C2")
    assert publish(store).tables["transactions"] == 31

    with sqlite3.connect(base) as link:
        link.execute("INSERT INTO txn VALUES ('LATE','C2','2026-01-02 10:00:00','upi','DR','7','','','N')")
    link.close()
    take(store, "transactions", url)
    assert publish(store).tables["transactions"] == 31, "it is older than a week"
    ingest(store, [("transactions", url)], whole=True)
    assert publish(store).tables["transactions"] == 32
    assert ingest(store, [("transactions", url)], whole=True).deliveries[0].outcome == "duplicate"


def test_a_duckdb_database_and_parquet_give_the_same_tables_as_csv(tmp_path: Path) -> None:
    import duckdb

    place = write(tmp_path, "t.csv", TXNS)
    pl.read_csv(place, infer_schema=False).write_parquet(tmp_path / "t.parquet")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as link:
        link.read_csv(place, all_varchar=True).create("txn")
    found: list[dict[str, bytes]] = []
    for where in (place, str(tmp_path / "t.parquet"), f"duckdb:///{tmp_path}/b.duckdb#txn"):
        one = SignalStore(tmp_path / f"s{len(found)}")
        assert take(one, "transactions", where).outcome == "taken"
        found.append(tables(one))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "place", ["sqlite:////nowhere/at/all.db#txn", "sqlite://#drop table x", "nosuch.csv", "foo://bar#t"]
)
def test_a_place_that_is_none_is_refused_by_name(store: SignalStore, place: str) -> None:
    told = take(store, "transactions", place)
    assert told.outcome == "refused"
    assert told.remedy


def test_a_folder_without_a_source_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "other.csv", TXNS)
    with pytest.raises(InvalidInput, match="named after a source"):
        find_deliveries(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [("key: [cif]", "key: [cof]"), ("values: states", "values: planets"), ("kind: number", "kind: numbr")],
)
def test_a_bad_contract_is_refused_whole_with_its_place(tmp_path: Path, old: str, new: str) -> None:
    from ragmarket.knowledge.files import ROOT

    text = (ROOT / "ingest" / "sources.yaml").read_text("utf-8")
    assert old in text
    (tmp_path / "sources.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadKnowledge, match=r"sources\.yaml:\d+"):
        load_contracts(tmp_path / "sources.yaml")


@given(st.text())
def test_the_kind_of_a_value_never_tells_the_value(value: str) -> None:
    told = value_kind(value)
    assert json.loads(json.dumps(told)) == told
    if len(value.strip()) > 3 and not any(char.isdigit() for char in value):
        assert value not in told or value in "something like a date text of characters a number an e-mail address empty"


@settings(max_examples=40)
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=60).map(lambda tail: b"\x1f\x8b\x08" + tail),
        st.binary(max_size=60).map(lambda tail: b"PAR1" + tail + b"PAR1"),
        st.binary(max_size=200).map(lambda tail: "\n".join(TXNS).encode() + b"\n" + tail),
        st.text(max_size=200).map(lambda tail: (TXNS[0] + "\n" + tail).encode()),
    )
)
def test_no_bytes_whatever_stop_the_others(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "transactions_bad").write_bytes(data)
    write(folder, "transactions_good.csv", TXNS)
    store = SignalStore(folder / "signals")
    report = ingest(store, find_deliveries(folder))
    good = next(one for one in report.deliveries if one.name == "transactions_good.csv")
    assert good.outcome in {"taken", "duplicate"}
    assert report.rows == report.accepted + report.rejected


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_and_a_byte_order_mark_are_understood(
    store: SignalStore, tmp_path: Path, separator: str
) -> None:
    place = tmp_path / "t.csv"
    place.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(line.replace(",", separator) for line in TXNS).encode())
    told = take(store, "transactions", str(place)).receipt
    assert told is not None
    assert told.accepted == 3
