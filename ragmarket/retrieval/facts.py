"""Reading a unit as a fact: its kind, its figures in their roles, its conditions, and whether words may be put to it.

A reading is phrasable only when a phrasing that holds exactly these roles and conditions says no more and no less than
the source; otherwise ``why_not`` names what stands in the way, for the person who keeps the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from ragmarket.knowledge.catalogue import Catalogue, Kind
from ragmarket.retrieval.fact_conditions import MARKER, ConditionLexicon, Found, vocabulary
from ragmarket.retrieval.fact_roles import Group, fill, groups_of, side_condition, without_repeats
from ragmarket.retrieval.figures import recognise
from ragmarket.retrieval.figures_numbers import NOT_FIGURES
from ragmarket.retrieval.kinds import Embed, KindClassifier, masked
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.evidence import Condition, Figure, Slot

_DIGITS = regex.compile(r"(?<![\p{L}\p{N}-])\p{Nd}+(?:[.,]\p{Nd}+)*(?![\p{L}\p{Nd}])")
_PER_ANNUM = regex.compile(r"\bper annum\b|\bp\.\s?a\b", regex.I)
# A heading or question that names one of these speaks of some customers only.
_NARROWING = frozenset(
    {
        "senior_citizens",
        "women",
        "nri",
        "non_callable",
        "direct_plan",
        "regular_plan",
        "self_employed",
        "existing_customers",
    }
)
_SHORT_WORDS = 9
_STEPS = regex.compile(r"\b(?:multiples|steps) of\s+$", regex.I)


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


class FactReader:
    """Reads units of documents as facts of the catalogue.

    Args:
        catalogue: The kinds.
        embed: Texts to L2-normalised embeddings of shape (n, 384).
        conditions: The condition lexicon; the shipped one by default.
    """

    def __init__(self, catalogue: Catalogue, embed: Embed, conditions: ConditionLexicon | None = None) -> None:
        self._catalogue = catalogue
        self._classifier = KindClassifier(catalogue, embed)
        self._conditions = conditions or ConditionLexicon()

    def warm_up(self) -> None:
        """Fit the kind classifier now rather than at the first reading."""
        self._classifier.warm_up()

    def read(self, units: Sequence[Unit], product_class: str | None, language: str) -> list[Reading]:
        """Read each unit; one reading per unit, in order.

        Args:
            units: Units of one document.
            product_class: The document's class; None (a regulation) is read but never phrasable.
            language: The document's language. Kinds are read in English only; elsewhere only figures are found.
        """
        found = [recognise(unit.view, language) for unit in units]
        if language != "en":
            return [
                self._unread(u, f, None, 0.0, "kinds are read in English documents only")
                for u, f in zip(units, found, strict=True)
            ]
        return [
            self._one(unit, figures, kind, score, product_class)
            for unit, figures, (kind, score) in zip(units, found, self._kinds(units, found, product_class), strict=True)
        ]

    def _kinds(
        self, units: Sequence[Unit], found: Sequence[list[Figure]], product_class: str | None
    ) -> list[tuple[str | None, float]]:
        views = [masked(unit.view, figures) for unit, figures in zip(units, found, strict=True)]
        types = [[f.type for f in figures] for figures in found]
        answers = self._classifier.classify(views, types, product_class)
        # A cell or fragment may be clear only under its heading ("Above ₹10 lakh; p.a.: 2.90%").
        unsure = [
            i
            for i, (kind, _) in enumerate(answers)
            if kind is None
            and units[i].heading
            and types[i]
            and (units[i].form == "cell" or len(units[i].view.split()) <= _SHORT_WORDS)
        ]
        headed = []
        for i in unsure:
            heading = units[i].heading.split(" > ")[-1]
            headed.append(f"{masked(heading, recognise(heading))}; {views[i]}")
        for i, answer in zip(
            unsure, self._classifier.classify(headed, [types[i] for i in unsure], product_class), strict=True
        ):
            if answer[0] is not None:
                answers[i] = answer
        return answers

    def _one(
        self, unit: Unit, figures: list[Figure], kind_id: str | None, score: float, product_class: str | None
    ) -> Reading:
        if kind_id is None:
            return self._unread(unit, figures, None, score, "no kind is sure enough")
        kind = self._catalogue.kinds[kind_id]
        if product_class is None:
            return self._unread(unit, figures, kind_id, score, "not a product document")
        problem = self._standing_in_the_way(unit, figures, kind)
        if problem:
            return self._unread(unit, figures, kind_id, score, problem)
        single = [f.model_copy(update={"period": f.period or self._heading_period(unit, f)}) for f in figures]
        groups = groups_of(unit.view, without_repeats(unit.view, single))
        kind = self._told_by_bound(kind, groups)
        kind_id = kind.id
        filled, rest, problem = fill(kind, groups, unit.view)
        riding, implied = self._conditions.find(unit.view, kind)
        sides: list[tuple[str, Group]] = []
        for group in rest if problem is None else ():
            if _STEPS.search(unit.view[: group.start]):
                continue  # the step of an amount is a fact of its own, beside this one
            if group.low.type == "age" and "senior_citizens" in self._conditions.said_by_kind(kind):
                continue  # "senior citizens (aged 60 and above)" says whom the kind already names
            side = side_condition(kind, group, unit.view, list(filled.values()))
            if side is None:
                problem = (
                    f"the figure {unit.view[group.start : group.end]!r} fits no role and no condition of {kind.id}"
                )
                break
            sides.append(side)
        twice = {id_ for id_, _ in sides if [s for s, _ in sides].count(id_) > 1}
        if problem is None and twice:
            problem = f"two figures would be the same condition: {', '.join(sorted(twice))}"
        if problem is None:
            covered = [(f.start, f.end) for f in (*riding, *implied)]
            # The document's title names the product; its name narrows nothing.
            title = frozenset(regex.findall(r"\p{L}{4,}", unit.heading.split(" > ")[0].lower()))
            siblings = title.union(*(vocabulary(k) for k in self._catalogue.of_class(product_class)))
            spans = [(f.start, f.end) for f in single]
            problem = self._conditions.remainder(unit.view, kind, covered, spans, siblings)
            if problem is None:
                strange = self._conditions.strange_row(unit.view, kind, [*covered, *((f.start, f.end) for f in single)])
                problem = f"it is narrowed by {strange!r}, which the kind does not know" if strange else None
        if problem:
            return self._unread(unit, single, kind_id, score, problem)
        return self._phrasable(unit, single, kind, score, filled, sides, riding)

    def _told_by_bound(self, kind: Kind, groups: list[Group]) -> Kind:
        """The kind, or its twin where the bound of the only figure of its type is the twin's."""
        other = self._conditions.twin(kind.id)
        if other is None:
            return kind
        twin = self._catalogue.kinds[other]
        (role,), (opposite,) = kind.roles.values(), twin.roles.values()
        mine = [g for g in groups if g.low.type == role.type]
        if len(mine) != 1:
            return kind
        if mine[0].high is not None:
            return twin if opposite.bound is None else kind
        bound = mine[0].low.bound
        if bound == opposite.bound or (opposite.bound is None and bound == "exact"):
            return twin
        return kind

    def _standing_in_the_way(self, unit: Unit, figures: list[Figure], kind: Kind) -> str | None:
        view = unit.view
        forbidden = self._conditions.forbidden(view) or self._conditions.forbidden(masked(view, figures))
        if forbidden:
            return f"a promise, a superlative or an instruction is never put into words: {forbidden!r}"
        if regex.match(r"[^\p{L}]*:", view):
            return "its label is lost"
        if kind.roles and view.rstrip().endswith("?"):
            return "a question states nothing"
        known = [(f.start, f.end) for f in figures] + [m.span() for m in NOT_FIGURES.finditer(view)]
        for match in _DIGITS.finditer(view):
            if not any(s <= match.start() < e for s, e in known):
                return f"the number {match[0]!r} is not understood"
        return self._footnotes(unit, kind) or self._surroundings(unit, kind)

    def _footnotes(self, unit: Unit, kind: Kind) -> str | None:
        for mark in {m[1] for m in MARKER.finditer(unit.view)}:
            notes = [c.quote.lstrip(" \\|") for c in unit.context if c.quote.lstrip(" \\|").startswith(mark)]
            if not notes:
                return f"the footnote behind {mark!r} is not at hand"
            for note in notes:
                body = note.lstrip("*#†‡§^¹²³⁴⁵⁶⁷⁸⁹\\ ")
                figures = recognise(body)
                riding, implied = self._conditions.find(body, kind)
                aged = kind.id in ("fd_senior_rate", "fd_senior_additional_rate") and all(
                    f.type == "age" for f in figures
                )
                if (figures or riding) and not aged:
                    return f"its footnote holds a condition: {body[:60]!r}"
                left = self._conditions.remainder(
                    body,
                    kind.model_copy(update={"id": "footnote"}),
                    [(f.start, f.end) for f in implied],
                    [(f.start, f.end) for f in figures],
                )
                if left:
                    return f"its footnote: {left}"
        return None

    def _surroundings(self, unit: Unit, kind: Kind) -> str | None:
        said = self._conditions.ids_in(unit.view) | self._conditions.said_by_kind(kind)
        heading = unit.heading.split(" > ")[-1]
        for text in (heading, *(c.quote for c in unit.context if "|" not in c.quote)):
            narrowing = (self._conditions.ids_in(text) & _NARROWING) - said
            if narrowing and text.strip() and text.strip() not in unit.view:
                return f"it stands under {text.strip()[:60]!r}, which speaks of {', '.join(sorted(narrowing))} only"
        for context in unit.context:
            text = " ".join(context.quote.split())
            if text.endswith(":") and text.rstrip(":") not in unit.view:
                left = self._conditions.remainder(text, kind.model_copy(update={"id": "introduction"}), [], [])
                if left or recognise(text):
                    return f"the sentence that introduces it: {left or 'it holds a figure'}"
        return None

    @staticmethod
    def _heading_period(unit: Unit, figure: Figure) -> str | None:
        return (
            "year"
            if figure.type == "rate" and unit.form == "cell" and _PER_ANNUM.search(unit.heading.split(" > ")[-1])
            else None
        )

    def _unread(self, unit: Unit, figures: list[Figure], kind: str | None, score: float, why_not: str) -> Reading:
        return Reading(
            kind, score, phrasable=False, why_not=why_not, figures=tuple(_canonical(unit, f) for f in figures)
        )

    def _phrasable(
        self,
        unit: Unit,
        figures: list[Figure],
        kind: Kind,
        score: float,
        filled: dict[str, Group],
        sides: list[tuple[str, Group]],
        riding: list[Found],
    ) -> Reading:
        placed = sorted([*filled.items(), *sides], key=lambda pair: pair[1].start)
        slots, conditions = [], []
        for number, (role, group) in enumerate(placed):
            name = f"S0{chr(ord('a') + number)}"
            low, high = _canonical(unit, group.low), _canonical(unit, group.high) if group.high else None
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
            figures=tuple(_canonical(unit, f) for f in figures),
            slots=tuple(slots),
            conditions=tuple(conditions),
        )


def _canonical(unit: Unit, figure: Figure) -> Figure:
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
