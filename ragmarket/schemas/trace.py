"""What an auditor reads of one recorded message: each part of it, and what it rests on.

Values that come from the record's own JSON stay as they were recorded, whatever version wrote them: a record is shown,
never reshaped. All offsets are code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ragmarket.schemas.base import Frozen
from ragmarket.schemas.chain import EntryView
from ragmarket.schemas.dismissal import Dismissal
from ragmarket.schemas.message import AuditRef

Match = Literal["found", "differs", "document_missing"]
ChainStatus = Literal["intact", "broken", "not_verified"]
Kept = Literal["kept", "altered", "missing"]


class TracedSource(Frozen):
    """A span of a document version; ``match`` says whether the kept text really reads ``quote`` there.

    ``verdict`` and ``score`` (0 to 1) are what review said of a claim against this span; None for a figure's.
    """

    doc_id: str
    version: str
    title: str | None
    sha256: str
    start: int
    end: int
    quote: str
    match: Match
    verdict: str | None = None
    score: float | None = None


class TracedFigure(Frozen):
    """A figure of the message and the span that it was spliced from."""

    text: str
    start: int
    end: int
    slot: str
    evidence: str
    source: TracedSource | None


class TracedClaim(Frozen):
    """A claim of the message with all it rests on. ``start``/``end`` are code points of the message's text."""

    text: str
    start: int
    end: int
    citations: tuple[TracedSource, ...]
    figures: tuple[TracedFigure, ...]


class TracedDisclaimer(Frozen):
    """A mandatory wording in the message; ``bytes_match`` compares it with the hash that was approved.

    ``decision`` is the approval that policy had found (approver, date, maker, whether it is the demo bank's), and
    ``wording`` what the ledger said of the entry that day (authority, days in force, placement, channels).
    """

    id: str
    language: str
    text: str
    sha256: str
    bytes_match: bool
    approval: str | None
    provenance: str | None = None
    start: int | None = None
    end: int | None = None
    decision: Mapping[str, Any] | None = None
    wording: Mapping[str, Any] = {}


class KeptBytes(Frozen):
    """Bytes that the record rests on: a document, the rule pack, a model's card; ``size`` in bytes when kept."""

    name: str
    sha256: str
    state: Kept
    size: int | None = None
    doc_id: str | None = None
    version: str | None = None
    title: str | None = None


class TracedAttempt(Frozen):
    """One attempt of the writer: its text, None where none came out, and what review found in it."""

    number: int
    text: str | None
    released: bool
    findings: tuple[Mapping[str, Any], ...]


class Trace(Frozen):
    """Everything that one record says, ready to be read.

    ``chain`` is what is known of the whole chain: ``not_verified`` where nobody verified it up to this entry. ``entry``
    is what was checked for this trace: the record's own hash, its neighbours and the bytes that it cites.
    """

    draft_id: str
    created_at: str | None
    status: str
    audit: AuditRef
    chain: ChainStatus
    faults: tuple[Mapping[str, Any], ...]
    product_code: str | None
    language: str | None
    channel: str | None
    policy_snapshot: str | None
    model: str | None
    text: str | None
    claims: tuple[TracedClaim, ...]
    disclaimers: tuple[TracedDisclaimer, ...]
    findings: tuple[Mapping[str, Any], ...]
    attempts: int
    dismissals: tuple[Dismissal, ...] = ()
    publishable: bool | None = None
    subject: str | None = None
    as_of: str | None = None
    brief: Mapping[str, Any] = {}
    product: Mapping[str, Any] = {}
    prediction: Mapping[str, Any] | None = None
    rules: tuple[str, ...] = ()
    policy: Mapping[str, Any] = {}
    writer: Mapping[str, Any] = {}
    kept: tuple[KeptBytes, ...] = ()
    attempted: tuple[TracedAttempt, ...] = ()
    entry: EntryView | None = None
