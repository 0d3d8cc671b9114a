"""Claim rules as people write them: what a rule is, and in each tongue the words it goes by."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import Field, field_validator

from ragmarket.compliance.rules.terms import Terms, Tongue
from ragmarket.schemas.base import Channel, Frozen, ProductClass, Severity

Rewrites = dict[ProductClass | Literal["all"], tuple[str, ...]]


class Examples(Frozen):
    """What a rule must and must not catch; ``product`` is the class on which both are tried."""

    product: ProductClass
    tongue: Tongue | None = None
    fail: tuple[str, ...] = ()
    passes: tuple[str, ...] = Field(default=(), alias="pass")


class RuleHead(Frozen):
    """What a rule is, in ``rules/<file>.yaml``; its words stand in ``rules/words/<tongue>.yaml``.

    ``near`` names concepts that make the claim when they stand within ``within`` words of one another. A claim in a
    message that also holds one of the rule's ``excuses`` gets ``excused_severity`` instead of ``severity``. Each group
    of ``unless`` names concepts that, all said in the message, make the claim a lawful one (a past return beside its
    benchmark, its periods and the prescribed line).
    """

    id: str = Field(pattern=r"^claims\.[a-z_]+$")
    number: int = Field(ge=1, le=99)
    title: str = Field(min_length=1)
    products: tuple[ProductClass, ...] = Field(default=get_args(ProductClass), min_length=1)
    channels: tuple[Channel, ...] = Field(default=get_args(Channel), min_length=1)
    severity: Severity = "block"
    message: str = Field(min_length=1)
    explanation: str = ""
    authority: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: Literal["A", "B", "C"]
    effective_from: date
    effective_to: date | None
    near: tuple[tuple[str, ...], ...] = ()
    within: int = Field(default=4, ge=0, le=12)
    unless: tuple[tuple[str, ...], ...] = ()
    excused_severity: Severity | None = None

    def binds(self, product_class: str, channel: str, day: date) -> bool:
        """Whether the rule is in force for one message."""
        return (
            product_class in self.products
            and channel in self.channels
            and self.effective_from <= day
            and (self.effective_to is None or day <= self.effective_to)
        )


class ClaimRule(RuleHead):
    """One prohibited claim with its words in every tongue.

    ``phrases`` can be turned round by a negation, ``denials`` deny something themselves and cannot. A match that
    overlaps ``lawful`` is none. ``rewrites`` are lawful sentences that may stand in place of the claim, per product
    class or for ``all`` that the rule binds.
    """

    phrases: Terms = {}
    denials: Terms = {}
    lawful: Terms = {}
    excuses: Terms = {}
    rewrites: dict[Tongue, Rewrites] = {}
    examples: tuple[Examples, ...] = ()


class RuleFile(Frozen):
    """One file of claim rules."""

    rules: tuple[RuleHead, ...] = Field(min_length=1)


class ConceptFile(Frozen):
    """Ideas that several rules speak of, each described in a line of English."""

    concepts: dict[str, str] = Field(min_length=1)


class Negation(Frozen):
    """How one tongue denies.

    ``before`` negators reach forward to a word, and ``after`` negators back to it, over ``through`` words only; an
    ``after`` counts at the end of its clause or before ``then``. ``suffix`` endings negate the word that bears them.
    ``never`` are expressions that hold a negator and deny nothing ("don't miss"). ``turns`` open a new clause ("but").
    ``without`` are those of ``before`` that a second negator in the clause turns round ("bina guarantee nahi").
    ``others`` say that a denial is of others only ("elsewhere"). ``labels`` deny the sentence that they open ("Myth:").
    ``answers`` deny the question that they follow, besides ``before`` and ``after`` ("not at all"). ``warnings`` deny
    their whole clause, and the one before it if they are a clause of their own ("do not believe anyone who").
    ``indefinites`` stand only in what the last verb of their clause denies ("kisi ... nahi"): it denies all between.
    What ``tellers`` say ("groups that promise") is reported to be rejected where ``cautions`` ("fraud", "call 1930")
    stand beside it and nothing in its sentence speaks for the bank (``own``: "our", "apply now"). ``impostors`` are
    who speaks in the bank's name ("crooks", "is fake"); what they say in quotation marks may say "our".
    ``quotatives`` stand behind words that they cite as quotation marks would ("என்று", "ಎಂಬ"). ``verdicts`` say of
    what is quoted, cited or asked that it is wrong ("false", "nobody knows"); ``corrections`` take back or forbid what
    was quoted, the bank's own words too ("by mistake", "staff must not write"); ``referrals`` point back from a later
    sentence and warn ("such schemes are fraud"). ``affirms`` answer a question that denies something ("there is").
    ``askers`` make a question of a sentence that ends with a stop ("you asked whether").
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    indefinites: tuple[str, ...] = ()
    tellers: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    impostors: tuple[str, ...] = ()
    quotatives: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()
    affirms: tuple[str, ...] = ()
    askers: tuple[str, ...] = ()


class ExamplePair(Frozen):
    """What one rule must and must not catch in one tongue, on one product class."""

    fail: tuple[str, ...] = ()
    passes: tuple[str, ...] = Field(default=(), alias="pass")


class RuleWords(Frozen):
    """The words of one rule in one tongue; the fields are those of `ClaimRule`."""

    phrases: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    lawful: tuple[str, ...] = ()
    excuses: tuple[str, ...] = ()
    rewrites: Rewrites = {}
    examples: dict[ProductClass, ExamplePair] = {}

    @field_validator("rewrites", mode="before")
    @classmethod
    def _for_all(cls, value: object) -> object:
        return {"all": value} if isinstance(value, list) else value


class WordFile(Frozen):
    """All words of one tongue."""

    tongue: Tongue
    concepts: dict[str, tuple[str, ...]] = {}
    negation: Negation = Negation()
    rules: dict[str, RuleWords] = {}
