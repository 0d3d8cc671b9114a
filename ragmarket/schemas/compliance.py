"""What policy demands and what review found."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Channel, Frozen, Language, ProductClass, Severity

Placement = Literal["start", "end"]


class Approval(Frozen):
    """Somebody's decision that a wording may be used: bound to the wording's hash.

    ``maker`` is who proposed it; None where a file of approvals names the approver alone.
    """

    entry_id: str
    language: Language
    sha256: str
    approver: str
    date: date
    demo: bool = False
    maker: str | None = None


class DisclaimerText(Frozen):
    """One approved wording in one language. ``sha256`` is the hash of the NFC text in UTF-8.

    ``channels`` are those on which this version is in force; empty in records older than the field.
    """

    id: str
    language: Language
    text: str
    sha256: str
    provenance: Literal["verified", "single_source", "reference"]
    placement: Placement
    effective_from: date
    effective_to: date | None = None
    authority: str
    approval: Approval | None = None
    channels: tuple[Channel, ...] = ()


class Rewrite(Frozen):
    """A lawful text for ``start``/``end`` of the text that was checked; empty where leaving out is the remedy.

    It passed the same rules before it was offered. ``source`` is who proposed it: the rule's own lawful sentences, a
    wording of the ledger, a trained writer, or the mere removal of what is wrong.
    """

    start: int
    end: int
    text: str
    source: Literal["phrasebook", "ledger", "writer", "removal"]


class Finding(Frozen):
    """One thing that is wrong, where, and on whose authority.

    ``start``/``end`` are code points of the final text; ``evidence`` is the id of the evidence whose claim is at fault.
    ``origin`` is who found it; what a classifier found bears its calibrated ``probability``. ``explanation`` says
    plainly what is wrong, why, and what would be lawful; ``in_force_from`` is since when the authority binds and
    ``confidence`` how well the authority is known (A: its text was read; B: good secondary sources; C: weaker).
    """

    rule: str
    severity: Severity
    message: str
    start: int | None = None
    end: int | None = None
    authority: str | None = None
    evidence: str | None = None
    origin: Literal["rules", "classifier"] = "rules"
    probability: float | None = None
    explanation: str = ""
    in_force_from: date | None = None
    confidence: Literal["A", "B", "C"] | None = None
    rewrite: Rewrite | None = None


class Policy(Frozen):
    """Everything that binds one message, resolved before retrieval.

    ``must_say`` and ``must_not_say`` hold fact-kind ids; ``must_say_with`` maps a kind to kinds of which at least one
    has to travel with it ("a rate never without its fee"). ``reserved`` is the length, in code points, that mandatory
    text takes. ``refusals`` are findings that already make the message impossible.
    """

    snapshot_id: str
    product_class: ProductClass
    channel: Channel
    language: Language
    as_of: date
    disclaimers: tuple[DisclaimerText, ...]
    must_say: tuple[str, ...] = ()
    must_say_with: dict[str, tuple[str, ...]] = {}
    must_not_say: tuple[str, ...] = ()
    max_claims: int
    min_claims: int = 1
    max_chars: int | None = None
    max_sms_segments: int | None = None
    subject_max_chars: int | None = None
    reserved: int = 0
    rules: tuple[str, ...] = ()
    refusals: tuple[Finding, ...] = ()


class CheckRequest(Frozen):
    """Copy that somebody else wrote.

    ``opted_in``, ``consent`` and ``insurer_approved`` are what no text shows: whether its readers opted in to
    promotional messages and consented to the use of their data, and whether the insurer approved the text in writing.
    """

    id: str = Field(default="1", max_length=200)
    text: str = Field(max_length=20_000)
    language: Language
    product_class: ProductClass
    channel: Channel
    as_of: date | None = None
    opted_in: bool | None = None
    consent: bool | None = None
    insurer_approved: bool | None = None


class CheckVerdict(Frozen):
    """What review says of somebody else's copy.

    ``inconclusive`` names the rules that nobody can tell are kept, for want of a field or of words: a pass beside one
    says that nothing wrong was found, and not that the copy is safe to send.
    """

    id: str
    verdict: Literal["pass", "fail"]
    findings: tuple[Finding, ...]
    inconclusive: tuple[str, ...] = ()
