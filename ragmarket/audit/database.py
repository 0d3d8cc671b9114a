"""Opening the database so that a commit means "on disk" and two writers take turns."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput, MissingDependency

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

WRITES = "ragmarket_writes"
# One writer at a time over the whole PostgreSQL database; the number only has to be ours ("ragaudit" as 64 bits).
ADVISORY_LOCK = int.from_bytes(b"ragaudit", "big")


def open_engine(url: str, busy_timeout_s: float) -> Engine:
    """An engine for the log; connects to nothing yet.

    Args:
        url: SQLAlchemy URL: ``sqlite:///path`` or ``postgresql+psycopg://…``.
        busy_timeout_s: How long a writer waits for another, in seconds.

    Raises:
        InvalidInput: The URL is not one of a supported, durable database.
        MissingDependency: SQLAlchemy or the database's driver is not installed.
    """
    try:
        from sqlalchemy import create_engine, event
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
        from sqlalchemy.pool import NullPool
    except ImportError as error:
        raise MissingDependency("sqlalchemy", "audit") from error
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend == "postgresql":
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            # A server may be configured to acknowledge a commit before it is on disk; this session may not.
            options = f"-c lock_timeout={int(busy_timeout_s * 1000)} -c synchronous_commit=on"
            return create_engine(parsed, pool_pre_ping=True, connect_args={"options": options})
        if backend != "sqlite":
            raise InvalidInput(f"the audit log knows no database {backend!r}", hint="Use sqlite:///… or postgresql://…")
        if not parsed.database or ":memory:" in parsed.database or "mode=memory" in parsed.database:
            raise InvalidInput("an audit log in memory is not durable", hint="Name a file: sqlite:///path/to/audit.db")
        # NullPool: a SQLite handle must not travel through a fork; the one writer keeps its own (see `Writer`).
        engine = create_engine(
            parsed, poolclass=NullPool, connect_args={"timeout": busy_timeout_s, "check_same_thread": False}
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise InvalidInput(f"the audit log's database URL is wrong: {error}") from error
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "psycopg", "postgres") from error
    event.listen(engine, "connect", _durable_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_file(engine: Engine) -> Path | None:
    """The file of a SQLite log, None for other databases."""
    if engine.dialect.name != "sqlite" or not engine.url.database or engine.url.database.startswith("file:"):
        return None
    return Path(engine.url.database)


def _durable_sqlite(connection: Any, _record: object) -> None:
    # Python's driver opens transactions on its own schedule; here BEGIN is ours (see `_begin_sqlite`).
    connection.isolation_level = None
    # Bytes that somebody wrote past us must come back as they are, so that verification can say "altered".
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.execute("PRAGMA synchronous=FULL")
    # A record whose retention is over must not be found in a page that the file no longer uses.
    connection.execute("PRAGMA secure_delete=ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    # A transaction that starts by reading and then writes can fail without waiting; one that starts as a writer waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def use_wal(engine: Engine, busy_timeout_s: float) -> None:
    """Let readers and one writer work side by side; a persistent property of the SQLite file.

    SQLite does not wait for other handles when it changes the mode, so two processes that create one log together
    would fail without this loop.
    """
    if engine.dialect.name != "sqlite":
        return
    from sqlalchemy.exc import SQLAlchemyError

    deadline = time.monotonic() + busy_timeout_s
    while True:
        raw = None
        try:
            raw = engine.raw_connection()
            cursor: Any = raw.cursor()
            for pragma in ("PRAGMA journal_mode", "PRAGMA journal_mode=WAL"):
                cursor.execute(pragma)
                if str(cursor.fetchone()[0]).lower() == "wal":
                    return
            if time.monotonic() > deadline:
                return
        except (engine.dialect.loaded_dbapi.Error, SQLAlchemyError) as error:
            if "readonly" in str(error):
                return  # an archived copy is read in whatever mode it was left
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise OSError(f"the audit log's file cannot be opened: {error}") from error
        finally:
            if raw is not None:
                raw.close()
        time.sleep(0.02)


class Writer:
    """The one place of a process from which a log is written, one transaction at a time.

    On SQLite it keeps its connection open: when a database's last connection closes, SQLite copies the whole
    write-ahead log back and deletes it, which costs several times what the commit itself does.

    Args:
        engine: From `open_engine`.
        before_waiting: Called by a thread that is about to wait for a disk or a server.
    """

    def __init__(self, engine: Engine, before_waiting: Callable[[], None]) -> None:
        self._engine = engine
        self._before_waiting = before_waiting
        self._kept: tuple[int, Connection] | None = None
        self.turn = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Committed on leaving, rolled back on any error; other threads and processes wait."""
        with self.turn:
            if self._engine.dialect.name == "postgresql":
                self._before_waiting()
                with self._engine.connect() as connection, connection.begin():
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
                    yield connection
                return
            connection = self._sqlite()
            try:
                with connection.begin():
                    yield connection
                    self._before_waiting()
            except BaseException:
                self.close()
                raise

    def _sqlite(self) -> Connection:
        if self._kept is None or self._kept[0] != os.getpid():
            if self._kept is not None:
                _INHERITED.append(self._kept[1])
            connection = self._engine.connect().execution_options(**{WRITES: True})
            self._kept = (os.getpid(), connection)
        return self._kept[1]

    def close(self) -> None:
        """Let go of the connection; the next transaction opens another."""
        with self.turn:
            kept, self._kept = self._kept, None
            if kept is not None and kept[0] == os.getpid():
                kept[1].close()
            elif kept is not None:
                _INHERITED.append(kept[1])


# Handles that came through a fork are the parent's: here they are neither used nor closed.
_INHERITED: list[Connection] = []


def wipe(engine: Engine) -> None:
    """Empty the write-ahead log (SQLite), or free dead rows (PostgreSQL), so that deleted bytes are gone.

    Raises:
        SQLAlchemyError: The database would not, now.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM audit_entries, audit_blobs")
        return
    raw = engine.raw_connection()
    try:
        cursor: Any = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def cause(error: Exception) -> str:
    """What went wrong, in the driver's own first line."""
    # SQLAlchemy's text quotes the statement with its parameters, which are the record itself.
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
