"""The cases that a fact is split into: whose cash machine, which kind of trade, which plan, variant or tax regime.

A figure that its row, header or sentence tells of one case only is no figure of the whole: a claim that names neither
that case nor another of the same split says more than its evidence does.
"""

from __future__ import annotations

from functools import cached_property

import regex

from ragmarket.compliance.grounding.names import WORD, same_name
from ragmarket.compliance.grounding.nearness import Nearness
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity

# "Kosi machines", "our ATMs": the house's own. A claim may open with another capital ("Three ATM withdrawals").
_MACHINE = r"\s+(?:[Bb]ank\s+)?(?:machines?|ATMs?)\b"
_OURS = regex.compile(r"\b(?:[Oo]ur(?:\s+own)?|[Oo]wn)" + _MACHINE)
_HOUSE = regex.compile(
    r"\b(?:[Oo]ur(?:\s+own)?|[Oo]wn|(?!(?:Other|Another|All|Any|Free|Your|The)\b)\p{Lu}\p{Ll}+)" + _MACHINE
)
_OWN = "ownbank"


class CaseComparison(Nearness):
    """Finds the case of a figure that the claim leaves out."""

    @cached_property
    def _variant(self) -> regex.Pattern[str]:
        names = "|".join(regex.escape(one) for one in self._known.variants)
        return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{names})(?![\p{{L}}\p{{M}}])")

    def _case_dropped(self, statement: Statement, there: Quantity) -> str | None:
        """The words of the case that a figure of the evidence is of; None where the claim leaves none out."""
        stretches = _label(statement, there)
        own = self._known.closed(self._claim.concepts | self._given)
        said = self._known.closed(statement.concepts)
        house = _HOUSE.search(statement.text)
        if _OURS.search(self._claim.text) or (house and house[0] in self._claim.text):
            own |= {_OWN}
        if not own & {"selected"}:
            for topic, cases in self._known.cases.items():
                if topic not in own or topic not in said or own & frozenset(cases):
                    continue
                for mention in statement.mentions:
                    # "Our" alone says whose bank speaks; whose machine it is, the machine has to say.
                    if mention.ids <= frozenset(cases) - {_OWN} and any(
                        start <= mention.start < end for start, end in stretches
                    ):
                        return statement.text[mention.start : mention.end]
                if house and _OWN in cases and any(start <= house.start() < end for start, end in stretches):
                    return house[0]
        return self._variant_dropped(statement, stretches) if statement.row else None

    def _variant_dropped(self, statement: Statement, stretches: list[tuple[int, int]]) -> str | None:
        """The variant of the product in a row's label or in a cell's header."""
        words = [match[0] for text in (self._claim.text, self._product or "") for match in WORD.finditer(text)]
        for match in self._variant.finditer(statement.text):
            inside = any(start <= match.start() < end for start, end in stretches)
            metal = match[0].casefold() in self._claim.concepts
            if inside and not metal and not any(same_name(match[0], word) for word in words):
                return match[0]
        return None


def _label(statement: Statement, there: Quantity) -> list[tuple[int, int]]:
    """The stretches that say what a figure is of: label and own header of a row, else all up to the figure before."""
    if statement.row:
        header = statement.text.rfind(";", 0, there.start) + 1
        return [(0, statement.text.index(";")), (header, there.start)]
    before = max((q.end for q in statement.quantities if q.end <= there.start and q.kind != "number"), default=0)
    part = statement.text.rfind(";", before, there.start) + 1
    clause = statement.clause_at(there.start)
    return [(max(before, part), max(there.end, clause.end))]
