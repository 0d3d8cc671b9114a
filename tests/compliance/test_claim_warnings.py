"""Warnings of a claim, claims that stand beside all they need, and what a pass leaves open."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from ragmarket.compliance.paraphrase.model import SHIPPED, fingerprint, load
from ragmarket.compliance.policy import PolicyBook, load_policy_book
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT
from ragmarket.schemas.compliance import CheckRequest

DAY = date(2027, 1, 15)
LEXICON = load_lexicon(ROOT / "rules")
REPOSITORY = Path(__file__).resolve().parents[2]


def blamed(text: str, product_class: str = "mutual_fund") -> set[str]:
    found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    return {finding.rule.removeprefix("claims.") for finding in found if finding.severity != "info"}


WARNED = [
    "If anyone says your money will double in a year, walk away.",
    "कोई कहे कि साल भर में पैसा दोगुना होगा तो मत मानिए।",
    "Paisa double karne walon par bharosa na karein.",
    "পয়সা দ্বিগুণ করে দেবে বললে বিশ্বাস করবেন না।",
    "પૈસા બમણા કરી આપનારાઓથી સાવધ રહો.",
    "पैसे दुप्पट करून देतो म्हणणाऱ्यांवर विश्वास ठेवू नका.",
    "பணத்தை இரட்டிப்பாக்குவோம் என்று சொல்பவர்களை நம்ப வேண்டாம்.",
    "డబ్బు రెట్టింపు చేస్తామనే వారిని నమ్మవద్దు.",
    "ಹಣ ದುಪ್ಪಟ್ಟು ಮಾಡುತ್ತೇವೆ ಎನ್ನುವವರನ್ನು ನಂಬಬೇಡಿ.",
    "പണം ഇരട്ടിയാക്കിത്തരാമെന്നു പറയുന്നവരെ വിശ്വസിക്കരുത്.",
]
MEANT = [
    "Your money doubles here. Do not believe anyone who says less.",
    "Do not trust other schemes, but here your money doubles.",
    "यहां पैसा दोगुना होगा। अफवाहों पर भरोसा न करें।",
    "இங்கே பணம் இரட்டிப்பாகும். மற்றவர்களை நம்ப வேண்டாம்.",
]


@pytest.mark.parametrize("text", WARNED)
def test_what_a_clause_warns_of_is_not_claimed(text: str) -> None:
    assert "multiplication" not in blamed(text)


@pytest.mark.parametrize("text", MEANT)
def test_a_warning_elsewhere_excuses_nothing(text: str) -> None:
    assert "multiplication" in blamed(text)


CAGR = "The fund returned 8.2% CAGR in 1 year, 10.4% in 3 years and 11.1% in 5 years"
BENCHMARK = "benchmark Nifty 100 TRI 8.4%, 10.9%, 11.6%"
LINE = "Past performance may or may not be sustained in future."


def test_a_past_return_needs_periods_benchmark_and_line_together() -> None:
    assert "past_performance" not in blamed(f"{CAGR}; {BENCHMARK}. {LINE}")
    for lacking in (f"{CAGR}. {LINE}", f"{CAGR}; {BENCHMARK}.", f"The fund returned 11%, {BENCHMARK}. {LINE}"):
        assert "past_performance" in blamed(lacking)


def test_a_line_that_is_spliced_as_a_disclaimer_counts() -> None:
    text = f"{CAGR}; {BENCHMARK}. {LINE}"
    found = check_claims(
        text,
        LEXICON,
        product_class="mutual_fund",
        channel="email",
        as_of=DAY,
        masked=[(text.index(LINE), len(text))],
    )
    assert not any(finding.rule == "claims.past_performance" for finding in found)


def test_an_unknown_concept_under_unless_is_refused(tmp_path: Path) -> None:
    import shutil

    root = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", root)
    path = root / "returns.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["rules"][0]["unless"] = [["no_such_concept"]]
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(BadKnowledge, match="there is no concept no_such_concept"):
        load_lexicon(root)


def test_a_snapshot_names_the_classifier_that_reviewed() -> None:
    plain = load_policy_book(REPOSITORY / "approved_disclaimers")
    book = load_policy_book(REPOSITORY / "approved_disclaimers", classifier=SHIPPED)
    assert book.classifier == fingerprint(SHIPPED) == load(SHIPPED).fingerprint
    assert plain.snapshot_id != book.snapshot_id
    again = PolicyBook.from_snapshot(book.snapshot())
    assert (again.classifier, again.snapshot_id) == (book.classifier, book.snapshot_id)
    assert PolicyBook.from_snapshot(plain.snapshot()).classifier is None
    assert fingerprint(REPOSITORY / "nowhere") is None


def test_a_pass_says_what_it_leaves_open() -> None:
    from ragmarket.cli.pages import verdict_lines
    from ragmarket.compliance.guard import GuardedReview

    review = GuardedReview(load_policy_book(REPOSITORY / "approved_disclaimers"))
    body = {"text": "Visit the branch on any working day.", "language": "en", "product_class": "savings"}
    asked = {**body, "channel": "email", "as_of": DAY}
    left = review.check(CheckRequest.model_validate(asked), body_only=True)
    assert left.verdict == "pass"
    assert left.inconclusive
    assert "inconclusive" in verdict_lines(left).plain
    told = review.check(
        CheckRequest.model_validate({**asked, "opted_in": True, "consent": True, "insurer_approved": True}),
        body_only=True,
    )
    assert told.inconclusive == ()
    assert "inconclusive" not in verdict_lines(told).plain
