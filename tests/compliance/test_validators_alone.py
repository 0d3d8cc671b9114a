"""Each validator works by itself in somebody else's guard, reports alike from threads and tasks, and mends nothing."""

from __future__ import annotations

import asyncio
import doctest
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from ragmarket.compliance.guard import quiet_guardrails
from ragmarket.errors import InvalidInput

guardrails = quiet_guardrails()

from ragmarket.compliance import validators  # noqa: E402  (only after guardrails was made quiet)

DAY = date(2026, 11, 20)
FUND: dict[str, Any] = {"product_class": "mutual_fund", "channel": "email", "language": "en", "as_of": DAY}
BAD = {
    "Disclosures": ("A fund for small steps.", "disclosures.missing"),
    "Claims": ("Guaranteed returns of 15% on this fund.", "claims.guaranteed_return"),
    "InLanguage": ("यह पूरा संदेश हिन्दी में लिखा गया है।", "language."),
    "FitsChannel": ("word " * 4000, "channel."),
    "PersonalData": ("Call 98765 43210 today.", "personal_data.telephone"),
}


def rules_of(outcome: Any) -> list[str]:
    return [finding.rule for finding in validators.read_findings(outcome)]


@pytest.mark.parametrize("name", BAD)
def test_each_works_alone_and_leaves_the_text_as_it_was(name: str) -> None:
    text, rule = BAD[name]
    guard = guardrails.Guard().use(getattr(validators, name)(**FUND))
    outcome = guard.validate(text)
    assert not outcome.validation_passed
    assert any(found.startswith(rule) for found in rules_of(outcome)), rules_of(outcome)
    assert outcome.validated_output in {text, None}
    assert outcome.raw_llm_output == text


def test_lawful_copy_passes_each_of_them() -> None:
    text = "The fund takes a first instalment of a small amount. Details are in the scheme documents."
    for name in ("Claims", "Paraphrases", "InLanguage", "FitsChannel", "PersonalData"):
        outcome = guardrails.Guard().use(getattr(validators, name)(**FUND)).validate(text)
        assert outcome.validation_passed, (name, rules_of(outcome))


@pytest.mark.parametrize("on_fail", ["fix", "reask", "filter", "refrain"])
def test_nothing_that_would_mend_the_text_is_taken(on_fail: str) -> None:
    with pytest.raises(InvalidInput, match="never mend"):
        validators.Claims(**FUND, on_fail=on_fail)


def test_a_failure_may_be_raised_instead() -> None:
    guard = guardrails.Guard().use(validators.Claims(**FUND, on_fail="exception"))
    with pytest.raises(guardrails.errors.ValidationError, match="guaranteed_return"):
        guard.validate(BAD["Claims"][0])


def test_a_validator_that_knows_no_product_says_what_it_needs() -> None:
    outcome_or_error = ""
    try:
        outcome_or_error = str(rules_of(guardrails.Guard().use(validators.Claims()).validate("Any text.")))
    except Exception as error:  # noqa: BLE001  (guardrails may wrap it)
        outcome_or_error = str(error)
    assert "does not know what the text is about" in outcome_or_error or "guard.fault" in outcome_or_error


def test_threads_and_tasks_share_one_validator() -> None:
    validator = validators.Claims(**FUND)
    texts = [BAD["Claims"][0] if number % 2 else "Returns are not guaranteed." for number in range(40)]

    def check(text: str) -> bool:
        return bool(guardrails.Guard().use(validator).validate(text).validation_passed)

    with ThreadPoolExecutor(8) as pool:
        threaded = list(pool.map(check, texts))

    async def check_async(text: str) -> bool:
        outcome = await guardrails.AsyncGuard().use(validator).validate(text)
        return bool(outcome.validation_passed)

    async def all_of_them() -> list[bool]:
        return list(await asyncio.gather(*(check_async(text) for text in texts)))

    assert threaded == [not number % 2 for number in range(40)]
    assert asyncio.run(all_of_them()) == threaded


def test_the_example_on_the_module_s_first_page_runs() -> None:
    assert validators.__doc__
    runner = doctest.DocTestRunner()
    example = doctest.DocTestParser().get_doctest(validators.__doc__, {}, "validators", None, 0)
    runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
