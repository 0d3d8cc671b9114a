"""The request: what the campaign team asks for."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field, field_validator

from ragmarket.personal_data import find_identifiers
from ragmarket.schemas.base import Channel, Frozen, Language


class Brief(Frozen):
    """One message to be written.

    ``intent`` and ``segment`` given here win over predicted ones; both are recorded. ``as_of`` chooses the documents,
    policy and disclaimers in force on that day (default: today). ``region`` is a state's ISO 3166-2:IN code (default:
    the one whose language the message is in) and chooses which facts come first. ``campaign`` is the bank's own name
    for the campaign: it is recorded, so that holds and exports can name it, and changes nothing. No field may hold a
    person's number. ``session_id`` names a visit of the published tables: what it is for is the intent, where the brief
    names none, and whose it is the customer, where that one agreed to it.
    """

    # An error about a field must not repeat what somebody typed into it.
    model_config = ConfigDict(hide_input_in_errors=True)

    product_code: str = Field(min_length=1, max_length=64, examples=["ARB-FD-001"])
    language: Language = Field(examples=["hi"])
    channel: Channel = Field(examples=["whatsapp"])
    intent: str | None = Field(default=None, max_length=64, examples=["grow_savings"])
    segment: str | None = Field(default=None, max_length=64)
    region: str | None = Field(default=None, max_length=8, examples=["KL"])
    customer_id: str | None = Field(default=None, max_length=64)
    session_id: str | None = Field(default=None, max_length=64)
    campaign: str | None = Field(default=None, min_length=1, max_length=64, examples=["diwali-2026"])
    as_of: date | None = None
    max_claims: int | None = Field(default=None, ge=1, le=8)
    variants: int = Field(default=1, ge=1, le=5)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)

    @field_validator("product_code", "intent", "segment", "region", "customer_id", "session_id", "campaign")
    @classmethod
    def _nobody(cls, value: str | None) -> str | None:
        found = find_identifiers(value) if value else ()
        if found:
            remedy = "name a customer by the bank's own reference, and nobody in any other field"
            raise ValueError(f"it seems to hold a person's {found[0].kind}: {remedy}")
        return value
