"""A log written before Alembic came is opened by today's code: `log_before_alembic.sql` is a dump of one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ragmarket.audit.dismissals import draft_findings
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.trace import build_trace
from ragmarket.errors import AuditWriteFailed, InvalidInput

DUMP = Path(__file__).parent / "log_before_alembic.sql"
OLD_COLUMNS = "SELECT seq, draft_id, previous_hash, recorded_at, record, entry_hash FROM audit_entries ORDER BY seq"
HEAD = "sha256:95a5547f8ff18adb07d68d4360b2408bd267904be96207350c30bb0a3cd20423"


@pytest.fixture
def old(tmp_path):
    file = tmp_path / "old.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript(DUMP.read_text(encoding="utf-8"))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return file


def everything(file):
    connection = sqlite3.connect(file)
    try:
        rows = connection.execute(OLD_COLUMNS).fetchall()
        blobs = connection.execute("SELECT sha256, data FROM audit_blobs ORDER BY sha256").fetchall()
        head = connection.execute("SELECT seq, entry_hash FROM audit_head").fetchall()
        return rows, blobs, head
    finally:
        connection.close()


def test_an_old_log_is_upgraded_in_place_and_loses_nothing(old):
    before = everything(old)
    log = SqlAuditLog(f"sqlite:///{old}")
    assert (log.head().seq, log.head().hash) == (6, HEAD)
    assert everything(old) == before
    assert list(log.verify()) == []
    assert draft_findings(log, "d2").findings[0].dismissal.by == "A. Rao, Compliance"
    assert build_trace(log, "d1", log.verify()).claims[0].citations[0].match == "found"
    log.append({"draft_id": "new"})
    assert [entry.cited is None for entry in log.entries()] == [True] * 6 + [False]
    assert list(log.verify()) == []
    log.close()
    again = SqlAuditLog(f"sqlite:///{old}")
    assert again.append({"draft_id": "newer"}).seq == 8
    assert list(again.verify()) == []


def test_the_version_is_alembics_and_old_code_stays_out(old):
    SqlAuditLog(f"sqlite:///{old}").head()
    connection = sqlite3.connect(old)
    assert connection.execute("SELECT version_num FROM audit_version").fetchall() == [("0003",)]
    # The code of before refuses a log whose register holds a step that it does not know.
    assert [row[0] for row in connection.execute("SELECT number FROM audit_migrations ORDER BY number")] == [1, 2, 3]
    connection.close()


def test_a_fresh_log_has_the_tables_that_an_upgraded_one_has(old, tmp_path):
    SqlAuditLog(f"sqlite:///{old}").append({"draft_id": "a"})
    SqlAuditLog(f"sqlite:///{tmp_path / 'fresh.sqlite3'}").append({"draft_id": "a"})
    shapes = []
    for file in (old, tmp_path / "fresh.sqlite3"):
        connection = sqlite3.connect(file)
        query = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        columns = connection.execute("SELECT name, type FROM pragma_table_info('audit_entries')").fetchall()
        shapes.append((sorted(connection.execute(query).fetchall()), columns))
        connection.close()
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("change", "seq", "kind"),
    [
        ("UPDATE audit_entries SET record = replace(record, '1.5', '2.5') WHERE seq = 3", 3, "altered"),
        ("UPDATE audit_entries SET draft_id = 'other' WHERE seq = 3", 3, "altered"),
        ("UPDATE audit_entries SET record = '' WHERE seq = 3", 3, "altered"),
        ("UPDATE audit_entries SET cited = '[]' WHERE seq = 3", 3, "altered"),
        ("UPDATE audit_entries SET record_sha256 = entry_hash WHERE seq = 3", 3, "altered"),
        ("DELETE FROM audit_entries WHERE seq = 4", 4, "dropped"),
        ("DELETE FROM audit_entries WHERE seq > 4", 5, "truncated"),
        ("DELETE FROM audit_blobs", 1, "missing_blob"),
    ],
)
def test_old_entries_are_verified_as_before(old, change, seq, kind):
    SqlAuditLog(f"sqlite:///{old}").head()
    connection = sqlite3.connect(old)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(change)
    connection.commit()
    connection.close()
    first = next(iter(SqlAuditLog(f"sqlite:///{old}").verify()))
    assert (first["seq"], first["kind"]) == (seq, kind)


def test_an_upgrade_that_fails_leaves_the_old_log(old, monkeypatch):
    before = everything(old)

    def fail(*_):
        raise RuntimeError("no")

    monkeypatch.setattr("alembic.operations.Operations.context", fail)
    with pytest.raises(AuditWriteFailed):
        SqlAuditLog(f"sqlite:///{old}").append({"draft_id": "x"})
    assert everything(old) == before
    monkeypatch.undo()
    assert SqlAuditLog(f"sqlite:///{old}").append({"draft_id": "x"}).seq == 7


def test_a_revision_of_the_future_is_left_alone(old):
    SqlAuditLog(f"sqlite:///{old}").head()
    connection = sqlite3.connect(old)
    connection.execute("UPDATE audit_version SET version_num = '0099'")
    connection.commit()
    connection.close()
    with pytest.raises(InvalidInput, match="0099"):
        SqlAuditLog(f"sqlite:///{old}").append({"draft_id": "x"})
