"""One brief, four ways of writing it: with and without retrieval, with and without verification.

Retrieval on: the house as shipped. Retrieval off: the writer is handed facts of another product of the same class, as
a model that writes from memory recalls what it has read of such products; what is written carries the brief's product
name and cites nothing. (Handed nothing at all, the house refuses: that arm is counted, too.)

Verification on: with retrieval, the house's own review; without, a message leaves only if the verifier finds every
claim supported by the documents of the brief's product in force that day. Verification off: grounding findings are
thrown away, so that the first message that the rules on wording let pass is released.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from eval.grounded.desk import Released
from ragmarket.protocols import Retriever, Reviewer
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, Finding, Policy
from ragmarket.schemas.draft import Draft
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.message import CitedClaim, Message
from ragmarket.schemas.prediction import Prediction

GROUNDING = "grounding."


@dataclass(frozen=True)
class Arm:
    """One condition of the experiment."""

    retrieval: bool
    verifier: bool

    @property
    def name(self) -> str:
        """As it is printed."""
        return f"retrieval {'on' if self.retrieval else 'off'}, verifier {'on' if self.verifier else 'off'}"


ARMS = tuple(Arm(retrieval, verifier) for retrieval in (True, False) for verifier in (True, False))


@dataclass(frozen=True)
class Outcome:
    """What became of one brief in one arm; ``truth`` is the reference reading of each released claim."""

    arm: Arm
    brief: Brief
    document: str
    released: Released | None
    truth: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    impossible: bool = False


class Recall:
    """A retriever that answers with another product's facts; with no ``donor`` with nothing."""

    def __init__(self, shipped: Retriever, donor: str | None) -> None:
        self._shipped = shipped
        self._donor = donor

    def product(self, product_code: str, as_of: date) -> DocumentVersion:
        """The brief's product, so that its name and class are right."""
        return self._shipped.product(product_code, as_of)

    def retrieve(self, brief: Brief, prediction: Prediction, policy: Policy) -> tuple[Evidence, ...]:
        """The donor's evidence."""
        if self._donor is None:
            return ()
        return self._shipped.retrieve(brief.model_copy(update={"product_code": self._donor}), prediction, policy)

    def text(self, sha256: str) -> str:
        """The canonical text of a document version."""
        return self._shipped.text(sha256)


class Unverified:
    """A reviewer that throws away what was found about grounding."""

    def __init__(self, shipped: Reviewer) -> None:
        self._shipped = shipped

    def render(self, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str) -> Message:
        """As shipped."""
        return self._shipped.render(draft, policy, evidence, product_name)

    def review(
        self, message: Message, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str
    ) -> tuple[Finding, ...]:
        """Findings that are not about grounding."""
        found = self._shipped.review(message, draft, policy, evidence, product_name)
        return tuple(one for one in found if not one.rule.startswith(GROUNDING))

    def cite(self, message: Message, evidence: Sequence[Evidence]) -> tuple[CitedClaim, ...]:
        """As shipped."""
        return self._shipped.cite(message, evidence)

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """As shipped."""
        return self._shipped.check(request, body_only=body_only)
