"""The auditor's desk: a released message read again from its text, its citations and the documents, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Protocol

from eval.grounded.quotes import evidence_of, figures_stand
from ragmarket.errors import NotFound
from ragmarket.schemas.base import Channel, Language
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.schemas.message import Citation, CitedClaim

FLAGGED = frozenset({"contradicted", "unsupported"})


class Verifier(Protocol):
    """Does the evidence say what the claim says? `ClaimVerifier` keeps it."""

    def verify(self, request: GroundingRequest) -> GroundingVerdict:
        """The verdict on one claim."""
        ...


@dataclass(frozen=True)
class Released:
    """What left the house: offsets are code points into ``text``."""

    text: str
    language: Language
    channel: Channel
    as_of: date
    product_code: str
    claims: tuple[CitedClaim, ...]


@dataclass(frozen=True)
class ClaimReading:
    """What the desk says of one claim.

    Attributes:
        verdict: The verifier's, against the cited quotes; "unsupported" where nothing valid is cited.
        faults: What is wrong with offsets, quotes, versions, products: plain comparisons.
        reasons: The verifier's codes.
        figures: For each figure of the claim, whether it stands in a cited quote.
        proven: Whether the claim is, letter by letter, a rendering of the fact in its cited spans.
    """

    claim: CitedClaim
    verdict: str
    score: float
    faults: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    figures: tuple[bool, ...] = ()
    proven: bool = False

    @property
    def flagged(self) -> bool:
        """Whether a reader is told that something is wrong; "not verified" alone tells nothing."""
        return bool(self.faults) or self.verdict in FLAGGED

    @property
    def held_back(self) -> bool:
        """Whether a person has to read it: flagged, or not the bank's own wording of the cited fact."""
        return self.flagged or not self.proven


@dataclass
class Desk:
    """Reads released messages.

    Args:
        documents: All document versions of the bank.
        text_of: Canonical text of a version by its hash.
        verifier: Judges claims against quotes.
        facts_of: The facts of a version as reading finds them in its text, by its hash; nothing of the record.
        proves: Whether a claim is, letter by letter, one of the bank's renderings of a fact (claim, fact, language,
            product's name). What it proves needs no judgement; everything else goes to the verifier.
    """

    documents: Sequence[DocumentVersion]
    text_of: Callable[[str], str]
    verifier: Verifier
    facts_of: Callable[[str], Sequence[Evidence]] = lambda _sha256: ()
    proves: Callable[[str, Evidence, str, str], bool] = lambda *_: False
    _texts: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def _by_version(self) -> Mapping[tuple[str, str], DocumentVersion]:
        return {(one.doc_id, one.version): one for one in self.documents}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The bank's register of product names: name to code."""
        return {one.product_name: one.product_code for one in self.documents if one.product_name and one.product_code}

    def name_of(self, code: str) -> str:
        """A product's name as its documents give it."""
        return next(name for name, own in self.names.items() if own == code)

    def read(self, message: Released) -> tuple[ClaimReading, ...]:
        """Every claim of a message."""
        foreign = self._foreign_names(message)
        return tuple(self.claim(message, claim, foreign) for claim in message.claims)

    def claim(self, message: Released, claim: CitedClaim, foreign: Sequence[str] = ()) -> ClaimReading:
        """One claim of a message; ``foreign`` are other products that the message names."""
        faults = [f"names {name}" for name in foreign]
        if message.text[claim.start : claim.end] != claim.text:
            faults.append("offsets")
        if not claim.citations:
            faults.append("no citation")
        faults += [fault for citation in claim.citations if (fault := self._fault(message, citation))]
        figures = figures_stand(claim, self.names)
        quotes = self._quotes(claim.citations)
        if not quotes:
            return ClaimReading(claim, "unsupported", 0.0, tuple(faults), figures=figures)
        if self.proven(message, claim.text, claim.citations):
            return ClaimReading(claim, "supported", 1.0, tuple(faults), figures=figures, proven=True)
        said = self.verdict(message, claim.text, quotes)
        return ClaimReading(
            claim, said.verdict, said.score, tuple(faults), tuple(one.code for one in said.reasons), figures
        )

    def proven(self, message: Released, claim: str, citations: Sequence[Citation]) -> bool:
        """Whether the cited spans hold a fact, headers and notes included, of which the claim is a rendering."""
        name = self.name_of(message.product_code)
        for sha256 in dict.fromkeys(one.sha256 for one in citations):
            spans = {(one.start, one.end) for one in citations if one.sha256 == sha256}
            for fact in self.facts_of(sha256):
                needed = {(fact.start, fact.end), *((span.start, span.end) for span in fact.context)}
                if needed <= spans and self.proves(claim, fact, message.language, name):
                    return True
        return False

    def _supports(self, message: Released, claim: str, citations: Sequence[Citation]) -> bool:
        if self.proven(message, claim, citations):
            return True
        return self.verdict(message, claim, self._quotes(citations)).verdict == "supported"

    def verdict(self, message: Released, claim: str, quotes: Sequence[str]) -> GroundingVerdict:
        """What the verifier says of a claim and some quotes, for the message's product and day."""
        return self.verifier.verify(
            GroundingRequest(
                claim=claim,
                evidence=list(quotes),
                language=message.language,
                product_name=self.name_of(message.product_code),
                as_of=message.as_of,
            )
        )

    def citation_scores(self, message: Released, reading: ClaimReading) -> tuple[bool, list[bool]]:
        """Recall of a claim and precision of each of its citations, leave-one-out (Gao et al. 2023, ALCE, section 3).

        Recall: all citations together support the claim. A citation is imprecise when the claim is not recalled, or
        when it does not support the claim alone and the others do without it.
        """
        citations = reading.claim.citations
        recalled = reading.verdict == "supported" and not reading.faults
        if not recalled:
            return False, [False] * len(citations)
        if len(citations) == 1:
            return True, [True]
        needed = []
        for place, one in enumerate(citations):
            others = [*citations[:place], *citations[place + 1 :]]
            alone = self._supports(message, reading.claim.text, [one])
            needed.append(alone or not self._supports(message, reading.claim.text, others))
        return True, needed

    def _quotes(self, citations: Sequence[Citation]) -> list[str]:
        return evidence_of(citations, lambda sha256: self._text(sha256) or "")

    def _text(self, sha256: str) -> str | None:
        """A document's text; None where it was never indexed."""
        if sha256 not in self._texts:
            try:
                self._texts[sha256] = self.text_of(sha256)
            except NotFound:
                self._texts[sha256] = None
        return self._texts[sha256]

    def _foreign_names(self, message: Released) -> list[str]:
        """Other products of the bank that the message names; a name within the own name does not count."""
        own = self.name_of(message.product_code)
        rest = message.text.replace(own, " ")
        return [name for name, code in self.names.items() if code != message.product_code and name in rest]

    def _fault(self, message: Released, citation: Citation) -> str | None:
        document = self._by_version.get((citation.doc_id, citation.version))
        if document is None or document.sha256 != citation.sha256:
            return "no such document"
        text = self._text(citation.sha256)
        if text is None or text[citation.start : citation.end] != citation.quote:
            return "quote"
        if not document.in_force(message.as_of):
            return "version not in force"
        if document.kind == "product" and document.product_code != message.product_code:
            return "document of another product"
        return None
