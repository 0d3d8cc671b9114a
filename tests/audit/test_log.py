from __future__ import annotations

import multiprocessing
import sqlite3
import sys
import threading
from datetime import datetime

import pytest
from sqlalchemy import event

from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.entry import GENESIS, entry_hash
from ragmarket.audit.log import SqlAuditLog
from ragmarket.errors import (
    AuditChainBroken,
    AuditWriteFailed,
    BackendUnavailable,
    InvalidInput,
    MissingDependency,
    NotFound,
)


def plain(draft_id: str, **more: object) -> dict[str, object]:
    return {"draft_id": draft_id, **more}


def test_hash_covers_place_predecessor_time_and_record(log):
    first, second = log.append(plain("a", note="cafe\u0301")), log.append(plain("b"))
    digest = sha256_hex(canonical_bytes({"draft_id": "a", "note": "caf\u00e9"}))
    assert first.hash == entry_hash(1, GENESIS, "2026-11-21T10:00:00.000000+00:00", digest, "a", "[]")
    entry = log.entry("b")
    assert (entry.previous, entry.ref) == (first.hash, second)
    assert log.head() == second
    bases = {entry_hash(1, "x", "t", "r"), entry_hash(2, "x", "t", "r"), entry_hash(1, "y", "t", "r")}
    bases |= {entry_hash(1, "x", "u", "r"), entry_hash(1, "x", "t", "s"), entry_hash(1, "x", "t", "r", "a", "[]")}
    assert len(bases | {entry_hash(1, "x", "t", "r", "b", "[]"), entry_hash(1, "x", "t", "r", "a", '["y"]')}) == 8


def test_time_is_utc_when_nobody_sets_the_clock(tmp_path):
    log = SqlAuditLog(f"sqlite:///{tmp_path / 'audit.db'}")
    log.append(plain("a"))
    assert datetime.fromisoformat(log.entry("a").recorded_at).utcoffset().total_seconds() == 0


def test_log_survives_reopening(log, database):
    log.append(plain("a"))
    log.close()
    again = SqlAuditLog(f"sqlite:///{database}")
    assert again.append(plain("b")).seq == 2
    assert [record["draft_id"] for record in again.records()] == ["a", "b"]
    assert list(again.verify()) == []


def test_commits_reach_the_disk(log):
    log.append(plain("a"))
    with log._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_many_pages_are_read_in_order(log):
    for number in range(7):
        log.append(plain(f"d{number}"))
    import ragmarket.audit.reader as module

    page, module._PAGE = module._PAGE, 3
    try:
        assert [entry.seq for entry in log.entries()] == list(range(1, 8))
    finally:
        module._PAGE = page


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET record = '{}' WHERE seq = 1",
        "DELETE FROM audit_entries WHERE seq = 1",
        "INSERT OR REPLACE INTO audit_entries SELECT 1, 'x', previous_hash, '', '{}', '', '', '' FROM audit_entries",
        "INSERT OR REPLACE INTO audit_entries SELECT 9, draft_id, '', '', '{}', '', '', '' FROM audit_entries",
        "UPDATE audit_entries SET record = '' WHERE seq = 1",
        "UPDATE audit_blobs SET data = x'00'",
        "DELETE FROM audit_blobs",
        "INSERT OR REPLACE INTO audit_blobs SELECT sha256, x'00' FROM audit_blobs",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 0",
        "INSERT OR REPLACE INTO audit_head VALUES (1, 0, 'x')",
    ],
)
def test_database_itself_refuses_to_change_what_was_appended(log, database, statement):
    log.put_blob(b"kept")
    log.append(plain("a"))
    connection = sqlite3.connect(database)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    finally:
        connection.close()
    assert list(log.verify()) == []


def test_blob_that_was_not_kept_cannot_be_cited(log):
    with pytest.raises(AuditWriteFailed, match="not kept"):
        log.append(plain("a", documents=[{"doc_id": "x", "version": "1", "sha256": "0" * 64}]))
    with pytest.raises(AuditWriteFailed, match="not kept"):
        log.append(plain("a", blobs={"ledger_sha256": "sha256:" + "0" * 64}))
    assert log.append(plain("a", result={"sha256": "0" * 64})).seq == 1


def test_blob_is_checked_on_reading(log, tamper):
    sha256 = log.put_blob(b"kept")
    assert log.get_blob("sha256:" + sha256) == b"kept"
    tamper("UPDATE audit_blobs SET data = x'00'")
    with pytest.raises(AuditChainBroken):
        log.get_blob(sha256)


def test_altered_record_is_not_handed_out(log, tamper):
    log.append(plain("a", status="refused"))
    tamper("UPDATE audit_entries SET record = replace(record, 'refused', 'accepted')")
    with pytest.raises(AuditChainBroken):
        log.get("a")


def test_nothing_is_appended_to_a_broken_end(log, tamper):
    log.append(plain("a"))
    log.append(plain("b"))
    tamper("DELETE FROM audit_entries WHERE seq = 2")
    with pytest.raises(AuditChainBroken):
        log.append(plain("c"))
    assert [record["draft_id"] for record in log.records()] == ["a"]


@pytest.mark.parametrize(
    "record", [{"draft_id": "a", "x": {1}}, {"draft_id": "a", "x": float("nan")}, {"draft_id": ""}, {}]
)
def test_record_without_a_form_is_refused(log, record):
    with pytest.raises(AuditWriteFailed):
        log.append(record)
    assert list(log.records()) == []


def test_locked_database_fails_the_append_and_recovers(database):
    impatient = SqlAuditLog(f"sqlite:///{database}", busy_timeout_s=0.05)
    impatient.append(plain("a"))
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(AuditWriteFailed, match="locked") as caught:
            impatient.append(plain("b"))
        assert caught.value.retryable
        with pytest.raises(AuditWriteFailed, match="locked"):
            impatient.put_blob(b"x")
        assert [record["draft_id"] for record in impatient.records()] == ["a"]
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert impatient.append(plain("b")).seq == 2
    assert list(impatient.verify()) == []


def test_full_disk_fails_the_append_and_leaves_the_log_sound(log):
    log.append(plain("a"))

    @event.listens_for(log._engine, "connect")
    def limit(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    log.close()  # the writer's connection is kept; the next one is limited
    with pytest.raises(AuditWriteFailed, match="full"):
        log.append(plain("b", note="x" * 100_000))
    with pytest.raises(AuditWriteFailed, match="full"):
        log.put_blob(b"x" * 100_000)
    with pytest.raises(NotFound):
        log.get("b")
    assert list(log.verify()) == []
    event.remove(log._engine, "connect", limit)
    log.close()
    assert log.append(plain("b", note="x" * 100_000)).seq == 2
    assert list(log.verify()) == []


def test_failure_at_the_commit_itself_returns_nothing(log):
    log.append(plain("a"))

    @event.listens_for(log._engine, "commit")
    def fail(_connection):
        raise OSError("the disk went away")

    with pytest.raises(AuditWriteFailed, match="went away"):
        log.append(plain("b"))
    event.remove(log._engine, "commit", fail)
    assert log.append(plain("c")).seq == 2
    assert list(log.verify()) == []


def test_read_only_log_reads_and_verifies_but_takes_nothing(log, database):
    log.append(plain("a"))
    log.close()
    archived = SqlAuditLog(f"sqlite:///file:{database}?mode=ro&uri=true")
    assert list(archived.verify()) == []
    assert archived.get("a") == plain("a")
    with pytest.raises(AuditWriteFailed, match="readonly"):
        archived.append(plain("b"))
    with pytest.raises(AuditWriteFailed, match="readonly"):
        archived.put_blob(b"x")


def test_failure_does_not_quote_the_record(database):
    impatient = SqlAuditLog(f"sqlite:///{database}", busy_timeout_s=0.0)
    impatient.append(plain("a"))
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(AuditWriteFailed) as caught:
            impatient.append(plain("b", brief={"customer_id": "C-99"}))
    finally:
        other.close()
    assert "C-99" not in caught.value.message


def test_place_that_cannot_be_written_fails_the_append(tmp_path):
    (tmp_path / "file").write_text("in the way")
    log = SqlAuditLog(f"sqlite:///{tmp_path / 'file' / 'audit.db'}")
    with pytest.raises(AuditWriteFailed):
        log.append(plain("a"))
    with pytest.raises(BackendUnavailable):
        log.get("a")


def test_file_that_is_no_database_is_named_not_overwritten(tmp_path):
    file = tmp_path / "audit.db"
    file.write_text("a letter to my aunt, long enough to be no database header at all " * 20)
    before = file.read_bytes()
    with pytest.raises(AuditWriteFailed):
        SqlAuditLog(f"sqlite:///{file}", busy_timeout_s=0.05).append(plain("a"))
    with pytest.raises(BackendUnavailable):
        list(SqlAuditLog(f"sqlite:///{file}", busy_timeout_s=0.05).records())
    assert file.read_bytes() == before


def test_log_of_a_newer_version_is_left_alone(log, tamper):
    log.append(plain("a"))
    tamper("INSERT INTO audit_migrations (number, name) VALUES (99, 'from the future')")
    newer = SqlAuditLog(str(log._engine.url))
    with pytest.raises(InvalidInput, match="99"):
        newer.append(plain("b"))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "not a url", "nosuch+driver://x"])
def test_url_of_no_durable_database_is_refused(url):
    with pytest.raises((InvalidInput, MissingDependency)):
        SqlAuditLog(url)


def test_missing_sqlalchemy_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingDependency, match="sqlalchemy") as caught:
        SqlAuditLog(f"sqlite:///{tmp_path / 'audit.db'}")
    assert "ragmarket[audit]" in caught.value.hint


def test_threads_share_one_log(log):
    failures: list[Exception] = []

    def work(name: str) -> None:
        try:
            for number in range(10):
                log.append(plain(f"{name}-{number}"))
        except Exception as error:  # noqa: BLE001 (handed to the main thread)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert log.head().seq == 30
    assert list(log.verify()) == []


def _append_twenty(url: str, name: str) -> None:
    log = SqlAuditLog(url, busy_timeout_s=30)
    for number in range(20):
        log.append({"draft_id": f"{name}-{number}", "documents": [{"sha256": log.put_blob(name.encode())}]})


def test_two_processes_create_and_append_to_one_log(tmp_path):
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_twenty, args=(url, name)) for name in ("p", "q")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    log = SqlAuditLog(url)
    assert list(log.verify()) == []
    ids = [record["draft_id"] for record in log.records()]
    assert len(ids) == 40
    assert [id_ for id_ in ids if id_.startswith("p")] == [f"p-{number}" for number in range(20)]
    assert log.head().seq == 40
