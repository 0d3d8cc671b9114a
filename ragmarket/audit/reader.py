"""Reading the log back: entries as they stand on disk, records, kept bytes, faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ragmarket.audit.canonical import TAG, sha256_hex
from ragmarket.audit.database import Writer, cause, open_engine, sqlite_file, use_wal
from ragmarket.audit.entry import Entry
from ragmarket.audit.revisions import migrate, pending
from ragmarket.audit.tables import Tables
from ragmarket.audit.verify import verify_chain
from ragmarket.errors import AuditChainBroken, BackendUnavailable, NotFound
from ragmarket.schemas.checkpoint import Checkpoint
from ragmarket.schemas.message import AuditRef

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_PAGE = 200


class LogReader:
    """The half of `ragmarket.audit.log.SqlAuditLog` that changes nothing.

    Nothing is opened until the first call; the first one brings the tables up to date.

    Args:
        url: SQLAlchemy URL, ``sqlite:///path/to/audit.db`` or ``postgresql://…``.
        busy_timeout_s: How long to wait for writers, in seconds.
        before_waiting: Called by a thread that is about to wait for a disk, a server or another thread's commit.

    Raises:
        InvalidInput: The URL names no durable, supported database.
        MissingDependency: SQLAlchemy or the driver is not installed.
    """

    def __init__(self, url: str, busy_timeout_s: float, before_waiting: Callable[[], None]) -> None:
        self._engine = open_engine(url, busy_timeout_s)
        self.tables = Tables(self._engine.dialect.name)
        self._busy_timeout_s = busy_timeout_s
        self._opening = threading.Lock()
        self._ready = False
        self._writer = Writer(self._engine, before_waiting)

    def get_blob(self, sha256: str) -> bytes:
        """Bytes kept under a hash, plain or tagged.

        Raises:
            NotFound: Nothing is kept under it.
            AuditChainBroken: What is kept under it has another hash.
        """
        data = self.blob(sha256.removeprefix(TAG))
        if data is None:
            raise NotFound(f"no bytes are kept under {sha256!r}")
        if sha256_hex(data) != sha256.removeprefix(TAG):
            raise AuditChainBroken(f"the bytes kept under {sha256} were altered")
        return data

    def get(self, draft_id: str) -> Mapping[str, object]:
        """The record of one draft.

        Raises:
            NotFound: No such draft was recorded.
            RecordRemoved: Its retention was over.
            AuditChainBroken: The record on disk does not match its hash.
        """
        entry = self.entry(draft_id)
        if not entry.intact():
            raise AuditChainBroken(f"the record of draft {draft_id!r} (entry {entry.seq}) was altered")
        return entry.record()

    def entry(self, draft_id: str) -> Entry:
        """The entry of one draft as it stands on disk, altered or not.

        Raises:
            NotFound: No such draft was recorded.
        """
        with self.reading() as connection:
            found = self.tables.entry(connection, draft_id)
        if found is None:
            raise NotFound(f"no draft {draft_id!r} is recorded")
        return found

    def entries(self, after: int | None = None) -> Iterator[Entry]:
        """All entries as they stand on disk, in order of place, in constant memory."""
        last = -(2**63) + 1 if after is None else after
        while True:
            # Page by page: a reader that stops to think must not hold a transaction open.
            with self.reading() as connection:
                page = self.tables.page(connection, last, _PAGE)
            if not page:
                return
            yield from page
            last = page[-1].seq

    def entries_of(self, kind: str) -> Iterator[Entry]:
        """The log's own entries of one kind (their ids start with it and a full stop), in order of place."""
        with self.reading() as connection:
            found = self.tables.of_kind(connection, kind)
        yield from found

    def hashes(self, after: int = 0) -> Iterator[tuple[int, str]]:
        """Place and hash of the entries behind ``after``, without reading a record."""
        while True:
            with self.reading() as connection:
                page = self.tables.hashes(connection, after)
            if not page:
                return
            yield from page
            after = page[-1][0]

    def records(self) -> Iterator[Mapping[str, object]]:
        """All records, oldest first; those whose retention is over are left out.

        Raises:
            AuditChainBroken: One is no record any more.
        """
        for entry in self.entries():
            if not entry.removed:
                yield entry.record()

    def head(self) -> AuditRef | None:
        """The chain's end; kept elsewhere and handed to `verify`, it shows even a log that was rebuilt whole."""
        with self.reading() as connection:
            return self.tables.head(connection)

    def verify(
        self,
        head: AuditRef | None = None,
        checkpoints: Sequence[Checkpoint] = (),
        public_key: bytes | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Iterable[Mapping[str, object]]:
        """Every fault of the log, in order of place; none is the good news.

        Args:
            head: A head that was kept outside the log.
            checkpoints: Checkpoints that were kept outside the log.
            public_key: The raw Ed25519 key that every checkpoint has to be signed with; None takes each one's own.
            progress: Told the place of every entry that was checked.

        Returns:
            ``{"seq", "draft_id", "kind", "detail"}``; see `ragmarket.audit.verify`.
        """
        return (fault.as_dict() for fault in verify_chain(self, head, checkpoints, public_key, progress))

    def blob(self, sha256: str) -> bytes | None:
        """What is kept under a plain hash, unchecked; None when nothing is."""
        with self.reading() as connection:
            return self.tables.blob(connection, sha256)

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
                    with self._writer.transaction() as connection:
                        migrate(connection)
                self._ready = True
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads.

        Raises:
            BackendUnavailable: The database does not answer.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._open().connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise BackendUnavailable(f"the audit log could not be read: {cause(error)}") from error
