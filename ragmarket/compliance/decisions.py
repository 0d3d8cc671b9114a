"""The decisions file: append-only JSON Lines, each record chained to the one before it by its hash.

Writers take an exclusive lock on the file itself, judge what they are about to write against all that stands in it, and
return only when the bytes are on the disk. A line that a crash cut off is no decision: readers say so and pass over it,
and the next writer sets it aside in a file of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ragmarket.errors import AuditWriteFailed, BadKnowledge
from ragmarket.schemas.ledger import NO_HASH, Decision

_HINT = "Restore the file from its last good copy; `ragmarket disclaimers verify` says whether it holds."
_WRITE_HINT = "Free the disk, or let RAGMARKET_COMPLIANCE__DECISIONS_FILE name a file that may be written."


@dataclass(frozen=True, slots=True)
class Decisions:
    """All records of a file; ``torn`` is the line of a last record that was cut off while it was written."""

    records: tuple[Decision, ...]
    torn: int | None = None

    @property
    def head(self) -> str:
        """``SEQ:HASH`` of the last record."""
        return f"{self.records[-1].seq}:{self.records[-1].hash}" if self.records else f"0:{NO_HASH}"


def record_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of a record's canonical JSON without its own hash."""
    body = {key: value for key, value in fields.items() if key != "hash"}
    return hashlib.sha256(
        json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


class DecisionLog:
    """The decisions of one deployment.

    Args:
        path: The file; it need not exist before the first decision.
        now: The clock.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = path
        self._now = now

    def state(self) -> tuple[int, int] | None:
        """Something that changes whenever the file does, at the price of one look at its folder."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def read(self) -> Decisions:
        """Every record, each held against the chain.

        Raises:
            BadKnowledge: A record was altered, removed or moved, with its line.
        """
        try:
            with self.path.open("rb") as stream, _locked(stream.fileno(), fcntl.LOCK_SH):
                return self._parse(stream.read())[0]
        except FileNotFoundError:
            return Decisions(())
        except OSError as error:
            raise BadKnowledge(self.path, None, f"cannot be read: {error.strerror}", hint=_HINT) from error

    def append(self, judge: Callable[[Sequence[Decision]], Sequence[Mapping[str, Any]]]) -> tuple[Decision, ...]:
        """Write what ``judge`` makes of the records so far, all of it or nothing.

        Args:
            judge: Called while no other writer can write; gives the new records without ``seq``, ``at`` and hashes, or
                raises what forbids them.

        Raises:
            BadKnowledge: The file does not hold, so nothing is added to it.
            AuditWriteFailed: The records could not be written, so nothing was decided.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise AuditWriteFailed(f"{self.path}: {error.strerror}", hint=_WRITE_HINT) from error
        with os.fdopen(handle, "r+b", buffering=0) as stream, _locked(handle, fcntl.LOCK_EX):
            held = stream.read()
            known, whole = self._parse(held)
            added = self._chained(known.records, judge(known.records))
            body = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in added).encode()
            try:
                if len(held) > whole:
                    self._set_aside(held[whole:])
                    os.ftruncate(handle, whole)
                if whole and held[whole - 1 : whole] != b"\n":
                    body = b"\n" + body
                self._write(handle, body, whole)
            except OSError as error:
                raise AuditWriteFailed(
                    f"{self.path}: {error.strerror}; nothing was decided", hint=_WRITE_HINT
                ) from error
        return tuple(Decision.model_validate(one) for one in added)

    def preview(self, judge: Callable[[Sequence[Decision]], Sequence[Mapping[str, Any]]]) -> tuple[Decision, ...]:
        """What `append` would write now; nothing is written."""
        known = self.read().records
        return tuple(Decision.model_validate(one) for one in self._chained(known, judge(known)))

    def _chained(self, known: Sequence[Decision], new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        previous, at = known[-1].hash if known else NO_HASH, self._now().astimezone(UTC)
        if known and known[-1].at > at:
            raise AuditWriteFailed(
                f"the clock says {at.isoformat()}, before the last decision ({known[-1].at.isoformat()})",
                hint="Set the clock right and decide again.",
            )
        rows: list[dict[str, Any]] = []
        for seq, fields in enumerate(new, start=len(known) + 1):
            draft = Decision.model_validate({**fields, "seq": seq, "at": at, "previous": previous, "hash": ""})
            row = draft.model_dump(mode="json")
            row["hash"] = previous = record_hash(row)
            rows.append(row)
        return rows

    def _parse(self, data: bytes) -> tuple[Decisions, int]:
        """The records, and how many bytes they take."""
        records: list[Decision] = []
        previous, whole = NO_HASH, 0
        lines = [line for line in re.split(rb"(?<=\n)", data) if line]
        for number, line in enumerate(lines, start=1):
            try:
                record = self._record(number, line, previous)
            except BadKnowledge:
                # Only the file's end can have been cut; a bad line that others follow was tampered with.
                if number == len(lines) and not line.endswith(b"\n"):
                    return Decisions(tuple(records), torn=number), whole
                raise
            records.append(record)
            previous, whole = record.hash, whole + len(line)
        return Decisions(tuple(records)), whole

    def _record(self, number: int, line: bytes, previous: str) -> Decision:
        def wrong(problem: str) -> BadKnowledge:
            return BadKnowledge(self.path, number, problem, hint=_HINT)

        try:
            fields = json.loads(line)
            record = Decision.model_validate(fields)
        except ValidationError as error:
            raise wrong(f"not a decision: {error.errors()[0]['msg']}") from error
        except ValueError as error:
            raise wrong(f"not a decision: {error}") from error
        if record.hash != record_hash(fields):
            raise wrong(f"decision {record.seq} was altered: its hash is not that of its content")
        if record.seq != number or record.previous != previous:
            raise wrong(f"decision {record.seq} does not follow the record before it: one was removed, added or moved")
        return record

    def _set_aside(self, torn: bytes) -> None:
        number = 1
        while (place := self.path.with_name(f"{self.path.name}.torn-{number}")).exists():
            number += 1
        with place.open("xb") as stream:
            stream.write(torn)
            stream.flush()
            os.fsync(stream.fileno())

    def _write(self, handle: int, body: bytes, size: int) -> None:
        try:
            done = 0
            while done < len(body):
                done += os.write(handle, body[done:])
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _locked(handle: int, how: int) -> Iterator[None]:
    fcntl.flock(handle, how)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)
