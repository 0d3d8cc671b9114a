"""Retention and legal hold.

When a record's retention is over its bytes go, and with them every kept byte that no remaining record cites; its entry
stays with its hash, so the chain and every proof still hold. A retention entry says what went, when and on whose word.
A hold keeps a draft's records, or a campaign's, until it is released; holds and releases are entries too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.commits import Pending
from ragmarket.audit.entry import Entry
from ragmarket.audit.log import SqlAuditLog, checked_record
from ragmarket.audit.tables import OWN_KINDS
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound
from ragmarket.schemas.retention import Hold, HoldRequest, Release, ReleaseRequest, Removal, RemovedRecord

RECORD_VERSION = 1
HOLD, RELEASE, RETENTION = "hold", "release", "retention"
# One retention entry names so many: the database's guards look each of them up in it.
_AT_ONCE = 1000
_READ = 200
Kept = TypeVar("Kept", bound=BaseModel)


def holding(campaign: str) -> str:
    """The text that stands in every record of a campaign's briefs, in canonical form."""
    return '"campaign":' + canonical_bytes(campaign).decode()


def hold(log: SqlAuditLog, request: HoldRequest) -> Hold:
    """Keep a draft's or a campaign's records from being removed.

    Raises:
        NotFound: No such draft was recorded, or its record is gone already.
        AuditWriteFailed: The hold is not on disk, so it does not count.
    """
    if request.draft_id is not None:
        log.get(request.draft_id)
    held = Hold(id=f"{HOLD}.{uuid.uuid4().hex}", at=datetime.now(UTC), **request.model_dump())
    log.append(_record(HOLD, held.id, held.model_dump(mode="json", exclude={"released"})))
    return held


def release(log: SqlAuditLog, request: ReleaseRequest) -> Release:
    """End a hold.

    Raises:
        NotFound: There is no such hold.
        InvalidInput: It was released before.
        AuditWriteFailed: The release is not on disk; the hold goes on.
    """
    known = {one.id: one for one in holds(log)}
    if request.hold not in known:
        raise NotFound(f"there is no hold {request.hold!r}", hint="`ragmarket audit holds` lists them.")
    if known[request.hold].released is not None:
        raise InvalidInput(f"the hold {request.hold} was released before", hint="Nothing is left to do.")
    ended = Release(id=f"{RELEASE}.{uuid.uuid4().hex}", at=datetime.now(UTC), **request.model_dump())
    log.append(_record(RELEASE, ended.id, ended.model_dump(mode="json")))
    return ended


def holds(log: SqlAuditLog) -> tuple[Hold, ...]:
    """All holds, oldest first, with their releases.

    Raises:
        AuditChainBroken: The entry of one was altered, so that nobody can say what is held.
    """
    ended = {one.hold: one for one in _read(log, RELEASE, Release)}
    return tuple(one.model_copy(update={"released": ended.get(one.id)}) for one in _read(log, HOLD, Hold))


def retain(
    log: SqlAuditLog,
    *,
    before: date,
    by: str,
    reason: str,
    dry_run: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Removal:
    """Remove the records of entries made before a day, but for those under a hold.

    Args:
        log: The log.
        before: The first day (UTC) whose records stay.
        by: Who removes them.
        reason: The rule that says so.
        dry_run: Change nothing, say what would go.
        progress: Told what is done, how much of it, and of how much.

    Raises:
        InvalidInput: ``before`` lies in the future, or ``by`` or ``reason`` is no line of text.
        AuditWriteFailed: What is left was not removed; the log holds as it is.
        AuditChainBroken: An entry that is due, or a hold, was altered; nothing is removed.
    """
    if before > datetime.now(UTC).date():
        raise InvalidInput(f"{before} is to come", hint="Records of days to come cannot be due.")
    try:
        plan = Removal(status="planned", before=before.isoformat(), by=by, reason=reason, removed=(), blobs=(), held=0)
    except ValidationError as error:
        raise InvalidInput("; ".join(f"{row['loc'][0]}: {row['msg']}" for row in error.errors())) from error
    kept = _held(log)
    due, cited_by_due, held = _due(log, before, kept)
    cited, counted = _cited_elsewhere(log, {one.seq for one in due}, progress)
    orphans = tuple(sorted(cited_by_due - cited))
    plan = plan.model_copy(update={"removed": tuple(due), "blobs": orphans, "held": held})
    if dry_run or not due:
        return plan
    entries = []
    for start in range(0, len(due), _AT_ONCE):
        some = due[start : start + _AT_ONCE]
        blobs = orphans if start + _AT_ONCE >= len(due) else ()
        entries.append(_remove(log, plan, some, blobs, kept.holds, counted))
        if progress is not None:
            progress("records removed", start + len(some), len(due))
    log.forget(orphans)
    log.wipe()
    return plan.model_copy(update={"status": "removed", "entries": tuple(entries)})


def _record(kind: str, id_: str, body: Mapping[str, Any], **more: object) -> dict[str, object]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "record_version": RECORD_VERSION,
        "kind": kind,
        "draft_id": id_,
        "created_at": at,
        "status": "recorded",
        kind: dict(body),
        **more,
    }


def _read(log: SqlAuditLog, kind: str, model: type[Kept]) -> Iterator[Kept]:
    for entry in log.entries_of(kind):
        if not entry.intact():
            raise AuditChainBroken(f"entry {entry.seq} of the audit log, a {kind}, was altered")
        record = entry.record()
        if record.get("kind") == kind:
            yield model.model_validate(record[kind])


@dataclass(frozen=True)
class _Held:
    """What holds keep: drafts by id, entries by place; ``holds`` are the ids of the holds themselves."""

    holds: frozenset[str]
    drafts: frozenset[str]
    places: frozenset[int]


def _held(log: SqlAuditLog) -> _Held:
    open_ = [one for one in holds(log) if one.released is None]
    drafts = {one.draft_id for one in open_ if one.draft_id is not None}
    places: set[int] = set()
    for campaign in sorted({one.campaign for one in open_ if one.campaign is not None}):
        with log.reading() as connection:
            rows = log.tables.chosen(connection, None, None, holding(campaign))
        places |= {seq for seq, _ in rows}
        drafts |= {draft_id for _, draft_id in rows}
    return _Held(frozenset(one.id for one in open_), frozenset(drafts), frozenset(places))


def _due(log: SqlAuditLog, before: date, kept: _Held) -> tuple[list[RemovedRecord], set[str], int]:
    """The entries whose records may go, what these cite, and how many records a hold keeps."""
    places, held = [], 0
    with log.reading() as connection:
        for seq, draft_id in log.tables.chosen(connection, None, before.isoformat(), None):
            if draft_id.partition(".")[0] in OWN_KINDS:
                continue
            # A dismissal is kept with its draft.
            if seq in kept.places or not kept.drafts.isdisjoint({draft_id, draft_id.partition(".finding.")[0]}):
                held += 1
            else:
                places.append(seq)
    due: list[RemovedRecord] = []
    cited: set[str] = set()
    for start in range(0, len(places), _READ):
        with log.reading() as connection:
            found = log.tables.places(connection, places[start : start + _READ])
        for entry in found:
            if not entry.intact():
                raise AuditChainBroken(f"entry {entry.seq} of the audit log was altered; nothing was removed")
            if not entry.removed:
                row = {"draft_id": entry.draft_id, "record_sha256": entry.digest(), "entry_hash": entry.hash}
                due.append(RemovedRecord(seq=entry.seq, **row))
                cited.update(entry.citations())
    return due, cited, held


def _cited_elsewhere(
    log: SqlAuditLog, due: set[int], progress: Callable[[str, int, int], None] | None
) -> tuple[set[str], int]:
    """What the entries that stay cite, and the place of the last that was asked."""
    cited: set[str] = set()
    head, last = log.head(), 0
    for entry in log.entries():
        last = entry.seq
        if last not in due:
            cited.update(_cited_by(entry))
        if progress is not None and head is not None and last % 5000 == 0:
            progress("records read", last, head.seq)
    return cited, last


def _cited_by(entry: Entry) -> tuple[str, ...]:
    """What an entry cites; what an altered one seems to cite is kept, too."""
    try:
        return entry.citations()
    except (AuditChainBroken, ValueError, TypeError):
        return ()


def _remove(
    log: SqlAuditLog,
    plan: Removal,
    due: Sequence[RemovedRecord],
    blobs: Sequence[str],
    known: frozenset[str],
    counted: int,
) -> str:
    """One retention entry and what it names, in one transaction."""
    id_ = f"{RETENTION}.{uuid.uuid4().hex}"
    with log.writing() as connection:
        last = log.tables.checked_end(connection)
        if {one.id for one in holds(log) if one.released is None} - known:
            raise InvalidInput("a hold was laid on the log meanwhile", hint="Run the command again.")
        # Others may have cited some of the bytes since the citations were counted.
        since = {sha256 for one in log.tables.page(connection, counted, -1) for sha256 in _cited_by(one)}
        gone = [sha256 for sha256 in blobs if sha256 not in since]
        body = {"before": plan.before, "by": plan.by, "reason": plan.reason}
        removed = [row.model_dump(mode="json") for row in due]
        record = _record(RETENTION, id_, body, removed=removed, gone=gone)
        draft_id, data, cites = checked_record(record)
        log.add(connection, Pending(draft_id, data, sha256_hex(data), cites, {}), last)
        log.tables.remove(connection, {row.seq: row.record_sha256 for row in due}, gone)
    return id_
