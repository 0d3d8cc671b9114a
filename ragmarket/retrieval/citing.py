"""What of a statement's surroundings has to be cited with it: no more than its reading rests on.

A cell is read under all of its headers, an answer behind its question, a row below its caption. Most rows and answers
say by themselves what they say, and who checks a citation should not have to read what bears nothing out. So each fact
is read again without one surrounding span after the other, and what makes no difference is not cited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby, islice, permutations
from typing import Any, Literal

from ragmarket.retrieval.reading import UnitReading
from ragmarket.retrieval.units import GLUE, Unit
from ragmarket.schemas.evidence import Span

_LABELLED = ": "
# What joins the parts of a view, the weakest first; of two that come to stand side by side the stronger stays.
_JOINTS = ("", " ", "; ", _LABELLED, "Q: ", " A: ")


def cited(
    units: Sequence[Unit], readings: Sequence[UnitReading], read: Callable[[Sequence[Unit]], Sequence[UnitReading]]
) -> list[tuple[Span, ...]]:
    """The context to be cited with each unit; all of it where the unit may not be put into words.

    A span is left out where the fact reads the same without it, unless it names by itself what the fact is ("Expense
    ratio" above "Regular: 1.92%") or tells the fact from another one of the document ("Classic" and "Gold" above two
    fees, each of which reads as the annual fee).

    Args:
        units: The units of one document.
        readings: Their readings.
        read: Reads units of the same document again.
    """
    kept = [unit.context for unit in units]
    facts = [at for at, reading in enumerate(readings) if reading.phrasable and units[at].context]
    apart = _telling_apart(units, readings)
    # What a title is shows in the headings of the whole document.
    headings = list({unit.heading: unit for unit in units}.values())
    for turn in range(max((len(units[at].context) for at in facts), default=0)):
        trials = []
        for at in facts:
            span = next(iter(units[at].context[turn:]), None)
            if span is not None and span not in apart[at]:
                rest = tuple(one for one in kept[at] if one is not span)
                trials.append((at, rest, [_alone(units[at], rest), *_named(units[at], span)]))
        if not trials:
            continue
        again = iter(read([*headings, *(one for _, _, several in trials for one in several)])[len(headings) :])
        for at, rest, several in trials:
            said, *named = islice(again, len(several))
            if _said(said) == _said(readings[at]) and all(one.kind != readings[at].kind for one in named):
                kept[at] = rest
    return kept


def without(unit: Unit, kept: Sequence[Span]) -> Unit:
    """The unit as it would read if no more than a part of its context stood there."""
    gone = [span for span in unit.context if span not in kept]

    def part(at: int) -> Literal["glue", "own", "gone"]:
        offset = unit.origin[at]
        if offset == GLUE:
            return "glue"
        return "gone" if any(span.start <= offset < span.end for span in gone) else "own"

    view, origin, joint, cut = "", list[int](), "", False
    for name, places in groupby(range(len(unit.view)), part):
        found = list(places)
        text = unit.view[found[0] : found[-1] + 1]
        if name == "glue":
            joint = max(joint, text, key=_strength)
        elif name == "gone":
            cut = True
        else:
            if view or not cut:
                view, origin = view + joint, [*origin, *([GLUE] * len(joint))]
            view, origin = view + text, [*origin, *(unit.origin[at] for at in found)]
            joint, cut = "", False
    return replace(unit, view=view, origin=tuple(origin), context=tuple(kept))


def _strength(joint: str) -> int:
    return _JOINTS.index(joint) if joint in _JOINTS else len(_JOINTS)


def _alone(unit: Unit, kept: Sequence[Span]) -> Unit:
    """The unit without a part of its context; where that changes its words, no heading may make up for it uncited."""
    rest = without(unit, kept)
    return rest if rest.view == unit.view else replace(rest, heading="")


def _named(unit: Unit, span: Span) -> list[Unit]:
    """The value of a cell under one of its headers alone; none where the span is no header."""
    joint = (GLUE,) * len(_LABELLED)
    ends = range(len(joint), len(unit.view))
    value = max(
        (at for at in ends if unit.view[at - 2 : at] == _LABELLED and unit.origin[at - 2 : at] == joint), default=0
    )
    above = [at for at in range(value) if span.start <= unit.origin[at] < span.end]
    if unit.form != "cell" or not above:
        return []
    view = "".join(unit.view[at] for at in above) + _LABELLED + unit.view[value:]
    origin = (*(unit.origin[at] for at in above), *joint, *unit.origin[value:])
    return [replace(unit, view=view, origin=origin, heading="")]


def _said(reading: UnitReading) -> tuple[Any, ...]:
    return reading.kind, reading.phrasable, reading.slots, reading.conditions


def _telling_apart(units: Sequence[Unit], readings: Sequence[UnitReading]) -> list[set[Span]]:
    """For each unit the spans that a rival lacks: another cell of its row, or another fact that is told as it is."""
    rows: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    told: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for at, (unit, reading) in enumerate(zip(units, readings, strict=True)):
        if unit.form == "cell":
            rows[unit.start, unit.end].append(at)
        if reading.phrasable:
            told[reading.kind, *_values(reading, of_conditions=True)].append(at)
    bare = [without(unit, ()).view if unit.form == "cell" else "" for unit in units]
    figures = [_values(reading) for reading in readings]
    groups: list[tuple[list[int], Sequence[object]]] = [(several, bare) for several in rows.values()]
    groups += [(several, figures) for several in told.values()]
    apart: list[set[Span]] = [set() for _ in units]
    for several, said in groups:
        for at, other in permutations(several, 2):
            if said[at] != said[other]:
                apart[at] |= {*units[at].context} - {*units[other].context}
    return apart


def _values(reading: UnitReading, *, of_conditions: bool = False) -> tuple[Any, ...]:
    """The figures of a fact by role, or what it holds under: conditions with the figures that they name."""
    limits = {one.slot for one in reading.conditions if one.slot}
    figures = sorted(
        (slot.role, str(slot.low.value), slot.low.unit, str(slot.high and slot.high.value))
        for slot in reading.slots
        if (slot.name in limits) == of_conditions
    )
    return (*figures, *sorted(one.id for one in reading.conditions if of_conditions))
