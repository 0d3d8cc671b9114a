"""Bounds that stand in labels, before nouns and behind steps, and the cases that a fact is split into."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.language import load_language
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES, Language
from ragmarket.schemas.grounding import GroundingRequest

VERIFIER = ClaimVerifier(recognise, {language: load_language(language) for language in LANGUAGES})
FLAGGED = ("contradicted", "unsupported")

MOST = {
    "en": "The maximum loan is ₹{}.", "hi": "लोन की अधिकतम रकम ₹{} है।", "ta": "அதிகபட்சக் கடன் தொகை ₹{}.",
    "te": "గరిష్ఠ రుణ మొత్తం ₹{}.", "kn": "ಗರಿಷ್ಠ ಸಾಲದ ಮೊತ್ತ ₹{}.", "ml": "വായ്പ പരമാവധി ₹{}.",
    "bn": "ঋণের সর্বোচ্চ অঙ্ক ₹{}।", "mr": "कर्जाची कमाल रक्कम ₹{} आहे.", "gu": "લોનની મહત્તમ રકમ ₹{} છે.",
}  # fmt: skip
LEAST = {
    "en": "The smallest loan is ₹{}.", "hi": "लोन की न्यूनतम रकम ₹{} है।", "ta": "குறைந்தபட்சக் கடன் தொகை ₹{}.",
    "te": "కనీస రుణ మొత్తం ₹{}.", "kn": "ಕನಿಷ್ಠ ಸಾಲದ ಮೊತ್ತ ₹{}.", "ml": "ഏറ്റവും കുറഞ്ഞ വായ്പ ₹{}.",
    "bn": "ঋণের ন্যূনতম অঙ্ক ₹{}।", "mr": "कर्जाची किमान रक्कम ₹{} आहे.", "gu": "લોનની લઘુતમ રકમ ₹{} છે.",
}  # fmt: skip
ROWS = (
    ("| 3 | Maximum loan amount | ₹{} |", True),
    ("| Loan amount (maximum) | ₹{} |", True),
    ("Highest amount .......... Rs. {}", True),
    ("Minimum loan amount; What we offer: ₹{}", False),
    ("Loan amount, minimum: Rs {}", False),
    ("Loans may be opened with Rs.{}/- and thereafter in steps of Rs.100/-.", False),
)


def judged(claim: str, evidence: str, language: Language = "en", product: str | None = None) -> tuple[str, set[str]]:
    request = GroundingRequest(claim=claim, evidence=evidence, language=language, product_name=product)
    said = VERIFIER.verify(request)
    return said.verdict, {reason.code for reason in said.reasons}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LANGUAGES), st.sampled_from(ROWS), st.integers(11, 900))
def test_the_bound_of_a_label_holds_for_its_value(language: Language, row: tuple[str, bool], hundreds: int) -> None:
    text, most = row
    same, other = (MOST, LEAST) if most else (LEAST, MOST)
    evidence = text.format(hundreds * 100)
    assert "bound" not in judged(same[language].format(hundreds * 100), evidence, language)[1]
    verdict, codes = judged(other[language].format(hundreds * 100), evidence, language)
    assert verdict == "contradicted"
    assert "bound" in codes


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        # The least stands before another figure, in another sentence, or beyond a word that parts them.
        ("A loan of up to ₹5,000 is given.", "The minimum age is 21. Loans of ₹5,000 are given."),
        ("Up to 6 visits are free.", "The minimum balance is ₹5,000 and 6 visits are free."),
        ("Above ₹2 lakh, ₹3 per thousand.", "Cash deposits are free up to ₹2 lakh. Beyond that ₹3 per thousand."),
        ("The fee is never more than ₹10,000.", "Fee: 0.25% of the loan, minimum ₹2,000, maximum ₹10,000."),
        ("Save ₹50 a gram online.", "The price is lower by ₹50 per gram online."),
    ],
)
def test_a_word_of_least_or_most_bounds_its_own_figure_alone(claim: str, evidence: str) -> None:
    assert "bound" not in judged(claim, evidence)[1]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("The money is with you after at least 5 working days.", "Drawdown takes place in 5 working days of sanction."),
        ("At least 8 withdrawals a month are free.", "Withdrawals at our ATMs, free ........ 8 a month"),
        ("An additional purchase is at most ₹500.", "Additional purchase: ₹500"),
        ("Loan ki rakam kam se kam ₹35 lakh hai.", "| 3 | Maximum loan amount | ₹35 lakh |"),
    ],
)
def test_what_bounds_a_figure_by_its_nature_is_not_turned_round(claim: str, evidence: str) -> None:
    assert "bound" in judged(claim, evidence)[1]


@pytest.mark.parametrize(
    ("language", "whole", "cut", "evidence"),
    [
        (
            "en",
            "Three withdrawals a month are free at other banks' ATMs.",
            "Three ATM withdrawals a month are free.",
            "Withdrawals at other banks' ATMs, free each month; What it costs: 3",
        ),
        (
            "hi",
            "3.25% मार्कअप, विदेशी मुद्रा के खर्च पर (Classic वैरिएंट)।",
            "3.25% मार्कअप, विदेशी मुद्रा के खर्च पर।",
            "Foreign currency transactions (mark-up); Classic: 3.25%",
        ),
        (
            "mr",
            "फ्युचर्स ऑर्डरसाठी ₹20 दलाली आकारली जाते.",
            "प्रत्येक ऑर्डरसाठी ₹20 दलाली आकारली जाते.",
            "Futures and options; Brokerage: ₹20 per executed order",
        ),
        (
            "ta",
            "பழைய வரி முறையில் ஆண்டுக்கு ₹50,000 வரை வருமான வரிக் கழிவு.",
            "ஆண்டுக்கு ₹50,000 வரை வருமான வரிக் கழிவு.",
            "Under the old tax regime, up to ₹50,000 a year is deductible from income for tax.",
        ),
        (
            "te",
            "ప్రీమియం నెలనెలా కడితే గ్రేస్ పీరియడ్ 15 రోజులు.",
            "ప్రీమియం గ్రేస్ పీరియడ్ 15 రోజులు.",
            "Where premium is paid monthly, the days of grace are 15.",
        ),
        (
            "ml",
            "ലേറ്റ് ഫീസ് ₹750 (₹5,001 മുതൽ ₹20,000 വരെ).",
            "ലേറ്റ് ഫീസ് ₹750.",
            "Rs. 5,001 to Rs. 20,000; Late payment charge: Rs. 750",
        ),
    ],
)
def test_a_figure_of_one_case_is_none_of_the_whole(language: Language, whole: str, cut: str, evidence: str) -> None:
    assert "condition_dropped" not in judged(whole, evidence, language)[1]
    verdict, codes = judged(cut, evidence, language)
    assert verdict in FLAGGED
    assert "condition_dropped" in codes


def test_the_variant_that_a_product_is_named_by_needs_no_telling() -> None:
    row = "Annual fee; Aranya Gold: Rs. 750"
    assert "condition_dropped" in judged("The annual fee is ₹750.", row)[1]
    assert "condition_dropped" not in judged("The annual fee is ₹750.", row, product="Aranya Gold Card")[1]


def test_a_wrapped_line_and_a_shortened_word_end_no_sentence() -> None:
    wrapped = "Pensioners are not asked to keep any\nbalance of ₹500 at all."
    assert judged("Pensioners keep a balance of ₹500.", wrapped)[0] == "contradicted"
    assert "condition_dropped" in judged("Brokerage: 0.25%.", "Brokerage 0.25% (min. Rs.20 per order)")[1]
