"""Notes of rows that stand aside are closed by the rows that put them right, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.schemas.ingestion import Source
from ragmarket.signals.ingest import intake
from ragmarket.signals.ingest.contracts import load_contracts
from ragmarket.signals.ingest.intake import ingest
from ragmarket.signals.ingest.notes import row_notes
from ragmarket.signals.ingest.store import SignalStore

TXN = "txn_id,cif,txn_date,mode,dr_cr,amount"
GOOD = ("T1,C1,2026-01-05T10:00:00,UPI,DR,250", "T2,C1,2026-01-06,UPI,DR,9", "T3,C2,2026-01-07,UPI,CR,7")
CIF = "cif,name,holdings,updated_at"


@pytest.fixture
def store(tmp_path: Path) -> SignalStore:
    return SignalStore(tmp_path / "home" / "signals")


def take(store: SignalStore, folder: Path, name: str, head: str, rows: Sequence[str], source: Source) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    place.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    (delivery,) = ingest(store, [(source, str(place))]).deliveries
    assert delivery.outcome == "taken"


def noted(store: SignalStore) -> list[tuple[str, int, str | None]]:
    return [(note.file, note.row, note.closed_by) for note in row_notes(store)]


def test_the_same_row_put_right_closes_its_note_and_no_other(store: SignalStore, tmp_path: Path) -> None:
    bad = ("T8,C1,2026-01-08,UPI,DR,twelve", "T9,C1,2026-01-09,UPI,DR,-3")
    take(store, tmp_path, "jan.csv", TXN, [GOOD[0], *bad], "transactions")
    assert noted(store) == [("jan.csv", 2, None), ("jan.csv", 3, None)]
    take(store, tmp_path, "feb.csv", TXN, GOOD[1:], "transactions")
    assert noted(store) == [("jan.csv", 2, None), ("jan.csv", 3, None)]
    take(store, tmp_path, "mended.csv", TXN, [bad[0].replace("twelve", "12")], "transactions")
    assert noted(store) == [("jan.csv", 2, "mended.csv"), ("jan.csv", 3, None)]
    (first, _) = row_notes(store)
    assert first.closed_at == next(one.taken_at for one in store.receipts() if one.name == "mended.csv")


def test_a_row_that_fails_again_is_noted_again_until_it_goes_in(store: SignalStore, tmp_path: Path) -> None:
    row = "C7,Asha,{},2026-01-31"
    take(store, tmp_path, "a.csv", CIF, [row.format("savings|bitcoin")], "core_banking")
    take(store, tmp_path, "b.csv", CIF, [row.format("savings|dogecoin")], "core_banking")
    assert noted(store) == [("a.csv", 1, None), ("b.csv", 1, None)]
    take(store, tmp_path, "c.csv", CIF, [row.format("savings")], "core_banking")
    assert noted(store) == [("a.csv", 1, "c.csv"), ("b.csv", 1, "c.csv")]
    keys = {note.key for note in row_notes(store)}
    assert len(keys) == 1
    assert "C7" not in str(keys), "whose row it is, is not told"


def test_what_went_in_before_or_is_older_closes_nothing(store: SignalStore, tmp_path: Path) -> None:
    take(store, tmp_path, "jan.csv", CIF, ["C7,Asha,savings,2026-01-31"], "core_banking")
    take(store, tmp_path, "mar.csv", CIF, ["C7,Asha,bitcoin,2026-03-31"], "core_banking")
    take(store, tmp_path, "late.csv", CIF, ["C7,Asha,loan,2026-02-28"], "core_banking")
    assert noted(store) == [("mar.csv", 1, None)]
    take(store, tmp_path, "again.csv", CIF, ["C7,Asha,loan,2026-03-31"], "core_banking")
    assert noted(store) == [("mar.csv", 1, "again.csv")]


def test_a_clock_that_was_the_fault_holds_up_nothing(store: SignalStore, tmp_path: Path) -> None:
    take(store, tmp_path, "a.csv", CIF, ["C7,Asha,savings,yesterday", "C8,Ravi,loan,2026-01-31"], "core_banking")
    take(store, tmp_path, "b.csv", CIF, ["C7,Asha,savings,2026-01-31"], "core_banking")
    assert noted(store) == [("a.csv", 1, "b.csv")]


def test_a_torn_row_is_closed_by_the_whole_file_sent_again(store: SignalStore, tmp_path: Path) -> None:
    torn = [GOOD[0], "T2,C1,2026-01-06", GOOD[2]]
    take(store, tmp_path, "day.csv", TXN, torn, "transactions")
    take(store, tmp_path, "short.csv", TXN, [GOOD[0], GOOD[2].replace(",7", ",8")], "transactions")
    assert noted(store) == [("day.csv", 2, None)], "one row is still missing"
    others = [f"N{n},C1,2026-02-0{n},UPI,DR,{n}" for n in range(1, 6)]
    take(store, tmp_path, "other_day.csv", TXN, others, "transactions")
    assert noted(store) == [("day.csv", 2, None)], "rows of another day mend nothing"
    take(store, tmp_path, "day_again.csv", TXN, GOOD, "transactions")
    assert noted(store) == [("day.csv", 2, "day_again.csv")]


def test_rows_of_a_visit_are_known_by_visit_and_place(store: SignalStore, tmp_path: Path) -> None:
    head = "session_id,event,device_id,at,page,referrer,device,dwell_s"
    row = "S1,{},D1,2026-01-05T10:00:00,home,direct,mobile,{}"
    take(store, tmp_path, "a.csv", head, [row.format(0, "long"), row.format(1, "long")], "digital")
    take(store, tmp_path, "b.csv", head, [row.format(1, 4)], "digital")
    assert noted(store) == [("a.csv", 1, None), ("a.csv", 2, "b.csv")]


def test_notes_of_older_stores_stay_open(store: SignalStore, tmp_path: Path) -> None:
    take(store, tmp_path, "a.csv", CIF, ["C7,Asha,bitcoin,2026-01-31"], "core_banking")
    (receipt,) = store.receipts()
    folder = store.part("core_banking", receipt.sha256)
    plain = receipt.model_dump(mode="json")
    del plain["taken_at"]
    (folder / "receipt.json").write_text(json.dumps(plain), encoding="utf-8")
    (fault,) = store.faults("core_banking", receipt.sha256)
    old = fault.model_dump(mode="json", exclude={"key", "clock"})
    (folder / "faults.jsonl").write_text(json.dumps(old) + "\n", encoding="utf-8")
    take(store, tmp_path, "b.csv", CIF, ["C7,Asha,loan,2026-01-31"], "core_banking")
    assert noted(store) == [("a.csv", 1, None)], "nobody noted whose row it was"


def test_a_refused_file_is_told_until_its_very_content_went_in(
    store: SignalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "core.csv"
    place.write_text("grahak,name,updated_at\nC1,Asha,2026-01-31\n", encoding="utf-8")
    (first,) = ingest(store, [("core_banking", str(place))]).deliveries
    assert (first.outcome, store.refused()) == ("refused", [first])
    contract = load_contracts()["core_banking"]
    wider = contract.columns["cif"].model_copy(update={"aliases": (*contract.columns["cif"].aliases, "grahak")})
    known = contract.model_copy(update={"columns": contract.columns | {"cif": wider}})
    monkeypatch.setattr(intake, "load_contracts", lambda: load_contracts() | {"core_banking": known})
    assert ingest(store, [("core_banking", str(place))]).deliveries[0].outcome == "taken"
    assert (store.refused(), store.refused(closed=True)) == ([], [first])


def test_the_command_tells_what_is_open_and_with_all_what_was(store: SignalStore, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[str, str]:
        done = CliRunner(env={"RAGMARKET_HOME": str(store.root.parent)}).invoke(
            app, ["signals", "faults", *arguments], prog_name="ragmarket"
        )
        assert done.exit_code == 0, done.stderr
        return done.stdout, done.stderr

    take(store, tmp_path, "a.csv", CIF, ["C7,Asha,bitcoin,2026-01-31"], "core_banking")
    assert "a.csv:1 holdings: unknown_product" in run()[0]
    take(store, tmp_path, "b.csv", CIF, ["C7,Asha,loan,2026-01-31"], "core_banking")
    assert run()[0] == "nothing stands aside\n"
    assert "closed: 1, " in run()[1]
    assert "Closed by b.csv" in run("--all")[0]
    (told,) = (json.loads(line) for line in run("--all", "--json")[0].splitlines())
    assert (told["file"], told["closed_by"]) == ("a.csv", "b.csv")
    assert run("--json")[0] == ""
    assert [len(store.faults(one.source, one.sha256)) for one in store.receipts() if one.rejected] == [1], "all is kept"
