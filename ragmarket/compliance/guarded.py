"""One review as guardrails carries it: what binds the text on the way in, findings on the way out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ragmarket.compliance.packs import Packs
from ragmarket.compliance.paraphrase.model import ClaimModel
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.schemas.compliance import DisclaimerText, Finding, Policy

CALL = "ragmarket"
Span = tuple[int, int]


class Call:
    """One review as the validators see it; built for one call and never changed."""

    def __init__(
        self,
        text: str,
        policy: Policy,
        packs: Packs,
        known: Sequence[DisclaimerText],
        subject: str | None,
        body_only: bool,
        classifier: ClaimModel | None = None,
    ) -> None:
        self.policy = policy
        self.packs = packs
        self.lexicon = packs.lexicon
        self.subject = subject
        self.classifier = classifier
        self.disclosures = check_disclosures(text, policy, known, body_only=body_only)

    def __deepcopy__(self, _: dict[int, object]) -> Call:
        # guardrails copies metadata for its records; a lexicon is immutable and large.
        return self


def read_findings(outcome: Any) -> tuple[Finding, ...]:
    """The findings of a guard's outcome, in order of place; a validator that failed to answer is a finding too."""
    summaries: Sequence[Any] = outcome.validation_summaries or ()
    found: list[Finding] = []
    for summary in summaries:
        try:
            found += [Finding.model_validate(item) for item in json.loads(summary.failure_reason or "")]
        except ValueError:
            # A validator that failed to answer is not a pass.
            message = f"{summary.validator_name} did not finish: {summary.failure_reason}"
            found.append(Finding(rule="guard.fault", severity="block", message=message))
    if not outcome.validation_passed and not found:
        found.append(
            Finding(rule="guard.fault", severity="block", message=str(outcome.error or "the guard did not pass"))
        )
    return tuple(sorted(found, key=lambda finding: (finding.start is None, finding.start or 0, finding.rule)))
