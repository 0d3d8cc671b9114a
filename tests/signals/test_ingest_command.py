"""From raw extracts to feature tables by `ragmarket signals`, as an operator would."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.signals.identity.corruption import Corruptor
from ragmarket.signals.identity.people import simulate_people
from ragmarket.signals.identity.systems import SourceRecord

FIELDS = ("name", "birth_date", "gender", "pan", "phone", "email", "address", "pin")


def run(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"RAGMARKET_HOME": str(home)}).invoke(app, ["signals", *arguments], prog_name="ragmarket")


def extract(records: list[SourceRecord], source: str, key: str, more: dict[str, str]) -> pl.DataFrame:
    rows = [
        {key: f"K{one.record_id[-8:]}", **{name: getattr(one, name) for name in FIELDS}, **more}
        for one in records
        if one.source == source
    ]
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    records = list(Corruptor(31).records(simulate_people(150, 31)))
    core = extract(records, "core_banking", "cif", {"updated_at": "2026-01-31", "holdings": "savings", "state": "KA"})
    core.write_csv(folder / "core_banking.csv")
    note = {"at": "2026-02-01T10:00:00", "kind": "complaint", "text": "Call me on 9876543210, amount not credited"}
    crm = extract(records, "crm", "contact_id", note).with_row_index("note_id")
    crm.write_parquet(folder / "crm.parquet")
    moved = core.select("cif").with_row_index("transaction_id").with_columns(
        pl.lit("2026-01-05").alias("at"), pl.lit("UPI").alias("channel"), pl.lit("dr").alias("type"),
        pl.lit("10").alias("amount"),
    )  # fmt: skip
    moved.write_csv(folder / "transactions.csv")
    (folder / "market.csv").write_bytes(b"\x1f\x8b broken")
    return folder


def test_the_whole_way(home: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "ingest", str(home), "--json")
    assert done.exit_code == 2, "one file was refused, and said so"
    report = json.loads(done.stdout)
    outcomes = {one["name"]: one["outcome"] for one in report["deliveries"]}
    assert outcomes == {
        "core_banking.csv": "taken", "transactions.csv": "taken", "crm.parquet": "taken", "market.csv": "refused",
    }  # fmt: skip
    assert "market.csv: refused" in run(tmp_path, "faults").stdout

    linked = json.loads(run(tmp_path, "link", "--json", "--threads", "2").stdout)
    assert 140 <= linked["customers"] <= 190
    published = json.loads(run(tmp_path, "publish", "--json").stdout)
    assert published["tables"]["transactions"] == pl.read_csv(home / "transactions.csv").height
    assert published["tables"]["notes"] == pl.read_parquet(home / "crm.parquet").height
    notes = pl.read_parquet(tmp_path / "signals" / "tables" / "notes.parquet")
    assert notes["text"].unique().to_list() == ["Call me on [telephone number], amount not credited"]

    strict = json.loads(run(tmp_path, "link", "--json", "--link-from", "12").stdout)
    assert strict["customers"] > linked["customers"]
    assert strict["review"] > linked["review"]
    assert json.loads(run(tmp_path, "link", "--json").stdout)["customers"] == linked["customers"]
    pairs = [json.loads(line) for line in run(tmp_path, "review", "--json").stdout.splitlines()]
    assert len(pairs) == min(20, linked["review"]) > 0
    left, right = pairs[0]["left"], pairs[0]["right"]
    told = run(tmp_path, "explain", left, right)
    assert "bits" in told.stdout
    assert "phone" in run(tmp_path, "explain", left, right, "--show").stdout.split("bits")[0]
    decided = run(tmp_path, "decide", left, right, "same", "--by", "R. Iyer", "--reason", "form seen")
    assert decided.exit_code == 0
    assert json.loads(run(tmp_path, "link", "--json").stdout)["decisions"] == 1
    customers = pl.read_parquet(tmp_path / "signals" / "identity" / "customers.parquet")
    known = dict(customers.select("record_id", "customer_id").iter_rows())
    assert known[left] == known[right]

    again = run(tmp_path, "ingest", f"core_banking={home / 'core_banking.csv'}")
    assert again.exit_code == 0
    assert "went in before" in again.stdout
    assert json.loads(run(tmp_path, "publish", "--json").stdout)["tables"]["customers"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("publish",), "signals link"),
        (("publish", "--memory", "lots"), "512MB"),
        (("link",), "signals ingest"),
        (("link", "--link-from", "2", "--review-from", "5"), "lies above link"),
        (("review",), "signals link"),
        (("ingest", "coffee=beans.csv"), "SOURCE=PLACE"),
        (("decide", "a", "b", "maybe", "--by", "x", "--reason", "y"), "no decision"),
    ],
)
def test_what_cannot_be_done_yet_says_what_comes_first(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
