"""The claim's figures against the evidence's: size, bound, period, direction, restriction, row.

A figure that stands in the evidence with its subject, bound, period, audience and polarity is borne out. The same
subject with another value, or any of these turned round, is a contradiction; so is a dropped restriction, because it
widens what the customer is promised. A figure that the evidence never mentions is unsupported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from ragmarket.compliance.grounding.case_comparison import CaseComparison
from ragmarket.compliance.grounding.condition_comparison import ConditionComparison
from ragmarket.compliance.grounding.frame import Fault, Outcome
from ragmarket.compliance.grounding.instance_comparison import InstanceComparison
from ragmarket.compliance.grounding.limit_comparison import LimitComparison
from ragmarket.compliance.grounding.reading import Clause, Statement
from ragmarket.compliance.grounding.sizes import Quantity, alike, same_size
from ragmarket.schemas.grounding import GroundingReason

# Another figure's words have to be clearly nearer to the claim's subject than this figure's.
_NEARER, _MARGIN = 1.4, 0.12
_RANGE = 12
_ONES = frozenset({("months", 12.0), ("months", 1.0), ("days", 1.0), ("days", 7.0)})
_COUNTED = frozenset({"count", "number"})
_VAGUE = frozenset({"minimum", "maximum", "rates", "fee", "payment"})
# "Up to ₹2 lakh is free. Beyond that …": what lies above a bound is told, too.
_GOES_ON = regex.compile(
    r"(?i)\b(?:above|beyond|over|after|exceeding|more than|in excess of)\s+"
    r"(?:that|this|these|those|it|which|the same|said)\b"
)


class FigureComparison(ConditionComparison, LimitComparison, CaseComparison, InstanceComparison):
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
            if not self._instance(own, found):
                self._unmatched(own, found)
            return
        trials = [(self._faults(own, statement, there), statement, there) for statement, there in equal]
        trials.sort(key=lambda one: (len(one[0]), -self._affinity(own, one[1], one[2])))
        faults, statement, there = trials[0]
        found.faults += faults
        found.limited = found.limited or any(
            reason.code == "condition_dropped" and fault == "unsupported" for fault, reason in faults
        )
        if not faults:
            found.borne.append(self._reason("figure", f"{own.text} stands in the evidence", own, statement, there))
            found.best = found.best or statement
            # A bound that agrees, or a word beside, says that both speak of the same thing.
            bounded = own.sign * there.sign == 1 or own.edge * there.edge == 1
            shared = self._claim.concepts & self._known.closed(statement.concepts | self._given)
            found.touched = found.touched or bounded or bool(shared - _VAGUE)
            found.rooted = found.rooted or len(shared - _VAGUE) > 1

    def _unmatched(self, own: Quantity, found: Outcome) -> None:
        written = any(char.isdecimal() for char in own.text)
        if not written and (own.kind, own.value) in _ONES:
            return  # "in a year", "one day": how copy speaks, not a figure of the document
        if not written and own.kind == "number":
            message = f"no {own.text} in the evidence"
            found.faults.append(("unsupported", self._reason("number_absent", message, own)))
            return
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

    def _faults(self, own: Quantity, statement: Statement, there: Quantity) -> list[tuple[Fault, GroundingReason]]:
        faults: list[tuple[Fault, GroundingReason]] = []

        def fault(code: str, message: str) -> None:
            faults.append(("contradicted", self._reason(code, message, own, statement, there)))

        here = self._claim.clause_at(own.start)
        clause = statement.clause_at(there.start)
        # "No tax up to ₹50,000" says what "tax above ₹50,000" says.
        complement = own.sign * there.sign == -1 and here.denied != clause.denied
        if complement:
            pass
        elif own.bound * there.bound == -1 and not own.edge * there.edge:
            if not (own.sign == 1 and any(_GOES_ON.search(one.text) for one in self._evidence)):
                fault("bound", f"the evidence sets the bound of {there.text} the other way")
        elif self._bound_changed(own, there, here, clause, statement):
            fault("bound", f"the evidence says “{_around(statement, there)}”: the bound is not the claim's")
        if own.period != there.period and own.period and there.period:
            fault("period", f"{there.text} is per {there.period} in the evidence, per {own.period} in the claim")
        elif own.kind == "rate" and there.period in ("month", "day", "quarter") and own.period is None:
            fault("period", f"{there.text} is per {there.period} in the evidence; the claim does not say so")
        barred = self._barring & (self._claim.concepts | statement.concepts) and there.kind in ("months", "days")
        # "Exit within three days without penalty" affirms that one may exit.
        beside = clause.apart and not here.denied
        if (
            not complement
            and not barred
            and not beside
            and here.denied != clause.denied
            and self._claim.denied != statement.denied
        ):
            mixed = len({one.denied for one in statement.clauses}) > 1
            fault("polarity" if mixed else "negation", "one of the two denies what the other states")
        if own.turn * there.turn == -1:
            fault("direction", "what is more in one is less in the other")
        self._nearer(own, statement, there, fault)
        self._audience_elsewhere(own, statement, there, fault)
        self._restrictions(own, statement, there, fault)
        limit = None if faults else self._limit_dropped(own, statement, there) or self._case_dropped(statement, there)
        if limit is not None:
            message = f"the evidence says {there.text} under “{limit}” only; the claim does not tell it"
            faults.append(("unsupported", self._reason("condition_dropped", message, own, statement, there)))
        return faults

    def _bound_changed(
        self, own: Quantity, there: Quantity, here: Clause, clause: Clause, statement: Statement
    ) -> bool:
        if own.kind in _COUNTED and own.bound == 1 and there.bound == 0 and there.period and clause.gratis:
            return True  # what is free so often is free no more often
        if own.kind not in ("amount", "rate"):
            return False
        if own.kind == "rate" and there.edge and not own.sign and not own.edge:
            return not any(
                same_size(q, other) for q in self._ends(statement, there) for other in self._claim.quantities
            )
        limits = {"minimum", "maximum", "limit", "opening", "mindue"}
        if own.bound == -1 and own.edge == there.bound == 0 and own.kind == "amount":
            if statement.text[: there.start].rstrip().endswith(" by"):
                return False  # "lower by ₹50" says by how much
            # What opens it, or has to be put in or spent, is the least, not the most.
            opens = self._claim.concepts & {"opening", "deposit", "account", "contribution", "sip"}
            floored = self._known.closed(statement.concepts & frozenset(self._known.floored)) & self._claim.concepts
            return bool(floored) or ("opening" in statement.concepts and bool(opens))
        if own.sign == 0 and there.sign != 0 and (there.sign == -1 or own.kind == "rate"):
            loose = here.marks & {"higher", "lower", "before", "after"} or self._claim.concepts & limits
            return not loose
        if own.sign == 1 and there.sign == 0:
            loose = clause.marks & {"higher", "lower", "before", "after"} or statement.concepts & limits
            return not loose and own.kind == "rate"
        return False

    @staticmethod
    def _ends(statement: Statement, there: Quantity) -> list[Quantity]:
        """The other end of the range that a figure is one end of."""
        return [q for q in statement.quantities if q.kind == there.kind and q.edge == -there.edge]

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
                if self._told_apart(
                    statement.within(statement.clause_at(there.start)), one.within(one.clause_at(q.start))
                ):
                    continue
                if self._affinity(own, one, q) > _NEARER * mine + _MARGIN:
                    fault("figure_of_another", f"of this the evidence says {q.text}; {there.text} is of another")
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
