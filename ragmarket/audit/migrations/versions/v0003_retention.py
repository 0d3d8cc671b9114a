"""What an entry needs so that its record may go and its hash stay: the record's hash and its citations, in columns.

Entries of before keep NULL there and are hashed as they were; nothing of them is rewritten. The triggers now let go of
exactly one thing: bytes that the last entry of the chain, a retention entry, names.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_REFUSAL = "the audit log is append-only"
_SAME = ("seq", "draft_id", "previous_hash", "recorded_at", "entry_hash")
_LAST = "SELECT 1 FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)"

_SQLITE = (
    "DROP TRIGGER audit_entries_no_update",
    "DROP TRIGGER audit_blobs_no_delete",
    f"""CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries WHEN NOT (
        NEW.record = '' AND {" AND ".join(f"NEW.{name} IS OLD.{name}" for name in _SAME)}
        AND NEW.cited IS OLD.cited AND (OLD.record_sha256 IS NULL OR NEW.record_sha256 IS OLD.record_sha256)
        AND EXISTS ({_LAST} AND substr(draft_id, 1, 10) = 'retention.' AND instr(record, OLD.entry_hash) > 0))
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER audit_blobs_no_delete BEFORE DELETE ON audit_blobs WHEN NOT EXISTS (
        {_LAST} AND substr(draft_id, 1, 10) = 'retention.' AND instr(record, OLD.sha256) > 0)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
)
_POSTGRES = (
    "DROP TRIGGER audit_entries_no_change ON audit_entries",
    "DROP TRIGGER audit_blobs_no_change ON audit_blobs",
    f"""CREATE FUNCTION audit_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF NEW.record = '' AND {" AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _SAME)}
            AND NEW.cited IS NOT DISTINCT FROM OLD.cited
            AND (OLD.record_sha256 IS NULL OR NEW.record_sha256 = OLD.record_sha256)
            AND EXISTS ({_LAST} AND left(draft_id, 10) = 'retention.' AND strpos(record, OLD.entry_hash) > 0)
          THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    f"""CREATE FUNCTION audit_guard_blob() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN
          IF EXISTS ({_LAST} AND left(draft_id, 10) = 'retention.' AND strpos(record, OLD.sha256) > 0)
          THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_guard_entry()""",
    """CREATE TRIGGER audit_blobs_no_change BEFORE UPDATE OR DELETE ON audit_blobs
        FOR EACH ROW EXECUTE FUNCTION audit_guard_blob()""",
)


def upgrade() -> None:
    """Add the columns and exchange the triggers."""
    connection = op.get_bind()
    for statement in (
        "ALTER TABLE audit_entries ADD COLUMN record_sha256 TEXT",
        "ALTER TABLE audit_entries ADD COLUMN cited TEXT",
        # Tree hashes are read from here: a row's own pages may hold a hundred kilobytes of record before its hash.
        "CREATE INDEX audit_entries_chain ON audit_entries (seq, entry_hash)",
        *(_POSTGRES if connection.dialect.name == "postgresql" else _SQLITE),
        "INSERT INTO audit_migrations (number, name) VALUES (3, 'retention')",
    ):
        connection.exec_driver_sql(statement)
