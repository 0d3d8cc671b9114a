"""What exact comparison and the model's probabilities mean together.

Some faults are decisive by themselves: on people's claims they hardly ever cried wolf. All else is judged by the model,
which is told what exact comparison found.
"""

from __future__ import annotations

from collections.abc import Sequence

from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity, same_size
from ragmarket.schemas.grounding import GroundingReason

Judged = tuple[str, float, list[GroundingReason]]
DECISIVE = frozenset(
    (
        "figure_other",
        "figure_absent",
        "period",
        "slab",
        "exchanged",
        "name",
        "name_absent",
        "condition",
        "header_absent",
        "charged",
        "demanded",
    )
)
# These cry wolf in long copy, whose clauses qualify one another, and seldom in a claim of so many words.
PLAIN = {"bound": 20, "condition_dropped": 16, "direction": 16}
_EXACT = frozenset({"amount", "rate"})
# A denial told apart by comparison alone: in so few words, against one sentence of one clause, nothing qualifies it.
_CURT = 8
# With the same figure on both sides, both speak of the same thing in more words, too.
_TOLD = 16
# Between the two a claim is neither shown as supported nor said to be wrong.
SUPPORTED, DOUBTED = 0.5, 0.46


def decisive(claim: Statement, evidence: Sequence[Statement], found: Outcome) -> bool:
    """Whether a fault decides without any model."""
    words = len(claim.text.split())
    told = any(same_size(own, there) for own in claim.quantities for there in evidence[0].quantities)
    plain = len(claim.clauses) == len(evidence) == len(evidence[0].clauses) == 1
    if plain and words <= (_TOLD if told else _CURT) and {reason.code for _, reason in found.faults} == {"negation"}:
        return True
    codes = {reason.code for _, reason in found.faults}
    # What the same evidence says of the claim's other figures leaves no doubt of what the claim speaks of.
    if found.limited or ("bound" in codes and found.figured):
        return True
    return any(reason.code in DECISIVE or words <= PLAIN.get(reason.code, 0) for _, reason in found.faults)


def _unborne(claim: Statement, evidence: Sequence[Statement], found: Outcome) -> Quantity | None:
    """A sum or rate of the claim that nothing bears out: no model may call such a claim supported."""
    borne = {(reason.claim_start, reason.claim_end) for reason in found.borne if reason.code.startswith("figure")}
    there = [one for statement in evidence for one in statement.quantities]
    return next(
        (
            one
            for one in claim.quantities
            if one.kind in _EXACT
            and one.value
            and (one.start, one.end) not in borne
            and not any(same_size(one, other) for other in there)
        ),
        None,
    )


def flagged(found: Outcome) -> Judged:
    """The verdict of the faults."""
    verdict = found.fault or "unsupported"
    first = [reason for fault, reason in found.faults if fault == verdict]
    rest = [reason for fault, reason in found.faults if fault != verdict]
    return verdict, 0.02 if verdict == "contradicted" else 0.06, [*first, *rest]


def without_model(claim: Statement, found: Outcome) -> Judged:
    """The verdict where concepts alone decide."""
    if found.fault:
        return flagged(found)
    if found.borne and (found.touched or found.figured):
        return "supported", 0.9, found.borne
    if found.best is None and claim.mentions:
        message = "the evidence speaks of nothing that the claim speaks of"
        return "unsupported", 0.06, [GroundingReason(code="subject_absent", message=message)]
    return "not_verified", 0.5, [GroundingReason(code="words", message="nothing to compare exactly")]


def with_model(
    claim: Statement, evidence: Sequence[Statement], found: Outcome, probabilities: Sequence[float]
) -> Judged:
    """The verdict where the words are judged.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        found: What exact comparison found.
        probabilities: Of supported, contradicted and unsupported.
    """
    supported, contradicted, unsupported = probabilities
    unborne = _unborne(claim, evidence, found)
    if supported >= SUPPORTED and unborne:
        message = f"nothing in the evidence bears out {unborne.text}"
        reason = GroundingReason(
            code="figure_unborne", message=message, claim_start=unborne.start, claim_end=unborne.end
        )
        return "not_verified", DOUBTED, [reason]
    if supported >= SUPPORTED:
        reason = GroundingReason(code="model", message=f"the words say the same (probability {supported:.2f})")
        return "supported", supported, found.borne or [reason]
    if supported >= DOUBTED:
        message = f"the words could not be verified (probability of support {supported:.2f})"
        return "not_verified", supported, [GroundingReason(code="words", message=message)]
    verdict, worst = ("contradicted", contradicted) if contradicted >= unsupported else ("unsupported", unsupported)
    reason = GroundingReason(code="model", message=f"the words are {verdict} (probability {worst:.2f})")
    return verdict, supported, [*(one for _, one in found.faults), reason]
