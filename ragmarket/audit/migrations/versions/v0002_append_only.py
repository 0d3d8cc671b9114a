"""Triggers by which the database itself refuses to change or delete what was appended.

Whoever gets round them still breaks the chain.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

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
_POSTGRES_EVENTS: dict[str, str] = {
    **{f"{table}_no_change": f"UPDATE OR DELETE ON {table} FOR EACH ROW" for table in _KEPT},
    **{f"{table}_no_truncate": f"TRUNCATE ON {table} FOR EACH STATEMENT" for table in (*_KEPT, "audit_head")},
    "audit_head_no_delete": "DELETE ON audit_head FOR EACH ROW",
    "audit_head_forward": "UPDATE ON audit_head FOR EACH ROW WHEN (NEW.seq <= OLD.seq)",
}


def upgrade() -> None:
    """Create the triggers."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        for name, event in _POSTGRES_EVENTS.items():
            connection.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION audit_refuse()")
    else:
        for name, event in _SQLITE_EVENTS.items():
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
    connection.exec_driver_sql("INSERT INTO audit_migrations (number, name) VALUES (2, 'append_only')")
