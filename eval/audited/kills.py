"""Killing a writer at a random moment, again and again: is everything that it had acknowledged still there?"""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from ragmarket.audit.checkpoints import Checkpoints
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.retention import retain
from ragmarket.audit.signing import generate_key, load_signer
from ragmarket.errors import AuditWriteFailed, NotFound

THREADS = 3
FRESH = 10  # every so many kills the log is a new one, so that its making is interrupted, too


@dataclass
class KillReport:
    """What was seen: kills, records that had been acknowledged, those of them that are missing, and faults."""

    kills: int = 0
    acknowledged: int = 0
    missing: int = 0
    faulty_logs: int = 0
    before_first_answer: int = 0


def _clock() -> Callable[[], str]:
    # Half of the records are old enough to be removed.
    def now() -> str:
        then = datetime.now(UTC) - timedelta(days=random.choice((0, 40)))
        return then.isoformat(timespec="microseconds")

    return now


def write_until_killed(url: str, key: str, run: int, pipe: Connection) -> None:
    """Append from several threads, make checkpoints and remove old records; say what was acknowledged."""
    keeper = Checkpoints(load_signer(Path(key)), 25)
    log = SqlAuditLog(url, busy_timeout_s=30, clock=_clock(), after_append=keeper.heed)
    said = threading.Lock()
    pipe.send_bytes(b"ready")

    def work(name: int) -> None:
        number = 0
        while True:
            number += 1
            id_ = f"r{run}-t{name}-{number}"
            text = f"{run} {number // 5}".encode() * 400
            sha256 = hashlib.sha256(text).hexdigest()
            if name == 0 and number % 20 == 0:
                retain(log, before=datetime.now(UTC).date() - timedelta(days=30), by="Records office", reason="rule 4")
            try:
                log.append({"draft_id": id_, "documents": [{"sha256": sha256}]}, blobs={sha256: text})
            except AuditWriteFailed:
                continue
            with said:
                pipe.send_bytes(id_.encode())

    for name in range(THREADS):
        threading.Thread(target=work, args=(name,), daemon=True).start()
    while True:
        time.sleep(1)


def kill_writers(folder: Path, kills: int, seed: int, progress: Callable[[int], None] | None = None) -> KillReport:
    """Kill that many writers with SIGKILL, each at a random moment of its first 0.4 s.

    Args:
        folder: An empty folder for the logs.
        kills: How often.
        seed: Draws the moments.
        progress: Told after each kill how many there were.
    """
    dice, report = random.Random(seed), KillReport()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["eval.audited.kills", "sqlalchemy.dialects.sqlite", "alembic.migration"])
    key = folder / "key"
    public = generate_key(key)
    acknowledged: list[str] = []
    url = ""
    for run in range(kills):
        if run % FRESH == 0:
            url, acknowledged = f"sqlite:///{folder / f'log{run}.sqlite3'}", []
        ours, theirs = context.Pipe(duplex=False)
        writer = context.Process(target=write_until_killed, args=(url, str(key), run, theirs))
        writer.start()
        theirs.close()
        ours.recv_bytes()
        # Reading while it writes, so that a full pipe never holds it back.
        heard: list[str] = []
        reader = threading.Thread(target=_listen, args=(ours, heard))
        reader.start()
        time.sleep(dice.random() * 0.4)
        writer.kill()
        writer.join()
        reader.join()
        ours.close()
        report.kills += 1
        report.before_first_answer += not heard
        report.acknowledged += len(heard)
        acknowledged += heard
        log = SqlAuditLog(url)
        report.faulty_logs += bool(list(log.verify(None, (), public)))
        for id_ in acknowledged if run % FRESH == FRESH - 1 or run == kills - 1 else heard:
            try:
                report.missing += not log.entry(id_).intact()
            except NotFound:
                report.missing += 1
        log.close()
        if progress is not None:
            progress(report.kills)
    return report


def _listen(pipe: Connection, heard: list[str]) -> None:
    while True:
        try:
            heard.append(pipe.recv_bytes().decode())
        except (EOFError, OSError):
            return
