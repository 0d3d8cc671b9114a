"""A day before a date in force and on it, verdicts switch as the rules say."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pytest

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.judgement import judge
from ragmarket.compliance.pack_files import read_packs
from ragmarket.compliance.pack_proof import example_copy
from ragmarket.compliance.packs import PackRule
from ragmarket.compliance.policy import PolicyBook
from ragmarket.knowledge.files import ROOT
from ragmarket.schemas.base import CHANNELS
from ragmarket.schemas.compliance import CheckRequest

A_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def shipped() -> tuple[PackRule, ...]:
    return tuple(rule for file in read_packs(ROOT / "policies") for rule in file.value.rules)


def switches() -> list[tuple[PackRule, date, bool]]:
    """Every day on which a rule with examples begins (True) or is over (False)."""
    found = []
    for rule in shipped():
        if rule.judges and rule.effective_from is not None:
            found.append((rule, rule.effective_from, True))
            if rule.effective_to is not None:
                found.append((rule, rule.effective_to + A_DAY, False))
    return found


@pytest.mark.parametrize(
    ("rule", "day", "begins"), switches(), ids=lambda value: value.id if isinstance(value, PackRule) else str(value)
)
def test_a_verdict_switches_with_its_rule(book: PolicyBook, rule: PackRule, day: date, begins: bool) -> None:
    for example in rule.examples.fail:
        copy = example_copy(book, rule, example, day if begins else day - A_DAY)
        assert bool(judge(book, rule, copy, day)) is begins
        assert bool(judge(book, rule, copy, day - A_DAY)) is not begins
    for example in rule.examples.passes:
        inside = day if begins else day - A_DAY
        assert not judge(book, rule, example_copy(book, rule, example, inside), inside)


def test_every_rule_that_can_be_broken_is_dated_and_tried() -> None:
    judging = [rule for rule in shipped() if rule.judges]
    assert len(judging) > 45
    assert {rule.id for rule, _, begins in switches() if begins} == {rule.id for rule in judging}
    for rule in judging:
        assert rule.examples.fail, rule.id
        assert rule.examples.passes, rule.id
        assert rule.explanation, rule.id


def verdict(review: GuardedReview, day: date, text: str, **fields: object) -> dict[str, str]:
    request = CheckRequest.model_validate({"text": text, "language": "en", "as_of": day, **fields})
    return {finding.rule: finding.severity for finding in review.check(request, body_only=True).findings}


def wording(book: PolicyBook, id_: str, day: date, channel: str = "whatsapp") -> str:
    return book.ledger.at(day, "en", channel=channel)[id_].text


@pytest.mark.parametrize(
    ("day", "rule", "severity", "text", "fields"),
    [
        (
            date(2027, 1, 1), "rbc.rate_with_fee", "block",
            "Personal loans at 10.49% p.a. Apply in the app.", {"product_class": "loan", "channel": "sms"},
        ),
        (
            date(2027, 1, 1), "rbc.opted_in", "review",
            "A savings account for your salary.", {"product_class": "savings", "channel": "sms"},
        ),
        (
            date(2026, 4, 1), "gold.ltv_tiers", "block",
            "Get up to 85% of your gold's value, loans up to ₹10 lakh.",
            {"product_class": "gold_loan", "channel": "whatsapp"},
        ),
        (
            date(2027, 5, 13), "dpdp.consent", "block",
            "A loan for your plans.", {"product_class": "loan", "channel": "email", "consent": False},
        ),
        (
            date(2024, 4, 1), "insurance.insurer_approval", "review",
            "A term plan for your family.", {"product_class": "insurance", "channel": "email"},
        ),
        (
            date(2023, 11, 30), "ccpa.select_few", "review",
            "An exclusive card offer, only for select customers.", {"product_class": "credit_card", "channel": "email"},
        ),
    ],
)  # fmt: skip
def test_the_check_switches_on_the_day(
    review: GuardedReview, day: date, rule: str, severity: str, text: str, fields: dict[str, object]
) -> None:
    assert verdict(review, day, text, **fields).get(rule) == severity
    assert rule not in verdict(review, day - A_DAY, text, **fields)


def test_identity_has_to_open_a_whatsapp_message_from_1_may_2026(book: PolicyBook, review: GuardedReview) -> None:
    day = date(2026, 5, 1)
    identity, warning = (wording(book, id_, day) for id_ in ("mf-distributor-identity", "mf-standard-warning"))
    text = f"Start a monthly SIP in the app.\n\n{identity}\n{warning}"

    def rules(on: date) -> set[str]:
        request = CheckRequest(text=text, language="en", product_class="mutual_fund", channel="whatsapp", as_of=on)
        return {finding.rule for finding in review.check(request).findings if finding.severity == "block"}

    assert "disclosures.place" not in rules(day - A_DAY)
    assert "disclosures.place" in rules(day)


def test_the_line_to_opt_out_is_asked_for_of_whole_copy_from_2027(book: PolicyBook, review: GuardedReview) -> None:
    day = date(2027, 1, 1)

    def rules(on: date, text: str) -> set[str]:
        request = CheckRequest(text=text, language="en", product_class="loan", channel="sms", as_of=on)
        return {finding.rule for finding in review.check(request).findings}

    text = f"A loan for your plans. {wording(book, 'loan-discretion', day, 'sms')}"
    assert "rbc.opt_out_line" in rules(day, text)
    assert "rbc.opt_out_line" not in rules(day - A_DAY, text)
    assert "rbc.opt_out_line" not in rules(day, f"Reply STOP to opt out. {text}")


def test_a_proposal_is_never_in_force(book: PolicyBook) -> None:
    code = next(rule for rule in shipped() if rule.id == "proposed.sebi_common_code")
    for day in (date(2026, 11, 21), date(2035, 1, 1), date.max):
        for channel in CHANNELS:
            assert not code.binds("mutual_fund", channel, day)
    assert (
        code.id
        not in book.resolve(product_class="mutual_fund", channel="email", language="en", as_of=date(2035, 1, 1)).rules
    )


def test_packs_live_where_they_are_read() -> None:
    assert {path.stem for path in Path(ROOT / "policies").glob("*.yaml")} >= {
        "responsible_conduct", "data_protection", "consumer_protection", "mutual_fund", "securities", "insurance",
        "credit", "deposit", "nps", "proposed", "channels",
    }  # fmt: skip
