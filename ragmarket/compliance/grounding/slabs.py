"""Slabs of the evidence and the instances that a claim makes of them: "₹60 lakh earns 3.25%" of "₹50 lakh and above".

A figure that the evidence bounds ("up to ₹500", "15 to 18 months") governs the figures beside it, and in a row or list
those behind it until the next bound of its kind.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import regex

from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity, same_size

_PART = regex.compile(
    r"(?i);|\||\n|[.](?=\s)|,?\s+and\s+(?=(?:those|above|over|for|from|balances?|loans?|amounts?|deposits?|limits?)\b)"
    r"|,\s+(?=(?:above|over|beyond|below|up to|upto|between|more than|less than|from|for)\b)"
)
_SIZED = frozenset({"amount", "months", "days", "working_days", "count", "number", "date", "month"})
_MONTH = 365 / 12
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Slab:
    """Bounds of one kind with the part of the statement that they stand in.

    Args:
        low: The least size, in rupees, days, or pieces; None for none.
        high: The greatest.
        bounds: The figures that say so.
        start: Where their part begins.
        end: Where it ends.
        denied: Whether the part says nil, or denies.
    """

    low: float | None
    high: float | None
    bounds: tuple[Quantity, ...]
    start: int
    end: int
    denied: bool

    def holds(self, one: Quantity) -> bool:
        """Whether a size lies within."""
        value = measured(one)
        return (self.low is None or value >= self.low * (1 - _SLACK)) and (
            self.high is None or value <= self.high * (1 + _SLACK)
        )


def family(one: Quantity) -> str:
    """Kinds that can be held against one another."""
    if one.kind in ("months", "days", "working_days"):
        return "time"
    return "date" if one.kind == "month" else one.kind


def measured(one: Quantity) -> float:
    """The size in one unit a family: days for times."""
    if one.kind == "month":
        return date(int(one.value - 1) // 12, int(one.value - 1) % 12 + 1, 1).toordinal()
    return one.value * _MONTH if one.kind == "months" else one.value


def parts_of(statement: Statement) -> list[tuple[int, int]]:
    """The stretches of a statement that each tell one case."""
    edges = [0, *(match.end() for match in _PART.finditer(statement.text)), len(statement.text)]
    return [(start, end) for start, end in itertools.pairwise(edges) if statement.text[start:end].strip()]


def denials(statement: Statement) -> set[bool]:
    """Whether parts of a statement deny, and whether parts do not."""
    return {
        any(one.denied for one in statement.clauses if one.start < end and start < one.end)
        for start, end in parts_of(statement)
    }


def slabs_of(statement: Statement) -> list[Slab]:
    """Every bound that may govern other figures, in order."""
    found = []
    for start, end in parts_of(statement):
        within = [q for q in statement.quantities if start <= q.start < end]
        denied = any(one.denied for one in statement.clauses if one.start < end and start < one.end)
        for name in dict.fromkeys(family(q) for q in within if q.kind in _SIZED):
            bounds: list[Quantity] = []
            for q in within:
                if family(q) != name or not (q.sign or q.edge):
                    continue
                # "₹501 to ₹5,000: ₹500, maximum ₹600": the first bound, or the first two ends, are the case.
                if not bounds or (len(bounds) == 1 and _low(bounds[0]) and not _low(q)):
                    bounds.append(q)
            if bounds:
                low = next((measured(q) for q in bounds if _low(q)), None)
                high = next((measured(q) for q in bounds if not _low(q)), None)
                found.append(Slab(low, high, tuple(bounds), start, end, denied))
    return found


def _low(one: Quantity) -> bool:
    return one.edge == 1 or one.sign == 1


class Slabs:
    """All slabs of the evidence.

    Args:
        evidence: The statements of all passages.
    """

    def __init__(self, evidence: Sequence[Statement]) -> None:
        self._of = [(one, slabs_of(one)) for one in evidence]

    def containing(self, own: Quantity) -> list[tuple[Statement, Slab]]:
        """The slabs in which an exact size lies, without those that it is itself an end of."""
        if own.bound or own.kind not in _SIZED:
            return []
        return [
            (statement, slab)
            for statement, slabs in self._of
            for slab in slabs
            if family(slab.bounds[0]) == family(own)
            and slab.holds(own)
            and not any(same_size(own, q) for q in slab.bounds)
        ]

    def governing(self, statement: Statement, there: Quantity, kind: str) -> Slab | None:
        """The slab of a kind under which a figure of the evidence stands."""
        slabs = next((slabs for one, slabs in self._of if one is statement), [])
        own = [
            slab
            for slab in slabs
            if family(slab.bounds[0]) == kind
            and not any(q is there for q in slab.bounds)
            and (family(there) != kind or slab.bounds[-1].start < there.start)
        ]
        beside = [slab for slab in own if slab.start <= there.start < slab.end]
        if beside:
            return beside[0]
        before = [slab for slab in own if slab.end <= there.start]
        return before[-1] if before else None
