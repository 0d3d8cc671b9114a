"""One claim, its evidence, and what the verifier says of the two.

Claim offsets are code points into ``GroundingRequest.claim``, evidence offsets into the passage at ``evidence_index``,
both exactly as the caller sent them.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ragmarket.schemas.base import Frozen, Language

GroundingWord = Literal["supported", "contradicted", "unsupported", "not_verified"]

LABELS = ("supported", "contradicted", "unsupported")

Passage = Annotated[str, Field(max_length=20_000)]


class GroundingRequest(Frozen):
    """A claim in one of the nine languages and the evidence, English or in the claim's language, that it rests on.

    ``evidence`` is one passage or several: sentences, or table rows with their headers. ``product_name`` is the product
    that the claim speaks of where its text does not say so; ``as_of`` is the day on which the claim is made.
    """

    id: str = Field(default="1", max_length=200)
    claim: str = Field(max_length=5_000)
    evidence: Passage | Annotated[list[Passage], Field(min_length=1, max_length=200)]
    language: Language = "en"
    product_name: str | None = Field(default=None, max_length=200)
    as_of: date | None = None

    @field_validator("claim")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not any(unicodedata.category(char)[0] in "LN" for char in value):
            raise ValueError("a claim holds at least one letter or digit")
        return value

    @property
    def passages(self) -> tuple[str, ...]:
        """The evidence as passages, in order."""
        return (self.evidence,) if isinstance(self.evidence, str) else tuple(self.evidence)


class GroundingReason(Frozen):
    """One thing that was compared and how it came out; ``code`` is stable, ``message`` is for people.

    A span is None where the reason is about no single place.
    """

    code: str
    message: str
    claim_start: int | None = None
    claim_end: int | None = None
    evidence_index: int | None = None
    evidence_start: int | None = None
    evidence_end: int | None = None


class GroundingVerdict(Frozen):
    """What the evidence says of the claim; ``score`` is the probability, 0 to 1, that it supports the claim."""

    id: str
    verdict: GroundingWord
    score: float = Field(ge=0, le=1)
    reasons: tuple[GroundingReason, ...] = ()


class SupportPair(Frozen):
    """A claim and its evidence as a support model is asked about them.

    ``english_claim`` and ``english_evidence`` are the two in English words and lettered figures; ``faults`` and
    ``borne`` are the codes of what exact comparison found against the claim and for it.
    """

    claim: str
    evidence: str
    language: Language
    english_claim: str
    english_evidence: str
    faults: tuple[str, ...] = ()
    borne: tuple[str, ...] = ()
