"""What one text says: its figures, what each clause is about, and whether it affirms or denies."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import regex

from ragmarket.compliance.grounding.lexicon import Concepts, Lexicon, marks_in
from ragmarket.compliance.grounding.quantities import Quantity, quantities_of

if TYPE_CHECKING:
    from ragmarket.protocols import FigureReader

_OFTEN = frozenset({"monthly", "quarterly", "halfyearly", "yearly"})
_BREAK = regex.compile(
    r"[;:()।|\u2013\u2014\n!?]|\s-\s|,(?=\s)|(?<!\b\p{L}|\b[SM]r|\bRs|\bNo)\.(?=\s|$)|\b(?:but|while|whereas|however|though|although|when|if|unless|provided|where|once|until)\b"
)
_IF = frozenset({"if", "when", "unless", "where"})
_ROW = regex.compile(r"[^;]+;[^:;]+:\s*\S")


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that stand for one of several concepts."""

    ids: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch between two breaks; ``denied`` where it says that something is not so, or costs nothing.

    ``gratis`` where nothing but a waiver denies, ``barred`` where nothing but a negation does.
    """

    start: int
    end: int
    denied: bool
    gratis: bool
    barred: bool
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or table row as compared. Offsets are into the text as sent."""

    text: str
    index: int
    quantities: tuple[Quantity, ...]
    mentions: tuple[Mention, ...]
    clauses: tuple[Clause, ...]
    marks: frozenset[str]
    row: bool = False

    @property
    def concepts(self) -> frozenset[str]:
        """Every concept that some word may stand for."""
        return frozenset(id_ for mention in self.mentions for id_ in mention.ids)

    def clause_at(self, place: int) -> Clause:
        """The clause around a place."""
        return next((one for one in self.clauses if one.start <= place < one.end), self.clauses[-1])

    def within(self, clause: Clause) -> frozenset[str]:
        """The concepts of a clause."""
        return frozenset(
            id_ for mention in self.mentions if clause.start <= mention.start < clause.end for id_ in mention.ids
        )

    @property
    def denied(self) -> bool:
        """Whether any clause denies."""
        return any(one.denied for one in self.clauses)


def _mentions(text: str, lexicons: Sequence[Lexicon]) -> tuple[Mention, ...]:
    spans: dict[tuple[int, int], set[str]] = {}
    for lexicon in lexicons:
        for id_, pattern in lexicon.concepts:
            for match in pattern.finditer(text):
                spans.setdefault(match.span(), set()).add(id_)
    # The longest words win ("interest-free" is not about interest); equal or crossing ones are alternatives.
    kept: list[tuple[int, int, set[str]]] = []
    for (start, end), ids in sorted(spans.items(), key=lambda one: (one[0][0] - one[0][1], one[0][0])):
        inside = next((one for one in kept if one[0] <= start and end <= one[1]), None)
        if inside is None:
            kept.append((start, end, set(ids)))
        elif inside[1] - inside[0] - (end - start) <= 3 and (start == inside[0]):
            inside[2].update(ids)
    return tuple(Mention(frozenset(ids), start, end) for start, end, ids in sorted(kept, key=lambda one: one[:2]))


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _denies(text: str, negations: Sequence[tuple[int, int]], frees: Sequence[tuple[int, int]]) -> bool:
    """Whether a clause denies: a negation beside a waiver takes it back ("not free"), all else says no."""
    if not negations:
        return bool(frees)
    if not frees:
        return True
    return not any(
        (free[0] - no[1] >= 0 and len(text[no[1] : free[0]].split()) <= 1)
        or (no[0] - free[1] >= 0 and len(text[free[1] : no[0]].split()) <= 1)
        for free in frees
        for no in negations
        if free != no and not (free[0] <= no[0] < free[1] or no[0] <= free[0] < no[1])
    )


def _clauses(text: str, lexicons: Sequence[Lexicon], mentions: Sequence[Mention]) -> tuple[Clause, ...]:
    plain = _blanked(text, marks_in(text, lexicons, "bounds"))
    marks = {
        name: marks_in(text, lexicons, name)
        for name in ("higher", "lower", "before", "after", "only", "all", "must", "may", "conditions")
    }
    negations, frees = marks_in(plain, lexicons, "negation"), marks_in(plain, lexicons, "free")
    # "Not paid on time" is a subject of its own ("late"), not a denial.
    negations = [no for no in negations if not any(m.start < no[0] and no[1] < m.end for m in mentions)]
    edges = [0, *(match.end() for match in _BREAK.finditer(text)), len(text)]
    # "If the premium is not paid" sets a condition; it denies nothing.
    suppositions = {match.end() for match in _BREAK.finditer(text) if match[0].casefold() in _IF}
    clauses = []
    for start, end in itertools.pairwise(edges):
        if not text[start:end].strip():
            continue
        here = [one for one in negations if start <= one[0] < end]
        free = [one for one in frees if start <= one[0] < end]
        said = frozenset(name for name, spans in marks.items() if any(start <= one[0] < end for one in spans))
        denied = _denies(text, here, free) and start not in suppositions
        clauses.append(Clause(start, end, denied, denied and not here, denied and not free, said))
    if _ROW.match(text) and clauses and clauses[-1].denied:
        # A row is one statement: its last cell denies what its label names.
        clauses = [replace(one, denied=True) for one in clauses]
    return tuple(clauses) or (Clause(0, len(text), False, False, False, frozenset()),)


def read_statement(
    text: str, language: str, lexicons: Sequence[Lexicon], read: FigureReader, index: int = 0
) -> Statement:
    """Read one sentence or row.

    Args:
        text: In NFC.
        language: Whose figure words are understood beside the English ones.
        lexicons: English, and the language's own.
        read: Reads typed figures.
        index: Which passage it stands in.
    """
    mentions = _mentions(text, lexicons)
    clauses = _clauses(text, lexicons, mentions)
    often = [one for one in mentions if one.ids & _OFTEN]
    quantities = quantities_of(text, language, lexicons, read)
    return Statement(
        text=text,
        index=index,
        # "Every three months" is how often, not how long.
        quantities=tuple(q for q in quantities if not any(one.start <= q.start and q.end <= one.end for one in often)),
        mentions=mentions,
        clauses=clauses,
        marks=frozenset(mark for clause in clauses for mark in clause.marks),
        row=bool(_ROW.match(text)),
    )


def audience_of(concepts: frozenset[str], known: Concepts) -> frozenset[str]:
    """Whom or what the concepts restrict a fact to."""
    return concepts & frozenset(known.audience)
