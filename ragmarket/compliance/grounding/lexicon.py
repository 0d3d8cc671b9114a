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

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.schemas.base import Frozen

if TYPE_CHECKING:
    from ragmarket.knowledge.language import LanguagePack

FOLDER = ROOT / "grounding"
JOINERS = regex.compile(r"[\u200c\u200d]")
_GAP = r"[\s\u00a0-]{1,3}"
_LETTER = r"[\p{L}\p{M}\u200c\u200d]"
# A short word inside another is chance; a long one is a compound or sandhi.
_INSIDE = 5
_SHORT = 3
_YIELDING = "\u0bcd\u0c4d\u0ccd\u0d4d\u0c02\u0c82\u0d02"
MARKS = (
    "negation", "free", "bounds", "higher", "lower", "before", "after", "only", "all", "must", "may", "conditions",
    "from", "up_to", "above", "below", "annulled",
)  # fmt: skip


class Concepts(Frozen):
    """What claims can be about, as `concepts.yaml` holds it."""

    topic: tuple[str, ...]
    soft: tuple[str, ...]
    broad: tuple[str, ...]
    audience: tuple[str, ...]
    loose: tuple[str, ...]
    barring: tuple[str, ...]
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
    half: str = ""
    annulled: str = ""
    numbers: str = ""
    added: str = ""
    hundred: str = ""
    glued: str = ""

    def mark(self, name: str) -> str:
        """The words of a mark."""
        return str(getattr(self, "from_" if name == "from" else name))


def split(words: str) -> tuple[str, ...]:
    """The entries of a comma-separated line."""
    return tuple(entry.strip() for entry in JOINERS.sub("", words).split(",") if entry.strip())


def _stem(word: str) -> str:
    return word[:-1] if len(word) > _SHORT and word[-1] in _YIELDING else word


def _joined(pieces: Sequence[str]) -> str:
    """Words in a row: `…` is up to two words between, a later word may begin with `*`."""
    out = regex.escape(pieces[0])
    for piece in pieces[1:]:
        if piece == "…":
            out += _LETTER + "*" + _GAP + rf"(?:{_LETTER}+{_GAP}){{0,2}}?"
        elif out.endswith("}?"):
            out += (_LETTER + "*" if piece.startswith("*") else "") + regex.escape(piece.removeprefix("*"))
        else:
            lead = _LETTER + "*" if piece.startswith("*") else ""
            out += _LETTER + "*" + _GAP + lead + regex.escape(piece.removeprefix("*"))
    return out


def _pattern(entry: str) -> str:
    exact, inside = entry.startswith("="), entry.startswith("*")
    word = entry.removeprefix("=").removeprefix("*")
    if word.isascii():
        # `~` alone opens an ending; otherwise a plural or possessive may follow.
        body = _GAP.join(regex.escape(piece).replace("\\~", "~") for piece in word.split())
        body = body.replace("~", _LETTER + "*")
        right = "" if word.endswith("~") else r"(?:['’]?s|es)?"
        return (
            rf"(?<![\p{{L}}\p{{M}}]){body}{right}(?![\p{{L}}\p{{M}}])" if word[0] != "n" or word != "n't" else "n['’]t"
        )
    # A final virama or anusvara gives way to a case ending: கிளெய்ம், கிளெய்மில்.
    pieces = [word_ if exact else _stem(word_) for word_ in word.split()]
    inner = _joined(pieces)
    left = "" if inside or (not exact and len(pieces[0]) >= _INSIDE) else r"(?<![\p{L}\p{M}\u200c\u200d])"
    if exact:  # "2.15%ના" is a case ending, not the word
        left = r"(?<![\p{L}\p{M}\p{N}%])"
    return left + inner + (r"(?![\p{L}\p{M}])" if exact else _LETTER + "*")


def compiled(entries: Sequence[str]) -> regex.Pattern[str] | None:
    """One pattern for any of the entries, longest first; None for none."""
    if not entries:
        return None
    ordered = sorted(set(entries), key=lambda entry: (-len(entry), entry))
    return regex.compile("|".join(f"(?:{_pattern(entry)})" for entry in ordered), regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's compiled words; ``stems`` are each concept's single native words, longest first."""

    concepts: tuple[tuple[str, regex.Pattern[str]], ...]
    stems: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, regex.Pattern[str] | None]
    numbers: Mapping[str, str]
    added: Mapping[str, float]
    hundred: frozenset[str]
    number: regex.Pattern[str] | None
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
    for pair in (*split(words.numbers), *split(words.added)):
        if "=" not in pair:
            _, node = read_yaml(path)
            raise BadKnowledge(path, line_of(node, ["numbers"]), f"a number word without its value: {pair}")
    return words


def _number_pattern(words: Words, numbers: Mapping[str, str], added: Mapping[str, float]) -> regex.Pattern[str] | None:
    if not numbers:
        return None
    entries = sorted((*numbers, *added, *split(words.hundred)), key=lambda word: (-len(word), word))
    one = "(?:" + "|".join(_GAP.join(regex.escape(piece) for piece in entry.split()) for entry in entries) + ")"
    if added:  # "साडेसात" is one word, "साढ़े सात" two
        one = "(?:(?:" + "|".join(regex.escape(word) for word in added) + ")?" + one + ")"
    glued = "|".join(regex.escape(word) for word in split(words.glued)) or "(?!)"
    end = rf"(?:(?![\p{{L}}\p{{M}}])|(?={glued}))"
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}]){one}(?:{_GAP}{one})*{end}")


def build_lexicon(words: Words, terms: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
    """Compile one language's words; ``terms`` adds entries per concept."""
    numbers = dict(pair.split("=", 1) for pair in split(words.numbers))
    added = {key: float(value) for key, value in (pair.split("=", 1) for pair in split(words.added))}
    concepts, stems = [], {}
    for id_ in dict.fromkeys((*words.concepts, *(terms or {}))):
        entries = (*split(words.concepts.get(id_, "")), *(terms or {}).get(id_, ()))
        pattern = compiled(entries)
        if pattern is not None:
            bare = {entry.strip("=*") for entry in entries if not entry.isascii() and " " not in entry}
            stems[id_] = tuple(sorted((_stem(entry) for entry in bare), key=len, reverse=True))
            concepts.append((id_, pattern))
    return Lexicon(
        concepts=tuple(concepts),
        stems=stems,
        marks={name: compiled(split(words.mark(name))) for name in MARKS},
        numbers=numbers,
        added=added,
        hundred=frozenset(split(words.hundred)),
        number=_number_pattern(words, numbers, added),
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
            id_ for id_, pattern in english.concepts if id_ in wanted and pattern.fullmatch(term.en.partition(" (")[0])
        ]
        if len(ids) == 1:
            forms = (JOINERS.sub("", form).partition(" (")[0].strip() for form in (*term.customer, *term.formal))
            found.setdefault(ids[0], []).extend(
                form for form in forms if form and not form.isascii() and "," not in form
            )
    return found


def marks_in(text: str, lexicons: Sequence[Lexicon], name: str) -> list[tuple[int, int]]:
    """Where the words of a mark stand, in order."""
    found: list[tuple[int, int]] = []
    for lexicon in lexicons:
        pattern = lexicon.marks.get(name)
        if pattern is not None:
            found += [match.span() for match in pattern.finditer(text)]
    return sorted(set(found))
