from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from ragmarket.audit.log import SqlAuditLog
from ragmarket.errors import AuditChainBroken, AuditWriteFailed, NotFound


def doc(text):
    data = text.encode()
    return hashlib.sha256(data).hexdigest(), data


def citing(draft_id, *hashes, **more):
    return {"draft_id": draft_id, "documents": [{"doc_id": "d", "sha256": one} for one in hashes], **more}


class Commits:
    """Counts transactions that were committed; the first one waits until somebody lets it go."""

    def __init__(self, log):
        self.count = 0
        self.entered, self.go = threading.Event(), threading.Event()
        self.fail = None

        @event.listens_for(log._engine, "commit")
        def commit(_connection):
            self.count += 1
            if self.count == 1:
                self.entered.set()
                self.go.wait(20)
            if self.fail is not None and self.count > 1:
                error, self.fail = self.fail, None
                raise error


def queue_behind(log, first, others):
    """Let one append hold the turn while the others queue up; the outcome of each by its id."""
    log.head()
    commits = Commits(log)
    outcomes = {}

    def add(record, blobs=None):
        try:
            outcomes[record["draft_id"]] = log.append(record, blobs=blobs)
        except Exception as error:  # noqa: BLE001 (handed to the main thread)
            outcomes[record["draft_id"]] = error

    leader = threading.Thread(target=add, args=first)
    leader.start()
    assert commits.entered.wait(20)
    followers = [threading.Thread(target=add, args=one) for one in others]
    for one in followers:
        one.start()
    deadline = threading.Event()
    while len(log._commits._waiting) < len(others) and not deadline.wait(0.005):
        pass
    yield commits
    commits.go.set()
    for one in (leader, *followers):
        one.join(20)
    yield outcomes


def test_those_who_wait_share_one_transaction(log):
    sha256, data = doc("shared")
    others = [(citing(f"d{number}", sha256), {sha256: data}) for number in range(20)]
    steps = queue_behind(log, (citing("first"),), others)
    commits = next(steps)
    outcomes = next(steps)
    assert commits.count == 2
    assert sorted(ref.seq for ref in outcomes.values()) == list(range(1, 22))
    assert {entry.draft_id: entry.ref for entry in log.entries()} == outcomes
    assert list(log.verify()) == []


def test_a_refused_record_fails_alone(log):
    steps = queue_behind(
        log,
        (citing("first"),),
        [(citing("good"),), (citing("uncited", "0" * 64),), (citing("first"),), (citing("fine"),)],
    )
    commits = next(steps)
    outcomes = next(steps)
    assert commits.count == 2
    refused = {name for name, one in outcomes.items() if isinstance(one, AuditWriteFailed)}
    assert refused >= {"uncited"}
    assert {entry.draft_id for entry in log.entries()} == {"first", "good", "fine"}
    assert list(log.verify()) == []


def test_when_a_shared_transaction_fails_each_stands_for_itself(log):
    steps = queue_behind(log, (citing("first"),), [(citing(name),) for name in "abc"])
    commits = next(steps)
    commits.fail = OSError("the disk went away")
    outcomes = next(steps)
    assert not any(isinstance(one, Exception) for one in outcomes.values()), outcomes
    assert commits.count == 5  # the first, the shared one that failed, and three of their own
    assert {entry.draft_id: entry.ref for entry in log.entries()} == outcomes


def test_exactly_those_that_are_not_written_hear_of_it(log):
    log.append(citing("sound"))
    steps = queue_behind(log, (citing("first"),), [(citing(name),) for name in "ab"])
    next(steps)

    @event.listens_for(log._engine, "begin")
    def broken(connection):
        if connection.get_execution_options().get("ragmarket_writes"):
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_entries_no_update")
            connection.exec_driver_sql("UPDATE audit_entries SET recorded_at = 'x' WHERE seq = 2")

    outcomes = next(steps)
    assert outcomes["first"].seq == 2
    for name in "ab":
        assert isinstance(outcomes[name], AuditChainBroken)
        with pytest.raises(NotFound):
            log.get(name)
    event.remove(log._engine, "begin", broken)
    assert list(log.verify()) == []


def test_bytes_are_asked_for_only_when_they_are_not_kept(log):
    sha256, data = doc("the rate card")
    asked = []

    def give():
        asked.append(1)
        return data

    for number in range(5):
        log.append(citing(f"d{number}", sha256), blobs={sha256: give})
    assert len(asked) == 1
    assert log.get_blob(sha256) == data


def test_bytes_with_another_hash_are_refused(log):
    with pytest.raises(AuditWriteFailed, match="another hash"):
        log.append(citing("d", "0" * 64), blobs={"0" * 64: b"text"})
    assert list(log.records()) == []


def test_what_another_process_removed_is_written_again(log, tamper):
    sha256, data = doc("kept")
    log.append(citing("a", sha256), blobs={sha256: data})
    assert log.put_blob(data) == sha256
    tamper("DELETE FROM audit_blobs")
    log.append(citing("b", sha256), blobs={sha256: lambda: data})
    assert log.get_blob(sha256) == data
    tamper("DELETE FROM audit_blobs")
    with pytest.raises(AuditWriteFailed, match="not kept"):
        log.append(citing("c", sha256))
    assert log.put_blob(data) == sha256
    log.append(citing("c", sha256))


def test_thirty_two_threads_and_two_logs_on_one_file(log, database):
    other = SqlAuditLog(f"sqlite:///{database}", busy_timeout_s=60)

    def work(number):
        sha256, data = doc(f"text {number % 7}")
        return (log if number % 2 else other).append(citing(f"d{number}", sha256), blobs={sha256: data})

    with ThreadPoolExecutor(32) as pool:
        refs = list(pool.map(work, range(192)))
    assert sorted(ref.seq for ref in refs) == list(range(1, 193))
    assert list(log.verify()) == []
    other.close()
