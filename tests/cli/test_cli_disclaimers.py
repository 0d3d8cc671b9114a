"""The ledger's commands over the real house: nothing is written without a yes, and two people decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket import telemetry
from ragmarket.cli.app import app

Run = Callable[..., Result]
LEDGER = Path(__file__).parents[2] / "approved_disclaimers"
ENTRY = "loan-discretion"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RAGMARKET_COMPLIANCE__DISCLAIMERS_DIR", str(LEDGER))
    monkeypatch.setattr(telemetry, "configure", lambda *_, **__: None)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["disclaimers", *arguments], prog_name="ragmarket")

    return call


def propose(run: Run, *more: str) -> Result:
    return run("propose", ENTRY, "--language", "hi", "--by", "A. Rao", "--reason", "read", *more)


def test_from_a_proposal_to_an_approval(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    dry = propose(run, "--dry-run")
    assert dry.exit_code == 0
    assert "provenance reference" in dry.stdout
    silent = propose(run)
    assert (silent.exit_code, "nothing was recorded" in silent.stderr) == (2, True)
    assert not (home / "decisions.jsonl").exists()
    assert propose(run, "--yes").exit_code == 0
    assert f"propose 1: {ENTRY} in hi" in run("pending").stdout
    own = run("approve", "1", "--by", "a rao", "--reason", "mine", "--yes")
    assert (own.exit_code, "cannot approve" in own.stderr) == (2, True)
    done = run("approve", ENTRY, "--language", "hi", "--by", "B. Iyer", "--reason", "checked", "--yes", "--json")
    row = json.loads(done.stdout)["decisions"][0]
    assert (row["maker"], row["checker"], row["action"]) == ("A. Rao", "B. Iyer", "approve")
    assert "nothing waits" in run("pending").stdout
    page = run("show", ENTRY, "--language", "hi").stdout
    assert "approved by" in page
    assert "provenance reference" in page
    state = json.loads(run("verify", "--json").stdout)
    assert (state["holds"], state["records"]) == (True, 2)
    assert run("verify", "--head", state["head"]).exit_code == 0
    (home / "decisions.jsonl").write_bytes((home / "decisions.jsonl").read_bytes().splitlines(keepends=True)[0])
    assert run("verify", "--head", state["head"]).exit_code == 1


def test_an_altered_file_is_refused_and_a_torn_one_is_told(run: Run, tmp_path: Path) -> None:
    propose(run, "--yes")
    path = tmp_path / "home" / "decisions.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    told = run("verify")
    assert (told.exit_code, "cut off" in told.stderr) == (0, True)
    path.write_bytes(whole.replace(b"A. Rao", b"C. Rao"))
    broken = run("list")
    assert broken.exit_code == 2
    assert "decisions.jsonl:1" in broken.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "no-such"), "no-such"),
        (("approve", ENTRY, "--by", "B", "--reason", "x", "--yes"), "nothing is proposed"),
        (("expire", ENTRY, "--language", "hi", "--from", "soon", "--by", "A", "--reason", "x"), "YYYY-MM-DD"),
        (("expire", ENTRY, "--language", "hi", "--from", "2020-01-01", "--by", "A", "--reason", "x", "--yes"), "past"),
        (("supersede", ENTRY, "--language", "hi", "--from", "2090-01-01", "--by", "A", "--reason", "x"), "--text"),
        (("propose", ENTRY, "--language", "hi", "--by", " ", "--reason", "x", "--yes"), "by"),
    ],
)
def test_bad_input_exits_with_two_and_says_what_to_mend(run: Run, arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_expiry_and_supersession_are_decided_and_listed(run: Run) -> None:
    who = ("--by", "A. Rao", "--reason", "circular", "--yes")
    text = "Loans are granted at the sole discretion of the Bank. T&C apply."
    new = ("supersede", ENTRY, "--language", "en", "--from", "2090-01-01", "--text", text, "--provenance", "verified")
    assert run(*new, *who).exit_code == 0
    assert run("expire", ENTRY, "--language", "hi", "--from", "2090-01-01", *who).exit_code == 0
    for number in ("1", "2"):
        assert run("approve", number, "--by", "B. Iyer", "--reason", "checked", "--yes").exit_code == 0

    def texts(day: str) -> dict[str, str]:
        rows = json.loads(run("list", "--as-of", day, "--json").stdout)["disclaimers"]
        return {row["language"]: row["text"] for row in rows if row["id"] == ENTRY}

    before, after = texts("2089-12-31"), texts("2090-01-01")
    assert before["en"] != text == after["en"]
    assert "hi" in before
    assert "hi" not in after
