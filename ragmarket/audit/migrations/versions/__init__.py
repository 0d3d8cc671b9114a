"""One module per revision, in order; Alembic reads them from this folder. Must not know: anything but SQL."""
