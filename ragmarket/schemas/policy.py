"""Copy that is live, and what a day to come changes for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Channel, Frozen, Language, ProductClass, Severity


class LiveCopy(Frozen):
    """Copy that goes out, or would: ``says`` are the kinds of facts it states, None where nobody has told."""

    id: str = Field(default="1", max_length=200)
    text: str = Field(min_length=1, max_length=20_000)
    language: Language
    product_class: ProductClass
    channel: Channel
    says: tuple[str, ...] | None = None
    opted_in: bool | None = None
    consent: bool | None = None
    insurer_approved: bool | None = None

    @property
    def given(self) -> Mapping[str, bool | None]:
        """The circumstances that no text shows."""
        return {"opted_in": self.opted_in, "consent": self.consent, "insurer_approved": self.insurer_approved}


class ImpactHit(Frozen):
    """One piece of copy that a rule would find fault with; ``start``/``end`` are code points of its text.

    An ``inconclusive`` hit lacks what it takes to tell, and is no pass.
    """

    copy_id: str
    language: Language
    product_class: ProductClass
    channel: Channel
    outcome: Literal["broken", "inconclusive"]
    severity: Severity
    message: str
    start: int | None = None
    end: int | None = None
    span: str | None = None


class ImpactRule(Frozen):
    """A rule that begins, and what it would find.

    ``bound`` counts the copies that it binds, ``undecided`` those of them that lack a field (``missing_fields``)
    without which it cannot be judged. Severity ``info`` marks a rule that only advises.
    """

    id: str
    title: str
    explanation: str
    severity: Severity
    authority: str
    source: str
    confidence: Literal["A", "B", "C"]
    effective_from: date
    bound: int
    undecided: int = 0
    missing_fields: tuple[str, ...] = ()
    hits: tuple[ImpactHit, ...] = ()


class PolicyImpact(Frozen):
    """Every rule in force on ``on`` and not on ``since``, the most hits first; ``affected`` of ``copies`` are hit."""

    on: date
    since: date
    copies: int
    affected: int
    rules: tuple[ImpactRule, ...]
