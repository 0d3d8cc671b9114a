"""What identity resolution says: links with their reasons, doubtful pairs, decisions and a report."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen

PairVerdict = Literal["link", "review", "apart"]
LinkDecisionKind = Literal["same", "different"]


class FieldEvidence(Frozen):
    """What one field of two records says: bits for (positive) or against one person; 0 when a side is silent."""

    field: str
    weight: float
    says: str


class PairExplanation(Frozen):
    """Two records, side by side.

    ``weight`` is the sum of the fields' weights and the prior's (log2 odds); ``reason`` says in words why the pair was
    linked, left to a person or kept apart; ``decision`` is what a person said of it, if anybody did.
    """

    left: str
    right: str
    weight: float
    probability: float
    prior: float
    verdict: PairVerdict
    reason: str
    evidence: tuple[FieldEvidence, ...]
    decision: LinkDecisionKind | None = None


class LinkDecision(Frozen):
    """What a person decided about two records; later decisions on a pair replace earlier ones."""

    left: str = Field(min_length=1)
    right: str = Field(min_length=1)
    decision: LinkDecisionKind
    by: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    at: datetime


class IdentityReport(Frozen):
    """One run of identity resolution."""

    records: int
    customers: int
    unreadable: int = Field(description="records in which nothing could be compared; each is a customer of its own")
    links: int
    review: int
    kept_apart: int = Field(description="links that would have joined two people into one customer, not made")
    decisions: int
    seconds: float
