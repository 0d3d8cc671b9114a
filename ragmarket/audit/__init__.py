"""What happened, provably: one append-only chain over every brief that was answered, released or refused.

In: finished records and the bytes they cite. Out: an `AuditRef` once the record is on disk; records, traces and faults
on request. Promise: nothing is acknowledged before it is committed, and nothing that was committed can be altered,
dropped, reordered or cut off without `verify` naming it. Library: SQLAlchemy (SQLite by default, PostgreSQL by URL).
Must not know: how a message is made.
"""
