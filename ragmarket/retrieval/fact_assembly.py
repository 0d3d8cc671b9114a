"""The reading of a unit put together: figures at their places in the document, slots, conditions."""

from __future__ import annotations

from dataclasses import dataclass

from ragmarket.knowledge.catalogue import Kind
from ragmarket.retrieval.fact_conditions import Found
from ragmarket.retrieval.fact_groups import Group
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.evidence import Condition, Figure, Slot


@dataclass(frozen=True, slots=True)
class Reading:
    """What one unit says.

    Attributes:
        kind: Id of the kind, or None where none is sure enough.
        kind_score: Probability of the best kind.
        phrasable: Whether the fact may be put into words.
        why_not: What stands in the way, when it may not.
        figures: All figures of the unit, in canonical offsets.
        slots: Figures (or ranges) in their roles and conditions; names S0a, S0b … in order of appearance.
        conditions: Qualifications that the words must carry; ``slot`` names the slot of a figure-condition.
    """

    kind: str | None
    kind_score: float
    phrasable: bool
    why_not: str | None
    figures: tuple[Figure, ...] = ()
    slots: tuple[Slot, ...] = ()
    conditions: tuple[Condition, ...] = ()


def unread(unit: Unit, figures: list[Figure], kind: str | None, score: float, why_not: str) -> Reading:
    """A reading that is evidence of its kind, if of any, and never put into words."""
    return Reading(kind, score, phrasable=False, why_not=why_not, figures=tuple(canonical(unit, f) for f in figures))


def assembled(
    unit: Unit,
    figures: list[Figure],
    kind: Kind,
    score: float,
    filled: dict[str, Group],
    sides: list[tuple[str, Group]],
    riding: list[Found],
) -> Reading:
    """A phrasable reading: slots in order of appearance, figure-conditions tied to theirs.

    Raises:
        ValueError: A figure has no character of its own in the document.
    """
    placed = sorted([*filled.items(), *sides], key=lambda pair: pair[1].start)
    slots, conditions = [], []
    for number, (role, group) in enumerate(placed):
        name = f"S0{chr(ord('a') + number)}"
        low, high = canonical(unit, group.low), canonical(unit, group.high) if group.high else None
        slots.append(Slot(name=name, role=role, low=low, high=high, range_kind=group.range_kind))
        if role not in kind.roles:
            conditions.append(Condition(id=role, slot=name, start=low.start, end=(high or low).end))
    for found in riding:
        span = unit.source_span(found.start, found.end)
        if span is not None:
            conditions.append(Condition(id=found.id, start=span[0], end=span[1]))
    conditions.sort(key=lambda c: (c.start, c.id))
    return Reading(
        kind.id,
        score,
        phrasable=True,
        why_not=None,
        figures=tuple(canonical(unit, f) for f in figures),
        slots=tuple(slots),
        conditions=tuple(conditions),
    )


def canonical(unit: Unit, figure: Figure) -> Figure:
    """The figure at its place in the document, with the document's own characters as its text."""
    span = unit.source_span(figure.start, figure.end)
    if span is None:
        raise ValueError(f"the view of the unit at {unit.start} inserted the figure {figure.text!r}")
    start, end = span
    for at, quote in ((unit.start, unit.quote), *((c.start, c.quote) for c in unit.context)):
        if at <= start and end <= at + len(quote):
            return figure.model_copy(update={"start": start, "end": end, "text": quote[start - at : end - at]})
    return figure.model_copy(update={"start": start, "end": end})


def plain_unit(text: str, start: int = 0) -> Unit:
    """A unit that is its own view: one sentence standing alone, for evaluation and for checking a claim."""
    return Unit(
        form="sentence",
        start=start,
        end=start + len(text),
        quote=text,
        view=text,
        origin=tuple(range(start, start + len(text))),
    )
