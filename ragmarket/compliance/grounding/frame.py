"""What both comparisons stand on: the claim, its evidence, and how the two can be at odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ragmarket.compliance.grounding.lexicon import Concepts
from ragmarket.compliance.grounding.reading import OFTEN, Clause, Mention, Statement
from ragmarket.compliance.grounding.sizes import SENIOR_MONTHS, Quantity
from ragmarket.schemas.grounding import GroundingReason

Fault = Literal["contradicted", "unsupported"]
SOFT_WEIGHT, BROAD_WEIGHT = 0.5, 0.7


@dataclass(slots=True)
class Outcome:
    """What exact comparison found; ``fault`` None where nothing speaks against the claim.

    ``touched`` where claim and evidence share a word, ``rooted`` where they share a subject; ``limited`` where a figure
    is bound to a limit or case that the claim does not tell.
    """

    faults: list[tuple[Fault, GroundingReason]] = field(default_factory=list)
    borne: list[GroundingReason] = field(default_factory=list)
    touched: bool = False
    rooted: bool = False
    limited: bool = False
    best: Statement | None = None

    @property
    def fault(self) -> Fault | None:
        """A contradiction before anything unsupported."""
        words = [fault for fault, _ in self.faults]
        return "contradicted" if "contradicted" in words else ("unsupported" if words else None)

    @property
    def figured(self) -> bool:
        """Whether figures of the claim are borne out."""
        return any(one.code.startswith("figure") for one in self.borne)

    @property
    def firm(self) -> bool:
        """Whether a subject is missing that is not a mere turn of phrase."""
        return any(reason.code == "subject_absent" for _, reason in self.faults)

    @property
    def doubtful(self) -> bool:
        """Whether nothing speaks against the claim but words that the evidence does not use."""
        return all(reason.code in ("subject_absent", "wording_absent") for _, reason in self.faults)


class Frame:
    """Holds one claim against its evidence.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        known: The concepts and how they relate.
        given: Concepts of the product's name, which need not stand in every sentence.
        product: The product's name, if it is known.
    """

    def __init__(
        self,
        claim: Statement,
        evidence: Sequence[Statement],
        known: Concepts,
        given: frozenset[str] = frozenset(),
        product: str | None = None,
    ) -> None:
        self._claim = claim
        self._evidence = evidence
        self._known = known
        self._given = given
        self._product = product
        self._topics = frozenset(known.topic)
        self._broad = frozenset(known.broad)
        self._audiences = frozenset(known.audience)
        self._loose = frozenset(known.loose)
        # What tells one case from another: for whom, how often, of which kind.
        self._telling = self._audiences | OFTEN | {one for group in known.rivals for one in group}
        self._barring = frozenset(known.barring)
        self._individual = claim.concepts & {"individual"}
        said = frozenset().union(*(one.concepts for one in evidence)) if evidence else frozenset()
        if any(q.kind == "months" and q.value == SENIOR_MONTHS for one in evidence for q in one.quantities):
            said |= {"senior"}
        if any(
            q.kind == "rate" and (q.period == "year" or q.text.replace(".", "").isdecimal())
            for one in evidence
            for q in one.quantities
        ):
            said |= {"interest", "rates"}  # a table of rates rarely names interest in every row
        if said & {"late", "penal", "mindue"} and any(q.kind == "rate" for one in evidence for q in one.quantities):
            said |= {"interest"}
        self._said = known.closed(said | given)

    def _reason(
        self, code: str, message: str, own: Quantity | Mention | None = None, at: Statement | None = None,
        there: Quantity | None = None,
    ) -> GroundingReason:  # fmt: skip
        return GroundingReason(
            code=code,
            message=message,
            claim_start=own.start if own else None,
            claim_end=own.end if own else None,
            evidence_index=at.index if at else None,
            evidence_start=there.start if there else (0 if at else None),
            evidence_end=there.end if there else (len(at.text) if at else None),
        )

    def _worth(self, id_: str) -> float:
        if id_ in self._broad:
            return BROAD_WEIGHT
        return 1.0 if id_ in self._topics or id_ in self._audiences else SOFT_WEIGHT

    def _about(self, statement: Statement, clause: Clause) -> frozenset[str]:
        """What a clause is about: "it is waived" is about what the clause before it names, a cell about its label."""
        said = statement.within(clause)
        at = statement.clauses.index(clause)
        if statement.row and at:
            said |= statement.within(statement.clauses[0])
        elif at and not said & self._topics and (said or clause.denied):
            said |= statement.within(statement.clauses[at - 1])
        return said
