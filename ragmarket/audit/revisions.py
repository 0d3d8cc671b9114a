"""Which revision a log's tables have, and bringing them up to date inside one write transaction."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISIONS = ("0001", "0002", "0003")
VERSION_TABLE = "audit_version"
_SCRIPTS = Path(__file__).parent / "migrations"
# Alembic's operations are looked up through one module-wide place.
_ONE_AT_A_TIME = threading.Lock()


def current(connection: Connection) -> str | None:
    """The revision of a log's tables; None when it has none yet.

    A log made before Alembic was used here has a register of numbered steps, whose numbers are the revisions'.

    Raises:
        InvalidInput: The log was written by a newer version of ragmarket.
    """
    from sqlalchemy import inspect

    tables = set(inspect(connection).get_table_names())
    found: set[str] = set()
    if "audit_migrations" in tables:
        rows = connection.exec_driver_sql("SELECT number FROM audit_migrations")
        found |= {f"{int(row[0]):04d}" for row in rows}
    if VERSION_TABLE in tables:
        found |= {str(row[0]) for row in connection.exec_driver_sql("SELECT version_num FROM audit_version")}
    unknown = sorted(found - set(REVISIONS))
    if unknown:
        raise InvalidInput(
            f"the audit log has migrations {unknown} that this version does not know",
            hint="Open it with the version of ragmarket that wrote it, or a newer one.",
        )
    return max(found, default=None)


def pending(connection: Connection) -> bool:
    """Whether a revision is missing."""
    return current(connection) != REVISIONS[-1]


def migrate(connection: Connection) -> None:
    """Apply the revisions that are missing, inside the caller's write transaction.

    Raises:
        MissingDependency: Alembic is not installed.
    """
    try:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations
        from alembic.script import ScriptDirectory
    except ImportError as error:
        raise MissingDependency("alembic", "audit") from error

    before = current(connection)
    scripts = ScriptDirectory(str(_SCRIPTS))
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    if before is not None and not context.get_current_heads():
        context.stamp(scripts, before)

    def upgrade(heads: tuple[str, ...], _context: MigrationContext) -> list[object]:
        below = heads[0] if heads else "base"
        return list(scripts._upgrade_revs("head", below))  # noqa: SLF001 (as alembic.command.upgrade does)

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "fn": upgrade})
    with _ONE_AT_A_TIME, Operations.context(context):
        context.run_migrations()
