"""What the evidence gives free or does not ask for, and the claim charges or demands.

Comparison clause by clause sees a denial that is there and one that is not, but not what hangs on it: "five free
transactions" and "a charge on five transactions" hold the same figure, and "without charge" denies nothing of the
deposit it stands beside. Only a claim that denies nothing anywhere is judged here, against evidence that charges for
nothing anywhere, so that a fee beyond the free ones, or of another case, is left to the other comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence

from ragmarket.compliance.grounding.lexicon import Concepts
from ragmarket.compliance.grounding.reading import COSTS, Clause, Mention, Statement
from ragmarket.compliance.grounding.sizes import Quantity, same_size
from ragmarket.schemas.grounding import GroundingReason

_CHARGES = COSTS - {"interest", "premium", "tax", "copay"}
# A bank pays, too.
_PAYS = frozenset({"pay", "pays"})
# Money given back was taken first; a fee waived for who spends so much is a fee for all others.
_EARNED = frozenset({"refund", "spend", "purchase"})
_PRICES = frozenset({"amount", "rate"})
# Beyond a limit, or in a case, that the statement names, what it denies may well hold.
_LIMITED = frozenset({"after", "higher", "before", "conditions", "only"})
_DEMANDED = frozenset({"must", "conditions"})


def revoked(claim: Statement, evidence: Sequence[Statement], known: Concepts) -> GroundingReason | None:
    """What the claim charges or demands although the evidence waives it; None where there is nothing of the kind.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        known: The concepts and how they relate.
    """
    if any(one.denied and not _aside(claim, one) for one in claim.clauses):
        return None
    return _charged(claim, evidence) or _demanded(claim, evidence, frozenset(known.topic))


def _charged(claim: Statement, evidence: Sequence[Statement]) -> GroundingReason | None:
    asked = next((one for clause in claim.clauses for one in _charges(claim, clause)), None)
    if asked is None or "discount" in claim.concepts or any(_asks(one) and not _free(one) for one in evidence):
        return None
    there = next((one for one in evidence if _free(one) and _of_the_same(claim, one)), None)
    return None if there is None else _reason("charged", "the claim charges for it", asked, there)


def _demanded(claim: Statement, evidence: Sequence[Statement], topics: frozenset[str]) -> GroundingReason | None:
    same = [one for one in evidence if claim.concepts & one.concepts & topics]
    if claim.quantities or len(same) != 1:
        return None
    (there,) = same
    if there.marks & _LIMITED or not all(one.barred for one in there.clauses):
        return None
    for clause in claim.clauses:
        inside = [one for one in claim.mentions if clause.start <= one.start < clause.end]
        named = next((one for one in inside if one.ids & there.concepts & topics), None)
        if named is not None and clause.marks & _DEMANDED:
            return _reason("demanded", "the claim demands it", named, there)
    return None


def _charges(statement: Statement, clause: Clause) -> list[Mention]:
    return [
        one
        for one in statement.mentions
        if clause.start <= one.start < clause.end
        and one.ids & _CHARGES
        and statement.text[one.start : one.end].casefold() not in _PAYS
    ]


def _free(statement: Statement) -> bool:
    """Whether a statement, or the label of a row, says that something costs nothing, and nothing else in it costs."""
    if statement.concepts & _EARNED:
        return False
    cells = statement.text.rfind(";") + 1
    if statement.row and any(one.gratis for one in statement.clauses if one.start < cells):
        return not any(one.marks & _LIMITED for one in statement.clauses if one.start >= cells)
    prices = [
        one for one in statement.quantities if one.kind in _PRICES and one.value and not one.sign and not one.edge
    ]
    if prices and (statement.row or not all(statement.clause_at(one.start).denied for one in prices)):
        return False
    waived = any(one.gratis or _charges(statement, one) for one in statement.clauses if one.denied)
    return waived and not _asks(statement)


def _asks(statement: Statement) -> bool:
    """Whether a clause of a statement charges."""
    return any(not one.denied and _charges(statement, one) for one in statement.clauses)


def _aside(claim: Statement, clause: Clause) -> bool:
    """Whether a clause stands in parentheses and tells no more than whom or what the claim is for."""
    before = claim.text[: clause.start]
    return before.count("(") > before.count(")") and not clause.gratis and not _charges(claim, clause)


def _of_the_same(claim: Statement, there: Statement) -> bool:
    """Whether both speak of the same: of a figure on no other side of its bound, or, without figures, of a subject."""
    for own in claim.quantities:
        pairs = [one for one in there.quantities if same_size(own, one)]
        if own.value and not pairs and own.kind in _PRICES:
            return False  # a price of its own is compared elsewhere
        if pairs and all(_other_side(own, one) for one in pairs):
            return False
    return bool(claim.quantities) or bool(claim.concepts & there.concepts)


def _other_side(own: Quantity, there: Quantity) -> bool:
    """Whether a bound leaves out what the other speaks of: beyond the free ones there may be a charge."""
    return own.sign * there.sign == -1 or (own.sign == 1 and there.sign == 0)


def _reason(code: str, message: str, own: Mention, there: Statement) -> GroundingReason:
    return GroundingReason(
        code=code,
        message=f"the evidence says “{there.text}”; {message}",
        claim_start=own.start,
        claim_end=own.end,
        evidence_index=there.index,
        evidence_start=0,
        evidence_end=len(there.text),
    )
