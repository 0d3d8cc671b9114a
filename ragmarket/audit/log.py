"""The audit log over SQLAlchemy: append, read back, keep bytes.

One chain runs over all records. Every writer takes the database's one write lock, reads the head, adds the next link
and moves the head in the same transaction, so several processes may append at once and a failed append leaves no trace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ragmarket.audit.canonical import TAG, canonical_bytes, sha256_hex
from ragmarket.audit.database import cause, open_engine, sqlite_file, use_wal, writing
from ragmarket.audit.entry import COLUMNS, GENESIS, Entry, cited_blobs, entry_hash, stored_bytes
from ragmarket.audit.migrations import migrate, pending
from ragmarket.audit.verify import verify_chain
from ragmarket.errors import AuditChainBroken, AuditWriteFailed, BackendUnavailable, NotFound, RagmarketError
from ragmarket.schemas.message import AuditRef

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_PAGE = 500


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


class SqlAuditLog:
    """An `ragmarket.protocols.AuditLog` in SQLite or PostgreSQL.

    Nothing is opened until the first call. Safe to share between threads; each process opens its own.

    Args:
        url: SQLAlchemy URL, ``sqlite:///path/to/audit.db`` or ``postgresql://…``.
        busy_timeout_s: How long an append waits for other writers, in seconds.
        clock: Gives the time of an entry as ISO 8601 in UTC.

    Raises:
        InvalidInput: The URL names no durable, supported database.
        MissingDependency: SQLAlchemy or the driver is not installed.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = 10.0, clock: Callable[[], str] = _now) -> None:
        self._engine = open_engine(url, busy_timeout_s)
        self._busy_timeout_s = busy_timeout_s
        self._clock = clock
        self._opening = threading.Lock()
        self._ready = False

    def append(self, record: Mapping[str, object]) -> AuditRef:
        """Append one record durably.

        Args:
            record: JSON-able; holds ``draft_id`` (text, never used before). All blobs it cites must be kept already.

        Returns:
            Its place in the chain, after the commit.

        Raises:
            AuditWriteFailed: The record is not on disk; the log is as it was.
            AuditChainBroken: The end of the log does not verify, so nothing may be added to it.
        """
        try:
            data = canonical_bytes(record)
        except ValueError as error:
            raise AuditWriteFailed(f"the record has no canonical form: {error}", hint="Report this fault.") from error
        draft_id = record.get("draft_id")
        if not isinstance(draft_id, str) or not draft_id:
            raise AuditWriteFailed("the record has no draft_id", hint="Report this fault.")
        with self._write() as connection:
            known = connection.exec_driver_sql(
                self._sql("SELECT seq FROM audit_entries WHERE draft_id = ?"), (draft_id,)
            )
            if known.first() is not None:
                raise AuditWriteFailed(
                    f"the draft {draft_id!r} is already recorded", hint="Give the draft an id of its own."
                )
            for sha256 in cited_blobs(record):
                if not self._kept(connection, sha256):
                    raise AuditWriteFailed(f"cited bytes are not kept: {sha256}", hint="Keep them with put_blob first.")
            last = self._checked_end(connection)
            seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
            recorded_at = self._clock()
            hash_ = entry_hash(seq, previous, recorded_at, sha256_hex(data))
            connection.exec_driver_sql(
                self._sql(f"INSERT INTO audit_entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"),  # noqa: S608
                (seq, draft_id, previous, recorded_at, data.decode("utf-8"), hash_),
            )
            connection.exec_driver_sql(
                self._sql(
                    "UPDATE audit_head SET seq = ?, entry_hash = ?"
                    if last
                    else "INSERT INTO audit_head (seq, entry_hash, id) VALUES (?, ?, 1)"
                ),
                (seq, hash_),
            )
        return AuditRef(seq=seq, hash=hash_)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes under their SHA-256 (plain hexadecimal); idempotent.

        Raises:
            AuditWriteFailed: The bytes are not on disk.
        """
        sha256 = sha256_hex(data)
        with self._write() as connection:
            if not self._kept(connection, sha256):
                insert = self._sql("INSERT INTO audit_blobs (sha256, data) VALUES (?, ?)")
                connection.exec_driver_sql(insert, (sha256, data))
        return sha256

    def get_blob(self, sha256: str) -> bytes:
        """Bytes kept under a hash, plain or tagged.

        Raises:
            NotFound: Nothing is kept under it.
            AuditChainBroken: What is kept under it has another hash.
        """
        data = self._blob(sha256.removeprefix(TAG))
        if data is None:
            raise NotFound(f"no bytes are kept under {sha256!r}")
        if sha256_hex(data) != sha256.removeprefix(TAG):
            raise AuditChainBroken(f"the bytes kept under {sha256} were altered")
        return data

    def get(self, draft_id: str) -> Mapping[str, object]:
        """The record of one draft.

        Raises:
            NotFound: No such draft was recorded.
            AuditChainBroken: The record on disk does not match its hash.
        """
        entry = self.entry(draft_id)
        record = entry.checked()
        if record is None:
            raise AuditChainBroken(f"the record of draft {draft_id!r} (entry {entry.seq}) was altered")
        return record

    def entry(self, draft_id: str) -> Entry:
        """The entry of one draft as it stands on disk, altered or not.

        Raises:
            NotFound: No such draft was recorded.
        """
        with self._read() as connection:
            query = self._sql(f"SELECT {COLUMNS} FROM audit_entries WHERE draft_id = ?")  # noqa: S608
            row = connection.exec_driver_sql(query, (draft_id,)).first()
        if row is None:
            raise NotFound(f"no draft {draft_id!r} is recorded")
        return Entry.from_row(row)

    def entries(self) -> Iterator[Entry]:
        """All entries as they stand on disk, in order of place, in constant memory."""
        query = self._sql(f"SELECT {COLUMNS} FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT {_PAGE}")  # noqa: S608
        after = -(2**63) + 1
        while True:
            # Page by page: a reader that stops to think must not hold a transaction open.
            with self._read() as connection:
                page = [Entry.from_row(row) for row in connection.exec_driver_sql(query, (after,))]
            if not page:
                return
            yield from page
            after = page[-1].seq

    def records(self) -> Iterator[Mapping[str, object]]:
        """All records, oldest first.

        Raises:
            AuditChainBroken: One is no record any more.
        """
        for entry in self.entries():
            yield entry.record()

    def head(self) -> AuditRef | None:
        """The chain's end; kept elsewhere and handed to `verify`, it shows even a log that was rebuilt whole."""
        with self._read() as connection:
            row = connection.exec_driver_sql("SELECT seq, entry_hash FROM audit_head").first()
        return AuditRef(seq=int(row[0]), hash=str(row[1])) if row is not None else None

    def verify(self, head: AuditRef | None = None) -> Iterable[Mapping[str, object]]:
        """Every fault of the log, in order of place; none is the good news.

        Args:
            head: A head that was kept outside the log.

        Returns:
            ``{"seq", "draft_id", "kind", "detail"}``; see `ragmarket.audit.verify`.
        """
        return (fault.as_dict() for fault in verify_chain(self.entries, self._blob, self.head, kept=head))

    def close(self) -> None:
        """Return all connections."""
        self._engine.dispose()

    def _kept(self, connection: Connection, sha256: str) -> bool:
        query = self._sql("SELECT 1 FROM audit_blobs WHERE sha256 = ?")
        return connection.exec_driver_sql(query, (sha256,)).first() is not None

    def _blob(self, sha256: str) -> bytes | None:
        with self._read() as connection:
            query = self._sql("SELECT data FROM audit_blobs WHERE sha256 = ?")
            row = connection.exec_driver_sql(query, (sha256,)).first()
        return stored_bytes(row[0]) if row is not None else None

    def _checked_end(self, connection: Connection) -> Entry | None:
        row = connection.exec_driver_sql(f"SELECT {COLUMNS} FROM audit_entries ORDER BY seq DESC LIMIT 1").first()  # noqa: S608
        head = connection.exec_driver_sql("SELECT seq, entry_hash FROM audit_head").first()
        last = Entry.from_row(row) if row is not None else None
        if (last.seq, last.hash) != (head[0], head[1]) if last and head else last is not None or head is not None:
            raise AuditChainBroken("the last entry of the audit log is not the one that was recorded last")
        if last is not None and not last.intact():
            raise AuditChainBroken(f"the last entry of the audit log ({last.seq}) was altered")
        return last

    def _sql(self, query: str) -> str:
        return query if self._engine.dialect.name == "sqlite" else query.replace("?", "%s")

    def _open(self) -> Engine:
        with self._opening:
            if not self._ready:
                file = sqlite_file(self._engine)
                if file is not None:
                    file.parent.mkdir(parents=True, exist_ok=True)
                use_wal(self._engine, self._busy_timeout_s)
                with self._engine.connect() as connection:
                    behind = pending(connection)
                if behind:
                    with writing(self._engine) as connection:
                        migrate(connection)
                self._ready = True
        return self._engine

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        try:
            with writing(self._open()) as connection:
                yield connection
        except RagmarketError:
            raise
        except Exception as error:  # whatever went wrong, the promise is the same: nothing was acknowledged
            raise AuditWriteFailed(f"the audit log could not be written: {cause(error)}") from error

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._open().connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise BackendUnavailable(f"the audit log could not be read: {cause(error)}") from error
