"""The finished message with every character accounted for, and the result that the caller receives."""

from __future__ import annotations

from datetime import date
from typing import Literal

from ragmarket.schemas.base import Channel, Frozen, Language
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.ledger import Provenance
from ragmarket.schemas.prediction import Prediction


class RenderedFigure(Frozen):
    """A figure in the final text (``start``/``end``) and the source span it was spliced from."""

    start: int
    end: int
    slot: str
    evidence: str
    source_start: int
    source_end: int
    source_text: str


class RenderedClaim(Frozen):
    """A claim in the final text, with the slotted text that the writer wrote."""

    text: str
    template: str
    start: int
    end: int
    cites: tuple[str, ...]
    figures: tuple[RenderedFigure, ...] = ()


class RenderedDisclaimer(Frozen):
    """A disclaimer in the final text; ``provenance`` is None in records older than the field."""

    id: str
    language: Language
    sha256: str
    start: int
    end: int
    approval: str | None
    provenance: Provenance | None = None


class Message(Frozen):
    """The final bytes, before release. ``text`` is NFC; offsets are code points into it."""

    text: str
    subject: str | None
    language: Language
    channel: Channel
    claims: tuple[RenderedClaim, ...]
    disclaimers: tuple[RenderedDisclaimer, ...]
    sms_segments: int | None = None


class Citation(Frozen):
    """Where a claim comes from: ``document[start:end] == quote``."""

    doc_id: str
    version: str
    sha256: str
    start: int
    end: int
    quote: str
    verdict: Literal["supported", "contradicted", "unsupported", "not_verified"]
    score: float


class CitedClaim(Frozen):
    """A released claim with its citations."""

    text: str
    start: int
    end: int
    citations: tuple[Citation, ...]


class ModelInfo(Frozen):
    """Which model wrote the message."""

    name: str
    revision: str
    engine: str


class AuditRef(Frozen):
    """Where the record of this result stands in the log."""

    seq: int
    hash: str


class Result(Frozen):
    """What the caller receives: a message, or a refusal with its reasons.

    ``publishable`` is true when the message is accepted and every wording in it was approved by the bank itself, not by
    the demo approvals. ``variants`` holds the further messages of a brief that asked for several.
    """

    draft_id: str
    status: Literal["accepted", "refused"]
    publishable: bool
    text: str | None
    language: Language
    channel: Channel
    as_of: date
    subject: str | None = None
    claims: tuple[CitedClaim, ...] = ()
    disclaimers: tuple[RenderedDisclaimer, ...] = ()
    findings: tuple[Finding, ...] = ()
    prediction: Prediction | None = None
    attempts: int
    model: ModelInfo | None = None
    audit: AuditRef | None = None
    timings_ms: dict[str, float] = {}
    variants: tuple[Result, ...] = ()
