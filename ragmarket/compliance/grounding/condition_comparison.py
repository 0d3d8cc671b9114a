"""For whom and when a figure holds: restrictions dropped, added or exchanged.

A dropped restriction is a contradiction, because it widens what the customer is promised.
"""

from __future__ import annotations

from collections.abc import Callable

import regex

from ragmarket.compliance.grounding.nearness import Nearness
from ragmarket.compliance.grounding.reading import Statement, audience_of
from ragmarket.compliance.grounding.sizes import SENIOR_MONTHS, Quantity, alike, is_senior_age, same_size

_OTHERS = regex.compile(r"(?i)\b(?:others?|everyone else|the rest|remaining)\b")


class ConditionComparison(Nearness):
    """Holds the restrictions of the claim's figures against the evidence's."""

    def _told_apart(self, here: frozenset[str], beside: frozenset[str]) -> bool:
        """Whether the claim names for whom or how often a figure holds, and only this figure's clause does so too."""
        return bool(self._claim.concepts & self._telling & (here - beside))

    def _audience_elsewhere(
        self, own: Quantity, statement: Statement, there: Quantity, fault: Callable[[str, str], None]
    ) -> None:
        """The claim names for whom it speaks, and the evidence gives them another figure than this one."""
        named = frozenset(
            id_ for one in self._claim.mentions if one.ids <= self._audiences for id_ in one.ids
        ) - self._known.closed(statement.concepts | self._given)
        told = statement.index and self._evidence[statement.index - 1]
        if told and _OTHERS.search(statement.text) and (named | self._individual) & told.concepts:
            fault("condition", f"the evidence says {there.text} of others")
            return
        mine = self._affinity(own, statement, there)
        for one in self._evidence:
            if one is statement or not named & one.concepts or any(same_size(own, q) for q in one.quantities):
                continue
            for q in one.quantities:
                if alike(q, there) and q.kind != "number" and self._affinity(own, one, q) >= mine:
                    fault("figure_of_another", f"of this the evidence says {q.text}; {there.text} is of another")
                    return

    def _restrictions(
        self, mine: Quantity, statement: Statement, there: Quantity, fault: Callable[[str, str], None]
    ) -> None:
        places = statement.clauses
        at = places.index(statement.clause_at(there.start))
        # In a row the label and the cell's header restrict a figure; in prose its clause and a figureless one before.
        around = [places[at]]
        beside = bool(at) and statement.text[places[at].start - 1] != ";"
        if beside and not any(places[at - 1].start <= q.start < places[at - 1].end for q in statement.quantities):
            around.append(places[at - 1])
        if statement.row:
            around.append(places[0])
        concepts = frozenset(id_ for one in around for id_ in statement.within(one))
        own = self._known.closed(self._claim.concepts)
        if "income" in own:
            own |= {"salaried"}  # who speaks of a salary speaks of the salaried
        if any(is_senior_age(q) for q in self._claim.quantities):
            own |= {"senior"}
        aged_from = [
            q for q in statement.quantities if q.kind == "months" and q.value == SENIOR_MONTHS and q is not there
        ]
        if any(q.sign == 1 or (q.sign == 0 and q.start < there.start) for q in aged_from):
            aged = not any(alike(q, there) and not same_size(q, there) for q in statement.quantities)
            if aged and there.kind == "rate" and not own & {"senior", "age"}:
                fault("condition_dropped", "the evidence says this of an age only")
                return
        dropped = audience_of(concepts, self._known) - own - self._given
        if "all" in self._claim.marks and "only" in statement.marks and "only" not in self._claim.marks:
            fault("condition_dropped", "the evidence says this of one case only; the claim says it of all")
            return
        if "all" in self._claim.marks and any(self._slab(q, there) for q in statement.quantities):
            fault("condition_dropped", "the evidence says this of a part only; the claim says it of all")
            return
        if not statement.row:
            told = self._claim.within(self._claim.clause_at(mine.start))
            for id_ in (told & self._audiences & statement.concepts) - concepts:
                homes = [one for one in places if id_ in statement.within(one)]
                if homes and all(one.denied != statement.clause_at(there.start).denied for one in homes):
                    fault("condition", f"the evidence says another thing of “{id_}”")
                    return
        for mention in statement.mentions:
            if mention.ids & dropped and not mention.ids & own and not mention.ids - self._audiences:
                word = statement.text[mention.start : mention.end]
                fault("condition_dropped", f"the evidence says this of “{word}” only")
                return

    def _slab(self, q: Quantity, there: Quantity) -> bool:
        """Whether a figure limits where another holds, and the claim does not tell it."""
        bounded = bool(q.sign or q.edge) and q.kind in ("amount", "months", "days", "count", "date")
        return bounded and not alike(q, there) and not any(alike(q, own) for own in self._claim.quantities)
