"""The promises that the workshops make to one another: one page of verbs.

`pipeline` sees only these; `bootstrap` chooses who keeps them; `testing` ships doubles that pass the same contract
tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol

from ragmarket.schemas.base import Language
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, Finding, Policy
from ragmarket.schemas.customers import CustomerView, VisitView
from ragmarket.schemas.draft import Draft, Generation
from ragmarket.schemas.evidence import DocumentVersion, Evidence, Figure
from ragmarket.schemas.grounding import SupportPair
from ragmarket.schemas.message import AuditRef, CitedClaim, Message
from ragmarket.schemas.prediction import Prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# Bytes, or a function that gives them where they are wanted at all.
BlobSource = bytes | Callable[[], bytes]


class TextEncoder(Protocol):
    """What does a text mean, as numbers?"""

    @property
    def name(self) -> str:
        """A short name for records and cards."""
        ...

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the model: vectors of another model may not be mixed with these."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, width)."""
        ...


class FigureReader(Protocol):
    """Which figures stand in a text?"""

    def __call__(self, text: str, language: str = "en") -> Sequence[Figure]:
        """Typed figures in order; ``text[f.start:f.end] == f.text``.

        Raises:
            ValueError: The language is unknown.
        """
        ...


class SupportModel(Protocol):
    """Do a claim's words say what the evidence says, once the figures are judged?"""

    def score(self, pairs: Sequence[SupportPair]) -> NDArray[np.float64]:
        """p(supported), p(contradicted), p(unsupported) of each pair, shape (pairs, 3)."""
        ...


class Predictor(Protocol):
    """Who is the customer, and what would serve them?"""

    def predict(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Prediction:
        """Predict for one brief; without signals, answer the neutral segment."""
        ...


class Customers(Protocol):
    """Who is this customer, and may the bank address them?"""

    def find(self, customer_id: str, as_of: date) -> CustomerView | None:
        """One customer as known on a day, None for whom nobody knows."""
        ...


class Visits(Protocol):
    """What was this visit for, and may the bank address who made it?"""

    def __call__(self, session_id: str) -> VisitView | None:
        """One visit, read; None for one that nobody knows."""
        ...


class PolicyBook(Protocol):
    """What must and must not be said?"""

    def resolve(self, *, product_class: str, channel: str, language: str, as_of: date) -> Policy:
        """Resolve everything that binds one message."""
        ...

    def snapshot(self) -> bytes:
        """Ledger and packs as canonical bytes, so that the audit log can keep what was in force."""
        ...


class Retriever(Protocol):
    """What do the documents say?"""

    def product(self, product_code: str, as_of: date) -> DocumentVersion:
        """The main document version in force for a product.

        Raises:
            UnknownProduct: No version of any document of this product is in force on that day.
        """
        ...

    def retrieve(self, brief: Brief, prediction: Prediction, policy: Policy) -> tuple[Evidence, ...]:
        """Evidence in force for the brief, best first, with ids S1..Sk."""
        ...

    def text(self, sha256: str) -> str:
        """The canonical text of a document version."""
        ...


class Engine(Protocol):
    """Continue a prompt under a grammar."""

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:
        """One continuation of ``prompt`` that ``grammar`` (GBNF) accepts; the same seed gives the same text."""
        ...


class Drafter(Protocol):
    """Say it."""

    def draft(
        self,
        brief: Brief,
        prediction: Prediction,
        policy: Policy,
        evidence: Sequence[Evidence],
        product_name: str,
        findings: Sequence[Finding],
        attempt: int,
    ) -> tuple[Draft, Generation]:
        """Write claims from the evidence; ``findings`` are what review said of the attempt before."""
        ...


class Reviewer(Protocol):
    """May it be sent?"""

    def render(self, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str) -> Message:
        """Splice figures and disclaimers and lay the message out for its channel."""
        ...

    def review(
        self, message: Message, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str
    ) -> tuple[Finding, ...]:
        """Check the final bytes; no blocking finding means that the message may be released."""
        ...

    def cite(self, message: Message, evidence: Sequence[Evidence]) -> tuple[CitedClaim, ...]:
        """The claims of a reviewed message with their citations and verdicts."""
        ...

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        ...


class Rewriter(Protocol):
    """How could it be said lawfully?

    ``source`` says who proposes: the phrasebook of the rules, or a trained writer.
    """

    source: Literal["phrasebook", "writer"]

    def rewrite(self, finding: Finding, text: str, policy: Policy, language: Language) -> str | None:
        """A lawful sentence for the one at ``finding.start`` to ``finding.end`` of ``text``, or None.

        It is a proposal: whoever asks holds it against all rules before anybody sees it.
        """
        ...


class AuditLog(Protocol):
    """What happened, provably."""

    def append(self, record: Mapping[str, object], blobs: Mapping[str, BlobSource] | None = None) -> AuditRef:
        """Append one record durably, together with the bytes it cites, by their SHA-256; known ones are not asked for.

        Raises:
            AuditWriteFailed: The record is not on disk; nothing may be returned to the caller.
        """
        ...

    def get(self, draft_id: str) -> Mapping[str, object]:
        """The record of one draft.

        Raises:
            NotFound: No such draft was recorded.
        """
        ...

    def put_blob(self, data: bytes) -> str:
        """Keep bytes under their SHA-256 for as long as any record cites them; idempotent."""
        ...

    def get_blob(self, sha256: str) -> bytes:
        """Bytes kept under a hash."""
        ...

    def records(self) -> Iterator[Mapping[str, object]]:
        """All records, oldest first."""
        ...

    def verify(self) -> Iterable[Mapping[str, object]]:
        """Every fault of the chain, in order; none is the good news."""
        ...
