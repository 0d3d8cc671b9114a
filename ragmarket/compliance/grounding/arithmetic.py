"""Figures that a claim works out of the evidence's: a share of a sum, a rate times a term, a difference, a total.

Each relation holds to the paisa or not at all, so that chance rarely makes one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity

_PER = regex.compile(
    r"(?i)^\W*(?:for|per|on|/)\s*(?:every|each)?\s*(?:₹|Rs\.?|INR)?\s*"
    r"(?P<of>1,000|1000|thousand|one thousand|lakh|1 lakh|1,00,000|one lakh|10,000|100|hundred)\b"
)
_OF = {"1,000": 1e3, "1000": 1e3, "thousand": 1e3, "one thousand": 1e3, "lakh": 1e5, "1 lakh": 1e5,
       "1,00,000": 1e5, "one lakh": 1e5, "10,000": 1e4, "100": 100.0, "hundred": 100.0}  # fmt: skip
_YEARLY = {"month": 12.0, "quarter": 4.0, "half_year": 2.0, "day": 365.0}
_COUNTED = frozenset({"count", "number", "ratio"})
_SUMS = frozenset({"amount", "rate"})
_NEAR, _LEAST = 1e-4, 1e-9
# "In multiples of ₹1" makes no other sum of a minimum: what is added or taken away is a part that counts.
_PART = 1 / 200
_MONTHLY = regex.compile(r"(?i)\b(?:EMIs?|monthly|instal?lments?|premiums?)\b|मासिक|हप्त|किस्त")


_PIECES = frozenset({100.0, 150.0, 200.0, 500.0, 1e3, 1e4, 1e5})
_REACH = 40
_ADDS = regex.compile(r"(?i)\+|\bfurther\b|\badditional\b|\bplus\b|\bover and above\b")


def _beside(text: str, one: Quantity, other: Quantity) -> bool:
    low, high = sorted((one, other), key=lambda q: q.start)
    return high.start - low.end <= _REACH and ";" not in text[low.end : high.start]


Where = tuple[Statement, Quantity]


@dataclass(frozen=True, slots=True)
class Derived:
    """How a figure follows; ``uses`` are the claim's other figures that it was worked out from."""

    how: str
    statement: Statement
    there: Quantity
    uses: tuple[Quantity, ...] = ()


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR * max(abs(one), abs(other), _LEAST)


def derived(own: Quantity, given: Sequence[Quantity], evidence: Sequence[Statement]) -> Derived | None:
    """How a figure follows from the evidence and, where the claim makes an instance, from the claim's other figures.

    Args:
        own: A figure of the claim that no figure of the evidence equals.
        given: The claim's other figures.
        evidence: The statements of all passages.
    """
    return next(_ways(own, given, evidence), None)


def _ways(own: Quantity, given: Sequence[Quantity], evidence: Sequence[Statement]) -> Iterator[Derived]:
    for one in evidence:
        for q in one.quantities:
            yield from _instances(own, given, one, q)
            yield from _rescaled(own, one, q)
    for one in evidence:
        for a, b in itertools.combinations(one.quantities, 2):
            yield from _combined(own, (one, a), (one, b))
    for one, other in itertools.combinations(evidence, 2):
        for a, b in itertools.product(one.quantities, other.quantities):
            yield from _combined(own, (one, a), (other, b))


def _instances(own: Quantity, given: Sequence[Quantity], at: Statement, q: Quantity) -> Iterator[Derived]:
    for y in given:
        if own.kind in ("amount", "number") and y.kind in ("amount", "number"):
            if q.kind == "rate" and _same(own.value, y.value * q.value / 100):
                yield Derived("share", at, q, (y,))
            per = _PER.match(at.text[q.end :])
            if per and _same(own.value, y.value * q.value / _OF[per["of"].lower()]):
                yield Derived("share", at, q, (y,))
            if q.kind in _COUNTED and q.value > 1 and _same(own.value, y.value * q.value):
                yield Derived("times", at, q, (y,))
        for piece in at.quantities:
            # "2 points on every ₹100": twenty points on ₹1,000.
            if piece is q or piece.kind not in ("amount", "number") or piece.value not in _PIECES or q.kind == "rate":
                continue
            sized = own.kind == q.kind and y.kind in ("amount", "number") and y.value > piece.value
            if sized and _beside(at.text, q, piece) and _same(own.value, q.value * y.value / piece.value):
                yield Derived("share", at, q, (y,))
        if own.kind in ("amount", "rate") and q.kind == own.kind:
            count = y.value if y.kind in (*_COUNTED, "months", "days") else 0.0
            if count > 1 and _same(own.value, q.value * count):
                yield Derived("times", at, q, (y,))


def _rescaled(own: Quantity, at: Statement, q: Quantity) -> Iterator[Derived]:
    if own.kind == q.kind and own.kind in ("amount", "rate", "count", "number"):
        for one, other in ((own, q), (q, own)):
            if other.period in _YEARLY and one.period in ("year", None) and other.period != one.period:
                factor = _YEARLY[other.period]
                if _same(one.value, other.value * factor):
                    yield Derived("period", at, q)
    if {own.kind, q.kind} in ({"months", "count"}, {"months", "number"}) and _MONTHLY.search(at.text):
        months, number = (own, q) if own.kind == "months" else (q, own)
        if number.value > 1 and _same(months.value, number.value):
            yield Derived("period", at, q)
    if own.kind == "rate" and q.kind in ("amount", "number"):
        per = _PER.match(at.text[q.end :])
        if per and _same(own.value, 100 * q.value / _OF[per["of"].lower()]):
            yield Derived("share", at, q)


def _combined(own: Quantity, first: Where, second: Where) -> Iterator[Derived]:
    at, a = first
    other, b = second
    parts = sorted((abs(a.value), abs(b.value)))
    if a.kind == b.kind == own.kind and own.kind in _SUMS and parts[0] > parts[1] * _PART:
        if not _same(a.value, b.value) and _same(own.value, abs(a.value - b.value)):
            yield Derived("difference", at, a)
        # Only what the evidence says comes on top may be added up.
        added = (
            a.turn == 1 or b.turn == 1 or any(one.marks & {"higher"} or _ADDS.search(one.text) for one in (at, other))
        )
        if added and not (a.edge or b.edge) and _same(own.value, a.value + b.value):
            yield Derived("sum", at, a)
    for (where, x), n in ((first, b), (second, a)):
        counted = x.kind == own.kind == "amount" and n.kind in (*_COUNTED, "months") and n.value > 1
        if counted and _same(own.value, x.value * n.value):
            yield Derived("times", where, x)
