"""The log's tables as Alembic revisions: in, an open write transaction; out, tables of today, nothing lost.

Promise: a revision that was released is never edited, because a log written by it is somebody's evidence. Library:
Alembic. Must not know: what a record means.
"""
