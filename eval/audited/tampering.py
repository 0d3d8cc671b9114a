"""Random tamperings that know what verification has to answer, and what it answers."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.audited.base import Base, Tampering
from eval.audited.checkpoints import checkpoints
from eval.audited.entries import bits, order, rows, tail
from ragmarket.audit.log import SqlAuditLog

FAMILIES = ("bits", "rows", "order", "tail", "checkpoints")
_WAYS: dict[str, Callable[[Base, random.Random], Tampering]] = {
    "bits": bits,
    "rows": rows,
    "order": order,
    "tail": tail,
    "checkpoints": checkpoints,
}


def tamperings(base: Base, count: int, seed: int) -> Sequence[Tampering]:
    """So many random tamperings, the families in turn."""
    dice = random.Random(seed)
    return [_WAYS[FAMILIES[number % len(FAMILIES)]](base, dice) for number in range(count)]


def answer(base: Base, tampering: Tampering, file: Path) -> tuple[int, str] | None:
    """The first fault that verification names in a copy of the log; None when it finds none."""
    shutil.copyfile(base.file, file)
    connection = sqlite3.connect(file)
    for statement, values in tampering.statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()
    log = SqlAuditLog(f"sqlite:///{file}")
    try:
        first = next(iter(log.verify(None, tampering.kept, base.public_key)), None)
    finally:
        log.close()
    return (int(str(first["seq"])), str(first["kind"])) if first is not None else None
