"""What is known of the audit log: one entry, the whole chain, its checkpoints, and a page of what it recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from ragmarket.schemas.base import Frozen, Language
from ragmarket.schemas.checkpoint import Checkpoint
from ragmarket.schemas.message import AuditRef

EntryState = Literal["recorded", "altered", "removed"]
Signature = Literal["valid", "unsigned", "forged"]


class CheckpointView(Frozen):
    """A checkpoint of the log and whether its signature holds.

    ``key_known`` says that the signature was held against this deployment's own key; without one it was only held
    against the key that the checkpoint names itself. ``why`` says what is wrong with a forged one.
    """

    seq: int
    checkpoint: Checkpoint
    signature: Signature
    key_known: bool
    why: str | None = None


class RemovalView(Frozen):
    """The retention entry that took a record away."""

    entry: str
    seq: int
    by: str
    reason: str
    before: str
    at: str


class EntryView(Frozen):
    """One entry, checked at once: its own hash, the bytes that it cites, and the links to both neighbours.

    ``faults`` have the shape of `ragmarket audit verify`; none means that this entry holds, not that the chain does.
    ``checkpoint`` is the newest one that covers it.
    """

    draft_id: str
    seq: int
    hash: str
    previous: str
    recorded_at: str
    record_sha256: str
    state: EntryState
    holds: bool
    faults: tuple[Mapping[str, Any], ...]
    checkpoint: CheckpointView | None = None
    removal: RemovalView | None = None


class ChainState(Frozen):
    """What the last verification of the whole chain found, and whether the log has grown since.

    ``state`` is ``not_verified`` until one was made. ``verified`` is the head that it verified, ``head`` the log's
    present one; ``current`` says that they are the same. While ``running``, ``checked`` entries are done. Of many
    ``faults`` only the first are listed; ``faults_found`` counts all. ``error`` is why the last run came to no end.
    """

    state: Literal["not_verified", "intact", "broken"]
    running: bool = False
    checked: int = 0
    head: AuditRef | None = None
    verified: AuditRef | None = None
    verified_at: str | None = None
    current: bool = False
    faults: tuple[Mapping[str, Any], ...] = ()
    faults_found: int = 0
    error: str | None = None


class HeadView(Frozen):
    """The end of the chain, to be kept elsewhere, and the newest checkpoint."""

    head: AuditRef | None
    checkpoint: CheckpointView | None


class CheckpointPage(Frozen):
    """Checkpoints, newest first; ``next`` is the ``before`` of the following page, None on the last."""

    checkpoints: tuple[CheckpointView, ...]
    next: int | None = None


class DraftFilter(Frozen):
    """Which recorded drafts: days (UTC, both included) on which they were recorded, and what their briefs say."""

    since: date | None = None
    until: date | None = None
    product_code: str | None = None
    language: Language | None = None
    status: Literal["accepted", "refused", "removed", "altered"] | None = None
    campaign: str | None = None


class RecordedDraft(Frozen):
    """One recorded draft in a list; of a removed one only its id, place and time are left."""

    draft_id: str
    seq: int
    recorded_at: str
    state: EntryState
    status: str | None = None
    product_code: str | None = None
    product_name: str | None = None
    language: str | None = None
    channel: str | None = None
    as_of: str | None = None
    campaign: str | None = None
    publishable: bool | None = None
    findings: int = 0
    excerpt: str | None = None


class DraftPage(Frozen):
    """Recorded drafts, newest first.

    ``next`` is the ``before`` of the following page, None when the log's beginning was reached; ``searched_to`` is the
    time of the oldest entry looked at, so that an empty page still says how far the search came.
    """

    drafts: tuple[RecordedDraft, ...]
    next: int | None = None
    searched_to: str | None = None
