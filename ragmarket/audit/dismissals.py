"""Dismissing a finding for review: an entry of its own in the chain that cites the draft and the finding.

The entry's id is made of the draft's and the finding's number, so the log itself keeps anybody from deciding one
finding twice, and a draft's dismissals are found without reading the whole log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from ragmarket.audit.canonical import canonical_bytes, tagged_hash
from ragmarket.errors import AuditWriteFailed, InvalidInput, NotFound
from ragmarket.protocols import AuditLog
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.dismissal import Dismissal, DismissalRequest, DraftFindings, FindingState

KIND = "dismissal"
RECORD_VERSION = 1


def record_id(draft_id: str, number: int) -> str:
    """The id of the entry that dismisses a draft's finding."""
    return f"{draft_id}.finding.{number}"


def draft_record(log: AuditLog, draft_id: str) -> Mapping[str, Any]:
    """The record of a draft.

    Raises:
        NotFound: Nothing is recorded under the id, or what is recorded is a dismissal.
        AuditChainBroken: The record does not match its hash.
    """
    record: Mapping[str, Any] = log.get(draft_id)
    if record.get("kind") == KIND:
        cited = (record.get(KIND) or {}).get("draft_id")
        raise NotFound(f"{draft_id!r} records a dismissal, not a draft", hint=f"Ask for its draft, {cited}.")
    if "kind" in record:
        raise NotFound(f"{draft_id!r} records a {record['kind']}, not a draft")
    return record


def draft_findings(log: AuditLog, draft_id: str) -> DraftFindings:
    """The findings of a draft with what was decided of them.

    Raises:
        NotFound: No such draft was recorded.
        AuditChainBroken: The draft's record, or that of a dismissal, does not match its hash.
    """
    record = draft_record(log, draft_id)
    result: Mapping[str, Any] = record.get("result") or {}
    digest = tagged_hash(canonical_bytes(record))
    states = []
    for number, raw in enumerate(result.get("findings") or (), start=1):
        finding = Finding.model_validate(raw)
        dismissal = _dismissal(log, draft_id, number, digest, raw) if finding.severity == "review" else None
        open_ = finding.severity == "block" or (finding.severity == "review" and dismissal is None)
        states.append(FindingState(number=number, finding=finding, open=open_, dismissal=dismissal))
    return DraftFindings(
        draft_id=draft_id,
        status=str(record.get("status") or result.get("status")),
        publishable=_publishable(record, states),
        findings=tuple(states),
    )


def dismiss(log: AuditLog, draft_id: str, number: int, request: DismissalRequest) -> Dismissal:
    """Record that a person lets a finding for review stand.

    Raises:
        NotFound: No such draft was recorded.
        InvalidInput: There is no such finding, it may not be dismissed, or it was already; nothing was recorded.
        AuditWriteFailed: The dismissal is not on disk, so it does not count.
    """
    view = draft_findings(log, draft_id)
    if not 1 <= number <= len(view.findings):
        count = len(view.findings)
        hint = f"It has {count} finding{'' if count == 1 else 's'}; `ragmarket findings list {draft_id}` shows them."
        raise InvalidInput(f"number: the draft {draft_id} has no finding {number}", hint=hint)
    state = view.findings[number - 1]
    _may_dismiss(state)
    record = log.get(draft_id)
    raw = (record["result"] or {})["findings"][number - 1]  # type: ignore[index]
    id_ = record_id(draft_id, number)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    dismissal = Dismissal.model_validate(
        {
            "record": id_,
            "draft_id": draft_id,
            "record_sha256": tagged_hash(canonical_bytes(record)),
            "finding": number,
            "finding_sha256": tagged_hash(canonical_bytes(raw)),
            "rule": state.finding.rule,
            "by": request.by,
            "reason": request.reason,
            "at": at,
        }
    )
    entry = {
        "record_version": RECORD_VERSION,
        "kind": KIND,
        "draft_id": id_,
        "created_at": at,
        "status": "dismissed",
        KIND: dismissal.model_dump(mode="json"),
        "documents": [],
        "blobs": {},
    }
    try:
        log.append(entry)
    except AuditWriteFailed:
        # Somebody may have been quicker; that is no fault of the log.
        _may_dismiss(draft_findings(log, draft_id).findings[number - 1])
        raise
    return dismissal


def _may_dismiss(state: FindingState) -> None:
    finding = state.finding
    if state.dismissal is not None:
        who = f"{state.dismissal.by} on {state.dismissal.at.date().isoformat()}"
        raise InvalidInput(
            f"number: finding {state.number} ({finding.rule}) was dismissed by {who}", hint="Nothing is left to do."
        )
    if finding.severity == "block":
        raise InvalidInput(
            f"number: finding {state.number} ({finding.rule}) blocks the message; it may not be dismissed",
            hint="Change the text or the brief; only findings for review can be dismissed.",
        )
    if finding.severity == "info":
        raise InvalidInput(
            f"number: finding {state.number} ({finding.rule}) only informs; there is nothing to dismiss",
            hint="Only findings for review can be dismissed.",
        )


def _dismissal(log: AuditLog, draft_id: str, number: int, digest: str, raw: object) -> Dismissal | None:
    """The dismissal of one finding; one that cites another record or another finding does not count."""
    try:
        entry: Mapping[str, Any] = log.get(record_id(draft_id, number))
    except NotFound:
        return None
    try:
        dismissal = Dismissal.model_validate(entry.get(KIND))
    except ValidationError:
        return None
    cited = (dismissal.draft_id, dismissal.finding, dismissal.record_sha256, dismissal.finding_sha256)
    return dismissal if cited == (draft_id, number, digest, tagged_hash(canonical_bytes(raw))) else None


def _publishable(record: Mapping[str, Any], states: list[FindingState]) -> bool:
    """Whether the draft was accepted on the bank's own approvals, and nothing waits for a person any more."""
    result: Mapping[str, Any] = record.get("result") or {}
    if result.get("publishable"):
        return True
    if result.get("status") != "accepted" or any(state.open for state in states):
        return False
    policy: Mapping[str, Any] | None = record.get("policy")
    if policy is None:
        return False
    approvals = [entry.get("approval") for entry in policy.get("disclaimers") or ()]
    return all(approval and not approval.get("demo") for approval in approvals)
