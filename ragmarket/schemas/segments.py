"""Segments of customers who behave alike: what campaigns, profiles and predictions know of them."""

from __future__ import annotations

from pydantic import Field

from ragmarket.schemas.base import Frozen


class TypicalBehaviour(Frozen):
    """A transaction's sentence that a segment shows more than everybody; ``lift`` is ``share / overall``."""

    narrative: str
    share: float = Field(ge=0.0, le=1.0)
    overall: float = Field(ge=0.0, le=1.0)
    lift: float = Field(ge=0.0)


class SegmentTrait(Frozen):
    """One thing that transactions tell ("by UPI", "to groceries", "recurring"): its share in a segment and overall."""

    trait: str
    share: float = Field(ge=0.0, le=1.0)
    overall: float = Field(ge=0.0, le=1.0)


class SegmentCard(Frozen):
    """One segment: its number, how many customers it had when fitted, and what is typical of them.

    ``typical`` are whole sentences; ``traits`` their parts, those first that set the segment apart most.
    """

    number: int = Field(ge=0)
    size: int = Field(ge=0)
    share: float = Field(ge=0.0, le=1.0)
    typical: tuple[TypicalBehaviour, ...] = ()
    traits: tuple[SegmentTrait, ...] = ()


class CustomerSegment(Frozen):
    """Where one customer belongs.

    ``segment`` is None for noise: nobody is forced into a segment. ``distance`` is the mean distance to the nearest
    members; ``closeness`` is 1 at the segment's heart and 0 at its rim.
    """

    customer_id: str
    segment: int | None
    noise: bool
    distance: float
    closeness: float = Field(ge=0.0, le=1.0)
    transactions: int = Field(ge=0)
    reasons: tuple[str, ...] = ()


class TargetedCustomer(CustomerSegment):
    """The same with whether a campaign may address the customer.

    ``why_not`` names the rules against it: ``segment.noise``, ``customer.do_not_disturb`` or ``customer.no_consent``.
    """

    may_be_targeted: bool
    why_not: tuple[str, ...] = ()


class Measurement(Frozen):
    """One statistic of a segment beside everybody's, in one unit; ``spread`` is the deviation among everybody.

    ``shown`` and ``shown_overall`` are the two values as people read them, "62 %".
    """

    kind: str
    value: float
    overall: float
    spread: float = Field(ge=0.0)
    shown: str
    shown_overall: str


class ProfileStatement(Frozen):
    """A sentence about a segment and the statistic it rests on."""

    text: str
    statistic: str


class ProfileField(Frozen):
    """A closed field of a profile with the statistics it rests on; ``unclear`` rests on none."""

    value: str
    statistics: tuple[str, ...] = ()


class SegmentProfile(Frozen):
    """A segment in words, as written by the model or edited by a person."""

    segment: int
    name: str
    statements: tuple[ProfileStatement, ...]
    life_stage: ProfileField
    sophistication: ProfileField
    next_product: ProfileField
    channel: ProfileField
    risk_appetite: ProfileField
    language: ProfileField
    region: ProfileField
    written_by: str
    version: int = Field(ge=1)
