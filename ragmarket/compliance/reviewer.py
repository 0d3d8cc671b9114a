"""The reviewer: renders, checks the final bytes, and says where each claim comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, Protocol

from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.support import SupportCheck
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.base import Language
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, Finding, Policy
from ragmarket.schemas.draft import Draft
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.schemas.message import Citation, CitedClaim, Message, RenderedClaim

# A message that is too long can lose its longest claim.
TOO_LONG = frozenset({"channel.length", "channel.sms_segments"})

# The phrasebook proves what a claim's words say of its kind of fact; that its figures and names are those of the quote
# is for the verifier to say.
FIGURE_FAULTS = frozenset(
    {"figure_other", "figure_absent", "figure_of_another", "row", "bound", "period", "exchanged", "name"}
)

_VERDICTS_KEPT = 4096


class TextReview(Protocol):
    """What the reviewer asks of the rules on the final text; `guard.GuardedReview` keeps it."""

    def findings(
        self, text: str, policy: Policy, subject: str | None = None, *, body_only: bool = False
    ) -> tuple[Finding, ...]:
        """Findings on one text."""
        ...

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        ...


class Verifier(Protocol):
    """What the reviewer asks about the words of a finished claim; `grounding.verifier.ClaimVerifier` keeps it."""

    def verify(self, request: GroundingRequest, *, words: bool = True) -> GroundingVerdict:
        """Judge a claim against its evidence; without ``words``, by exact comparison alone."""
        ...


class ComplianceReviewer:
    """Keeps the `Reviewer` promise.

    Args:
        renderer: Splices and lays out.
        support: Judges claims against evidence.
        rules: Judges the final text.
        document: Canonical text of a document version by its hash.
        verifier: Judges each finished claim against its cited quotes, beside the phrasebook; none leaves it alone.
        not_verified: Whether a claim that the phrasebook does not prove is refused, or left for a person to decide.
    """

    def __init__(
        self,
        renderer: Renderer,
        support: SupportCheck,
        rules: TextReview,
        document: Callable[[str], str],
        verifier: Verifier | None = None,
        not_verified: Literal["refuse", "review"] = "refuse",
    ) -> None:
        self._renderer = renderer
        self._support = support
        self._rules = rules
        self._document = document
        # A fact is told in the same words again and again; a verifier's answer rests on the request alone.
        self._verify = lru_cache(maxsize=_VERDICTS_KEPT)(verifier.verify) if verifier else None
        self._not_verified = not_verified

    def render(self, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str) -> Message:
        """Splice figures and disclaimers and lay the message out for its channel."""
        return self._renderer.render(draft, policy, evidence, product_name)

    def review(
        self,
        message: Message,
        draft: Draft,
        policy: Policy,
        evidence: Sequence[Evidence],
        product_name: str,
    ) -> tuple[Finding, ...]:
        """Everything found on the final bytes; a finding inside a claim names its evidence."""
        findings = [self._weighed(one) for one in self._support.review(message, draft, evidence)]
        by_id = {item.id: item for item in evidence}
        findings += self._spoken(message, by_id, product_name)
        for claim in message.claims:
            for id_ in claim.cites:
                item = by_id.get(id_)
                fault = self._support.figures(claim, item, self._document(item.sha256)) if item else None
                if fault:
                    findings.append(
                        Finding(
                            rule="grounding.figure",
                            severity="block",
                            message=fault,
                            start=claim.start,
                            end=claim.end,
                            evidence=id_,
                        )
                    )
        told = {
            item.kind for id_ in {id_ for claim in message.claims for id_ in claim.cites} if (item := by_id.get(id_))
        }
        for kind in policy.must_not_say:
            if kind in told:
                findings.append(
                    Finding(rule="policy.must_not_say", severity="block", message=f"{kind} may not be said here")
                )
        for kind in policy.must_say:
            if kind not in told:
                findings.append(Finding(rule="policy.must_say", severity="block", message=f"{kind} must be said here"))
        for kind, companions in policy.must_say_with.items():
            if kind in told and not told & set(companions):
                note = f"{kind} may not stand without one of: {', '.join(companions)}"
                findings.append(Finding(rule="policy.must_say_with", severity="block", message=note))
        if not policy.min_claims <= len(message.claims) <= policy.max_claims:
            note = f"{len(message.claims)} claims; {policy.channel} takes {policy.min_claims} to {policy.max_claims}"
            findings.append(Finding(rule="policy.claims", severity="block", message=note))
        on_text = self._rules.findings(message.text, policy, message.subject)
        return (*(explained(one) for one in findings), *(self._blamed(finding, message) for finding in on_text))

    def _weighed(self, finding: Finding) -> Finding:
        """A claim that could not be verified is refused, or shown to a person, as policy says."""
        if finding.rule == "grounding.not_verified" and self._not_verified == "review":
            return finding.model_copy(update={"severity": "review"})
        return finding

    def _verdict(
        self, claim: RenderedClaim, item: Evidence, language: Language, name: str | None
    ) -> GroundingVerdict | None:
        """What the verifier says of a finished claim and one piece of evidence, headers included."""
        if self._verify is None:
            return None
        proven = self._support.claim(claim.template, item, language).verdict == "supported"
        request = GroundingRequest(
            claim=claim.text,
            evidence=item.text,
            language=language,
            product_name=name[:200] if name else None,
        )
        return self._verify(request, words=not proven)

    def _spoken(self, message: Message, by_id: Mapping[str, Evidence], product_name: str) -> list[Finding]:
        """Findings on claims whose finished words say another thing than the quotes they cite."""
        findings = []
        for claim in message.claims:
            for id_ in claim.cites:
                item = by_id.get(id_)
                if item is None:
                    continue
                verdict = self._verdict(claim, item, message.language, product_name)
                if verdict is not None and verdict.verdict in ("contradicted", "unsupported"):
                    proven = self._support.claim(claim.template, item, message.language).verdict == "supported"
                    if proven and not any(reason.code in FIGURE_FAULTS for reason in verdict.reasons):
                        continue
                    findings.append(
                        Finding(
                            rule=f"grounding.{verdict.verdict}",
                            severity="block",
                            message="; ".join(reason.message for reason in verdict.reasons[:3]),
                            start=claim.start,
                            end=claim.end,
                            evidence=id_,
                        )
                    )
        return findings

    @staticmethod
    def _blamed(finding: Finding, message: Message) -> Finding:
        """The finding with the evidence whose claim it is about."""
        at = finding.start
        claims = [claim for claim in message.claims if at is not None and claim.start <= at < claim.end]
        if finding.rule in TOO_LONG:
            claims = sorted(message.claims, key=lambda claim: -len(claim.text))
        elif finding.rule.startswith("channel."):
            claims = []
        return finding.model_copy(update={"evidence": claims[0].cites[0]}) if claims and claims[0].cites else finding

    def cite(self, message: Message, evidence: Sequence[Evidence]) -> tuple[CitedClaim, ...]:
        """The claims with their citations: the quote itself, then the headers and notes that its reading rests on."""
        by_id = {item.id: item for item in evidence}
        cited = []
        for claim in message.claims:
            citations: list[Citation] = []
            for id_ in claim.cites:
                item = by_id[id_]
                judged = self._support.claim(claim.template, item, message.language)
                word, score = judged.verdict, judged.score
                spoken = self._verdict(claim, item, message.language, None) if word != "supported" else None
                if spoken is not None:
                    score = min(score, spoken.score)
                    word = spoken.verdict if spoken.verdict in ("contradicted", "unsupported") else word
                spans = [(item.start, item.end, item.quote), *((s.start, s.end, s.quote) for s in item.context)]
                citations += [
                    Citation.model_validate(
                        {
                            "doc_id": item.doc_id,
                            "version": item.version,
                            "sha256": item.sha256,
                            "start": start,
                            "end": end,
                            "quote": quote,
                            "verdict": word,
                            "score": round(score, 4),
                        }
                    )
                    for start, end, quote in spans
                ]
            cited.append(CitedClaim(text=claim.text, start=claim.start, end=claim.end, citations=tuple(citations)))
        return tuple(cited)

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        return self._rules.check(request, body_only=body_only)
