"""A person's decision that a finding for review may stand, and what a draft's findings look like after it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ragmarket.schemas.base import Frozen
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.ledger import Line, Person


class DismissalRequest(Frozen):
    """Who lets a finding stand, and why."""

    by: Person
    reason: Line


class Dismissal(Frozen):
    """What the audit log keeps of a dismissal: bound by hash to the draft's record and to the finding in it.

    ``finding`` counts from 1 in the order of the result. ``record`` is the id under which the dismissal itself stands.
    """

    record: str
    draft_id: str
    record_sha256: str
    finding: int = Field(ge=1)
    finding_sha256: str
    rule: str
    by: Person
    reason: Line
    at: datetime


class FindingState(Frozen):
    """One finding of a recorded draft: ``open`` while a person still has to decide it."""

    number: int
    finding: Finding
    open: bool
    dismissal: Dismissal | None = None


class DraftFindings(Frozen):
    """All findings of one recorded draft, and whether it may be published as they stand now."""

    draft_id: str
    status: str
    publishable: bool
    findings: tuple[FindingState, ...]
