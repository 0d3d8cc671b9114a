"""Conditions left out, bounds turned round and other products, in nine languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.language import load_language
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict

VERIFIER = ClaimVerifier(recognise, {language: load_language(language) for language in LANGUAGES})


def verified(claim: str, evidence: str, language: str = "en", product: str | None = None) -> GroundingVerdict:
    request = GroundingRequest(claim=claim, evidence=[evidence], language=language, product_name=product)
    return VERIFIER.verify(request)


@pytest.mark.parametrize(
    ("language", "whole", "cut", "evidence"),
    [
        (
            "en",
            "On loans above ₹40 lakh we lend 70% of the value.",
            "We lend 70% of the value.",
            "For a loan above Rs 40 lakh we lend 70% of the value of the gold.",
        ),
        (
            "en",
            "Members aged 65 or more bear a co-pay of 20%.",
            "A co-pay of 20% applies.",
            "Each claim by a member aged 65 or more bears a co-pay of 20 per cent.",
        ),
        (
            "en",
            "The processing fee is 0.4%, at least ₹350.",
            "The processing fee is 0.4%.",
            "Processing fee; Rate: 0.40% of the loan (minimum Rs 350)",
        ),
        (
            "hi",
            "डेबिट कार्ड की सालाना फीस ₹175 और जीएसटी।",
            "डेबिट कार्ड की सालाना फीस ₹175।",
            "Debit card, yearly; Cost: ₹175 + GST",
        ),
        (
            "mr",
            "₹5 कोटींपेक्षा कमी रकमेच्या 1 ते 2 वर्षांच्या ठेवीवर 6.8% व्याज.",
            "1 ते 2 वर्षांच्या ठेवीवर 6.8% व्याज.",
            "1 year to 2 years; Public: less than Rs. 5 crore (% p.a.): 6.80",
        ),
        (
            "gu",
            "રેગ્યુલર પ્લાનમાં ખર્ચ ગુણોત્તર 1.4% છે.",
            "ખર્ચ ગુણોત્તર 1.4% છે.",
            "Regular; Total expense ratio: 1.40%",
        ),
    ],
)  # fmt: skip
def test_a_figure_without_its_condition_is_unsupported(language: str, whole: str, cut: str, evidence: str) -> None:
    assert verified(whole, evidence, language).verdict == "supported"
    verdict = verified(cut, evidence, language)
    assert verdict.verdict == "unsupported"
    assert "condition_dropped" in [reason.code for reason in verdict.reasons]


FLAGGED = ("contradicted", "unsupported")
MOST = {
    "en": ("at most ₹{}", "capped at ₹{}"), "hi": ("मैक्सिमम ₹{}", "₹{} से अधिक नहीं"),
    "ta": ("₹{}-க்கு மிகாமல்", "₹{}க்கு மேல் இல்லை"), "te": ("ఎక్కువలో ఎక్కువ ₹{}", "గరిష్ఠంగా ₹{}"),
    "kn": ("ಹೆಚ್ಚೆಂದರೆ ₹{}", "ಗರಿಷ್ಟ ₹{}"), "ml": ("₹{} വരെ", "ഏറ്റവും കൂടിയത് ₹{}"),
    "bn": ("বড়জোর ₹{}", "₹{}-এর বেশি নয়"), "mr": ("जास्तीतजास्त ₹{}", "₹{} पेक्षा जास्त नाही"),
    "gu": ("વધારેમાં વધારે ₹{}", "₹{}થી વધુ નહીં"),
}  # fmt: skip
LEAST = {
    "en": ("at least ₹{}", "₹{} or more"), "hi": ("कम-से-कम ₹{}", "₹{} से कम नहीं"),
    "ta": ("₹{}-க்குக் குறையாமல்", "குறைந்தபட்சம் ₹{}"), "te": ("తక్కువలో తక్కువ ₹{}", "కనీసం ₹{}"),
    "kn": ("ಕಡಿಮೆಯೆಂದರೆ ₹{}", "ಕನಿಷ್ಟ ₹{}"), "ml": ("₹{}-ൽ കുറയാതെ", "ഏറ്റവും കുറഞ്ഞത് ₹{}"),
    "bn": ("কম করে ₹{}", "₹{}-এর কম নয়"), "mr": ("कमीतकमी ₹{}", "₹{} पेक्षा कमी नाही"),
    "gu": ("લઘુત્તમ ₹{}", "₹{} અથવા તેથી વધુ"),
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LANGUAGES), st.integers(2, 900), st.integers(0, 1), st.booleans())
def test_a_bound_turned_round_is_contradicted_in_every_language(
    language: str, hundreds: int, at: int, most: bool
) -> None:
    size = hundreds * 100
    told, other = (MOST, LEAST) if most else (LEAST, MOST)
    evidence = f"The loan amount is {'up to' if most else 'at least'} Rs {size}."
    assert verified(told[language][at].format(size), evidence, language).verdict != "contradicted"
    assert verified(other[language][at].format(size), evidence, language).verdict == "contradicted"


@pytest.mark.parametrize(
    ("language", "claim", "size"),
    [
        ("hi", "दो हज़ार पाँच सौ रुपये का शुल्क।", "2,500"),
        ("hi", "साढ़े सात सौ रुपये का शुल्क।", "750"),
        ("hi", "5 हज़ार रुपये का शुल्क।", "5,000"),
        ("te", "రెండు వేల ఐదు వందల రూపాయల ఫీజు.", "2,500"),
        ("kn", "ಹತ್ತು ಸಾವಿರ ರೂಪಾಯಿ ಶುಲ್ಕ.", "10,000"),
        ("mr", "दोन हजार पाचशे रुपये शुल्क.", "2,500"),
        ("ml", "രണ്ടായിരത്തി അഞ്ഞൂറ് രൂപ ഫീസ്.", "2,500"),
    ],
)
def test_thousands_and_hundreds_add_up(language: str, claim: str, size: str) -> None:
    assert verified(claim, f"A fee of Rs {size} is charged.", language).verdict == "supported"


@pytest.mark.parametrize(
    ("language", "claim"),
    [
        ("ta", "சலுகை 2027 மார்ச் 31 வரை."),
        ("ml", "ഓഫർ 2027 മാർച്ച് 31 വരെ."),
        ("bn", "অফার ২০২৭ সালের ৩১ মার্চ পর্যন্ত।"),
        ("kn", "ಕೊಡುಗೆ 2027ರ ಮಾರ್ಚ್ 31ರವರೆಗೆ."),
        ("gu", "ઓફર 31મી માર્ચ 2027 સુધી."),
    ],
)
def test_a_date_is_one_date_in_any_order(language: str, claim: str) -> None:
    assert verified(claim, "The offer is valid till 31 March 2027.", language).verdict != "contradicted"
    assert verified(claim, "The offer is valid till 30 June 2027.", language).verdict in FLAGGED


def test_a_range_within_the_range_is_not_the_range() -> None:
    row = "12 months to 24 months; Interest (% p.a.): 7.90"
    assert verified("Deposits of 12 to 24 months earn 7.9%.", row).verdict == "supported"
    assert verified("Deposits of 18 months earn 7.9%.", row).verdict == "supported"
    assert verified("Deposits of 12 to 21 months earn 7.9%.", row).verdict == "contradicted"


def test_another_product_of_the_house_is_contradicted() -> None:
    row, name = "15 days to 90 days; Public (% a year): 4.00", "Aranya Niyamit Jama"
    claim = "{} ಠೇವಣಿ: ಅವಧಿ 15–90 ದಿನ, ಬಡ್ಡಿ ವಾರ್ಷಿಕ 4%."
    assert verified(claim.format(name), row, "kn", name).verdict == "supported"
    assert verified(claim.format("Aranya Pension Khata"), row, "kn", name).verdict == "contradicted"
