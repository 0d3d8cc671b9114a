"""The nouns of policy packs: rules with their days in force, channels, and how far back a product class is covered."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Literal, get_args

from pydantic import Field, field_validator

from ragmarket.compliance.older_terms import legible_by_tongue, with_legible
from ragmarket.compliance.rules.claim_rule import ClaimRule, Negation
from ragmarket.compliance.rules.lexicon import Lexicon, build_lexicon
from ragmarket.compliance.rules.lexicon_files import NEGATION_LISTS, TERM_LISTS
from ragmarket.compliance.rules.terms import Terms, Tongue
from ragmarket.schemas.base import PRODUCT_CLASSES, Channel, Frozen, Language, ProductClass, Severity
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


Circumstance = Literal["opted_in", "consent", "insurer_approved"]


class Idea(Frozen):
    """Something that copy may say, in the notation of `ragmarket.compliance.rules.terms`, tongue by tongue."""

    means: str = Field(min_length=1)
    words: Terms = Field(min_length=1)


class RatioTier(Frozen):
    """The highest percentage allowed for amounts up to ``up_to`` rupees; None is the tier of every larger amount."""

    up_to: int | None = Field(default=None, gt=0)
    most: float = Field(gt=0, le=100)


class RatioLimit(Frozen):
    """A percentage said with the idea ``of``, bounded by the amount that is said with it.

    ``amounts`` maps ideas that hold a number to the rupees which that number counts.
    """

    of: str
    amounts: dict[str, int] = Field(min_length=1)
    tiers: tuple[RatioTier, ...] = Field(min_length=1)


class PackExample(Frozen):
    """A message on which a rule is tried alone: its words, or the kinds of facts that it states.

    ``{id}`` in ``text`` stands for the wording of that disclaimer. Scope not given is the first that the rule binds.
    """

    text: str | None = None
    says: tuple[str, ...] = ()
    product: ProductClass | None = None
    channel: Channel | None = None
    language: Language | None = None
    given: dict[Circumstance, bool] = {}


class PackExamples(Frozen):
    """What a rule must and must not find."""

    fail: tuple[PackExample, ...] = ()
    passes: tuple[PackExample, ...] = Field(default=(), alias="pass")


class PackRule(Dated):
    """One policy rule: what it binds and what it asks for.

    ``must_say_with`` gives a kind the kinds of which at least one has to travel with it; where several rules in force
    name the same kind, a companion has to satisfy all of them.

    Verbs that read the copy name ideas: ``text_must_not`` may not be said (a denial is not saying it); of ``text_must``
    at least one has to be said, and with ``text_when`` only where one of those is said. ``ratio`` bounds a percentage.
    ``needs`` are circumstances that must hold and that no text shows. ``severity`` is that of these verbs.
    """

    title: str
    products: tuple[ProductClass, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(default=get_args(Channel), min_length=1)
    languages: tuple[Language, ...] = Field(default=get_args(Language), min_length=1)
    severity: Severity = "block"
    explanation: str = ""
    disclaimers: tuple[Demand, ...] = ()
    must_say: tuple[str, ...] = ()
    must_say_with: dict[str, tuple[str, ...]] = {}
    must_not_say: tuple[str, ...] = ()
    text_when: tuple[str, ...] = ()
    text_must: tuple[str, ...] = ()
    text_must_not: tuple[str, ...] = ()
    ratio: RatioLimit | None = None
    needs: tuple[Circumstance, ...] = ()
    advice: str = ""
    examples: PackExamples = PackExamples()

    @field_validator("products", mode="before")
    @classmethod
    def _all_products(cls, value: object) -> object:
        return PRODUCT_CLASSES if value == "all" else value

    def binds(self, product_class: str, channel: str, day: date, language: str | None = None) -> bool:
        """Whether the rule binds one message."""
        return (
            product_class in self.products
            and channel in self.channels
            and (language is None or language in self.languages)
            and self.in_force(day)
        )

    @property
    def ideas(self) -> tuple[str, ...]:
        """Every idea that the rule looks for in the copy."""
        ratio = (self.ratio.of, *self.ratio.amounts) if self.ratio else ()
        return tuple(dict.fromkeys((*self.text_when, *self.text_must, *self.text_must_not, *ratio)))

    @property
    def judges(self) -> bool:
        """Whether anything can fall foul of the rule; a rule that only advises cannot be broken."""
        facts = self.must_say or self.must_say_with or self.must_not_say
        return bool(self.disclaimers or facts or self.ideas or self.needs)


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
    ideas: dict[str, Idea] = {}
    rules: tuple[PackRule, ...] = ()


class PackSnapshot(Frozen):
    """Everything a policy book was made of besides the ledger, as plain values.

    ``covered_from`` is None in snapshots older than the field: nothing was refused then for its day.
    """

    covered_from: dict[ProductClass, Coverage] | None = None
    channels: dict[Channel, ChannelRule]
    rules: tuple[PackRule, ...]
    claim_rules: tuple[ClaimRule, ...]
    concepts: dict[str, Terms]
    negation: dict[Tongue, Negation]
    ideas: dict[str, Idea] = {}


class Packs:
    """All policy rules, channel rules and claim rules of one deployment."""

    def __init__(
        self,
        covered_from: dict[ProductClass, Coverage] | None,
        channels: dict[Channel, ChannelRule],
        rules: tuple[PackRule, ...],
        lexicon: Lexicon,
        ideas: dict[str, Idea] | None = None,
    ) -> None:
        self.covered_from = covered_from
        self.channels = channels
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self.lexicon = lexicon
        self.ideas = ideas or {}

    @cached_property
    def idea_lexicon(self) -> Lexicon:
        """The words of all ideas, indexed as the claim rules' are and denied in the same ways."""
        return build_lexicon((), {id_: idea.words for id_, idea in self.ideas.items()}, self.lexicon.negation_terms)

    def snapshot(self) -> PackSnapshot:
        """The packs as plain values."""
        return PackSnapshot(
            covered_from=self.covered_from,
            channels=self.channels,
            rules=self.rules,
            claim_rules=self.lexicon.sources,
            concepts=self.lexicon.concept_terms,
            negation=self.lexicon.negation_terms,
            ideas=self.ideas,
        )

    @classmethod
    def from_snapshot(cls, snapshot: PackSnapshot) -> Packs:
        """The packs that `snapshot` described, one written under an older notation of terms included."""
        lexicon = build_lexicon(
            tuple(with_legible(rule, TERM_LISTS) for rule in snapshot.claim_rules),
            {name: legible_by_tongue(terms) for name, terms in snapshot.concepts.items()},
            {tongue: with_legible(words, NEGATION_LISTS) for tongue, words in snapshot.negation.items()},
        )
        return cls(snapshot.covered_from, snapshot.channels, snapshot.rules, lexicon, snapshot.ideas)
