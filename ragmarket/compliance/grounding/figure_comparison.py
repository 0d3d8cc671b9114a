"""The claim's figures against the evidence's: size, bound, period, direction, restriction, row.

A figure that stands in the evidence with its subject, bound, period, audience and polarity is borne out. The same
subject with another value, or any of these turned round, is a contradiction; so is a dropped restriction, because it
widens what the customer is promised. A figure that the evidence never mentions is unsupported.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import regex

from ragmarket.compliance.grounding.frame import SOFT_WEIGHT, Fault, Frame, Outcome
from ragmarket.compliance.grounding.quantities import SENIOR_MONTHS, Quantity, alike, same_size
from ragmarket.compliance.grounding.reading import Clause, Statement, audience_of
from ragmarket.schemas.grounding import GroundingReason

_CROSSING = regex.compile(r"[;,|]|\band\b|\bor\b|\n")
# Another figure's words have to be clearly nearer to the claim's subject than this figure's.
_NEARER, _MARGIN = 1.4, 0.12
_RANGE = 12


class FigureComparison(Frame):
    """Holds the claim's figures against the evidence's."""

    def quantity(self, own: Quantity, found: Outcome) -> None:
        """Compare one figure of the claim."""
        equal = [(one, q) for one in self._evidence for q in one.quantities if same_size(own, q)]
        if not equal and own.kind == "count" and own.value == 1:
            return
        whole = [
            pair
            for pair in equal
            if all(any(same_size(q, there) for there in pair[0].quantities) for q in self._claim.quantities if q.value)
        ]
        equal = whole or equal
        if not equal:
            if self._in_range(own):
                found.borne.append(self._reason("figure_in_range", f"{own.text} lies in the evidence's range", own))
                return
            self._unmatched(own, found)
            return
        trials = [(self._faults(own, statement, there), statement, there) for statement, there in equal]
        trials.sort(key=lambda one: (len(one[0]), -self._affinity(own, one[1], one[2])))
        faults, statement, there = trials[0]
        found.faults += faults
        if not faults:
            found.borne.append(self._reason("figure", f"{own.text} stands in the evidence", own, statement, there))
            found.best = found.best or statement

    def _unmatched(self, own: Quantity, found: Outcome) -> None:
        rival = max(
            ((one, q) for one in self._evidence for q in one.quantities if alike(own, q)),
            key=lambda pair: self._affinity(own, pair[0], pair[1]),
            default=None,
        )
        if rival is None:
            found.faults.append(("unsupported", self._reason("figure_absent", f"no {own.text} in the evidence", own)))
            return
        covered = not any(reason.code == "subject_absent" for _, reason in found.faults)
        if covered:
            message = f"the evidence says {rival[1].text}, not {own.text}"
            found.faults.append(("contradicted", self._reason("figure_other", message, own, *rival)))
        else:
            found.faults.append(("unsupported", self._reason("figure_absent", f"no {own.text} in the evidence", own)))

    def _in_range(self, own: Quantity) -> bool:
        """Whether an exact size lies in a slab of a row that bears out another figure of the claim."""
        if own.sign != 0 or own.kind not in ("months", "days", "amount"):
            return False
        others = [q for q in self._claim.quantities if q is not own and not alike(q, own) and q.value]
        for one in self._evidence:
            if not any(same_size(other, q) for other in others for q in one.quantities):
                continue
            ends = [q for q in one.quantities if q.kind == own.kind]
            for low, high in itertools.pairwise(ends):
                if low.value <= own.value <= high.value:
                    return True
            if len(ends) == 1 and ends[0].sign * (own.value - ends[0].value) > 0:
                return True
        return False

    def _weights(self, own: Quantity) -> dict[str, float]:
        weights: dict[str, float] = {}
        for mention in self._claim.mentions:
            gap = max(0, own.start - mention.end, mention.start - own.end)
            between = self._claim.text[min(own.end, mention.end) : max(own.start, mention.start)]
            worth = 1 / (1 + gap / 20) * (0.6 if _CROSSING.search(between) else 1.0)
            for id_ in mention.ids:
                kind = 1.0 if id_ in self._topics or id_ in self._audiences else SOFT_WEIGHT
                weights[id_] = max(weights.get(id_, 0.0), worth * kind / len(mention.ids))
        return weights

    def _affinity(self, own: Quantity, statement: Statement, there: Quantity) -> float:
        """How much a figure of the evidence is about what the claim's figure is about."""
        weights = self._weights(own)
        total = 0.0
        for id_, weight in weights.items():
            best = 0.0
            for mention in statement.mentions:
                if id_ not in mention.ids and not any(id_ in self._known.implies.get(one, ()) for one in mention.ids):
                    continue
                gap = max(0, there.start - mention.end, mention.start - there.end)
                low, high = min(there.end, mention.end), max(there.start, mention.start)
                crossed = any(low <= q.start < high for q in statement.quantities if q is not there)
                breaks = bool(_CROSSING.search(statement.text[low:high])) and low < high
                worth = 1 / (1 + gap / 30) * (0.5 if crossed else 1.0) * (0.75 if breaks else 1.0)
                if statement.row:
                    cell = statement.text.count(";", 0, mention.start)
                    # A row's label names every cell; another cell's header names that cell alone.
                    worth *= 1.0 if cell in (0, statement.text.count(";", 0, there.start)) else 0.1
                best = max(best, worth)
            total += weight * best
        return total

    def _faults(self, own: Quantity, statement: Statement, there: Quantity) -> list[tuple[Fault, GroundingReason]]:
        faults: list[tuple[Fault, GroundingReason]] = []

        def fault(code: str, message: str) -> None:
            faults.append(("contradicted", self._reason(code, message, own, statement, there)))

        here = self._claim.clause_at(own.start)
        clause = statement.clause_at(there.start)
        if own.sign * there.sign == -1:
            fault("bound", f"the evidence sets the bound of {there.text} the other way")
        elif self._bound_changed(own, there, here, clause, statement):
            fault("bound", f"the evidence says “{_around(statement, there)}”: the bound is not the claim's")
        if own.period != there.period and own.period and there.period:
            fault("period", f"{there.text} is per {there.period} in the evidence, per {own.period} in the claim")
        elif own.kind == "rate" and there.period in ("month", "day", "quarter") and own.period is None:
            fault("period", f"{there.text} is per {there.period} in the evidence; the claim does not say so")
        if here.denied != clause.denied and self._claim.denied != statement.denied:
            fault("negation", "one of the two denies what the other states")
        if own.turn * there.turn == -1:
            fault("direction", "what is more in one is less in the other")
        self._nearer(own, statement, there, fault)
        self._restrictions(statement, there, fault)
        return faults

    def _bound_changed(
        self, own: Quantity, there: Quantity, here: Clause, clause: Clause, statement: Statement
    ) -> bool:
        if own.kind not in ("amount", "rate"):
            return False
        limits = {"minimum", "maximum", "limit", "opening"}
        if own.sign == 0 and there.sign != 0 and (there.sign == -1 or own.kind == "rate"):
            loose = here.marks & {"higher", "lower", "before", "after"} or self._claim.concepts & limits
            return not loose
        if own.sign == 1 and there.sign == 0:
            loose = clause.marks & {"higher", "lower", "before", "after"} or statement.concepts & limits
            return not loose and own.kind == "rate"
        return False

    def _nearer(self, own: Quantity, statement: Statement, there: Quantity, fault: Callable[[str, str], None]) -> None:
        mine = self._affinity(own, statement, there)
        # A row that lacks the slab which this row shares with the claim is no rival.
        beside = [
            q for q in self._claim.quantities
            if q is not own and not alike(q, own) and any(same_size(q, r) for r in statement.quantities)
        ]  # fmt: skip
        for one in self._evidence:
            for q in one.quantities:
                if not alike(q, there) or same_size(q, there) or q.kind == "number":
                    continue
                if any(same_size(q, other) for other in self._claim.quantities):
                    continue
                if (
                    one is statement
                    and q.kind == there.kind
                    and 0 <= max(q.start - there.end, there.start - q.end) < _RANGE
                ):
                    continue
                if any(not any(same_size(other, r) for r in one.quantities) for other in beside):
                    continue
                if self._affinity(own, one, q) > _NEARER * mine + _MARGIN:
                    fault("figure_of_another", f"of this the evidence says {q.text}; {there.text} is of another")
                    return

    def _restrictions(self, statement: Statement, there: Quantity, fault: Callable[[str, str], None]) -> None:
        places = statement.clauses
        at = places.index(statement.clause_at(there.start))
        # In a row the label and the cell's header restrict a figure; in prose its clause and a figureless one before.
        around = [places[at]]
        if at and not any(places[at - 1].start <= q.start < places[at - 1].end for q in statement.quantities):
            around.append(places[at - 1])
        if statement.row:
            around.append(places[0])
        concepts = frozenset(id_ for one in around for id_ in statement.within(one))
        own = self._claim.concepts
        if "income" in own:
            own |= {"salaried"}  # who speaks of a salary speaks of the salaried
        if any(q.kind == "months" and q.value == SENIOR_MONTHS for q in self._claim.quantities):
            own |= {"senior"}
        dropped = audience_of(concepts, self._known) - own - self._given
        if not statement.row:
            for id_ in (own & self._audiences & statement.concepts) - concepts:
                homes = [one for one in places if id_ in statement.within(one)]
                if homes and all(one.denied != statement.clause_at(there.start).denied for one in homes):
                    fault("condition", f"the evidence says another thing of “{id_}”")
                    return
        for mention in statement.mentions:
            if mention.ids & dropped and not mention.ids & own and not mention.ids - self._audiences:
                word = statement.text[mention.start : mention.end]
                fault("condition_dropped", f"the evidence says this of “{word}” only")
                return

    def rows(self, counted: Sequence[Quantity], found: Outcome) -> None:
        """A figure of one row may not be told with the slab of another."""
        for own in counted:
            for other in counted:
                if own is other or alike(own, other):
                    continue
                together = [
                    one
                    for one in self._evidence
                    if any(same_size(own, q) for q in one.quantities)
                    and any(same_size(other, q) for q in one.quantities)
                ]
                if together:
                    continue
                slab = next(
                    (
                        one
                        for one in self._evidence
                        if any(same_size(other, q) for q in one.quantities)
                        and any(alike(own, q) and not same_size(own, q) for q in one.quantities)
                    ),
                    None,
                )
                mine = [one for one in self._evidence if any(same_size(own, q) for q in one.quantities)]
                if slab and mine and all(any(alike(other, q) for q in one.quantities) for one in mine):
                    message = f"{own.text} and {other.text} stand in different rows of the evidence"
                    found.faults.append(("contradicted", self._reason("row", message, own, slab)))
                    return


def _around(statement: Statement, there: Quantity) -> str:
    return statement.text[max(0, there.start - 20) : there.end + 12].strip()
