"""One language as its copywriter knows it: formats of figures, phrasings of each kind of fact, terms, openings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from string import Formatter
from typing import Literal, Self

from pydantic import Field, model_validator

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.catalogue import Catalogue
from ragmarket.knowledge.figure_formats import FormalForms, Formats
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.knowledge.joined import JoinedBook, load_joined, sides_of
from ragmarket.knowledge.terms import Term
from ragmarket.schemas.base import LANGUAGES, Frozen, Language, ProductClass

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
    class_openings: dict[ProductClass, tuple[str, ...]] = {}
    bridges: tuple[str, ...] = ()
    ctas: dict[str, tuple[str, ...]]
    intent_ctas: dict[str, tuple[str, ...]] = {}
    joined: JoinedBook = JoinedBook(())
    subjects: tuple[str, ...] = Field(min_length=1)
    intent_subjects: dict[str, tuple[str, ...]] = {}
    class_subjects: dict[ProductClass, tuple[str, ...]] = {}
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
        plain = phrase in self.kinds[kind].formal or self.joined.plainly(kind, phrase)
        return self.plain if plain else self

    def closing(self, words: str) -> str:
        """The mark that closes words for a fact, before which its conditions stand: a stop or a comma, "" for none."""
        return next((mark for mark in (self.sentence_end, ",") if words.endswith(mark)), "")

    def said_of(self, kind: str) -> tuple[str, ...]:
        """All words for a kind: whole sentences, and its side of sentences that tell two facts."""
        return self.kinds[kind].all + self.joined.sides(kind)

    def ctas_for(self, aim: str, intent: str) -> tuple[str, ...]:
        """The calls to action for an aim, and those of the intent's own."""
        return self.ctas[aim] + self.intent_ctas.get(intent, ())

    def subjects_for(self, intent: str) -> tuple[str, ...]:
        """The e-mail subjects, and those of the intent's own."""
        return self.subjects + self.intent_subjects.get(intent, ())

    @cached_property
    def salutations(self) -> tuple[str, ...]:
        """The ways to begin a letter that name nothing: "Dear Customer,"."""
        return tuple(line for line in self.openings["email"] if line.endswith(",") and "{product}" not in line)

    def greeted(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """Openings of an intent's or a product class's own as an e-mail has them: with a salutation before them.

        Lines that greet already in another way stay as they are where there are no others.
        """
        salutations = self.salutations
        greetings = {line.split()[0].strip(",.!") for line in self.openings["whatsapp"] if "{product}" not in line}
        bare = [line for line in lines if line.split()[0].strip(",.!") not in greetings]
        if not salutations or not bare:
            return lines
        # Where a script has capitals, what follows the comma goes on with a small letter.
        return tuple(f"{one} {line[:1].lower()}{line[1:]}" for line in bare for one in salutations)

    def lines(self, field: Literal["opening", "bridge", "cta", "subject"]) -> frozenset[str]:
        """Every line that the bank has for a part of the message that states no fact."""
        by_field: dict[str, tuple[tuple[str, ...], ...]] = {
            "opening": (
                *self.openings.values(),
                *self.intent_openings.values(),
                *self.class_openings.values(),
                *map(self.greeted, (*self.intent_openings.values(), *self.class_openings.values())),
            ),
            "bridge": (self.bridges,),
            "cta": (*self.ctas.values(), *self.intent_ctas.values()),
            "subject": (
                self.subjects,
                self.titles,
                *self.intent_subjects.values(),
                *self.class_subjects.values(),
            ),
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
    return tuple(name for _, name, _, _ in Formatter().parse(phrase) if name)


@lru_cache(maxsize=32)
def load_language(language: str, root: Path = ROOT / "languages") -> LanguagePack:
    """Read one language pack, with the joined lines of the folder beside its own.

    Raises:
        BadKnowledge: A file is wrong; names its line.
    """
    joined = load_joined(root.parent / "joined" / f"{language}.yaml")
    return load(root / f"{language}.yaml", LanguagePack).model_copy(update={"joined": joined})


def load_languages(catalogue: Catalogue, root: Path = ROOT / "languages") -> dict[str, LanguagePack]:
    """Read all language packs and hold them against the catalogue: every kind phrased, every slot in its place.

    Raises:
        BadKnowledge: A kind is missing, unknown, or phrased with other slots than its roles.
    """
    packs = {language: load_language(language, root) for language in LANGUAGES}
    for language, pack in packs.items():
        path = root / f"{language}.yaml"
        for id_ in catalogue.kinds.keys() ^ pack.kinds.keys():
            problem = "is phrased but not in the catalogue" if id_ in pack.kinds else "is not phrased"
            raise _wrong(path, ["kinds", id_], f"the kind {id_} {problem}")
        for id_, phrasings in pack.kinds.items():
            for phrase in phrasings.all:
                _hold(phrase, id_, catalogue, path, ["kinds", id_])
        for place, one in enumerate(pack.joined.root):
            for line in one.all:
                for id_, words in zip(one.kinds, sides_of(line), strict=True):
                    _hold(words, id_, catalogue, root.parent / "joined" / path.name, [place])
    return packs


def _hold(words: str, id_: str, catalogue: Catalogue, path: Path, place: Sequence[str | int]) -> None:
    """Refuse words whose slots are not exactly the roles of the kind that they tell."""
    if id_ not in catalogue.kinds:
        raise _wrong(path, place, f"the kind {id_} is phrased but not in the catalogue")
    wanted = sorted(catalogue.kinds[id_].roles)
    if sorted(slot for slot in slots_of(words) if slot != "product") != wanted:
        raise _wrong(path, place, f"{id_} needs {', '.join(wanted) or 'no slot'}: {words}")


def _wrong(path: Path, place: Sequence[str | int], problem: str) -> BadKnowledge:
    _, node = read_yaml(path)
    return BadKnowledge(path, line_of(node, place), problem)
