"""Figures of the claim that the evidence does not print: instances of its slabs, and what follows by arithmetic."""

from __future__ import annotations

from functools import cached_property

from ragmarket.compliance.grounding.arithmetic import Derived, derived
from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.nearness import Nearness
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity, same_size
from ragmarket.compliance.grounding.slabs import Slab, Slabs, denials, family


class InstanceComparison(Nearness):
    """Looks for what a figure of the claim is an instance or a consequence of."""

    @cached_property
    def _slabs(self) -> Slabs:
        return Slabs(self._evidence)

    @cached_property
    def _strange(self) -> list[Quantity]:
        """The claim's figures that no figure of the evidence equals."""
        return [
            own
            for own in self._claim.quantities
            if own.value and not any(same_size(own, q) for one in self._evidence for q in one.quantities)
        ]

    @cached_property
    def _worked(self) -> list[tuple[Quantity, Derived]]:
        """The claim's figures that follow from the evidence's."""
        found = []
        for own in self._strange:
            given = [q for q in self._claim.quantities if q is not own and q.value]
            way = derived(own, given, self._evidence)
            if way is not None:
                found.append((own, way))
        return found

    def _instance(self, own: Quantity, found: Outcome) -> bool:
        """Whether a figure without its equal is borne out by a slab or by arithmetic; says so in the outcome."""
        for one, way in self._worked:
            if one is own or any(y is own for y in way.uses):
                message = f"{own.text} follows from {way.there.text} ({way.how})"
                if self._better(own, way):
                    of_another = f"{message}, but of this the evidence says another"
                    reason = self._reason("figure_of_another", of_another, own, way.statement, way.there)
                    found.faults.append(("contradicted", reason))
                found.borne.append(self._reason("figure_derived", message, own, way.statement, way.there))
                found.best = found.best or way.statement
                return True
        held = self._slabs.containing(own)
        if not held:
            return False
        placed = [(statement, slab) for statement, slab in held if self._governs_another(own, statement, slab)]
        if placed:
            statement, slab = placed[0]
            message = f"{own.text} lies in the evidence's range"
            found.borne.append(self._reason("figure_in_range", message, own, statement, slab.bounds[0]))
            found.best = found.best or statement
            return True
        other = self._under_another(own)
        if other is not None:
            message = f"{other[1].text} is not of the range that {own.text} lies in"
            found.faults.append(("contradicted", self._reason("slab", message, own, *other)))
            return True
        statement, slab = held[0]
        sides = denials(statement)
        if len(sides) > 1 and not self._printed(own):
            message = f"{own.text} lies in the range of {slab.bounds[0].text}"
            code, word = ("figure_in_range", "is so") if slab.denied == self._claim.denied else ("slab", "is not so")
            reason = self._reason(code, f"{message}, where this {word}", own, statement, slab.bounds[0])
            if slab.denied == self._claim.denied:
                found.borne.append(reason)
                found.best = found.best or statement
            else:
                found.faults.append(("contradicted", reason))
            return True
        message = f"{own.text} keeps the bound {slab.bounds[0].text}"
        found.borne.append(self._reason("figure_within", message, own, statement, slab.bounds[0]))
        found.best = found.best or statement
        return True

    def _better(self, own: Quantity, way: Derived) -> bool:
        """Whether the claim's words are clearly nearer to another figure of the kind that was worked with."""
        mine = self._affinity(own, way.statement, way.there)
        return way.how in ("share", "times") and any(
            q.kind == way.there.kind and q is not way.there and self._affinity(own, one, q) > 1.4 * mine + 0.12
            for one in self._evidence
            for q in one.quantities
        )

    def _printed(self, own: Quantity) -> list[tuple[Statement, Quantity]]:
        """Where the evidence prints or implies the claim's other figures."""
        printed = [
            (one, q)
            for other in self._claim.quantities
            if other is not own and other.value
            for one in self._evidence
            for q in one.quantities
            if same_size(other, q)
        ]
        return printed + [(way.statement, way.there) for one, way in self._worked if one is not own]

    def _governs_another(self, own: Quantity, statement: Statement, slab: Slab) -> bool:
        return any(
            one is statement and self._slabs.governing(one, q, family(own)) == slab for one, q in self._printed(own)
        )

    def _under_another(self, own: Quantity) -> tuple[Statement, Quantity] | None:
        """A figure of the claim that the evidence tells of another slab than the one that a size lies in."""
        for one, q in self._printed(own):
            slab = self._slabs.governing(one, q, family(own))
            if slab is not None and not slab.holds(own):
                return one, q
        return None
