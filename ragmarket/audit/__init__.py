"""What happened, provably: one append-only chain over every brief that was answered, released or refused.

In: finished records and the bytes they cite; holds and retention rules. Out: an `AuditRef` once the record is on disk;
records, traces, signed checkpoints, proofs, exports and faults on request. Promise: nothing is acknowledged before it
is committed, and nothing that was committed can be altered, dropped, reordered or cut off without `verify` naming it;
a record goes only when its retention is over, and the chain holds without it. Libraries: SQLAlchemy (SQLite by default,
PostgreSQL by URL), Alembic, cryptography. Must not know: how a message is made.
"""
