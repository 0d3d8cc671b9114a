"""The audit log over SQLAlchemy: append, read back, keep bytes.

One chain runs over all records. Every writer takes the database's one write lock, reads the head, adds the next links
with the bytes they cite and moves the head in the same transaction, so several processes may append at once and a
failed append leaves no trace. Threads of one process share a transaction (`commits`).
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.commits import GroupCommit, LockTimeout, NotKept, Pending
from ragmarket.audit.database import cause, wipe
from ragmarket.audit.entry import Entry, cited_blobs
from ragmarket.audit.reader import LogReader
from ragmarket.audit.tables import Row
from ragmarket.errors import AuditWriteFailed, RagmarketError
from ragmarket.protocols import BlobSource
from ragmarket.schemas.message import AuditRef

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOGGER = logging.getLogger(__name__)
_REMEMBERED = 65_536
# As SQLite and PostgreSQL say that another writer did not make room in time.
_LOCKED = re.compile(r"\b(is locked|lock timeout)\b")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


class SqlAuditLog(LogReader):
    """An `ragmarket.protocols.AuditLog` in SQLite or PostgreSQL.

    Nothing is opened until the first call. Safe to share between threads; each process opens its own.

    Args:
        url: SQLAlchemy URL, ``sqlite:///path/to/audit.db`` or ``postgresql://…``.
        busy_timeout_s: How long an append waits for other writers, in seconds.
        clock: Gives the time of an entry as ISO 8601 in UTC.
        after_append: Told, in the thread that wrote them, up to which place entries are on disk now.
        before_waiting: Called by a thread that is about to wait for a disk, a server or another thread's commit: what
            it holds, others may have.

    Raises:
        InvalidInput: The URL names no durable, supported database.
        MissingDependency: SQLAlchemy or the driver is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_timeout_s: float = 10.0,
        clock: Callable[[], str] = _now,
        after_append: Callable[[SqlAuditLog, int], None] | None = None,
        before_waiting: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(url, busy_timeout_s, before_waiting)
        self._clock = clock
        self._after_append = after_append
        self._commits = GroupCommit(self._writer.turn, self._write_group, before_waiting)
        self._kept: set[str] = set()

    def append(self, record: Mapping[str, object], blobs: Mapping[str, BlobSource] | None = None) -> AuditRef:
        """Append one record durably, with the bytes it cites, in one transaction.

        Args:
            record: JSON-able; holds ``draft_id`` (text, never used before). Every blob that it cites is in ``blobs`` or
                kept already.
            blobs: Bytes by their plain SHA-256, or functions that give them, called only for what is not kept yet.

        Returns:
            Its place in the chain, after the commit.

        Raises:
            AuditWriteFailed: The record is not on disk; the log is as it was.
            AuditChainBroken: The end of the log does not verify, so nothing may be added to it.
        """
        draft_id, data, cited = checked_record(record)
        offered = blobs or {}
        new = {sha256: _bytes(sha256, source) for sha256, source in offered.items() if sha256 not in self._kept}
        wish = Pending(draft_id, data, sha256_hex(data), cited, new)
        try:
            done = self._commits.add(wish)
        except NotKept:
            # Another process may have removed what this one remembers as kept.
            if not self._kept.intersection(cited):
                raise
            self._kept.difference_update(cited)
            new = {sha256: _bytes(sha256, source) for sha256, source in offered.items()}
            done = self._commits.add(Pending(draft_id, data, wish.digest, cited, new))
        self._remember(cited)
        ref = done.ref
        if ref is None:
            raise AuditWriteFailed("the write of the record was interrupted")
        return ref

    def put_blob(self, data: bytes) -> str:
        """Keep bytes under their SHA-256 (plain hexadecimal); idempotent.

        Raises:
            AuditWriteFailed: The bytes are not on disk.
        """
        sha256 = sha256_hex(data)
        if sha256 not in self._kept:
            self._commits.add(Pending("", None, "", (), {sha256: data}))
            self._remember((sha256,))
        return sha256

    def wipe(self) -> None:
        """Let the database give up the bytes of what was removed: its journal, or its dead rows."""
        with self._writer.turn:
            try:
                wipe(self._engine)
            except Exception as error:  # noqa: BLE001 (what was removed is removed; the rest is the database's own time)
                _LOGGER.warning("the database keeps removed bytes for a while: %s", cause(error))

    def close(self) -> None:
        """Return all connections."""
        self._writer.close()
        self._engine.dispose()

    def _remember(self, kept: Iterable[str]) -> None:
        if len(self._kept) > _REMEMBERED:
            self._kept.clear()
        self._kept.update(kept)

    def forget(self, gone: Iterable[str]) -> None:
        """Bytes that were removed are not remembered as kept."""
        self._kept.difference_update(gone)

    def add(self, connection: Connection, wish: Pending, last: Entry | AuditRef | None) -> AuditRef:
        """Add one record inside a transaction of `writing`.

        Raises:
            AuditWriteFailed: The id is taken or a cited blob is not kept; nothing of it was written.
        """
        held = self.tables.held(connection, (wish,))
        held.admit(wish)
        self.tables.keep(connection, {key: data for key, data in wish.blobs.items() if key not in held.blobs})
        ref, row = self.tables.row(wish, last, self._clock())
        self.tables.insert(connection, (row,), ref, begins=last is None)
        return ref

    def _write_group(self, group: Sequence[Pending]) -> None:
        try:
            with self.writing() as connection:
                self._write_wishes(connection, group)
        except AuditWriteFailed:
            if not self._landed(group):
                raise
        written = [wish.ref.seq for wish in group if wish.ref is not None]
        if written and self._after_append is not None:
            try:
                self._after_append(self, max(written))
            except Exception:  # the records are on disk, whatever becomes of what follows them
                _LOGGER.exception("what follows an append to the audit log failed")

    def _write_wishes(self, connection: Connection, group: Sequence[Pending]) -> None:
        """What a group wants kept, in as few statements for many as for one."""
        held = self.tables.held(connection, group)
        last: Entry | AuditRef | None = None
        if any(wish.data is not None for wish in group):
            last = self.tables.checked_end(connection)
        begins = last is None
        new: dict[str, bytes] = {}
        rows: list[Row] = []
        for wish in group:
            if wish.data is not None:
                try:
                    held.admit(wish)
                except AuditWriteFailed as error:
                    wish.error = error
                    continue
                last, row = self.tables.row(wish, last, self._clock())
                wish.ref = last
                rows.append(row)
                held.drafts.add(wish.draft_id)
            new |= {key: data for key, data in wish.blobs.items() if key not in held.blobs}
            held.blobs.update(wish.blobs)
        self.tables.keep(connection, new)
        if isinstance(last, AuditRef) and rows:
            self.tables.insert(connection, rows, last, begins=begins)

    def _landed(self, group: Sequence[Pending]) -> bool:
        """Whether a commit that failed to answer did reach the disk: a server may go away in between."""
        placed = [wish for wish in group if wish.ref is not None]
        if not placed or any(wish.data is None for wish in group):
            return False
        try:
            found = [self.entry(wish.draft_id).ref for wish in placed]
        except RagmarketError:
            return False
        return found == [wish.ref for wish in placed]

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writer's transaction, for `add` and what else must happen with it.

        Raises:
            AuditWriteFailed: Nothing of it is on disk.
        """
        try:
            self._open()
            with self._writer.transaction() as connection:
                yield connection
        except RagmarketError:
            raise
        except Exception as error:  # whatever went wrong, the promise is the same: nothing was acknowledged
            why = cause(error)
            failure = LockTimeout if _LOCKED.search(why) else AuditWriteFailed
            raise failure(f"the audit log could not be written: {why}") from error


def checked_record(record: Mapping[str, object]) -> tuple[str, bytes, tuple[str, ...]]:
    """A record's id, canonical bytes and cited blobs.

    Raises:
        AuditWriteFailed: It has no canonical form or no id.
    """
    try:
        data = canonical_bytes(record)
    except ValueError as error:
        raise AuditWriteFailed(f"the record has no canonical form: {error}", hint="Report this fault.") from error
    draft_id = record.get("draft_id")
    if not isinstance(draft_id, str) or not draft_id:
        raise AuditWriteFailed("the record has no draft_id", hint="Report this fault.")
    return unicodedata.normalize("NFC", draft_id), data, cited_blobs(record)


def _bytes(sha256: str, source: BlobSource) -> bytes:
    data = source() if callable(source) else source
    if sha256_hex(data) != sha256:
        raise AuditWriteFailed(f"the bytes given for {sha256} have another hash", hint="Report this fault.")
    return data
