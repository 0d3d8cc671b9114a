"""The reviewer: renders, checks the final bytes, and says where each claim comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.support import SupportCheck
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, Finding, Policy
from ragmarket.schemas.draft import Draft
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.message import Citation, CitedClaim, Message

# A message that is too long can lose its longest claim.
TOO_LONG = frozenset({"channel.length", "channel.sms_segments"})


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


class ComplianceReviewer:
    """Keeps the `Reviewer` promise.

    Args:
        renderer: Splices and lays out.
        support: Judges claims against evidence.
        rules: Judges the final text.
        document: Canonical text of a document version by its hash.
    """

    def __init__(
        self, renderer: Renderer, support: SupportCheck, rules: TextReview, document: Callable[[str], str]
    ) -> None:
        self._renderer = renderer
        self._support = support
        self._rules = rules
        self._document = document

    def render(self, draft: Draft, policy: Policy, evidence: Sequence[Evidence], product_name: str) -> Message:
        """Splice figures and disclaimers and lay the message out for its channel."""
        return self._renderer.render(draft, policy, evidence, product_name)

    def review(
        self,
        message: Message,
        draft: Draft,
        policy: Policy,
        evidence: Sequence[Evidence],
        product_name: str,  # noqa: ARG002 (part of the Reviewer promise)
    ) -> tuple[Finding, ...]:
        """Everything found on the final bytes; a finding inside a claim names its evidence."""
        findings = [*self._support.review(message, draft, evidence)]
        by_id = {item.id: item for item in evidence}
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
                            "verdict": judged.verdict,
                            "score": round(judged.score, 4),
                        }
                    )
                    for start, end, quote in spans
                ]
            cited.append(CitedClaim(text=claim.text, start=claim.start, end=claim.end, citations=tuple(citations)))
        return tuple(cited)

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        return self._rules.check(request, body_only=body_only)
