"""Reading a unit as a fact: its kind, its figures in their roles, its conditions, and whether words may be put to it.

A reading is phrasable only when a phrasing that holds exactly these roles and conditions says no more and no less than
the source; otherwise ``why_not`` names what stands in the way, for the person who keeps the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from ragmarket.knowledge.catalogue import Catalogue, Kind
from ragmarket.retrieval.fact_assembly import Reading, assembled, plain_unit, unread
from ragmarket.retrieval.fact_conditions import ConditionLexicon
from ragmarket.retrieval.fact_groups import Group, groups_of, without_repeats
from ragmarket.retrieval.fact_remainder import remainder, understood
from ragmarket.retrieval.fact_roles import fill, lost_period, unstated_period
from ragmarket.retrieval.fact_sides import side_condition
from ragmarket.retrieval.fact_surroundings import (
    Surroundings,
    bank_words,
    headings,
    known_stems,
    other_age,
    own_stems,
    senior_age,
    title_of,
    unread_number,
)
from ragmarket.retrieval.fact_words import class_vocabulary, narrowing_word, stems, unknown_word
from ragmarket.retrieval.figures import recognise
from ragmarket.retrieval.figures_context import label_end
from ragmarket.retrieval.kinds import Embed, KindClassifier, cell_types, masked
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.evidence import Figure

_PER_ANNUM = regex.compile(r"\bper annum\b|\bp\.\s?a\b", regex.I)
# A kind that is likely enough to be evidence is not yet likely enough to be put into words.
PHRASABLE_FROM = 0.55
_SHORT_WORDS = 9
# "Up to four persons may be nominated" says, among more, that a nominee may be named.
_SAID_ANYWAY = frozenset((("nomination_available", "count"),))
_STEPS = regex.compile(r"\b(?:multiples|steps) of\s+$", regex.I)


__all__ = ["FactReader", "Reading", "plain_unit"]


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
        self._lexicon = conditions or ConditionLexicon()
        self._around = Surroundings(self._lexicon)

    def warm_up(self) -> None:
        """Fit the kind classifier now rather than at the first reading."""
        self._classifier.warm_up()

    def read(
        self, units: Sequence[Unit], product_class: str | None, language: str, names: Sequence[str] = ()
    ) -> list[Reading]:
        """Read each unit; one reading per unit, in order.

        Args:
            units: Units of one document.
            product_class: The document's class; None (a regulation) is read but never phrasable.
            language: The document's language. Kinds are read in English only; elsewhere only figures are found.
            names: What the document calls itself, its product and its bank: their words narrow nothing, unless they are
                words that always do ("senior", "staff").
        """
        found = [recognise(unit.view, language) for unit in units]
        if language != "en":
            return [
                unread(u, f, None, 0.0, "kinds are read in English documents only")
                for u, f in zip(units, found, strict=True)
            ]
        title = title_of(units, self._lexicon)
        named = stems(" ".join(names)) - self._lexicon.narrowing
        common = class_vocabulary(self._catalogue, product_class) if product_class else frozenset()
        bank = bank_words(
            names, common | self._lexicon.open_stems | self._lexicon.narrowing | self._lexicon.product_nouns
        )
        return [
            self._one(unit, figures, kind, score, product_class, title, named, bank)
            for unit, figures, (kind, score) in zip(units, found, self._kinds(units, found, product_class), strict=True)
        ]

    def _kinds(
        self, units: Sequence[Unit], found: Sequence[list[Figure]], product_class: str | None
    ) -> list[tuple[str | None, float]]:
        views = [masked(unit.view, figures) for unit, figures in zip(units, found, strict=True)]
        types = [[f.type for f in figures] for figures in found]
        cells = [cell_types(unit.view, figures) for unit, figures in zip(units, found, strict=True)]
        answers = self._classifier.classify(views, types, product_class, cells)
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
            unsure,
            self._classifier.classify(headed, [types[i] for i in unsure], product_class, [cells[i] for i in unsure]),
            strict=True,
        ):
            if answer[0] is not None:
                answers[i] = answer
        return answers

    def _one(
        self,
        unit: Unit,
        figures: list[Figure],
        kind_id: str | None,
        score: float,
        product_class: str | None,
        title: str,
        named: frozenset[str],
        bank: frozenset[str],
    ) -> Reading:
        if kind_id is None:
            return unread(unit, figures, None, score, "no kind is sure enough")
        kind = self._catalogue.kinds[kind_id]
        if self._lexicon.lacks(f"{unit.heading} {unit.view}", kind):
            return unread(unit, figures, None, score, f"it lacks what makes it {kind_id}")
        if product_class is None:
            return unread(unit, figures, kind_id, score, "not a product document")
        known = known_stems(kind, self._catalogue, product_class, title, self._lexicon) | named
        own = own_stems(kind, title, self._lexicon) | named
        problem = self._standing_in_the_way(unit, figures, kind, score) or self._around.problem(
            unit, kind, figures, known, title, bank
        )
        if problem:
            return unread(unit, figures, kind_id, score, problem)
        single = [f.model_copy(update={"period": f.period or self._heading_period(unit, f)}) for f in figures]
        groups = groups_of(unit.view, without_repeats(unit.view, single))
        kind = self._told_by_bound(kind, groups)
        filled, rest, problem = fill(kind, groups, unit.view, limit=kind.id in self._lexicon.thresholds)
        surrounding = " ".join((unit.view, *headings(unit, title), *(c.quote for c in unit.context)))
        problem = problem or unstated_period(kind, filled, surrounding, self._lexicon)
        problem = problem or lost_period(kind, single, unit.view, self._lexicon)
        sides: list[tuple[str, Group]] = []
        if problem is None:
            sides, problem = self._sides(kind, rest, unit.view, list(filled.values()))
        riding, silent = self._lexicon.find(unit.view, kind, bank)
        if problem is None:
            covered = [(f.start, f.end) for f in (*riding, *silent)]
            spans = [(f.start, f.end) for f in single] + [(g.start, g.end) for g in groups]
            problem = self._left_over(unit.view, kind, covered, spans, known, own)
        if problem is None:
            ids = [self._lexicon.sort(f.id) for f in riding]
            twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
            problem = f"it holds two conditions of one sort: {', '.join(twice)}" if twice else None
        if problem is None and any(unit.source_span(f.start, f.end) is None for f in riding):
            problem = "a condition of it does not stand in the document"
        if problem:
            return unread(unit, single, kind.id, score, problem)
        return assembled(unit, single, kind, score, filled, sides, riding)

    def _sides(
        self, kind: Kind, rest: list[Group], view: str, main: list[Group]
    ) -> tuple[list[tuple[str, Group]], str | None]:
        """The figure-conditions that the left-over figures are, and what stands in the way."""
        sides: list[tuple[str, Group]] = []
        for group in rest:
            if _STEPS.search(view[: group.start]):
                continue  # the step of an amount is a fact of its own, beside this one
            if senior_age(kind.id, group.low, group.high) or (kind.id, group.low.type) in _SAID_ANYWAY:
                continue
            side = None if other_age(kind.id, group.low) else side_condition(kind, group, view, main)
            if side is None:
                return [], f"the figure {view[group.start : group.end]!r} fits no role and no condition of {kind.id}"
            sides.append(side)
        twice = {id_ for id_, _ in sides if [s for s, _ in sides].count(id_) > 1}
        return sides, f"two figures would be the same condition: {', '.join(sorted(twice))}" if twice else None

    def _left_over(
        self,
        view: str,
        kind: Kind,
        covered: list[tuple[int, int]],
        figures: list[tuple[int, int]],
        known: frozenset[str],
        own: frozenset[str],
    ) -> str | None:
        if self._lexicon.lacks(view, kind):
            return "it lacks what its kind says"
        if self._lexicon.withheld(view, kind):
            return "its kind says more, or less, than this"
        floor = bool({"min_charge", "max_charge"} & set(kind.conditions))
        spans = understood(self._lexicon, view, covered, figures, floor=floor)
        problem = remainder(self._lexicon, view, kind, spans)
        if problem:
            return problem
        narrow = narrowing_word(view, known, self._lexicon.narrowing, [*covered, *figures])
        word = narrow or unknown_word(view[: label_end(view)], own, spans) or unknown_word(view, known, spans)
        return f"it is narrowed by {word!r}, which the kind does not know" if word else None

    def _told_by_bound(self, kind: Kind, groups: list[Group]) -> Kind:
        """The kind, or its twin where the bound of the only figure of its type is the twin's."""
        other = self._lexicon.twin(kind.id)
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

    def _standing_in_the_way(self, unit: Unit, figures: list[Figure], kind: Kind, score: float) -> str | None:
        view = unit.view
        forbidden = self._lexicon.forbidden(view) or self._lexicon.forbidden(masked(view, figures))
        if forbidden:
            return f"a promise, a superlative or an instruction is never put into words: {forbidden!r}"
        if regex.match(r"[^\p{L}]*:", view):
            return "its label is lost"
        if kind.roles and view.rstrip().endswith("?"):
            return "a question states nothing"
        if score < PHRASABLE_FROM:
            return "the kind is not sure enough to be put into words"
        number = unread_number(view, figures)
        return f"the number {number!r} is not understood" if number else None

    @staticmethod
    def _heading_period(unit: Unit, figure: Figure) -> str | None:
        return (
            "year"
            if figure.type == "rate" and unit.form == "cell" and _PER_ANNUM.search(unit.heading.split(" > ")[-1])
            else None
        )
