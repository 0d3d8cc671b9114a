"""What a customer asked is no claim once it is answered no; a limit or a relief is read with its terms."""

from __future__ import annotations

from datetime import date

import pytest

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.knowledge.files import ROOT

DAY = date(2027, 1, 15)
LEXICON = load_lexicon(ROOT / "rules")


def blamed(text: str, product_class: str) -> set[str]:
    found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    return {finding.rule.removeprefix("claims.") for finding in found}


# (question, answer that denies it, answer that does not), all about insurance with a loan
ASKED = [
    (
        "You asked if insurance is compulsory with the loan.",
        "Insurance is entirely voluntary.",
        "Insurance is compulsory.",
    ),
    (
        "आपने पूछा था कि होम लोन के साथ बीमा लेना जरूरी है क्या।",
        "बीमा पूरी तरह स्वैच्छिक है।",
        "हां, बीमा लेना जरूरी है।",
    ),
    (
        "Aapne poocha tha ki loan ke saath bima lena zaroori hai kya.",
        "Bima poori tarah swaichhik hai.",
        "Haan, bima lena zaroori hai.",
    ),
    ("कर्जासोबत विमा घेणे बंधनकारक आहे का, असे तुम्ही विचारले.", "विमा ऐच्छिक आहे.", "हो, विमा घेणे बंधनकारक आहे."),
    (
        "আপনি জানতে চেয়েছিলেন ঋণের সঙ্গে বিমা নেওয়া বাধ্যতামূলক কি না।",
        "বিমা সম্পূর্ণ ঐচ্ছিক।",
        "হ্যাঁ, বিমা নেওয়া বাধ্যতামূলক।",
    ),
    ("તમે પૂછ્યું હતું કે લોન સાથે વીમો ફરજિયાત છે કે કેમ.", "વીમો સંપૂર્ણ મરજિયાત છે.", "હા, વીમો ફરજિયાત છે."),
    ("கடனுடன் காப்பீடு கட்டாயமா என்று கேட்டிருந்தீர்கள்.", "காப்பீடு உங்கள் விருப்பம்.", "ஆம், காப்பீடு கட்டாயம்."),
    ("రుణంతో బీమా తప్పనిసరి కాదా అని అడిగారు.", "బీమా పూర్తిగా ఐచ్ఛికం.", "బీమా తప్పనిసరి."),
    ("ಸಾಲದ ಜೊತೆ ವಿಮೆ ಕಡ್ಡಾಯವೇ ಎಂದು ಕೇಳಿದ್ದಿರಿ.", "ವಿಮೆ ಸಂಪೂರ್ಣ ಐಚ್ಛಿಕ.", "ಹೌದು, ವಿಮೆ ಕಡ್ಡಾಯ."),
    (
        "വായ്പയ്ക്കൊപ്പം ഇൻഷുറൻസ് നിർബന്ധമാണോ എന്ന് ചോദിച്ചിരുന്നു.",
        "ഇൻഷുറൻസ് തികച്ചും ഐച്ഛികമാണ്.",
        "അതെ, ഇൻഷുറൻസ് നിർബന്ധമാണ്.",
    ),
]


@pytest.mark.parametrize(("question", "denial", "claim"), ASKED)
def test_a_reported_question_is_claimed_only_if_its_answer_claims(question: str, denial: str, claim: str) -> None:
    assert not blamed(f"{question} {denial}", "insurance")
    assert "bundling" in blamed(f"{question} {claim}", "insurance")


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("home_loan", "Is insurance compulsory? It is voluntary elsewhere."),
        ("mutual_fund", "You asked whether returns are guaranteed. Yes, the fund gives guaranteed returns."),
        ("mutual_fund", "तुम्ही विचारले होते. आमच्या फंडात हमखास परतावा मिळतो."),
        ("mutual_fund", "None of our competitors can promise guaranteed returns like this fund."),
    ],
)
def test_asking_excuses_nothing_by_itself(product_class: str, text: str) -> None:
    assert blamed(text, product_class)


@pytest.mark.parametrize(
    "until",
    ["till 31/12/2026", "until 31st December", "up to December 31, 2026", "from 10 to 20 December", "by 31 December"],
)
def test_an_offer_is_limited_by_the_day_on_which_it_ends(until: str) -> None:
    assert not blamed(f"Limited period offer, {until}.", "loan")


@pytest.mark.parametrize("told", ["rates as on 31 March 2027", "valid till further notice", "up to 5% cashback", ""])
def test_no_other_day_or_figure_limits_an_offer(told: str) -> None:
    assert "limited_offer" in blamed(f"Limited period offer, {told}.", "loan")


@pytest.mark.parametrize(
    ("text", "lawful"),
    [
        ("Its interest is tax-free under section 10(11); tax laws may change.", True),
        ("Its interest is tax-free under section 10(11).", False),
        ("Its interest is tax-free. Tax laws may change.", False),
    ],
)
def test_a_relief_from_tax_names_its_provision_and_that_it_may_change(text: str, lawful: bool) -> None:
    assert ("tax_free" not in blamed(text, "deposit")) is lawful


@pytest.mark.parametrize(
    ("warning", "claim"),
    [
        (
            '"પૈસા ડબલ, નફો પાક્કો" કહેતું અમારા નામનું ટેલિગ્રામ ગ્રુપ છેતરપિંડી છે.',
            '"પૈસા ડબલ, નફો પાક્કો" અમારા ફંડમાં. છેતરપિંડીથી બચો.',
        ),
        (
            '"पैसे दुप्पट, हमखास नफा" असे सांगणारा आमच्या नावाचा टेलिग्राम ग्रुप फसवणूक आहे.',
            '"पैसे दुप्पट, हमखास नफा" आमच्या फंडात. फसवणुकीपासून सावध राहा.',
        ),
    ],
)
def test_a_fraud_in_the_banks_name_is_not_the_bank(warning: str, claim: str) -> None:
    assert not blamed(warning, "mutual_fund")
    assert {"multiplication", "guaranteed_return"} <= blamed(claim, "mutual_fund")
