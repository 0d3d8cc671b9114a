"""The rules dressed as guardrails-ai validators: they detect and never mend.

Each works alone, told at its making which message it will see:

    >>> from ragmarket.compliance.guard import quiet_guardrails
    >>> guardrails = quiet_guardrails()
    >>> from ragmarket.compliance.validators import Claims, read_findings
    >>> guard = guardrails.Guard().use(Claims(product_class="mutual_fund", channel="sms", language="en"))
    >>> [finding.rule for finding in read_findings(guard.validate("Your returns are guaranteed."))]
    ['claims.guaranteed_return']

Inside the house what binds a message comes in each call's metadata instead. Either way a validator keeps nothing of a
call, so threads and tasks may share one, and findings go out as the failure's text in JSON, so that they pass through
guardrails' own outcome. Import this module only after `guard.quiet_guardrails`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from guardrails.validator_base import ErrorSpan, FailResult, PassResult, ValidationResult, Validator, register_validator

from ragmarket.compliance.guarded import CALL, Call
from ragmarket.compliance.guarded import read_findings as read_findings
from ragmarket.compliance.paraphrase.check import check_paraphrases
from ragmarket.compliance.paraphrase.model import SHIPPED, load
from ragmarket.compliance.policy import PolicyBook, load_policy_book
from ragmarket.compliance.rules.channel import check_channel
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.disclosures import outside
from ragmarket.compliance.rules.language import check_language
from ragmarket.compliance.rules.pack_verbs import CopyReading, check_verbs, sets_off
from ragmarket.compliance.rules.personal_data import check_personal_data
from ragmarket.errors import InvalidInput
from ragmarket.knowledge.files import ledger_folder
from ragmarket.schemas.base import today
from ragmarket.schemas.compliance import Finding


@lru_cache(maxsize=8)
def _book(disclaimers: Path) -> PolicyBook:
    return load_policy_book(disclaimers)


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


def _with_subject(text: str, call: Call, check: Callable[..., Sequence[Finding]]) -> Sequence[Finding]:
    """Findings on the text outside its exact disclaimers, and on the subject, which has no place in the text."""
    policy = call.policy
    bound = partial(check, product_class=policy.product_class, channel=policy.channel, as_of=policy.as_of)
    of_subject = bound(call.subject, masked=()) if call.subject else ()
    return [*bound(text, masked=call.disclosures.exact), *(_of_subject(finding) for finding in of_subject)]


class _RuleValidator(Validator, ABC):  # type: ignore[misc]  # guardrails ships no types that mypy may follow
    """What all validators share.

    Args:
        product_class: Class of the product that the text is about; None when each call's metadata say what binds it.
        channel: Channel the text is for.
        language: Language it should be in.
        as_of: Day whose rules bind it; by default the day of the call.
        body_only: Whether disclaimers are not asked for.
        disclaimers: Folder of approved wordings; by default ``approved_disclaimers`` in the working directory, or the
            one beside the package.
        on_fail: ``noop`` reports, ``exception`` raises guardrails' own error. Nothing else: a text that was mended
            silently is a text that nobody approved.

    Raises:
        InvalidInput: ``on_fail`` would change the text, or the folder holds no ledger.
    """

    reads_paraphrases = False

    def __init__(
        self,
        product_class: str | None = None,
        channel: str = "email",
        language: str = "en",
        as_of: date | None = None,
        *,
        body_only: bool = False,
        disclaimers: Path | None = None,
        on_fail: Literal["noop", "exception"] = "noop",
    ) -> None:
        if on_fail not in {"noop", "exception"}:
            raise InvalidInput(
                f"on_fail: {on_fail!r} would change the text; these validators detect and never mend",
                hint="Use 'noop' or 'exception', and mend the copy by hand.",
            )
        super().__init__(on_fail=on_fail)
        self._bound = (product_class, channel, language, as_of, body_only)
        self._folder = disclaimers or ledger_folder()

    def _call(self, text: str, metadata: Mapping[str, Any]) -> Call:
        given = metadata.get(CALL)
        if isinstance(given, Call):
            return given
        product_class, channel, language, as_of, body_only = self._bound
        if product_class is None:
            raise InvalidInput(
                f"{type(self).__name__} does not know what the text is about",
                hint="Make it with product_class=…, channel=… and language=….",
            )
        book = _book(self._folder)
        policy = book.resolve(product_class=product_class, channel=channel, language=language, as_of=as_of or today())
        known = book.ledger.texts(production=book.production, day=policy.as_of)
        model = load(SHIPPED) if self.reads_paraphrases else None
        return Call(text, policy, book.packs, known, None, body_only, model)

    @abstractmethod
    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        """What the rule finds in a text."""

    def _validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        return _result(self._check(str(value), self._call(str(value), metadata)))


@register_validator(name="ragmarket/disclosures", data_type="string")
class Disclosures(_RuleValidator):
    """Every disclaimer exactly once, byte-equal, in its place."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:  # noqa: ARG002 (the call was made for this text)
        return call.disclosures.findings


@register_validator(name="ragmarket/claims", data_type="string")
class Claims(_RuleValidator):
    """No prohibited claim outside byte-exact disclaimers."""

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        return _with_subject(text, call, partial(check_claims, lexicon=call.lexicon))


@register_validator(name="ragmarket/paraphrases", data_type="string")
class Paraphrases(_RuleValidator):
    """Nothing that reads like a prohibited claim in words that no rule lists."""

    reads_paraphrases = True

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        if call.classifier is None:
            return ()
        return _with_subject(text, call, partial(check_paraphrases, model=call.classifier, lexicon=call.lexicon))


@register_validator(name="ragmarket/wording", data_type="string")
class KeepsPolicyRules(_RuleValidator):
    """Says nothing that policy rules in force forbid, and nothing without what they ask for beside it.

    Lines that every message carries are not asked for: whoever sends the message may add them (an unsubscribe footer).
    """

    def _check(self, text: str, call: Call) -> Sequence[Finding]:
        policy = call.policy
        bound = {*policy.rules}
        rules = [rule for rule in call.packs.rules if rule.id in bound and rule.ideas]
        if not rules:
            return ()
        words, disclosures = call.packs.idea_lexicon, call.disclosures
        # Wordings that stand on their own set nothing off: what does is in the text around them, or nowhere.
        proven = not disclosures.findings and len(disclosures.exact) == len(policy.disclaimers)
        around = outside(text, disclosures.exact) if proven else text
        if not any(rule.ratio for rule in rules) and not sets_off(around, rules, words):
            return ()
        copy = CopyReading(text, words, disclosures.exact)
        return check_verbs(copy, rules, call.packs.ideas, policy.language)


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
        validator(on_fail="noop")
        for validator in (Disclosures, Claims, KeepsPolicyRules, Paraphrases, InLanguage, FitsChannel, PersonalData)
    )
