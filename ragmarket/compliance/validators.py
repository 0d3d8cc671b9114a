"""The rules dressed as guardrails-ai validators: they detect and never mend.

Each validator is stateless: what binds the message comes in the call's metadata, and the findings go out as the
failure's text in JSON, so that they pass through guardrails' own outcome and no call can see another's. Import this
module only after `guard.quiet_guardrails`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from guardrails.validator_base import ErrorSpan, FailResult, PassResult, ValidationResult, Validator, register_validator

from ragmarket.compliance.rules.channel import check_channel
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.compliance.rules.language import check_language
from ragmarket.compliance.rules.lexicon import Lexicon
from ragmarket.compliance.rules.personal_data import check_personal_data
from ragmarket.schemas.compliance import DisclaimerText, Finding, Policy

CALL = "ragmarket"


class Call:
    """One review as the validators see it; built for one call and never changed."""

    def __init__(
        self,
        text: str,
        policy: Policy,
        lexicon: Lexicon,
        known: Sequence[DisclaimerText],
        subject: str | None,
        body_only: bool,
    ) -> None:
        self.policy = policy
        self.lexicon = lexicon
        self.subject = subject
        self.disclosures = check_disclosures(text, policy, known, body_only=body_only)

    def __deepcopy__(self, _: dict[int, object]) -> Call:
        # guardrails copies metadata for its records; a lexicon is immutable and large.
        return self


def _call(metadata: Mapping[str, Any]) -> Call:
    return cast("Call", metadata[CALL])


def _result(findings: Sequence[Finding]) -> ValidationResult:
    if not findings:
        return PassResult()
    return FailResult(
        error_message=json.dumps([finding.model_dump(mode="json") for finding in findings], ensure_ascii=False),
        error_spans=[
            ErrorSpan(start=f.start, end=f.end, reason=f.rule)
            for f in findings
            if f.start is not None and f.end is not None
        ],
    )


class _RuleValidator(Validator, ABC):  # type: ignore[misc]  # guardrails ships no types that mypy may follow
    required_metadata_keys = [CALL]

    def __init__(self, on_fail: Literal["noop"] = "noop") -> None:
        super().__init__(on_fail=on_fail)

    @abstractmethod
    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        """What the rule finds in a text."""

    def _validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        return _result(self._check(str(value), _call(metadata)))


@register_validator(name="ragmarket/disclosures", data_type="string")
class Disclosures(_RuleValidator):
    """Every disclaimer exactly once, byte-equal, in its place."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:  # noqa: ARG002 (the call was made for this text)
        return call.disclosures.findings


@register_validator(name="ragmarket/claims", data_type="string")
class Claims(_RuleValidator):
    """No prohibited claim outside byte-exact disclaimers."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        policy = call.policy
        findings = check_claims(
            text,
            call.lexicon,
            product_class=policy.product_class,
            channel=policy.channel,
            as_of=policy.as_of,
            masked=call.disclosures.exact,
        )
        if not call.subject:
            return findings
        of_subject = check_claims(
            call.subject,
            call.lexicon,
            product_class=policy.product_class,
            channel=policy.channel,
            as_of=policy.as_of,
        )
        return [*findings, *(_of_subject(finding) for finding in of_subject)]


@register_validator(name="ragmarket/language", data_type="string")
class InLanguage(_RuleValidator):
    """Written in the language that was asked for."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        return check_language(text, call.policy, call.disclosures.exact)


@register_validator(name="ragmarket/channel", data_type="string")
class FitsChannel(_RuleValidator):
    """Fits the channel."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        return check_channel(text, call.policy, call.subject)


@register_validator(name="ragmarket/personal_data", data_type="string")
class PersonalData(_RuleValidator):
    """Holds no person's data."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        of_subject = check_personal_data(call.subject) if call.subject else ()
        return [*check_personal_data(text), *(_of_subject(finding) for finding in of_subject)]


def _of_subject(finding: Finding) -> Finding:
    """A finding on the subject: it has no span in the text."""
    return finding.model_copy(update={"start": None, "end": None, "message": f"subject: {finding.message}"})


def all_validators() -> tuple[Validator, ...]:
    """One of each, detecting only."""
    return tuple(
        validator(on_fail="noop") for validator in (Disclosures, Claims, InLanguage, FitsChannel, PersonalData)
    )
