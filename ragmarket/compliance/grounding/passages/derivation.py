"""Can a number be derived from the passages, by what the question asks for and from what it asks about?

A fact is a number with the words before it in its clause ("the sales of 2013 is $ 451.1"). The question's words choose
the operation (change in per cent, share, average, difference, sum, a number as it stands) and rank the facts; a number
that no few of the best facts yield under that operation is not supported. Restricting both is what keeps chance out:
of fifty numbers, some pair almost always divides to anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from ragmarket.compliance.grounding.passages.text import content

_NUMBER = re.compile(r"(?<![\w.])[-–]?\s?\$?\s?-?\d[\d,]*(?:\.\d+)?(?:\s?%)?")
_CLAUSE = re.compile(r"\s[;.]\s|\s[;.]$|\n")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SCALES = (1.0, 100.0, 0.01, 1e3, 1e-3, 1e6, 1e-6)
_TOLERANCE = 0.01
_BEST = 14
_NEVER = 400.0
_ABSTAINS = re.compile(
    r"\b(?:insufficient|cannot|can't|not (?:enough|provided|available|possible|found|given)|unable|no information|"
    r"n/?a|unknown|does not|do not)\b",
    re.IGNORECASE,
)

OPERATIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "change in per cent",
        re.compile(
            r"(?:percent\w*|rate|growth)\W+(?:\w+\W+){0,4}(?:change|increase|decrease|decline|growth|reduction|rise|"
            r"return)|\bgrowth rate|grow\w* (?:in|of) percent|percent\w* (?:higher|lower|greater|more|less)|"
            r"(?:increase|decrease|decline|change)\w*\W+(?:\w+\W+){0,4}percent|total return|return on"
        ),
    ),
    ("average", re.compile(r"\baverage\b|\bmean\b")),
    ("share", re.compile(r"percent|portion|ratio|proportion|share of|fraction|\bper\b|times|how many years")),
    (
        "difference",
        re.compile(r"\bchange\b|difference|increase|decrease|decline|net of|more than|less than|reduction|grow"),
    ),
    ("sum", re.compile(r"\btotal\b|\bsum\b|combined|cumulative|altogether|in all|aggregate")),
)


NAMES_OF_OPERATIONS = (*(name for name, _ in OPERATIONS), "as it stands")
DERIVATION_NAMES = (
    "place under the operation asked for",
    "place under any operation",
    "place as it stands",
    "never under the operation asked for",
    "gives no number",
    "a year",
    "a percentage",
    "facts",
    "best relevance",
    "years of the question found",
    "negative",
    *NAMES_OF_OPERATIONS,
)


@dataclass(frozen=True)
class Fact:
    """A number of the passages, the stems of its clause before it, and the years that clause names."""

    value: float
    stems: frozenset[str]
    years: frozenset[str]


def facts(passages: Sequence[str]) -> list[Fact]:
    """Every number of the passages with its clause; the years that the clause names are no facts of their own."""
    found = []
    for passage in passages:
        head = " ".join(content(passage[:120]))
        for clause in _CLAUSE.split(passage):
            years = frozenset(_YEAR.findall(clause))
            for match in _NUMBER.finditer(clause):
                text = match.group()
                if text.strip() in years:
                    continue
                digits = re.sub(r"[^\d.]", "", text)
                if not digits.strip("."):
                    continue
                value = float(digits) * (-1 if "-" in text or "–" in text else 1)
                stems = frozenset(content(clause[: match.start()])) or frozenset(head.split())
                found.append(Fact(value, stems, years))
    return list(dict.fromkeys(found))


def answer_value(answer: str) -> float | None:
    """The number that an answer comes down to: its last one; None where it abstains."""
    if _ABSTAINS.search(answer):
        return None
    numbers = [match.group() for match in _NUMBER.finditer(answer)]
    if not numbers:
        return None
    digits = re.sub(r"[^\d.]", "", numbers[-1])
    return float(digits) if digits.strip(".") else None


def operation(question: str) -> str:
    """What is to be done, by the first pattern that the question fits; "as it stands" otherwise."""
    return next((name for name, pattern in OPERATIONS if pattern.search(question.lower())), "as it stands")


def derivation_features(question: str, passages: Sequence[str], answer: str) -> list[float]:
    """How readily the answer's number follows from the passages, as the columns of ``DERIVATION_NAMES``.

    Candidates are tried from the best facts to the worst; the place of the first that yields the answer says more than
    whether any does.

    Args:
        question: Chooses the operation and the facts.
        passages: What the number may come from.
        answer: One number, perhaps in a sentence.
    """
    value = answer_value(answer)
    what = operation(question)
    asked, years = frozenset(content(question)), frozenset(_YEAR.findall(question))
    weighed = sorted(((_relevance(one, asked, years), one) for one in facts(passages)), key=lambda pair: -pair[0])[
        :_BEST
    ]
    known = {year for _, one in weighed for year in one.years}
    told = [
        float(value is None),
        float(value is not None and 1990 <= value <= 2030 and value == int(value)),
        float("%" in answer),
        float(len(weighed)),
        weighed[0][0] if weighed else 0.0,
        len(years & known) / len(years) if years else 1.0,
        float(value is not None and value < 0),
        *(float(what == name) for name in NAMES_OF_OPERATIONS),
    ]
    if value is None:
        return [0.0, 0.0, 0.0, 0.0, *told]
    ranks = {name: _rank(value, list(_candidates(name, weighed))) for name in NAMES_OF_OPERATIONS}
    return [
        math.log1p(ranks[what]),
        math.log1p(min(ranks.values())),
        math.log1p(ranks["as it stands"]),
        float(ranks[what] >= _NEVER),
        *told,
    ]


def _relevance(fact: Fact, asked: frozenset[str], years: frozenset[str]) -> float:
    """Words shared with the question, against the words that are not; a year of the question weighs most."""
    shared = len(fact.stems & asked)
    return shared / (len(fact.stems) + 2) + 0.4 * len(fact.years & years) + 0.1 * shared


def _alike(left: Fact, right: Fact) -> float:
    """Whether two facts are of one row: their words but for years are the same, 0 to 1."""
    a, b = ({word for word in one.stems if not _YEAR.fullmatch(word)} for one in (left, right))
    return len(a & b) / max(1, len(a | b))


def _candidates(what: str, weighed: Sequence[tuple[float, Fact]]) -> Iterator[tuple[float, float]]:
    """(weight, result) of every way to do an operation with the best facts."""
    pairs = list(permutations(weighed, 2))
    if what == "as it stands":
        yield from ((weight, one.value) for weight, one in weighed)
    elif what == "change in per cent":
        for (first, a), (second, b) in pairs:
            if b.value:
                yield first + second + _alike(a, b), 100 * (abs(a.value) - abs(b.value)) / abs(b.value)
    elif what == "share":
        for (first, a), (second, b) in pairs:
            if b.value:
                yield first + second + 0.5 * bool(a.years & b.years), a.value / b.value
    elif what == "difference":
        for (first, a), (second, b) in combinations(weighed, 2):
            yield first + second + _alike(a, b), a.value - b.value
    else:
        for count in (2, 3, 4):
            for some in combinations(weighed[:8], count):
                total = sum(one.value for _, one in some)
                alike = min(_alike(some[0][1], one) for _, one in some[1:])
                weight = 2 * sum(own for own, _ in some) / count + alike
                yield weight, total / count if what == "average" else total


def _rank(value: float, candidates: Sequence[tuple[float, float]]) -> float:
    """The place of the first candidate that gives the value; ``_NEVER`` where none does."""
    tried: set[float] = set()
    for _, result in sorted(candidates, key=lambda one: -one[0]):
        if _near(value, abs(result)):
            return len(tried)
        tried.add(round(abs(result), 6))
    return _NEVER


def _near(left: float, right: float) -> bool:
    """Within the rounding of printed answers; scales of per cent, thousands and millions folded."""
    return any(abs(abs(left) - right * scale) <= _TOLERANCE * max(abs(left), 1e-9) for scale in _SCALES)
