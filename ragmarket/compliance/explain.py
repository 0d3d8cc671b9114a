"""Findings that people can act on: what the rules themselves know of a finding, put beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ragmarket.compliance.packs import Packs
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.compliance import Finding


def explain(findings: Iterable[Finding], packs: Packs) -> tuple[Finding, ...]:
    """Every finding with explanation, authority, its day in force, and how well that authority is known.

    A claim rule explains itself, a policy rule by its title and advice; of all others the explanations in the knowledge
    folder speak. What a finding says already is kept.
    """
    findings = tuple(findings)
    if not findings:
        return ()
    claims = {rule.id: rule for rule in packs.lexicon.sources}
    policies = {rule.id: rule for rule in packs.rules}

    def filled(finding: Finding) -> Finding:
        claim, policy = claims.get(finding.rule), policies.get(finding.rule)
        rule = claim or policy
        if rule is None:
            return explained(finding)
        words = claim.explanation or claim.title if claim else ""
        if policy:
            words = policy.explanation or f"{policy.title}. {policy.advice}".strip()
        known: dict[str, Any] = {
            "explanation": finding.explanation or words,
            "authority": finding.authority or rule.authority,
            "in_force_from": finding.in_force_from or rule.effective_from,
            "confidence": finding.confidence or rule.confidence,
        }
        return finding.model_copy(update=known)

    return tuple(filled(finding) for finding in findings)
