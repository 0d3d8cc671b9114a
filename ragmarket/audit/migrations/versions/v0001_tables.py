"""Entries, kept bytes and the head; the register is older than Alembic here and keeps old versions of the code out."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    seq, data = ("BIGINT", "BYTEA") if postgres else ("INTEGER", "BLOB")
    for statement in (
        """CREATE TABLE IF NOT EXISTS audit_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,
            applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)""",
        f"""CREATE TABLE audit_entries (
            seq {seq} PRIMARY KEY, draft_id TEXT NOT NULL UNIQUE, previous_hash TEXT NOT NULL,
            recorded_at TEXT NOT NULL, record TEXT NOT NULL, entry_hash TEXT NOT NULL)""",
        f"CREATE TABLE audit_blobs (sha256 TEXT PRIMARY KEY, data {data} NOT NULL)",
        f"""CREATE TABLE audit_head (
            id INTEGER PRIMARY KEY CHECK (id = 1), seq {seq} NOT NULL, entry_hash TEXT NOT NULL)""",
        "INSERT INTO audit_migrations (number, name) VALUES (1, 'tables')",
    ):
        connection.exec_driver_sql(statement)
