from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.packs import Packs
from ragmarket.compliance.policy import PolicyBook
from ragmarket.errors import BadKnowledge, InvalidInput
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.schemas.compliance import Policy
from tests.compliance.pack_edits import refused

DAY = date(2026, 11, 20)


def resolve(
    book: PolicyBook, product_class: str, channel: str = "email", language: str = "en", day: date = DAY
) -> Policy:
    return book.resolve(product_class=product_class, channel=channel, language=language, as_of=day)


def ids(policy: Policy) -> list[tuple[str, str]]:
    return [(text.id, text.placement) for text in policy.disclaimers]


@pytest.mark.parametrize("language", LANGUAGES)
def test_identity_moves_to_the_head_of_whatsapp_on_1_may_2026(book: PolicyBook, language: str) -> None:
    before = ids(resolve(book, "mutual_fund", "whatsapp", language, date(2026, 4, 30)))
    after = ids(resolve(book, "mutual_fund", "whatsapp", language, date(2026, 5, 1)))
    assert before == [("mf-distributor-identity", "end"), ("mf-standard-warning", "end")]
    assert after == [("mf-distributor-identity", "start"), ("mf-standard-warning", "end")]
    assert ("mf-distributor-identity", "end") in ids(resolve(book, "mutual_fund", "email", language, date(2026, 5, 1)))
    assert ids(resolve(book, "securities", "whatsapp", language, date(2026, 5, 1)))[0] == (
        "securities-identity",
        "start",
    )


@pytest.mark.parametrize("product_class", ["loan", "home_loan", "gold_loan"])
def test_from_2027_a_rate_needs_its_fee(book: PolicyBook, product_class: str) -> None:
    day = date(2027, 1, 1)
    assert "loan.rate_with_fee" not in resolve(book, product_class, day=day - timedelta(days=1)).rules
    policy = resolve(book, product_class, day=day)
    fees = {"processing_fee_rate", "processing_fee_amount", "loan_apr"}
    assert set(policy.must_say_with["loan_interest_rate"]) == fees
    assert set(policy.must_say_with["loan_rate_from"]) == fees


def test_where_one_fact_fits_a_fact_that_needs_another_may_not_be_said(book: PolicyBook) -> None:
    sms = resolve(book, "loan", "sms", day=date(2027, 1, 1))
    assert sms.max_claims == 1
    assert "loan_interest_rate" in sms.must_not_say
    assert not sms.must_say_with
    assert "loan_interest_rate" not in resolve(book, "loan", "sms", day=date(2026, 12, 31)).must_not_say


@pytest.mark.parametrize(
    ("product_class", "kind", "companions"),
    [
        ("loan", "loan_interest_rate", {"processing_fee_rate", "processing_fee_amount", "loan_apr"}),
        ("home_loan", "rate_spread_over_benchmark", {"processing_fee_rate", "processing_fee_amount", "loan_apr"}),
        ("credit_card", "card_interest_free_period", {"card_finance_charge"}),
        ("credit_card", "card_fee_reversal_spend", {"card_annual_fee"}),
        ("deposit", "fd_premature_penalty", {"fd_interest_rate", "fd_senior_rate", "fd_tenure"}),
        ("savings", "balance_shortfall_charge", {"min_avg_monthly_balance", "min_avg_quarterly_balance"}),
        ("securities", "demat_opening_fee", {"demat_amc"}),
        ("insurance", "premium_from", {"sum_assured_min", "sum_assured_max", "policy_term"}),
        ("nps", "nps_lumpsum_share", {"nps_annuity_share"}),
    ],
)
@pytest.mark.parametrize("channel", ["whatsapp", "email"])
def test_what_may_not_stand_alone_today(
    book: PolicyBook, product_class: str, kind: str, companions: set[str], channel: str
) -> None:
    assert set(resolve(book, product_class, channel).must_say_with[kind]) == companions


@pytest.mark.parametrize(
    ("product_class", "kind"),
    [("mutual_fund", "expense_ratio"), ("nps", "nps_tax_deduction"), ("nps", "nps_lumpsum_share")],
)
def test_what_has_no_room_in_a_short_message(book: PolicyBook, product_class: str, kind: str) -> None:
    for channel in ("sms", "push"):
        assert kind in resolve(book, product_class, channel).must_not_say
    for channel in ("whatsapp", "email"):
        assert kind not in resolve(book, product_class, channel).must_not_say


@pytest.mark.parametrize("day", [DAY, date(2027, 1, 1)])
def test_every_product_keeps_three_kinds_that_may_stand_alone(book: PolicyBook, day: date) -> None:
    kinds = load_catalogue().kinds.values()
    for product_class in PRODUCT_CLASSES:
        for channel in CHANNELS:
            policy = resolve(book, product_class, channel, day=day)
            bound = {*policy.must_not_say, *policy.must_say_with}
            assert len([k for k in kinds if product_class in k.classes and k.id not in bound]) >= 3
            assert all(policy.must_say_with.values())


def test_a_companion_that_may_not_be_said_satisfies_nothing(book: PolicyBook) -> None:
    rule = next(rule for rule in book.packs.rules if rule.id == "card.no_drip_pricing")
    gag = rule.model_copy(update={"id": "card.gag", "must_say_with": {}, "must_not_say": ("card_annual_fee",)})
    packs = Packs(book.packs.covered_from, book.packs.channels, (*book.packs.rules, gag), book.packs.lexicon)
    policy = resolve(PolicyBook(book.ledger, packs), "credit_card")
    assert {"card_annual_fee", "card_fee_reversal_spend", "card_joining_fee"} <= set(policy.must_not_say)
    assert all(policy.must_say_with.values())


@pytest.mark.parametrize("product_class", PRODUCT_CLASSES)
def test_a_day_before_the_rules_are_known_is_refused(book: PolicyBook, product_class: str) -> None:
    since = book.packs.covered_from[product_class].since  # type: ignore[index]
    for channel in CHANNELS:
        early = resolve(book, product_class, channel, day=since - timedelta(days=1))
        assert "policy.not_covered" in [refusal.rule for refusal in early.refusals]
        covered = resolve(book, product_class, channel, day=since)
        assert "policy.not_covered" not in [refusal.rule for refusal in covered.refusals]
        if channel in {"whatsapp", "email"} and product_class != "savings":
            assert covered.disclaimers


def test_securities_before_their_warning_are_refused(book: PolicyBook) -> None:
    refusals = resolve(book, "securities", "whatsapp", day=date(2022, 6, 1)).refusals
    assert [refusal.rule for refusal in refusals] == ["policy.not_covered"]
    assert "2023-05-01" in refusals[0].message


def test_an_approval_of_tomorrow_does_not_count_today(book: PolicyBook) -> None:
    approved = date(2026, 6, 1)
    approvals = [a.model_copy(update={"demo": False, "date": approved}) for a in book.ledger.approvals]
    strict = PolicyBook(Ledger(book.ledger.entries, approvals), book.packs, production=True)
    early = resolve(strict, "loan", day=approved - timedelta(days=1))
    assert [refusal.rule for refusal in early.refusals] == ["policy.unapproved"]
    assert early.disclaimers[0].approval is None
    on_the_day = resolve(strict, "loan", day=approved)
    assert not on_the_day.refusals
    assert on_the_day.disclaimers[0].approval is not None


def test_every_date_in_force_switches_its_rule(book: PolicyBook) -> None:
    switched = 0
    for rule in book.packs.rules:
        for day, inside in ((rule.effective_from, True), (rule.effective_to, False)):
            if day is None:
                continue
            on = day if inside else day + timedelta(days=1)
            for product_class in rule.products:
                channel = rule.channels[0]
                after = resolve(book, product_class, channel, day=on)
                before = resolve(book, product_class, channel, day=on - timedelta(days=1))
                assert (rule.id in after.rules) is inside
                assert (rule.id in before.rules) is not inside
                switched += 1
    assert switched > 40


def test_proposals_are_never_in_force(book: PolicyBook) -> None:
    proposals = [rule for rule in book.packs.rules if rule.effective_from is None]
    assert proposals
    for rule in proposals:
        assert not any(rule.in_force(date(year, 1, 1)) for year in range(2000, 2100))


def test_everything_resolves_and_says_why_where_it_refuses(book: PolicyBook) -> None:
    refused = set()
    for product_class in PRODUCT_CLASSES:
        for channel in CHANNELS:
            for language in LANGUAGES:
                policy = resolve(book, product_class, channel, language)
                assert policy.snapshot_id == book.snapshot_id
                for refusal in policy.refusals:
                    assert refusal.rule == "policy.no_room"
                    refused.add((product_class, channel))
                if policy.max_chars is not None and not policy.refusals:
                    assert policy.reserved < policy.max_chars
    assert refused == {("ulip", "sms"), ("ulip", "push"), ("insurance", "push"), ("securities", "push")}


def test_ulip_lines_stand_at_the_head(book: PolicyBook) -> None:
    policy = resolve(book, "ulip")
    assert {text.id for text in policy.disclaimers if text.placement == "start"} == {"ulip-risk", "ulip-liquidity"}
    placements = [text.placement for text in policy.disclaimers]
    assert placements == sorted(placements, reverse=True)


def test_no_wording_on_a_day_before_it_is_a_refusal(book: PolicyBook) -> None:
    policy = resolve(book, "securities", day=date(2023, 4, 30))
    assert "securities-standard-warning" not in {text.id for text in policy.disclaimers}
    assert "claims.guaranteed_return" in policy.rules


def test_unknown_words_are_refused(book: PolicyBook) -> None:
    with pytest.raises(InvalidInput, match="product_class"):
        resolve(book, "crypto")
    with pytest.raises(InvalidInput, match="channel"):
        resolve(book, "loan", "fax")
    with pytest.raises(InvalidInput, match="language"):
        resolve(book, "loan", "email", "fr")


def test_snapshot_replays(book: PolicyBook) -> None:
    again = PolicyBook.from_snapshot(book.snapshot())
    assert again.snapshot_id == book.snapshot_id
    for channel in CHANNELS:
        assert resolve(again, "ulip", channel, "ta") == resolve(book, "ulip", channel, "ta")
    assert PolicyBook(book.ledger, book.packs, production=True).snapshot_id != book.snapshot_id
    with pytest.raises(BadKnowledge):
        PolicyBook.from_snapshot(b"{}")


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "credit.yaml",
            "processing_fee_amount, loan_apr]",
            "processing_charge, loan_apr]",
            "no kind processing_charge",
        ),
        ("credit.yaml", "{id: loan-discretion}", "{id: loan-secrecy}", "no disclaimer loan-secrecy"),
        ("credit.yaml", "effective_from: 2027-01-01", "effective_from: soon", "effective_from"),
        ("credit.yaml", "card_joining_fee: [card_annual_fee]", "card_joining_fee: []", "at least one companion"),
        ("credit.yaml", "card_joining_fee: [card_annual_fee]", "card_joining_fee: [card_joining_fee]", "itself"),
        (
            "credit.yaml",
            "{card_cash_advance_fee: [card_finance_charge]}",
            "{card_fee_reversal_spend: [card_finance_charge]}",
            "no companion of card_fee_reversal_spend satisfies this rule and card.no_drip_pricing",
        ),
        ("nps.yaml", "covered_from:\n  nps:", "covered_from:\n  loan:", "loan is covered in two packs"),
        ("nps.yaml", "since: 2022-06-09", "since: always", "covered_from"),
        ("credit.yaml", "title: Credit at", "titel: Credit at", "title|titel"),
        ("credit.yaml", "products: [loan, home_loan, gold_loan]", "products: [loan, pawn]", "products"),
        ("credit.yaml", "id: card.discretion", "id: loan.discretion", "twice"),
        ("nps.yaml", "channels: [sms, whatsapp, email]", "channels: [push]", "does not allow"),
        ("channels.yaml", "  push:", "  fax:", "channels"),
    ],
)
def test_a_bad_pack_is_refused_with_its_line(
    tmp_path: Path, book: PolicyBook, file: str, old: str, new: str, problem: str
) -> None:
    error, changed = refused(tmp_path, book, file, old, new, problem)
    assert error.path.endswith(file)
    assert error.line is not None
    assert abs(error.line - changed) <= 8


def test_policy_and_rules_load_without_guardrails() -> None:
    code = (
        "import sys; import ragmarket.compliance.policy, ragmarket.compliance.ledger,"
        " ragmarket.compliance.rules.claims, ragmarket.compliance.rules.language, ragmarket.compliance.guard;"
        "print([m for m in ('guardrails', 'langdetect', 'nltk', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
