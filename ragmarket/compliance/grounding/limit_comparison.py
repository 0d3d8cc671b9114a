"""Slabs, ages, floors and plans that a figure of the evidence is bound to and the claim does not tell.

Such a claim says more than its evidence, but nothing against it: it is unsupported, not contradicted.
"""

from __future__ import annotations

import regex

from ragmarket.compliance.grounding.nearness import Nearness
from ragmarket.compliance.grounding.reading import Clause, Statement
from ragmarket.compliance.grounding.sizes import SENIOR_MONTHS, Quantity, alike, same_size

_LIMITING = frozenset({"amount", "months", "days", "working_days", "count", "date"})
# What a limit is set on: a sum, a person, an event; a bare period ("for up to 60 months") is a fact beside the figure.
_ON = r"(?:loans?|deposits?|amounts?|investments?|transactions?|spends?|purchases?|orders?|balances?|cover|sums?)"
_OF = r"(?:members?|adults?|persons?|customers?|applicants?|borrowers?|depositors?|investors?|couples?|parents?)"
_OPENED = regex.compile(
    rf"(?i)\b(?:if|where|when|provided|unless|aged?|{_OF}\s+(?:of|over|above|below|under|between)|"
    rf"^\W*{_ON}\s+(?:of\s+)?(?:over|above|below|under|between|up to|upto|beyond)|"
    rf"(?:for|on)\s+(?:\p{{L}}+\s+){{0,2}}{_ON}(?:\s+\p{{L}}+){{0,3}})\b[^;.:]*$"
)
_LEADING = regex.compile(r"(?i)^\W*(?:above|over|below|under|up to|upto|beyond|between|after|for an?|from)\b")
_FLOOR = regex.compile(
    r"(?i)\b(?:minimum|at least|not less than|min\.?|maximum|ceiling|max\.?|capped at|at most|not more than)"
    r"(?:\s+(?:of|fee|charge))?\s*:?\s*$"
)
_GREATER = regex.compile(r"(?i)^[^;.]{0,12}\bwhichever\s+is\s+(?:the\s+)?(?:greater|higher|more)\b")
# A clause break may be the very word that opens the case ("where", "if").
_WORD = 10
_PLAN = regex.compile(r"(?i)(?:^\W*|(?<=,\s))(?P<plan>direct|regular)\b")
_TAX_EXTRA = regex.compile(
    r"(?i)^(?:/-|\s|\(|,|per (?:\p{L}+\s+){0,2}\p{L}+|of the (?:loan )?\p{L}+)*(?:\+|plus)\s*(?:applicable\s+)?GST\b"
)
# A label may say it: "Late payment charge (GST extra)".
_TAX_BESIDE = regex.compile(r"(?i)\(\s*(?:plus|\+)?\s*GST\s+(?:extra|additional|as applicable|apart)\s*\)\s*[:|]?\s*$")


class LimitComparison(Nearness):
    """Finds the limits of a figure that the claim leaves out."""

    def _limit_dropped(self, own: Quantity, statement: Statement, there: Quantity) -> str | None:
        """The limit's words where the claim tells a rate or a sum without it; None where nothing is left out.

        Args:
            own: The claim's figure.
            statement: Where the evidence tells the same size.
            there: The figure there.
        """
        if own.kind not in ("rate", "amount", "number"):
            return None
        home = statement.clause_at(there.start)
        for q in statement.quantities:
            if q is there or same_size(q, there) or q.kind not in _LIMITING or self._told(q, own):
                continue
            # A slab of sums in a row's label limits a sum in its cell ("₹5,001 to ₹20,000; Late payment charge: ₹750").
            if alike(q, there) and not (statement.row and q.end <= statement.text.index(";") < there.start):
                continue
            if self._labels(statement, q, there) if statement.row else self._governs(statement, q, home):
                return q.text
            if not own.sign and self._floor(statement, q, there):
                return q.text
        if statement.row:
            plan = _PLAN.search(statement.text, 0, there.start)
            if plan and plan["plan"].casefold() not in self._claim.concepts | self._given:
                return plan["plan"]
        tax = _TAX_EXTRA.match(statement.text[there.end :]) or _TAX_BESIDE.search(statement.text, 0, there.start)
        if tax and not self._claim.concepts & {"gst", "tax"}:
            return tax[0].strip()
        return None

    def _told(self, q: Quantity, own: Quantity) -> bool:
        """Whether the claim tells another figure of the kind, or says in words whom it speaks of."""
        if any(alike(q, mine) for mine in self._claim.quantities if mine is not own):
            return True
        of_age = q.kind == "months" and self._claim.concepts & {"age", "minor"}
        return bool(of_age or (q.kind == "months" and q.value == SENIOR_MONTHS and self._claim.concepts & {"senior"}))

    @staticmethod
    def _labels(statement: Statement, q: Quantity, there: Quantity) -> bool:
        """Whether a figure stands in the label of a row or in the header of the other's cell."""
        if q.start >= there.start:
            return False
        cell = statement.text.count(";", 0, q.start)
        bounded = bool(q.sign or q.edge) or (there.kind == "rate" and q.kind in ("months", "days"))
        return bounded and cell in (0, statement.text.count(";", 0, there.start))

    @staticmethod
    def _governs(statement: Statement, q: Quantity, home: Clause) -> bool:
        """Whether words before a figure of a sentence make it the case in which the other holds."""
        clause = statement.clause_at(q.start)
        if clause is not home:
            at, mine = statement.clauses.index(clause), statement.clauses.index(home)
            # A case is set right before what holds in it, or right behind.
            if abs(at - mine) != 1 or ";" in statement.text[clause.end - 1 : home.start + 1]:
                return False
        before = statement.text[clause.start : q.start]
        opened = _OPENED.search(statement.text[max(0, clause.start - _WORD) : q.start])
        led = _LEADING.match(before) and clause.start <= q.start
        aged = bool(opened) and q.kind == "months"
        return bool((opened or led) and (q.sign or q.edge or aged))

    @staticmethod
    def _floor(statement: Statement, q: Quantity, there: Quantity) -> bool:
        """Whether a share has a least or most beside it: "2%, minimum ₹200", "5% or ₹200, whichever is greater"."""
        if there.kind != "rate" or q.kind != "amount" or q.start < there.end:
            return False
        between = statement.text[there.end : q.start]
        return ";" not in between and bool(_FLOOR.search(between) or _GREATER.match(statement.text[q.end :]))
