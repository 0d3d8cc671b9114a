"""The nouns of policy packs: rules with their days in force, channels, and how far back a product class is covered."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import Field, field_validator

from ragmarket.compliance.rules.lexicon import ClaimRule, Lexicon, Negation, build_lexicon
from ragmarket.compliance.rules.terms import Terms, Tongue
from ragmarket.schemas.base import PRODUCT_CLASSES, Channel, Frozen, ProductClass
from ragmarket.schemas.compliance import Placement


class Demand(Frozen):
    """A disclaimer that a rule asks for; ``placement`` overrides that of the ledger."""

    id: str
    placement: Placement | None = None


class Dated(Frozen):
    """What every rule carries. A rule without ``effective_from`` is a proposal and never in force."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
    authority: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: Literal["A", "B", "C"]
    effective_from: date | None
    effective_to: date | None

    def in_force(self, day: date) -> bool:
        """Whether the rule is in force on ``day``; both ends are included."""
        if self.effective_from is None or day < self.effective_from:
            return False
        return self.effective_to is None or day <= self.effective_to


class PackRule(Dated):
    """One policy rule: what it binds and what it asks for.

    ``must_say_with`` gives a kind the kinds of which at least one has to travel with it; where several rules in force
    name the same kind, a companion has to satisfy all of them.
    """

    title: str
    products: tuple[ProductClass, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(default=get_args(Channel), min_length=1)
    disclaimers: tuple[Demand, ...] = ()
    must_say: tuple[str, ...] = ()
    must_say_with: dict[str, tuple[str, ...]] = {}
    must_not_say: tuple[str, ...] = ()
    advice: str = ""

    @field_validator("products", mode="before")
    @classmethod
    def _all_products(cls, value: object) -> object:
        return PRODUCT_CLASSES if value == "all" else value

    def binds(self, product_class: str, channel: str, day: date) -> bool:
        """Whether the rule binds one message."""
        return product_class in self.products and channel in self.channels and self.in_force(day)


class SegmentLimits(Frozen):
    """Most SMS segments, for English and for every other language."""

    en: int = Field(ge=1, le=10)
    other: int = Field(ge=1, le=10)


class ChannelRule(Dated):
    """What one channel holds."""

    max_chars: int | None = Field(default=None, ge=1)
    max_sms_segments: SegmentLimits | None = None
    subject_max_chars: int | None = Field(default=None, ge=1)
    max_claims: int = Field(ge=1, le=8)
    min_claims: int = Field(default=1, ge=1)
    min_body: int = Field(ge=0)


class Coverage(Frozen):
    """The first day for which a product class's rules and basic wordings are known, and how that is known."""

    since: date
    basis: str = Field(min_length=1)


class PackFile(Frozen):
    """One pack."""

    covered_from: dict[ProductClass, Coverage] = {}
    channels: dict[Channel, ChannelRule] | None = None
    rules: tuple[PackRule, ...] = ()


class PackSnapshot(Frozen):
    """Everything a policy book was made of besides the ledger, as plain values."""

    covered_from: dict[ProductClass, Coverage]
    channels: dict[Channel, ChannelRule]
    rules: tuple[PackRule, ...]
    claim_rules: tuple[ClaimRule, ...]
    concepts: dict[str, Terms]
    negation: dict[Tongue, Negation]


class Packs:
    """All policy rules, channel rules and claim rules of one deployment."""

    def __init__(
        self,
        covered_from: dict[ProductClass, Coverage],
        channels: dict[Channel, ChannelRule],
        rules: tuple[PackRule, ...],
        lexicon: Lexicon,
    ) -> None:
        self.covered_from = covered_from
        self.channels = channels
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self.lexicon = lexicon

    def snapshot(self) -> PackSnapshot:
        """The packs as plain values."""
        return PackSnapshot(
            covered_from=self.covered_from,
            channels=self.channels,
            rules=self.rules,
            claim_rules=self.lexicon.sources,
            concepts=self.lexicon.concept_terms,
            negation=self.lexicon.negation_terms,
        )

    @classmethod
    def from_snapshot(cls, snapshot: PackSnapshot) -> Packs:
        """The packs that `snapshot` described."""
        lexicon = build_lexicon(snapshot.claim_rules, snapshot.concepts, snapshot.negation)
        return cls(snapshot.covered_from, snapshot.channels, snapshot.rules, lexicon)
