from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ragmarket.audit.checkpoints import Checkpoints
from ragmarket.audit.dismissals import dismiss
from ragmarket.audit.export import export
from ragmarket.audit.retention import retain
from ragmarket.audit.signing import generate_key, load_signer
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound
from ragmarket.schemas.dismissal import DismissalRequest
from ragmarket.schemas.export import Selection

SCRIPT = Path(__file__).parents[2] / "deploy" / "verify_export.py"
TODAY = date(2026, 11, 21)


@pytest.fixture
def key(tmp_path):
    generate_key(tmp_path / "key")
    return tmp_path / "key"


@pytest.fixture
def keeper(key):
    return Checkpoints(load_signer(key))


@pytest.fixture
def filled(log, make_record):
    for number in range(1, 8):
        record = make_record(f"d{number}")
        record["brief"]["campaign"] = "दिवाली" if number in (2, 5) else None
        if number == 5:
            finding = {"rule": "disclosures.order", "severity": "review", "message": "<b>a</b> stands before b"}
            record["result"]["findings"] = [finding]
        log.append(record)
    dismiss(log, "d5", 1, DismissalRequest(by="A. Rao", reason="seen"))
    return log


def checked(folder, *key):
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, folder, *key], capture_output=True, text=True, check=False, cwd=folder.parent
    )
    return done.returncode, done.stdout


def records(folder):
    return [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]


def test_an_export_is_whole_and_a_stranger_can_verify_it(filled, keeper, key, tmp_path):
    made = export(filled, Selection(since=TODAY, until=TODAY), tmp_path / "out", checkpoints=keeper)
    folder = tmp_path / "out"
    assert (made.records, made.documents, made.signed) == (8, 2, True)
    assert checked(folder, f"{key}.pub") == (0, "the export holds\n")
    assert [row["draft_id"] for row in records(folder)][:7] == [f"d{number}" for number in range(1, 8)]
    assert json.loads(records(folder)[0]["record"]) == filled.get("d1")
    for sha256 in records(folder)[0]["documents"]:
        assert hashlib.sha256((folder / "documents" / sha256).read_bytes()).hexdigest() == sha256
    assert list(filled.verify(None, [made.checkpoint])) == []


def test_campaign_and_ids_bring_their_dismissals_and_nothing_else(filled, keeper, tmp_path):
    made = export(filled, Selection(campaign="दिवाली"), tmp_path / "c", checkpoints=keeper)
    assert [row["draft_id"] for row in records(tmp_path / "c")] == ["d2", "d5", "d5.finding.1"]
    assert made.records == 3
    export(filled, Selection(ids=("d3",)), tmp_path / "i", checkpoints=keeper)
    assert [row["draft_id"] for row in records(tmp_path / "i")] == ["d3"]


def test_the_dossier_tells_message_source_and_decision_and_escapes_them(filled, keeper, tmp_path):
    export(filled, Selection(ids=("d5",)), tmp_path / "out", checkpoints=keeper)
    shown = (tmp_path / "out" / "dossier.html").read_text(encoding="utf-8")
    for wanted in ("d5", "Our fee is 1.5 % of the loan.", "home-loan", "found at this place", "A-7", "writer r1",
                   "by A. Rao at", "&lt;b&gt;a&lt;/b&gt;", "verified, no fault found"):  # fmt: skip
        assert wanted in shown
    for absent in ("<b>a</b>", "<script", "http://", "https://", "src="):
        assert absent not in shown


def test_removed_records_are_exported_as_what_is_left_of_them(log, make_record, keeper, key, tmp_path):
    log._clock = lambda: "2020-01-01T00:00:00.000000+00:00"
    log.append(make_record("old"))
    log._clock = lambda: "2026-01-01T00:00:00.000000+00:00"
    log.append(make_record("new"))
    retain(log, before=date(2021, 1, 1), by="R", reason="rule")
    export(log, Selection(), tmp_path / "out", checkpoints=keeper)
    assert checked(tmp_path / "out", f"{key}.pub") == (0, "the export holds\n")
    row = records(tmp_path / "out")[0]
    assert (row["draft_id"], row["record"], row["documents"]) == ("old", None, [])
    assert "removed when its retention was over" in (tmp_path / "out" / "dossier.html").read_text(encoding="utf-8")


def alter(path, old, new):
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def drop_line(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def manifest_again(folder):
    """What a forger can do without the key: give the manifest the hashes of what he changed."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    names = {path.relative_to(folder).as_posix(): path for path in files}
    manifest["files"] = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in names.items()}
    manifest["records"] = len(names["records.jsonl"].read_text().splitlines())
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("cover_up", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda out: alter(out / "records.jsonl", b"1.5 %", b"0.5 %"),
        lambda out: alter(out / "records.jsonl", b'"seq": 2', b'"seq": 3'),
        lambda out: alter(out / "records.jsonl", b"recorded_at", b"recorded-at"),
        lambda out: alter(out / "dossier.html", b"1.5 %", b"0.5 %"),
        lambda out: alter(out / "checkpoint.json", b'"size":', b'"size":1'),
        lambda out: alter(next((out / "documents").iterdir()), b"e", b"f"),
        lambda out: next((out / "documents").iterdir()).unlink(),
        lambda out: (out / "extra.txt").write_text("x"),
        lambda out: drop_line(out / "records.jsonl"),
    ],
    ids=["record", "place", "field", "dossier", "checkpoint", "document", "document gone", "file more", "record gone"],
)  # fmt: skip
def test_whatever_is_changed_afterwards_is_found(filled, keeper, key, tmp_path, change, cover_up):
    out = tmp_path / "out"
    export(filled, Selection(ids=("d2", "d3")), out, checkpoints=keeper)
    change(out)
    if cover_up:
        manifest_again(out)
    status, said = checked(out, f"{key}.pub")
    assert status == 1, said
    if cover_up:
        assert "manifest.json: its signature does not fit" in said


def test_another_banks_key_does_not_do(filled, keeper, tmp_path):
    export(filled, Selection(ids=("d2",)), tmp_path / "out", checkpoints=keeper)
    generate_key(tmp_path / "other")
    status, said = checked(tmp_path / "out", tmp_path / "other.pub")
    assert (status, said.count("signed with another key")) == (1, 2)
    assert checked(tmp_path / "out")[0] == 0
    assert checked(tmp_path / "out", tmp_path / "missing.pub")[0] == 1
    assert checked(tmp_path / "nothing")[0] == 1


def test_without_a_key_the_export_says_that_it_is_not_signed(filled, tmp_path):
    made = export(filled, Selection(ids=("d2",)), tmp_path / "out", checkpoints=Checkpoints(None))
    assert not made.signed
    assert checked(tmp_path / "out") == (
        1, "manifest.json: it is not signed\ncheckpoint.json: it is not signed\n"
    )  # fmt: skip


def test_what_cannot_be_exported_leaves_nothing_behind(filled, keeper, tmp_path, tamper):
    (tmp_path / "there").mkdir()
    for selection, error, word in (
        (Selection(ids=("nobody",)), NotFound, "nobody"),
        (Selection(campaign="none"), NotFound, "nothing is recorded"),
        (Selection(since=date(2030, 1, 1)), NotFound, "nothing is recorded"),
        (Selection(since=date(2030, 1, 2), until=date(2030, 1, 1)), InvalidInput, "until"),
    ):
        with pytest.raises(error, match=word):
            export(filled, selection, tmp_path / "out", checkpoints=keeper)
    with pytest.raises(InvalidInput, match="exists"):
        export(filled, Selection(), tmp_path / "there", checkpoints=keeper)
    tamper("UPDATE audit_entries SET record = replace(record, '1.5', '0.5') WHERE seq = 2")
    with pytest.raises(AuditChainBroken, match="nothing was exported"):
        export(filled, Selection(ids=("d2",)), tmp_path / "out", checkpoints=keeper)
    assert not (tmp_path / "out").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]
