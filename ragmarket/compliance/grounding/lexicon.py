"""The words by which claims are compared, read from `knowledge/grounding/` and compiled once per language.

English words are understood in every language, because claims mix them in; the bank's term base adds the native words
of every term whose English side names a concept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import regex
from pydantic import Field

from ragmarket.compliance.grounding.number_words import Numerals, joined_words
from ragmarket.compliance.grounding.word_patterns import JOINERS, Wording, compiled, split, stem
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.schemas.base import Frozen

if TYPE_CHECKING:
    from ragmarket.knowledge.language import LanguagePack

FOLDER = ROOT / "grounding"
_VALUED = {
    "numbers": regex.compile(r"[^=]+=[\d.]+(?: .+)?"),
    "added": regex.compile(r"[^=]+=-?[\d.]+"),
    "joined": regex.compile(r"[^=]+=[+*][\d.]+"),
    "scales": regex.compile(r"[^=]+=\d+"),
}
MARKS = (
    "negation", "free", "bounds", "higher", "lower", "before", "after", "only", "all", "must", "may", "conditions",
    "from", "up_to", "above", "below", "annulled", "least", "most",
)  # fmt: skip


class Concepts(Frozen):
    """What claims can be about, as `concepts.yaml` holds it."""

    topic: tuple[str, ...]
    soft: tuple[str, ...]
    broad: tuple[str, ...]
    audience: tuple[str, ...]
    loose: tuple[str, ...]
    barring: tuple[str, ...]
    floored: tuple[str, ...]
    cases: dict[str, tuple[str, ...]]
    variants: tuple[str, ...]
    rivals: tuple[tuple[str, ...], ...]
    implies: dict[str, tuple[str, ...]]

    @property
    def known(self) -> frozenset[str]:
        """Every concept id."""
        return frozenset((*self.topic, *self.soft, *self.audience, *(one for group in self.rivals for one in group)))

    def closed(self, concepts: frozenset[str]) -> frozenset[str]:
        """The concepts with all that they imply."""
        found = set(concepts)
        for one in concepts:
            found.update(self.implies.get(one, ()))
        return frozenset(found)


class Words(Frozen):
    """One language's file: comma-separated words per concept and per mark."""

    concepts: dict[str, str]
    negation: str
    free: str
    bounds: str
    higher: str
    lower: str
    before: str
    after: str
    only: str
    all: str
    must: str
    may: str
    conditions: str
    from_: str = Field(default="", alias="from")
    up_to: str = ""
    above: str = ""
    below: str = ""
    least: str = ""
    most: str = ""
    half: str = ""
    annulled: str = ""
    numbers: str = ""
    added: str = ""
    hundred: str = ""
    joined: str = ""
    scales: str = ""
    point: str = ""
    glued: str = ""

    def mark(self, name: str) -> str:
        """The words of a mark."""
        return str(getattr(self, "from_" if name == "from" else name))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's compiled words; ``stems`` are each concept's single native words, longest first."""

    concepts: tuple[tuple[str, Wording], ...]
    stems: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, Wording | None]
    numerals: Numerals | None
    endings: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=4)
def load_concepts(root: Path = FOLDER) -> Concepts:
    """Read the concepts.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(root / "concepts.yaml", Concepts)


@lru_cache(maxsize=32)
def load_words(language: str, root: Path = FOLDER) -> Words:
    """Read one language's words and hold them against the concepts.

    Raises:
        BadKnowledge: The file is wrong, or names a concept that `concepts.yaml` does not; names its line.
    """
    path = root / f"{language}.yaml"
    words = load(path, Words)
    for unknown in words.concepts.keys() - load_concepts(root).known:
        _, node = read_yaml(path)
        raise BadKnowledge(path, line_of(node, ["concepts", unknown]), f"concepts.yaml has no concept {unknown}")
    for name in ("numbers", "added", "joined", "scales"):
        for pair in split(getattr(words, name)):
            if not _VALUED[name].fullmatch(pair):
                _, node = read_yaml(path)
                raise BadKnowledge(path, line_of(node, [name]), f"a number word without its value: {pair}")
    return words


def _numerals(words: Words) -> Numerals | None:
    from ragmarket.compliance.grounding.figure_words import figure_words

    def pairs(line: str) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in split(line))

    own = pairs(words.numbers)
    if not own:
        return None
    values = {**joined_words(own, pairs(words.joined)), **own}
    scales = {word: float(value) for word, value in pairs(words.scales).items()}
    return Numerals(
        values={word: value for word, value in values.items() if word not in scales},
        added={word: float(value) for word, value in pairs(words.added).items()},
        hundred=frozenset(split(words.hundred)),
        scales=scales,
        point=frozenset(split(words.point)),
        glued=split(words.glued),
        currency=tuple(word for one in figure_words().values() for word in one.currency),
        native=not all(word.isascii() for word in own),
    )


def build_lexicon(words: Words, terms: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
    """Compile one language's words; ``terms`` adds entries per concept."""
    concepts, stems = [], {}
    for id_ in dict.fromkeys((*words.concepts, *(terms or {}))):
        entries = (*split(words.concepts.get(id_, "")), *(terms or {}).get(id_, ()))
        wording = compiled(entries)
        if wording is not None:
            bare = {entry.strip("=*") for entry in entries if not entry.isascii() and " " not in entry}
            stems[id_] = tuple(sorted((stem(entry) for entry in bare), key=len, reverse=True))
            concepts.append((id_, wording))
    return Lexicon(
        concepts=tuple(concepts),
        stems=stems,
        marks={name: compiled(split(words.mark(name))) for name in MARKS},
        numerals=_numerals(words),
        endings={
            name: tuple(one for one in split(words.mark(name)) if not one.isascii() and " " not in one and len(one) > 2)
            for name in ("up_to", "below", "above", "from", "before", "after")
        },
    )


@lru_cache(maxsize=32)
def shared_lexicon(language: str, terms: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Lexicon:
    """One language's words compiled once for the whole process, whoever asks.

    Raises:
        BadKnowledge: The word file is wrong; names its line.
    """
    return build_lexicon(load_words(language), dict(terms))


def terms_of(pack: LanguagePack, english: Lexicon, concepts: Concepts) -> dict[str, list[str]]:
    """Native words per concept, from the terms whose English side is one topic or audience and nothing else."""
    wanted = {*concepts.topic, *concepts.audience}
    found: dict[str, list[str]] = {}
    for term in pack.terms:
        ids = [
            id_
            for id_, wording in english.concepts
            if id_ in wanted and wording.pattern.fullmatch(term.en.partition(" (")[0])
        ]
        if len(ids) == 1:
            forms = (JOINERS.sub("", form).partition(" (")[0].strip() for form in (*term.customer, *term.formal))
            found.setdefault(ids[0], []).extend(
                form for form in forms if form and not form.isascii() and "," not in form
            )
    return found


def marks_in(text: str, lexicons: Sequence[Lexicon], name: str) -> list[tuple[int, int]]:
    """Where the words of a mark stand, in order."""
    letters = text.casefold()
    found: set[tuple[int, int]] = set()
    for lexicon in lexicons:
        wording = lexicon.marks.get(name)
        if wording is not None:
            found.update(wording.spans(text, letters))
    return sorted(found)
