"""The log's tables, as numbered steps that opening a log applies in order.

A step that was released is never edited: a log written by it is somebody's evidence. Triggers make the database itself
refuse to change or delete what was appended; whoever gets round them still breaks the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

Step = Callable[["Connection"], None]

_REGISTER = (
    "CREATE TABLE IF NOT EXISTS audit_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
    "applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
)


def _tables(connection: Connection) -> None:
    postgres = connection.dialect.name == "postgresql"
    seq, data = ("BIGINT", "BYTEA") if postgres else ("INTEGER", "BLOB")
    for statement in (
        f"""CREATE TABLE audit_entries (
            seq {seq} PRIMARY KEY, draft_id TEXT NOT NULL UNIQUE, previous_hash TEXT NOT NULL,
            recorded_at TEXT NOT NULL, record TEXT NOT NULL, entry_hash TEXT NOT NULL)""",
        f"CREATE TABLE audit_blobs (sha256 TEXT PRIMARY KEY, data {data} NOT NULL)",
        f"""CREATE TABLE audit_head (
            id INTEGER PRIMARY KEY CHECK (id = 1), seq {seq} NOT NULL, entry_hash TEXT NOT NULL)""",
    ):
        connection.exec_driver_sql(statement)


def _append_only(connection: Connection) -> None:
    for statement in _POSTGRES_GUARDS if connection.dialect.name == "postgresql" else _SQLITE_GUARDS:
        connection.exec_driver_sql(statement)


_REFUSAL = "the audit log is append-only"

_KEPT = ("audit_entries", "audit_blobs")

# Trigger name, then what it fires on. INSERT OR REPLACE deletes without firing a DELETE trigger, so SQLite must refuse
# what exists before it is replaced.
_SQLITE_EVENTS: dict[str, str] = {
    **{f"{table}_no_update": f"UPDATE ON {table}" for table in _KEPT},
    **{f"{table}_no_delete": f"DELETE ON {table}" for table in (*_KEPT, "audit_head")},
    "audit_entries_no_replace": """INSERT ON audit_entries
        WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq >= NEW.seq OR draft_id = NEW.draft_id)""",
    "audit_blobs_no_replace": """INSERT ON audit_blobs
        WHEN EXISTS (SELECT 1 FROM audit_blobs WHERE sha256 = NEW.sha256)""",
    "audit_head_no_replace": "INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head)",
    "audit_head_forward": "UPDATE ON audit_head WHEN NEW.seq <= OLD.seq",
}
_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for name, event in _SQLITE_EVENTS.items()
)

_POSTGRES_EVENTS: dict[str, str] = {
    **{f"{table}_no_change": f"UPDATE OR DELETE ON {table} FOR EACH ROW" for table in _KEPT},
    **{f"{table}_no_truncate": f"TRUNCATE ON {table} FOR EACH STATEMENT" for table in (*_KEPT, "audit_head")},
    "audit_head_no_delete": "DELETE ON audit_head FOR EACH ROW",
    "audit_head_forward": "UPDATE ON audit_head FOR EACH ROW WHEN (NEW.seq <= OLD.seq)",
}
_POSTGRES_GUARDS = (
    f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    *(
        f"CREATE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION audit_refuse()"
        for name, event in _POSTGRES_EVENTS.items()
    ),
)

STEPS: tuple[tuple[int, str, Step], ...] = ((1, "tables", _tables), (2, "append_only", _append_only))


def applied(connection: Connection) -> frozenset[int]:
    """The numbers of the steps that this log has taken.

    Raises:
        InvalidInput: The log was written by a newer version of ragmarket.
    """
    from sqlalchemy import inspect

    if not inspect(connection).has_table("audit_migrations"):
        return frozenset()
    numbers = frozenset(int(row[0]) for row in connection.exec_driver_sql("SELECT number FROM audit_migrations"))
    unknown = numbers - {number for number, _, _ in STEPS}
    if unknown:
        raise InvalidInput(
            f"the audit log has migrations {sorted(unknown)} that this version does not know",
            hint="Open it with the version of ragmarket that wrote it, or a newer one.",
        )
    return numbers


def migrate(connection: Connection) -> None:
    """Apply the steps that are missing, inside the caller's write transaction."""
    connection.exec_driver_sql(_REGISTER)
    done = applied(connection)
    for number, name, step in STEPS:
        if number not in done:
            step(connection)
            # Both are our own constants; no driver agrees with the next on how a parameter is spelled.
            connection.exec_driver_sql(f"INSERT INTO audit_migrations (number, name) VALUES ({number}, '{name}')")  # noqa: S608


def pending(connection: Connection) -> bool:
    """Whether a step is missing."""
    return len(applied(connection)) < len(STEPS)
