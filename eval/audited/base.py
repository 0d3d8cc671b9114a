"""A small sound log of every kind of entry, and what a tampering with it is."""

from __future__ import annotations

import hashlib
import itertools
import random
import sqlite3
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.audit.checkpoints import Checkpoints
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.retention import hold, retain
from ragmarket.audit.signing import Signer, generate_key, load_signer
from ragmarket.schemas.checkpoint import Checkpoint
from ragmarket.schemas.retention import HoldRequest

DRAFTS, EVERY = 40, 12
COLUMNS = ("draft_id", "previous_hash", "recorded_at", "record", "entry_hash", "record_sha256", "cited")
Statement = tuple[str, tuple[Any, ...]]


@dataclass
class Base:
    """The sound log: its file without guards, the checkpoints that were handed out, and both parties' keys."""

    file: Path
    kept: list[Checkpoint]
    public_key: bytes
    stranger: Signer
    last: int
    removed: frozenset[int]
    stored: dict[int, int]
    blobs: dict[str, int]


@dataclass
class Tampering:
    """What was done, and the place and kind that have to be named first."""

    family: str
    what: str
    seq: int
    kind: str
    kept: list[Checkpoint]
    statements: list[Statement] = field(default_factory=list)


def base_log(folder: Path) -> Base:
    """Build the sound log: drafts with documents, checkpoints, a hold, and a retention run."""
    signer, stranger = (
        (generate_key(folder / name), load_signer(folder / name))[1] for name in ("keeper.key", "stranger.key")
    )
    ticks = itertools.count()

    def clock() -> str:
        number = next(ticks)
        return f"{'2019' if number < 8 else '2026'}-03-01T00:{number // 60:02d}:{number % 60:02d}.000000+00:00"

    file = folder / "base.sqlite3"
    keeper = Checkpoints(signer, EVERY)
    log = SqlAuditLog(f"sqlite:///{file}", clock=clock, after_append=keeper.heed)
    kept = []
    for number in range(DRAFTS):
        text = f"document {number % 9}".encode()
        sha256 = hashlib.sha256(text).hexdigest()
        record: dict[str, object] = {
            "draft_id": f"drf_{number:03d}",
            "brief": {"campaign": "c"},
            "result": {"text": f"दर {number}.5 %"},
        }
        record["documents"] = [{"doc_id": "d", "version": "1", "sha256": sha256}]
        log.append(record, blobs={sha256: text})
        if number in (15, 30):
            kept.append(keeper.make(log))
        if number == 20:
            hold(log, HoldRequest(draft_id="drf_003", by="Legal", reason="complaint"))
            retain(log, before=date(2020, 1, 1), by="Records office", reason="rule 4")
    kept.append(keeper.make(log))
    log.append({"draft_id": "drf_last", "documents": []})
    entries = list(log.entries())
    stored = {one.seq: one.seq - 1 for one in entries if one.draft_id.startswith("checkpoint.")}
    blobs: dict[str, int] = {}
    for one in entries:
        for sha256 in one.citations():
            blobs.setdefault(sha256, one.seq)
    if list(log.verify(None, kept, signer.public_key)):
        raise RuntimeError("the log does not verify before anything was done to it")
    log.close()
    connection = sqlite3.connect(file)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.commit()
    connection.close()
    removed = frozenset(one.seq for one in entries if one.removed)
    return Base(file, kept, signer.public_key, stranger, entries[-1].seq, removed, stored, blobs)


def stored_rows(base: Base) -> list[dict[str, Any]]:
    """The entries' columns, in order."""
    connection = sqlite3.connect(base.file)
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute("SELECT * FROM audit_entries ORDER BY seq")]
    connection.close()
    return found


def live_entry(base: Base, dice: random.Random, low: int = 1, high: int | None = None) -> int:
    """The number of an entry whose record is still there, between two ends."""
    return dice.choice([seq for seq in range(low, (high or base.last) + 1) if seq not in base.removed])
