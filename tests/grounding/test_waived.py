"""What the evidence gives free or does not ask for may not be charged or demanded; what it charges for may."""

from __future__ import annotations

import pytest

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import Language
from ragmarket.schemas.grounding import GroundingRequest

FREE = {"charged", "demanded"}


@pytest.fixture(scope="module")
def verifier() -> ClaimVerifier:
    return ClaimVerifier(recognise, load_languages(load_catalogue()))


def _codes(verifier: ClaimVerifier, claim: str, evidence: str, language: Language) -> tuple[str, set[str]]:
    said = verifier.verify(GroundingRequest(claim=claim, evidence=evidence, language=language))
    return said.verdict, {one.code for one in said.reasons}


CASH = "Cash of up to Rs. 3 lakh a month can be deposited without any charge."


@pytest.mark.parametrize(
    ("language", "charged", "free"),
    [
        ("en", "A charge applies to cash deposits of up to ₹3 lakh a month.", "Deposit ₹3 lakh in cash, no charge."),
        ("hi", "महीने में ₹3 लाख तक नकद जमा पर शुल्क लगता है।", "महीने में ₹3 लाख तक नकद जमा पर शुल्क नहीं लगता।"),
        ("ta", "மாதம் ₹3 லட்சம் வரை ரொக்கம் செலுத்தக் கட்டணம் உண்டு.", "மாதம் ₹3 லட்சம் வரை ரொக்கம் செலுத்தக் கட்டணம் இல்லை."),
        ("te", "నెలకు ₹3 లక్షల వరకు నగదు జమకు ఛార్జీ ఉంటుంది.", "నెలకు ₹3 లక్షల వరకు నగదు జమకు ఛార్జీ ఉండదు."),
        ("kn", "ತಿಂಗಳಿಗೆ ₹3 ಲಕ್ಷದವರೆಗೆ ನಗದು ಜಮೆಗೆ ಶುಲ್ಕವಿದೆ.", "ತಿಂಗಳಿಗೆ ₹3 ಲಕ್ಷದವರೆಗೆ ನಗದು ಜಮೆಗೆ ಶುಲ್ಕವಿಲ್ಲ."),
        ("ml", "മാസം ₹3 ലക്ഷം വരെ പണം നിക്ഷേപിക്കാൻ ചാർജുണ്ട്.", "മാസം ₹3 ലക്ഷം വരെ പണം നിക്ഷേപിക്കാൻ ചാർജില്ല."),
        ("bn", "মাসে ₹3 লক্ষ পর্যন্ত নগদ জমায় চার্জ লাগে।", "মাসে ₹3 লক্ষ পর্যন্ত নগদ জমায় চার্জ লাগে না।"),
        ("mr", "दरमहा ₹3 लाखांपर्यंत रोख भरण्यास शुल्क लागते.", "दरमहा ₹3 लाखांपर्यंत रोख भरण्यास शुल्क लागत नाही."),
        ("gu", "મહિને ₹3 લાખ સુધી રોકડ જમા પર ચાર્જ લાગે છે.", "મહિને ₹3 લાખ સુધી રોકડ જમા પર ચાર્જ લાગતો નથી."),
    ],
)
def test_a_lost_denial_of_a_charge_is_a_contradiction(
    verifier: ClaimVerifier, language: Language, charged: str, free: str
) -> None:
    verdict, codes = _codes(verifier, charged, CASH, language)
    assert verdict == "contradicted"
    assert "charged" in codes
    assert not _codes(verifier, free, CASH, language)[1] & FREE


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("A charge applies to 5 ATM transactions a month.", "Withdrawals at our ATMs, free each month; Number: 5"),
        ("Pay an exit load after 365 days.", "Exit load: redeemed after 365 days; Charge: Nil"),
        (
            "A prepayment charge applies to floating loans.",
            "There is no charge for prepaying a floating loan.",
        ),
    ],
)
def test_a_charge_on_what_is_free_is_a_contradiction(verifier: ClaimVerifier, claim: str, evidence: str) -> None:
    verdict, codes = _codes(verifier, claim, evidence, "en")
    assert (verdict, "charged" in codes) == ("contradicted", True)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        # A fee beyond the free ones, a fee of another case, a fee that is told with its price.
        ("Beyond 5 transactions a month a charge applies.", "5 transactions a month are free."),
        (
            "₹21 is charged per withdrawal beyond that.",
            "5 withdrawals are free; thereafter ₹21 is charged each.",
        ),
        ("An exit load of 1% is charged within 12 months.", "Exit load: 1% within 12 months; nil thereafter."),
        ("A prepayment charge of 2% applies.", "Prepayment charge: 2%. No charge on floating rate loans."),
        # The bank waives for who spends, gives back, or pays itself.
        ("The annual fee is Rs. 999.", "The annual fee of Rs. 999 is waived if purchases cross Rs. 1.5 lakh."),
        ("The plan pays nothing on survival and costs less.", "The basic plan pays nothing on survival."),
    ],
)
def test_a_fee_beside_what_is_free_is_no_contradiction(verifier: ClaimVerifier, claim: str, evidence: str) -> None:
    assert not _codes(verifier, claim, evidence, "en")[1] & FREE


def test_what_is_not_asked_for_may_not_be_demanded(verifier: ClaimVerifier) -> None:
    waived = "No minimum balance is asked for in this account."
    assert _codes(verifier, "A minimum balance must be kept.", waived, "en") == (
        "contradicted",
        {"demanded", "negation"},
    )
    assert "demanded" in _codes(verifier, "खाते में न्यूनतम शेष रखना जरूरी है।", waived, "hi")[1]
    assert not _codes(verifier, "खाते में न्यूनतम शेष रखना जरूरी नहीं है।", waived, "hi")[1] & FREE
    bound = "No document is released unless the guarantor has signed."
    assert not _codes(verifier, "The guarantor must sign for the documents.", bound, "en")[1] & FREE
