"""The words around figures, read from `knowledge/figure_words.yaml` and compiled to patterns, one set per language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import regex
from pydantic import RootModel

from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import LANGUAGES, Frozen
from ragmarket.schemas.evidence import Bound, Period

Pattern = regex.Pattern[str]
_GAP = r"[\s\u00a0-]{1,3}"


class Words(Frozen):
    """The words of one language, as they stand in the file."""

    currency: tuple[str, ...]
    scale: dict[str, tuple[str, ...]]
    percent: tuple[str, ...]
    units: dict[str, tuple[str, ...]]
    counts: dict[str, tuple[str, ...]]
    age: dict[Literal["before", "after"], tuple[str, ...]]
    before: dict[Bound, tuple[str, ...]]
    after: dict[Bound, tuple[str, ...]]
    periods: dict[Period, tuple[str, ...]]
    joins: tuple[str, ...]


class _File(RootModel[dict[str, Words]]):
    """Language to words."""


def alternatives(words: list[str]) -> str:
    """One pattern for any of the words, longest first; blanks match hyphens too, Indian words may be inflected."""
    parts = []
    for word in sorted(set(words), key=lambda w: (-len(w), w)):
        body = _GAP.join(regex.escape(piece) for piece in word.split())
        left = r"(?<![\p{L}\p{M}])" if word[0].isascii() and word[0].isalpha() else ""
        if word[-1].isascii():
            right = r"(?![\p{L}\p{M}])" if word[-1].isalpha() else ""
        else:
            right = r"[\p{L}\p{M}\u200c\u200d]*" if word[-1].isalpha() or regex.match(r"\p{M}", word[-1]) else ""
        parts.append(left + body + right)
    return "(?:" + "|".join(parts) + ")"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled words: each mapping goes from what the words mean to the pattern that finds them."""

    currency: str
    scale: tuple[tuple[Decimal, Pattern], ...]
    percent: Pattern
    units: tuple[tuple[str, Pattern], ...]
    counts: tuple[tuple[str, Pattern], ...]
    age_before: str
    age_after: str
    before: tuple[tuple[Bound, str], ...]
    after: tuple[tuple[Bound, str], ...]
    periods: tuple[tuple[Period, str], ...]
    joins: str


def _merged(english: dict[str, tuple[str, ...]], own: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    keys = [*english, *(key for key in own if key not in english)]
    return {key: [*english.get(key, ()), *own.get(key, ())] for key in keys}


@lru_cache(maxsize=1)
def _file() -> dict[str, Words]:
    return load(ROOT / "figure_words.yaml", _File).root


@lru_cache(maxsize=16)
def lexicon(language: str) -> Lexicon:
    """The words of ``language`` together with the English ones.

    Raises:
        ValueError: The language is not one of the nine.
        BadKnowledge: The word file is wrong.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no figure words for language {language!r}; known are {', '.join(LANGUAGES)}")
    english, own = _file()["en"], _file()[language]

    def compiled(words: list[str]) -> Pattern:
        return regex.compile(alternatives(words), regex.IGNORECASE)

    return Lexicon(
        currency=alternatives([*english.currency, *own.currency]),
        scale=tuple((Decimal(k), compiled(v)) for k, v in _merged(english.scale, own.scale).items()),
        percent=compiled([*english.percent, *own.percent]),
        # Working days first: "2 working days" must not be read as days.
        units=tuple((k, compiled(v)) for k, v in reversed(_merged(english.units, own.units).items())),
        counts=tuple((k, compiled(v)) for k, v in _merged(english.counts, own.counts).items()),
        age_before=alternatives([*english.age["before"], *own.age["before"]]),
        age_after=alternatives([*english.age["after"], *own.age["after"]]),
        before=tuple((k, alternatives(v)) for k, v in _merged(english.before, own.before).items()),  # type: ignore[misc, arg-type]
        after=tuple((k, alternatives(v)) for k, v in _merged(english.after, own.after).items()),  # type: ignore[misc, arg-type]
        periods=tuple((k, alternatives(v)) for k, v in _merged(english.periods, own.periods).items()),  # type: ignore[misc, arg-type]
        joins=alternatives([*english.joins, *own.joins]),
    )
