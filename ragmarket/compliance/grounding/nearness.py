"""How near the words of a claim stand to its figures, and the evidence's to theirs."""

from __future__ import annotations

import regex

from ragmarket.compliance.grounding.frame import SOFT_WEIGHT, Frame
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity

_CROSSING = regex.compile(r"[;,|]|\band\b|\bor\b|\n")


class Nearness(Frame):
    """Weighs what a figure is about by the words around it."""

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
