"""One entry held against itself, the bytes that it cites, and the entries beside it: what is asked before it is shown.

It costs the same in a log of ten entries and of a million. That the entry holds does not say that the chain does: what
else was altered, and whether an altered entry changed places with another, is for `verify`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from ragmarket.audit.canonical import sha256_hex
from ragmarket.audit.entry import GENESIS, Entry
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.proofs import KIND as CHECKPOINT
from ragmarket.audit.proofs import checkpoint_of, forgery
from ragmarket.audit.verify import RETENTION, Fault
from ragmarket.errors import AuditChainBroken
from ragmarket.schemas.chain import CheckpointView, EntryView, RemovalView


def entry_view(log: SqlAuditLog, entry: Entry, public_key: bytes | None = None) -> EntryView:
    """What is known of an entry without reading the chain.

    Args:
        log: The log.
        entry: The entry as it stands on disk.
        public_key: The raw key that checkpoints have to be signed with; None takes their own.
    """
    removal = removal_of(log, entry) if entry.removed else None
    faults = tuple(fault.as_dict() for fault in entry_faults(log, entry, explained=removal is not None))
    covering = (one for one in checkpoint_views(log, public_key) if one.checkpoint.size >= entry.seq)
    return EntryView(
        draft_id=entry.draft_id,
        seq=entry.seq,
        hash=entry.hash,
        previous=entry.previous,
        recorded_at=entry.recorded_at,
        record_sha256=entry.digest(),
        state="removed" if entry.removed else "recorded" if entry.intact() else "altered",
        holds=not faults,
        faults=faults,
        checkpoint=next(covering, None),
        removal=removal,
    )


def entry_faults(log: SqlAuditLog, entry: Entry, *, explained: bool = False) -> Iterator[Fault]:
    """What is wrong with an entry, its cited bytes, or its links to the entries before and behind it.

    Args:
        log: The log.
        entry: The entry as it stands on disk.
        explained: Whether a retention entry names it, if its record is gone.
    """
    with log.reading() as connection:
        # The head first: read after the neighbours, it could be one that was appended in between.
        head = log.tables.head(connection)
        beside = {one.seq: one for one in log.tables.places(connection, (entry.seq - 1, entry.seq + 1))}
    seq, id_ = entry.seq, entry.draft_id
    intact = entry.intact()
    if not intact:
        yield Fault(seq, id_, "altered", "the entry does not match its hash")
    elif entry.removed and not explained:
        yield Fault(seq, id_, "altered", "its record is gone, and no retention entry names it")
    before, behind = beside.get(seq - 1), beside.get(seq + 1)
    if seq == 1:
        if entry.previous != GENESIS:
            yield Fault(seq, id_, "altered", "the first entry does not start from the chain's origin")
    elif before is None:
        yield Fault(seq - 1, None, "dropped", f"entry {seq - 1} is gone")
    elif not before.intact():
        yield Fault(seq - 1, before.draft_id, "altered", "the entry before does not match its hash")
    elif before.hash != entry.previous:
        yield Fault(seq - 1, before.draft_id, "altered", f"entry {seq} recorded another hash of this entry")
    if behind is not None:
        if not behind.intact():
            yield Fault(seq + 1, behind.draft_id, "altered", "the entry behind does not match its hash")
        elif behind.previous != entry.hash:
            yield Fault(seq, id_, "altered", f"entry {seq + 1} recorded another hash of this entry")
    elif head is not None and head.seq > seq:
        yield Fault(seq + 1, None, "dropped", f"entry {seq + 1} is gone")
    elif head is not None and head.seq == seq and head.hash != entry.hash:
        yield Fault(seq, id_, "altered", "the hash differs from the log's head")
    if head is None or head.seq < seq:
        yield Fault(seq, id_, "altered", "the log's head does not cover this entry")
    if intact:
        yield from _blob_faults(log, entry)


def _blob_faults(log: SqlAuditLog, entry: Entry) -> Iterator[Fault]:
    for sha256 in entry.citations():
        data = log.blob(sha256)
        if data is None:
            yield Fault(entry.seq, entry.draft_id, "missing_blob", f"the cited bytes {sha256} are gone")
        elif sha256_hex(data) != sha256:
            yield Fault(entry.seq, entry.draft_id, "altered_blob", f"the cited bytes {sha256} were altered")


def removal_of(log: SqlAuditLog, entry: Entry) -> RemovalView | None:
    """The retention entry that names a removed entry; None when none does."""
    for one in log.entries_of(RETENTION):
        if one.seq <= entry.seq or not one.intact():
            continue
        try:
            record = one.record()
            rows, body = record.get("removed"), record.get(RETENTION)
            named = any(
                (row["seq"], row["draft_id"], row["record_sha256"]) == (entry.seq, entry.draft_id, entry.record_sha256)
                for row in (rows if isinstance(rows, list) else ())
            )
            if named and isinstance(body, dict):
                at = str(record.get("created_at"))
                return RemovalView.model_validate({"entry": one.draft_id, "seq": one.seq, "at": at, **body})
        except (AuditChainBroken, ValidationError, KeyError, TypeError):
            continue
    return None


def checkpoint_views(log: SqlAuditLog, public_key: bytes | None = None) -> Iterator[CheckpointView]:
    """The checkpoints of the log, newest first, each with its signature checked; whether the log fits is not asked."""
    for entry in reversed(list(log.entries_of(CHECKPOINT))):
        try:
            one = checkpoint_of(entry.record())
        except AuditChainBroken:
            continue
        if one is None:
            continue
        intact = entry.intact()
        why = forgery(one, public_key) if intact else "its entry in the log was altered"
        # An unsigned one is no forgery by itself; beside a key it proves nothing all the same, and `why` says so.
        unsigned = intact and one.signature is None and one.public_key is None
        signature = "unsigned" if unsigned else "forged" if why else "valid"
        row = {"seq": entry.seq, "checkpoint": one, "signature": signature, "why": why}
        yield CheckpointView.model_validate({**row, "key_known": public_key is not None})
