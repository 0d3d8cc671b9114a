"""The request: what the campaign team asks for."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from ragmarket.schemas.base import Channel, Frozen, Language


class Brief(Frozen):
    """One message to be written.

    ``intent`` and ``segment`` given here win over predicted ones; both are recorded. ``as_of`` chooses the documents,
    policy and disclaimers in force on that day (default: today).
    """

    product_code: str = Field(min_length=1, max_length=64, examples=["ARB-FD-001"])
    language: Language = Field(examples=["hi"])
    channel: Channel = Field(examples=["whatsapp"])
    intent: str | None = Field(default=None, max_length=64, examples=["grow_savings"])
    segment: str | None = Field(default=None, max_length=64)
    customer_id: str | None = Field(default=None, max_length=64)
    as_of: date | None = None
    max_claims: int | None = Field(default=None, ge=1, le=8)
    variants: int = Field(default=1, ge=1, le=5)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
