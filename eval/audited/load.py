"""How fast the log is: verifying many records, appending from many threads, proving one."""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ragmarket.audit.canonical import sha256_hex
from ragmarket.audit.checkpoints import Checkpoints, tree_of
from ragmarket.audit.commits import Pending
from ragmarket.audit.entry import Entry
from ragmarket.audit.log import SqlAuditLog, checked_record
from ragmarket.audit.proofs import proof_faults, prove
from ragmarket.schemas.message import AuditRef

DOCUMENTS = 200
_BATCH = 500


def some_record(draft_id: str, size: int, dice: random.Random) -> tuple[dict[str, object], dict[str, bytes]]:
    """A record of about ``size`` bytes that cites three of two hundred documents, and those documents."""
    cited = {}
    for number in dice.sample(range(DOCUMENTS), 3):
        text = f"document {number}: ब्याज दर 7.10 % ".encode() * 40
        cited[hashlib.sha256(text).hexdigest()] = text
    filler = [f"{dice.random():.17f} जमा पर ब्याज" for _ in range(max(0, size - 400) // 52)]
    record: dict[str, object] = {
        "draft_id": draft_id,
        "status": "accepted",
        "documents": [{"doc_id": "d", "version": "1", "sha256": one} for one in cited],
        "result": {"text": "ब्याज", "notes": filler},
    }
    return record, cited


def fill(log: SqlAuditLog, count: int, size: int, progress: Callable[[int], None] | None = None) -> None:
    """Append many records in the exact form that `SqlAuditLog.append` writes, many to a transaction."""
    dice = random.Random(5)
    body, _ = some_record("@", size, dice)
    done = 0
    while done < count:
        with log.writing() as connection:
            last: Entry | AuditRef | None = log.tables.checked_end(connection)
            for number in range(done, min(count, done + _BATCH)):
                fresh, blobs = some_record(f"drf_{number:032x}", 0, dice)
                draft_id, data, cited = checked_record({**body, **fresh, "result": body["result"]})
                last = log.add(connection, Pending(draft_id, data, sha256_hex(data), cited, blobs), last)
        done = min(count, done + _BATCH)
        if progress is not None:
            progress(done)


def verification(log: SqlAuditLog) -> dict[str, Any]:
    """Seconds of one whole pass, wall and processor, and what it found."""
    began, busy = time.perf_counter(), time.process_time()
    faults = list(log.verify())
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(time.process_time() - busy, 2),
        "faults": len(faults),
    }


def proving(log: SqlAuditLog, count: int, checkpoints: Checkpoints) -> dict[str, Any]:
    """Milliseconds to read the tree, to make a proof and to check one, and a proof's size."""
    began = time.perf_counter()
    point = checkpoints.make(log)
    made = time.perf_counter()
    tree = tree_of(log)
    read = time.perf_counter()
    dice = random.Random(7)
    proofs = [prove(log.entry(f"drf_{dice.randrange(count):032x}"), point, tree) for _ in range(100)]
    proved = time.perf_counter()
    wrong = sum(bool(proof_faults(one)) for one in proofs)
    return {
        "checkpoint_seconds": round(made - began, 3),
        "tree_seconds": round(read - made, 3),
        "prove_ms": round(10 * (proved - read), 3),
        "check_ms": round(10 * (time.perf_counter() - proved), 3),
        "bytes": len(json.dumps(proofs[0].model_dump(mode="json"))),
        "wrong": wrong,
    }


def appending(folder: Path, threads: int, count: int, size: int, *, grouped: bool) -> dict[str, Any]:
    """Records per second and the wait of one append, with so many threads on a fresh log.

    Args:
        folder: Where the log is made.
        threads: How many append at once.
        count: How many records in all.
        size: Bytes of a record.
        grouped: As the line does it; else every document and every record in a transaction of its own.
    """
    log = SqlAuditLog(f"sqlite:///{folder / f'append-{threads}-{grouped}.sqlite3'}", busy_timeout_s=120)
    log.append({"draft_id": "first"})
    dice = random.Random(11)
    todo = [some_record(f"drf_{number:032x}", size, dice) for number in range(count)]
    waits: list[float] = []
    together = threading.Barrier(threads)

    def start() -> None:
        together.wait()

    def one(work: tuple[dict[str, object], dict[str, bytes]]) -> None:
        record, blobs = work
        began = time.perf_counter()
        if grouped:
            log.append(record, blobs=blobs)
        else:
            for data in blobs.values():
                log.forget([hashlib.sha256(data).hexdigest()])
                log.put_blob(data)
            log.append(record)
        waits.append(1000 * (time.perf_counter() - began))

    with ThreadPoolExecutor(threads, initializer=start) as pool:
        for _ in range(threads):
            pool.submit(time.sleep, 0.01)
        began = time.perf_counter()
        list(pool.map(one, todo))
        seconds = time.perf_counter() - began
    faults = len(list(log.verify()))
    log.close()
    ordered = sorted(waits)
    return {
        "threads": threads,
        "grouped": grouped,
        "records": count,
        "per_second": round(count / seconds, 1),
        "wait_ms": {
            "p50": round(statistics.median(ordered), 2),
            "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        },
        "faults": faults,
    }
