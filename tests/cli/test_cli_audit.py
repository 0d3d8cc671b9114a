"""The log keeper's and the auditor's commands over a real log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket.audit.log import SqlAuditLog
from ragmarket.cli.app import app


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlAuditLog]:
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))
    log = SqlAuditLog(f"sqlite:///{tmp_path / 'home' / 'audit.sqlite3'}")
    for number in range(6):
        text = f"document {number}".encode()
        sha256 = hashlib.sha256(text).hexdigest()
        log._clock = lambda n=number: f"202{n}-03-01T00:00:00.000000+00:00"  # type: ignore[misc]
        campaign = "diwali" if number == 1 else None
        record = {"draft_id": f"drf_{number}", "brief": {"campaign": campaign}, "documents": [{"sha256": sha256}]}
        log.append({**record, "result": {"status": "accepted", "text": "x"}}, blobs={sha256: text})
    yield log
    log.close()


@pytest.fixture
def run(log: SqlAuditLog) -> Callable[..., Result]:  # noqa: ARG001
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(one) for one in arguments], prog_name="ragmarket")

    return call


@pytest.fixture
def key(run: Callable[..., Result], tmp_path: Path) -> Path:
    assert run("audit", "keygen", tmp_path / "audit.key").exit_code == 0
    return tmp_path / "audit.key"


def test_a_checkpoint_is_handed_out_and_held_against_the_log(run, key, tmp_path):
    done = run("audit", "checkpoint", "--key", key, "--out", tmp_path / "c.json", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "c.json").read_text())
    options = ("--checkpoint", tmp_path / "c.json", "--public-key", f"{key}.pub")
    held = run("audit", "verify", *options)
    assert (held.exit_code, held.stdout.splitlines()[0]) == (0, "the chain holds: 7 records")
    forged = json.loads((tmp_path / "c.json").read_text()) | {"at": "2020-01-01"}
    (tmp_path / "c.json").write_text(json.dumps(forged))
    faults = run("audit", "verify", *options, "--json")
    assert faults.exit_code == 1
    assert json.loads(faults.stdout)["faults"][0]["kind"] == "forged_checkpoint"
    assert run("audit", "checkpoint", "--key", key, "--out", tmp_path / "c.json").exit_code == 2


def test_proofs_are_made_and_checked_without_the_log(run, key, tmp_path):
    assert run("audit", "prove", "drf_2").exit_code == 2
    run("audit", "checkpoint", "--key", key, "--out", tmp_path / "old.json")
    assert run("audit", "prove", "drf_2", "--out", tmp_path / "p.json").exit_code == 0
    run("audit", "checkpoint", "--key", key)
    assert run("audit", "consistency", tmp_path / "old.json", "--out", tmp_path / "q.json").exit_code == 0
    (tmp_path / "home" / "audit.sqlite3").unlink()
    for name in ("p.json", "q.json"):
        held = run("audit", "verify", "--proof", tmp_path / name, "--public-key", f"{key}.pub")
        assert held.exit_code == 0, held.stdout
    proof = json.loads((tmp_path / "p.json").read_text())
    (tmp_path / "p.json").write_text(json.dumps(proof | {"draft_id": "drf_3"}))
    assert run("audit", "verify", "--proof", tmp_path / "p.json").exit_code == 1
    assert run("audit", "verify", "--proof", tmp_path / "p.json", "--checkpoint", tmp_path / "old.json").exit_code == 2


def test_holds_and_retention(run, log):
    who = ("--by", "A. Rao, Legal", "--reason", "complaint")
    assert run("audit", "hold", "--campaign", "diwali", *who).exit_code == 0
    made = json.loads(run("audit", "hold", "drf_0", *who, "--json").stdout)
    shown = run("audit", "holds").stdout
    assert "campaign diwali" in shown
    assert "draft drf_0, held by A. Rao, Legal" in shown
    planned = run("audit", "retain", "--until", "2023-01-01", *who, "--dry-run")
    assert "1 records from before 2023-01-01 would be removed, 2 are held" in planned.stdout
    assert run("audit", "release", made["id"], *who).exit_code == 0
    done = json.loads(run("audit", "retain", "--older-than", "1000", *who, "--json").stdout)
    assert [row["draft_id"] for row in done["removed"]] == ["drf_0", "drf_2", "drf_3"]
    assert run("audit", "verify").exit_code == 0
    gone = run("trace", "drf_2", "--json")
    assert gone.exit_code == 2
    assert json.loads(gone.stderr)["error"]["code"] == "record_removed"
    assert log.get("drf_1")["draft_id"] == "drf_1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("hold", "--by", "a", "--reason", "b"),
        ("hold", "drf_0", "--campaign", "c", "--by", "a", "--reason", "b"),
        ("hold", "drf_0", "--by", " ", "--reason", "b"),
        ("hold", "nobody", "--by", "a", "--reason", "b"),
        ("release", "hold.none", "--by", "a", "--reason", "b"),
        ("retain", "--by", "a", "--reason", "b"),
        ("retain", "--until", "2023-13-01", "--by", "a", "--reason", "b"),
        ("retain", "--until", "2999-01-01", "--by", "a", "--reason", "b"),
        ("retain", "--until", "2023-01-01", "--older-than", "5", "--by", "a", "--reason", "b"),
        ("export", "out", "--id", "nobody"),
        ("export", "out", "--from", "2030-01-01"),
        ("checkpoint", "--key", "nowhere"),
        ("verify", "--checkpoint", "nowhere"),
        ("verify", "--public-key", "nowhere"),
        ("verify", "--proof", "nowhere"),
        ("prove", "nobody"),
    ],
)
def test_bad_input_changes_nothing(run, log, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    before = log.head()
    done = run("audit", *arguments)
    assert done.exit_code == 2, done.stdout + done.stderr
    assert log.head() == before


def test_an_export_is_announced_with_how_to_check_it(run, key, tmp_path):
    done = run("audit", "export", tmp_path / "out", "--to", "2022-12-31", "--key", key)
    assert done.exit_code == 0, done.stderr
    assert "3 entries and 3 documents" in done.stdout
    assert "verify_export.py" in done.stdout
    unsigned = run("audit", "export", tmp_path / "more", "--campaign", "diwali")
    assert "warning: nothing is signed" in unsigned.stderr


def test_a_key_in_the_settings_signs_unasked(run, log, key, monkeypatch):
    monkeypatch.setenv("RAGMARKET_AUDIT__KEY_FILE", str(key))
    made = json.loads(run("audit", "checkpoint").stdout)
    assert made["signature"]
    monkeypatch.setenv("RAGMARKET_AUDIT__CHECKPOINT_EVERY", "1")
    assert run("audit", "hold", "drf_0", "--by", "a", "--reason", "b").exit_code == 0
    assert len(list(log.entries_of("checkpoint"))) == 2


def test_replay_says_what_it_cannot_replay(run, log):
    log.append({"draft_id": "note", "kind": "note"})
    done = run("replay", "note", "--json")
    assert done.exit_code == 2
    assert "no draft" in json.loads(done.stderr)["error"]["message"]
