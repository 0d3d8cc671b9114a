"""Verbs of policy rules that read the copy."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.judgement import judge
from ragmarket.compliance.pack_proof import broken_pack_examples
from ragmarket.compliance.packs import PackRule
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.pack_verbs import CopyReading
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT
from ragmarket.knowledge.joined import sides_of
from ragmarket.knowledge.language import load_languages
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.policy import LiveCopy
from tests.compliance.pack_edits import refused

DAY = date(2027, 6, 1)


def rule(book: PolicyBook, id_: str) -> PackRule:
    return next(one for one in book.packs.rules if one.id == id_)


def outcome(book: PolicyBook, id_: str, text: str, product: str = "loan", language: str = "en") -> list[str]:
    copy = LiveCopy.model_validate(
        {"text": text, "language": language, "product_class": product, "channel": "whatsapp"}
    )
    return [f"{one.severity} {one.message}" for one in judge(book, rule(book, id_), copy, DAY)]


def test_all_examples_of_the_shipped_packs_hold(book: PolicyBook) -> None:
    assert [str(fault) for fault in broken_pack_examples(ROOT / "policies", book, date(2026, 11, 21))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_banks_own_phrasings_name_rate_and_fee(book: PolicyBook, language: str) -> None:
    """A draft that says a rate with its fee, in the bank's own words, keeps the rule in every language."""
    pack = load_languages(load_catalogue())[language]
    kinds = pack.kinds
    filled = {"rate": "10.49%", "amount": "₹1,999", "product": "Aranya"}
    for kind in ("processing_fee_rate", "processing_fee_amount", "loan_apr"):
        for phrase in kinds[kind].all:
            text = phrase.format_map(filled)
            assert CopyReading(text, book.packs.idea_lexicon).said("fee_or_apr"), text
    for kind in ("loan_interest_rate", "loan_rate_from"):
        for phrase in kinds[kind].all:
            text = phrase.format_map(filled)
            assert CopyReading(text, book.packs.idea_lexicon).said("interest_rate"), text
            assert not CopyReading(text, book.packs.idea_lexicon).said("fee_or_apr"), text
    for joined in pack.joined.root:
        if joined.kinds[0] not in ("loan_interest_rate", "loan_rate_from"):
            continue
        for line in joined.all:
            text = " ".join(sides_of(line)).format_map(filled)
            for idea in ("interest_rate", "fee_or_apr"):
                assert CopyReading(text, book.packs.idea_lexicon).said(idea), text


@pytest.mark.parametrize(
    "text",
    [
        "Personal loans at 10.49% p.a.",
        "Personal loans at 10.49 % per annum",
        "Interest rate: 10.49%",
        "R.a.t.e 10.49%",
        "Ｉｎｔｅｒｅｓｔ from １０.４９％",
        "Loan byaaj dar 10.49% se shuru",
    ],
)
def test_a_disguised_rate_is_still_a_rate(book: PolicyBook, text: str) -> None:
    found = outcome(book, "rbc.rate_with_fee", text)
    assert len(found) == 1
    assert found[0].startswith("block")
    assert not outcome(book, "rbc.rate_with_fee", f"{text}. Processing fee 1%.")


def test_a_denial_is_not_saying_it(book: PolicyBook) -> None:
    assert outcome(book, "rbc.silence_is_no_consent", "The cover is activated automatically.")
    assert not outcome(book, "rbc.silence_is_no_consent", "The cover is not activated automatically.")


@settings(max_examples=60, deadline=None)
@given(percent=st.integers(60, 100), lakh=st.sampled_from([1, 2, 2.5, 3, 5, 6, 50]))
def test_loan_to_value_follows_its_tiers(book: PolicyBook, percent: int, lakh: float) -> None:
    most = 85 if lakh <= 2.5 else 80 if lakh <= 5 else 75
    found = outcome(book, "gold.ltv_tiers", f"Up to {percent}% of your gold's value on ₹{lakh:g} lakh.", "gold_loan")
    assert bool(found) is (percent > most)
    assert all(one.startswith("block") for one in found)


def test_a_share_without_its_amount_is_inconclusive_and_no_pass(book: PolicyBook) -> None:
    found = outcome(book, "gold.ltv_tiers", "Up to 80% of your gold's value.", "gold_loan")
    assert len(found) == 1
    assert found[0].startswith("review ")
    assert "inconclusive" in found[0]
    assert not outcome(book, "gold.ltv_tiers", "Up to 75% of your gold's value.", "gold_loan")


@pytest.mark.parametrize(("value", "severity"), [(None, "review"), (False, "block"), (True, None)])
def test_a_circumstance_that_nobody_told_is_inconclusive(
    book: PolicyBook, value: bool | None, severity: str | None
) -> None:
    copy = LiveCopy(text="A loan.", language="en", product_class="loan", channel="sms", opted_in=value)
    found = judge(book, rule(book, "rbc.opted_in"), copy, DAY)
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_words_missing_in_a_language_are_inconclusive(book: PolicyBook) -> None:
    ideas = {**book.packs.ideas}
    words = {tongue: terms for tongue, terms in ideas["fee_or_apr"].words.items() if tongue != "ta"}
    ideas["fee_or_apr"] = ideas["fee_or_apr"].model_copy(update={"words": words})
    packs = type(book.packs)(book.packs.covered_from, book.packs.channels, book.packs.rules, book.packs.lexicon, ideas)
    found = outcome(PolicyBook(book.ledger, packs), "rbc.rate_with_fee", "கடன் வட்டி 10.49%.", language="ta")
    assert len(found) == 1
    assert found[0].startswith("review ")


IDEA = "  interest_rate:\n    means: an interest rate in per cent"


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("responsible_conduct.yaml", "text_must: [fee_or_apr]", "text_must: [fees]", "no pack describes the idea fees"),
        ("responsible_conduct.yaml", "    text_must: [fee_or_apr]\n", "", "there is no text_must"),
        ("responsible_conduct.yaml", "needs: [opted_in]", "needs: [horoscope]", "needs"),
        ("responsible_conduct.yaml", "severity: review", "severity: fatal", "severity"),
        ("responsible_conduct.yaml", "effective_from: 2027-01-01", "effective_from: 2027-13-01", "month"),
        ("data_protection.yaml", "effective_to: null", "effective_to: 2026-01-01", "before effective_from"),
        ("data_protection.yaml", "id: dpdp.notice_language", "id: dpdp.consent", "twice"),
        ("data_protection.yaml", "products: all", "products: [pawn]", "products"),
        ("data_protection.yaml", "    needs: [consent]\n    examples", "    examples", "asks for nothing"),
        ("responsible_conduct.yaml", "means: its fees", "word: its fees", "word|means"),
        ("responsible_conduct.yaml", "en: [fee|fees,", "en: [..,", "says nothing|gap"),
        ("securities.yaml", "  games_and_prizes:", "  interest_rate:", "described twice"),
        ("credit.yaml", "{up_to: 500000, most: 80}", "{up_to: 200000, most: 80}", "tiers rise"),
        ("credit.yaml", "of: loan_to_value", "of: loan_to_worth", "no pack describes the idea loan_to_worth"),
        ("mutual_fund.yaml", "says: [exit_load_nil_after]", "says: [exit_fee]", "no kind exit_fee"),
        ("mutual_fund.yaml", "- {channel: sms, says: [expense", "- {channel: email, says: [expense", "not bind email"),
    ],
)
def test_a_bad_verb_is_refused_with_its_line(
    tmp_path: Path, book: PolicyBook, file: str, old: str, new: str, problem: str
) -> None:
    error, changed = refused(tmp_path, book, file, old, new, problem)
    assert error.path.endswith(".yaml")
    if "twice" not in problem:
        assert error.path.endswith(file)
        assert error.line is not None
        assert abs(error.line - changed) <= 16


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('- {text: "Personal loans at 10.49% p.a. Apply in the app."}', '- {text: "Loans. Apply."}', "does not find"),
        ('- {text: "Personal loans for your plans. Apply in the app."}', '- {text: "Loans at 10% p.a."}', "finds"),
        ("{mf-distributor-identity} {mf-standard-warning}", "{mf-sign}", "no wording of mf-sign"),
    ],
)
def test_a_failing_own_example_is_told_with_its_line(
    tmp_path: Path, book: PolicyBook, old: str, new: str, problem: str
) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    path = tmp_path / "policies" / "responsible_conduct.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    faults = list(broken_pack_examples(tmp_path / "policies", book, date(2026, 11, 21)))
    assert len(faults) == 1
    assert problem in faults[0].message
    assert faults[0].path.endswith("responsible_conduct.yaml")
    assert faults[0].line is not None
    assert abs(faults[0].line - (text[: text.index(old)].count("\n") + 1)) <= 16


def test_a_rule_without_an_example_is_told(tmp_path: Path, book: PolicyBook) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    path = tmp_path / "policies" / "data_protection.yaml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("      pass:"), text.index("  - id: dpdp.notice")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    (fault,) = broken_pack_examples(tmp_path / "policies", book, date(2026, 11, 21))
    assert "needs an example" in fault.message
    assert fault.line == 3


def test_an_older_snapshot_loads_and_keeps_its_id(book: PolicyBook) -> None:
    raw = json.loads(book.snapshot())
    del raw["packs"]["ideas"], raw["packs"]["covered_from"]
    newer = ("languages", "severity", "explanation", "ratio", "needs", "examples")
    newer += ("text_when", "text_must", "text_must_not")
    raw["packs"]["rules"] = [
        {name: value for name, value in one.items() if name not in newer}
        for one in raw["packs"]["rules"]
        if not (one["text_must"] or one["text_must_not"] or one["ratio"] or one["needs"])
    ]
    # A term with quotation marks, as files could hold them under the older notation.
    raw["packs"]["claim_rules"][0]["phrases"]["en"] += ['"100%" assured|certain gains', "*"]
    data = json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    old = PolicyBook.from_snapshot(data)
    assert old.snapshot() == data
    assert old.snapshot_id != book.snapshot_id
    day = date(2015, 1, 1)
    policy = old.resolve(product_class="loan", channel="email", language="en", as_of=day)
    assert policy.snapshot_id == old.snapshot_id
    assert "policy.not_covered" not in [one.rule for one in policy.refusals]
    now = book.resolve(product_class="loan", channel="email", language="en", as_of=day)
    assert "policy.not_covered" in [one.rule for one in now.refusals]
