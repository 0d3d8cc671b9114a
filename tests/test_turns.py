from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from ragmarket.audit.log import SqlAuditLog
from ragmarket.turns import Turn
from tests.test_pipeline import IDS, answer, brief, line


def test_one_thread_has_it_at_a_time() -> None:
    turn, inside, most = Turn(), [0], [0]

    def work(_: int) -> None:
        with turn.taken(), turn.taken():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert most == [1]


def test_others_work_while_one_waits() -> None:
    turn, worked, waits = Turn(), threading.Event(), threading.Event()

    def other() -> None:
        waits.wait(10)
        with turn.taken():
            worked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with turn.taken():
        waits.set()
        assert not worked.wait(0.05)
        with turn.left():
            assert worked.wait(10)
    thread.join()


@pytest.mark.parametrize("ends", [True, False])
def test_it_is_free_after_a_fault(ends: bool) -> None:
    turn = Turn()
    with pytest.raises(ValueError, match="a fault"), turn.taken():  # noqa: PT012
        with pytest.raises(ValueError, match="a wait"), turn.left():
            raise ValueError("a wait failed")
        if ends:
            turn.end()
            turn.end()
        raise ValueError("a fault")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: turn._lock.acquire(timeout=5)).result()


def test_nothing_happens_without_it() -> None:
    turn = Turn()
    turn.end()
    with turn.left(), turn.taken():
        turn.end()


@pytest.fixture
def log(tmp_path: Path) -> tuple[SqlAuditLog, Turn, Path]:
    turn, file = Turn(), tmp_path / "audit.sqlite3"
    return SqlAuditLog(f"sqlite:///{file}", before_waiting=turn.end), turn, file


def test_a_slow_disk_holds_up_nobody_who_has_work(log: tuple[SqlAuditLog, Turn, Path]) -> None:
    written, turn, _ = log
    written.head()
    entered, free = threading.Event(), threading.Event()
    order: list[str] = []

    @event.listens_for(written._engine, "commit")
    def slow(_: object) -> None:
        if not order:
            order.append("commits")
            entered.set()
            assert free.wait(10), "nobody could work while the disk was waited for"

    def append(draft_id: str) -> int:
        with turn.taken():
            if draft_id != "a":
                free.set()
            return written.append({"draft_id": draft_id}).seq

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(append, "a")
        assert entered.wait(10)
        others = [pool.submit(append, name) for name in "bcde"]
        assert sorted([first.result(), *(one.result() for one in others)]) == [1, 2, 3, 4, 5]
    assert list(written.verify()) == []
    written.close()


def test_what_a_line_returns_from_many_threads_is_on_disk(log: tuple[SqlAuditLog, Turn, Path]) -> None:
    written, turn, file = log

    def draft(number: int) -> bool:
        pipeline, _, _ = line(*(answer("en", "whatsapp", IDS["whatsapp"]),) * 3)
        pipeline.audit, pipeline._turn = written, turn.taken
        pipeline.drafter._aside = turn.left  # type: ignore[attr-defined]
        result = pipeline.draft(brief(seed=number))
        # Another connection sees it, so it was committed before it was returned.
        with sqlite3.connect(file) as other:
            row = other.execute(
                "SELECT entry_hash FROM audit_entries WHERE draft_id = ?", (result.draft_id,)
            ).fetchone()
        other.close()
        return result.audit is not None and row == (result.audit.hash,) and not turn._mine

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(draft, range(24)))
    assert list(written.verify()) == []
    written.close()
