"""One language as its copywriter knows it: formats of figures, phrasings of each kind of fact, terms, openings."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.catalogue import Catalogue
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.schemas.base import LANGUAGES, Frozen, Language

FIGURE_CONDITIONS = frozenset(
    [
        "amount_slab",
        "balance_slab",
        "outstanding_slab",
        "age",
        "cover",
        "duration",
        "credit_score",
        "min_charge",
        "max_charge",
    ]
)
_DIGIT = re.compile(r"\d")


class Plural(Frozen):
    """A unit with its plural forms; ``{n}`` is the number."""

    one: str
    other: str


class Case(Frozen):
    """Figures in one grammatical case, for the bounds and ranges that govern it ("₹75 லட்சத்துக்கு", "3 কোটির")."""

    units: dict[str, Plural]
    amount: dict[Literal["plain", "lakh", "crore"], str | Plural]
    rate: str
    number: str


class AfterName(Frozen):
    """What stands right behind a product's name and depends on how the name ends.

    ``vowel`` gives, for an ending of the phrasings, the form that follows a vowel. ``carriers`` gives, for the last
    words of a name, what stays of a noun that only carries an ending and that the name holds already ("Credit Card
    കാർഡിൽ" is "Credit Card-ൽ").
    """

    vowel: dict[str, str] = {}
    carriers: dict[str, dict[str, str]] = {}


class Formats(Frozen):
    """How figures stand in running text; every pattern gives a phrase that can stand where the bare figure can.

    ``bound_inside`` says that the bound belongs to the figure and the period goes around both. A pattern of ``bounds``
    or ``ranges`` may name the case that it governs: ``{x:dative}``, ``{low:dative}``, ``{high:dative}``.
    """

    bound_inside: bool = False
    units: dict[str, Plural]
    amount: dict[Literal["plain", "lakh", "crore"], str | Plural]
    cases: dict[str, Case] = {}
    bounds: dict[Literal["from", "up_to", "above", "below", "within", "after"], str]
    ranges: dict[Literal["between", "to_below", "above_to"], str]
    periods: dict[str, str]
    after_name: AfterName = AfterName()

    @model_validator(mode="after")
    def _cases_there(self) -> Self:
        governed = {case for pattern in (*self.bounds.values(), *self.ranges.values()) for _, case in places(pattern)}
        unknown = sorted(case for case in governed if case is not None and case not in self.cases)
        if unknown:
            raise ValueError(f"a bound or a range governs a case that cases does not have: {', '.join(unknown)}")
        for name, case in self.cases.items():
            missing = sorted(self.units.keys() ^ case.units.keys()) + sorted(self.amount.keys() ^ case.amount.keys())
            if missing:
                raise ValueError(f"cases.{name} and the plain forms differ in {', '.join(missing)}")
        # A case bends the figure itself, so nothing may stand between it and the bound that governs it.
        parted = [period for period, pattern in self.periods.items() if not pattern.endswith("{x}")]
        if self.cases and parted and not self.bound_inside:
            raise ValueError(f"the period {parted[0]} would part the figure from the bound that governs its case")
        return self


def places(pattern: str) -> tuple[tuple[str, str | None], ...]:
    """The places of a pattern with the case that it governs there, None for the plain form: (("x", "dative"),)."""
    return tuple((name, case or None) for _, name, case, _ in string.Formatter().parse(pattern) if name)


class FormalForms(Frozen):
    """What plain words (`Phrasings.formal`) say otherwise than warm ones: units, periods and conditions by name."""

    units: dict[str, Plural] = {}
    periods: dict[str, str] = {}
    cases: dict[str, dict[str, Plural]] = {}
    conditions: dict[str, str] = {}


def by_length(lines: Sequence[str], style: str) -> tuple[str, ...]:
    """The shorter half of some lines (``short``), the longer one (``full``), or all; fewer than three stay together."""
    if style == "any" or len(lines) < 3:
        return tuple(lines)
    ranked = sorted(lines, key=len)
    half = (len(lines) + 1) // 2
    return tuple(ranked[:half] if style == "short" else ranked[-half:])


class Phrasings(Frozen):
    """The ways to say one kind of fact, in the warm register (``customer``) and the plain one (``formal``)."""

    customer: tuple[str, ...] = Field(min_length=2)
    formal: tuple[str, ...] = Field(min_length=1)

    @property
    def all(self) -> tuple[str, ...]:
        """Both registers, customer first."""
        return self.customer + self.formal

    def of(self, register: str, style: str) -> tuple[str, ...]:
        """The phrasings of a register (``customer``, ``formal``); ``short`` and ``full`` are its halves by length."""
        return by_length(self.formal if register == "formal" else self.customer, style)


class AvoidedForm(Frozen):
    """A form that the bank does not use, and why."""

    form: str
    why: str


class Term(Frozen):
    """A banking term: what customers say, what formal text says, what to avoid."""

    en: str
    customer: tuple[str, ...]
    formal: tuple[str, ...]
    avoid: tuple[AvoidedForm, ...] = ()
    status: Literal["guide", "common", "unconfirmed"] = "unconfirmed"
    source: str = "none"


class LanguagePack(Frozen):
    """Everything the writer and the renderer need to know of one language.

    ``pointers`` are the words that point back at a product named before ("this loan").
    """

    language: Language
    name: str
    script: str
    sentence_end: str
    reader: str
    latin_terms: tuple[str, ...]
    pointers: tuple[str, ...] = ()
    formats: Formats
    kinds: dict[str, Phrasings]
    conditions: dict[str, str]
    formal: FormalForms = FormalForms()
    openings: dict[Literal["whatsapp", "email"], tuple[str, ...]]
    intent_openings: dict[str, tuple[str, ...]] = {}
    bridges: tuple[str, ...] = ()
    ctas: dict[str, tuple[str, ...]]
    intent_ctas: dict[str, tuple[str, ...]] = {}
    subjects: tuple[str, ...] = Field(min_length=1)
    intent_subjects: dict[str, tuple[str, ...]] = {}
    titles: tuple[str, ...] = Field(min_length=1)
    terms: tuple[Term, ...] = ()

    @cached_property
    def plain(self) -> LanguagePack:
        """The pack as it speaks in the plain register: its units, periods and conditions are the formal ones."""
        formats = self.formats.model_copy(
            update={
                "units": {**self.formats.units, **self.formal.units},
                "periods": {**self.formats.periods, **self.formal.periods},
                "cases": {
                    name: case.model_copy(update={"units": {**case.units, **self.formal.cases.get(name, {})}})
                    for name, case in self.formats.cases.items()
                },
            }
        )
        return self.model_copy(update={"formats": formats, "conditions": {**self.conditions, **self.formal.conditions}})

    def in_words_of(self, kind: str, phrase: str) -> LanguagePack:
        """The pack in the register of a phrasing of a kind: units and conditions keep to the words around them."""
        return self.plain if phrase in self.kinds[kind].formal else self

    def ctas_for(self, aim: str, intent: str) -> tuple[str, ...]:
        """The calls to action for an aim, and those of the intent's own."""
        return self.ctas[aim] + self.intent_ctas.get(intent, ())

    def subjects_for(self, intent: str) -> tuple[str, ...]:
        """The e-mail subjects, and those of the intent's own."""
        return self.subjects + self.intent_subjects.get(intent, ())

    def lines(self, field: Literal["opening", "bridge", "cta", "subject"]) -> frozenset[str]:
        """Every line that the bank has for a part of the message that states no fact."""
        by_field: dict[str, tuple[tuple[str, ...], ...]] = {
            "opening": (*self.openings.values(), *self.intent_openings.values()),
            "bridge": (self.bridges,),
            "cta": (*self.ctas.values(), *self.intent_ctas.values()),
            "subject": (self.subjects, self.titles, *self.intent_subjects.values()),
        }
        return frozenset(line for group in by_field[field] for line in group)

    @model_validator(mode="after")
    def _formal_known(self) -> Self:
        pairs = (
            (self.formal.units, self.formats.units),
            (self.formal.periods, self.formats.periods),
            (self.formal.conditions, self.conditions),
        )
        unknown = sorted(name for own, common in pairs for name in own.keys() - common.keys())
        bare = [
            name for name in self.formats.cases if self.formal.cases.get(name, {}).keys() != self.formal.units.keys()
        ]
        if bare or self.formal.cases.keys() - self.formats.cases.keys():
            raise ValueError("formal: its units must stand in every case of the language, and in no other")
        if unknown:
            raise ValueError(f"formal: the warm register does not have {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _no_digit(self) -> Self:
        for id_, phrasings in self.kinds.items():
            for phrase in phrasings.all:
                if _DIGIT.search(phrase):
                    raise ValueError(f"kinds.{id_}: a phrasing holds a digit: {phrase}")
        return self


def slots_of(phrase: str) -> tuple[str, ...]:
    """The slot names of a phrasing, in order."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(phrase) if name)


@lru_cache(maxsize=32)
def load_language(language: str, root: Path = ROOT / "languages") -> LanguagePack:
    """Read one language pack.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(root / f"{language}.yaml", LanguagePack)


def load_languages(catalogue: Catalogue, root: Path = ROOT / "languages") -> dict[str, LanguagePack]:
    """Read all language packs and hold them against the catalogue: every kind phrased, every slot in its place.

    Raises:
        BadKnowledge: A kind is missing, unknown, or phrased with other slots than its roles.
    """
    packs = {language: load_language(language, root) for language in LANGUAGES}
    for language, pack in packs.items():
        path = root / f"{language}.yaml"
        for id_ in catalogue.kinds.keys() ^ pack.kinds.keys():
            _, node = read_yaml(path)
            problem = "is phrased but not in the catalogue" if id_ in pack.kinds else "is not phrased"
            raise BadKnowledge(path, line_of(node, ["kinds", id_]), f"the kind {id_} {problem}")
        for id_, kind in catalogue.kinds.items():
            for phrase in pack.kinds[id_].all:
                slots = [slot for slot in slots_of(phrase) if slot != "product"]
                if sorted(slots) != sorted(kind.roles):
                    _, node = read_yaml(path)
                    wanted = ", ".join(sorted(kind.roles)) or "no slot"
                    raise BadKnowledge(path, line_of(node, ["kinds", id_]), f"{id_} needs {wanted}: {phrase}")
    return packs
