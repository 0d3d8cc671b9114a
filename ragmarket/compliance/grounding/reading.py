"""What one text says: its figures, what each clause is about, and whether it affirms or denies."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import regex

from ragmarket.compliance.grounding.farther_bounds import with_limits
from ragmarket.compliance.grounding.lexicon import Concepts, Lexicon, marks_in
from ragmarket.compliance.grounding.quantities import quantities_of
from ragmarket.compliance.grounding.sizes import Quantity

if TYPE_CHECKING:
    from ragmarket.protocols import FigureReader

OFTEN = frozenset({"monthly", "quarterly", "halfyearly", "yearly"})
_BREAK = regex.compile(
    r"[;:()।|\u2013\u2014!?]|\n(?!\p{Ll})|\s-\s|,(?=\s)|(?<!\b\p{L}|\b[SM]r|\bRs|\bNo|\b[Mm]in|\b[Mm]ax|\.)\.(?=\s|$)|\b(?i:but|while|whereas|however|though|although|when|if|unless|provided|where|who|whose|once|until)\b"
    r"|\band(?=\s(?i:cannot|no|not|nothing|is not|are not|do not|does not|will not|may not|shall not)\b)"
)
COSTS = frozenset(["fee", "penal", "exitload", "entryload", "interest", "amc", "brokerage", "premium", "tax", "copay"])
_REFUNDS = frozenset({"refund", "returnitem"})
_PERIODIC = OFTEN | {"annual"}
_LACKS = frozenset({"interestfree", "shortfall", "late", "bounce"})
_LONGER = 2
_LATIN = regex.compile(r"[A-Za-z]")
_IF = frozenset({"if", "when", "unless", "where", "who", "whose"})
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

    ``gratis`` where nothing but a waiver denies, ``barred`` where nothing but a negation does, ``apart`` where nothing
    but "without" does, which denies what follows it alone.
    """

    start: int
    end: int
    denied: bool
    gratis: bool
    barred: bool
    marks: frozenset[str]
    apart: bool = False


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


def _narrow(word: str, ids: set[str], lexicons: Sequence[Lexicon]) -> None:
    """Of one word that several entries reach, the longest says what it is: "कैशबैक" is cashback, not cash."""
    if len(ids) < 2 or word.isascii():
        return
    reach = {
        id_: max((len(stem) for one in lexicons for stem in one.stems.get(id_, ()) if word.startswith(stem)), default=0)
        for id_ in ids
    }
    longest = max(reach.values())
    for id_, size in reach.items():
        if 0 < size <= longest - _LONGER:
            ids.discard(id_)


def _mentions(text: str, lexicons: Sequence[Lexicon]) -> tuple[Mention, ...]:
    letters = text.casefold()
    spans: dict[tuple[int, int], set[str]] = {}
    # The first are the English words, which no text without Latin letters holds.
    for lexicon in lexicons if _LATIN.search(text) else lexicons[1:]:
        for id_, wording in lexicon.concepts:
            for span in wording.spans(text, letters):
                spans.setdefault(span, set()).add(id_)
    for (start, end), ids in spans.items():
        _narrow(text[start:end], ids, lexicons)
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
    # "Every month" is how often, not everybody.
    often = [m for m in mentions if m.ids & _PERIODIC]
    marks["all"] = [one for one in marks["all"] if not any(m.start <= one[0] < m.end for m in often)]
    negations, frees = marks_in(plain, lexicons, "negation"), marks_in(plain, lexicons, "free")
    # "Not paid on time" is a subject of its own ("late"), not a denial.
    negations = [
        no for no in negations
        if not any(m.start < no[0] and (no[1] < m.end or (no[1] == m.end and m.ids <= _LACKS)) for m in mentions)
    ]  # fmt: skip
    frees = [
        one for one in frees if not any(m.start <= one[0] and one[1] <= m.end and m.ids <= _LACKS for m in mentions)
    ]
    if any(m.ids & COSTS for m in mentions):
        frees = sorted({*frees, *marks_in(plain, lexicons, "annulled")})
    else:
        # What is given back is a waiver where it is money that was charged; a document is only returned.
        back = [m for m in mentions if m.ids & _REFUNDS]
        frees = [one for one in frees if not any(m.start <= one[0] < m.end for m in back)]
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
        apart = denied and not free and all(text[no[0] : no[1]].casefold() == "without" for no in here)
        clauses.append(Clause(start, end, denied, denied and not here, denied and not free, said, apart))
    for at, one in enumerate(clauses):
        if one.start in suppositions and len(clauses) > 1:
            # What is supposed shares the fate of what follows from it: "nothing is charged if you repay early".
            main = clauses[at - 1] if at else clauses[1]
            clauses[at] = replace(one, denied=main.denied, gratis=main.gratis, barred=main.barred, apart=main.apart)
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
    often = [one for one in mentions if one.ids & OFTEN]
    row = bool(_ROW.match(text))
    quantities = with_limits(quantities_of(text, language, lexicons, read), text, lexicons, row=row)
    # "వేల" inside an amount is thousands, not an auction.
    sums = [q for q in quantities if q.kind == "amount"]
    mentions = tuple(m for m in mentions if not any(q.start < m.start and m.end <= q.end for q in sums))
    # "Five years" is how long, "every year" how often.
    lasting = [
        q for q in quantities if q.kind in ("months", "days") and q.value and not text[q.start : q.end].isascii()
    ]
    mentions = tuple(
        m for m in mentions if not (m.ids <= _PERIODIC and any(q.start < m.start and m.start < q.end for q in lasting))
    )
    return Statement(
        text=text,
        index=index,
        # "Every three months" is how often, not how long.
        quantities=tuple(q for q in quantities if not any(one.start <= q.start and q.end <= one.end for one in often)),
        mentions=mentions,
        clauses=clauses,
        marks=frozenset(mark for clause in clauses for mark in clause.marks),
        row=row,
    )


def audience_of(concepts: frozenset[str], known: Concepts) -> frozenset[str]:
    """Whom or what the concepts restrict a fact to."""
    return concepts & frozenset(known.audience)
