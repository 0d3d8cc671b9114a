"""What is quoted, cited or asked only to be refuted is not claimed; verdicts beside a claim open no door."""

from __future__ import annotations

from datetime import date

import pytest

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.hearsay import rejected_quotations
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.knowledge.files import ROOT

DAY = date(2027, 1, 15)
LEXICON = load_lexicon(ROOT / "rules")


def blamed(text: str, product_class: str) -> set[str]:
    found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    return {finding.rule.removeprefix("claims.") for finding in found if finding.severity != "info"}


REFUTED = [
    ("insurance", "True or false: 'An insurer never rejects a claim.' False. Waiting periods apply."),
    ("mutual_fund", "'It gave 40% last year, so it will again' is a common mistake."),
    ("nps", "Our old banner called NPS 'risk-free'. That was wrong; the banner has been removed."),
    ("mutual_fund", "Staff must not write 'guaranteed returns' in any message."),
    ("mutual_fund", "क्या यह सच है: 'फंड में पक्का मुनाफा'? गलत। बाजार गिर भी सकता है।"),
    ("mutual_fund", "कर्मचारियों के लिए: 'गारंटीड रिटर्न' लिखना मना है।"),
    ("mutual_fund", "Karmchari dhyan dein: 'guaranteed return' likhna mana hai."),
    ("mutual_fund", "'हमखास परतावा' असं लिहिण्यास मनाई आहे."),
    ("mutual_fund", "'নিশ্চিত রিটার্ন' লেখা আমাদের নিয়মে নিষিদ্ধ।"),
    ("mutual_fund", "'ખાતરીપૂર્વક વળતર' લખવાની મનાઈ છે."),
    ("mutual_fund", "'உறுதியான வருமானம்' என்று எழுதக் கூடாது."),
    ("mutual_fund", "'గ్యారంటీ రాబడి' అని రాయకండి."),
    ("mutual_fund", "ರಿಸ್ಕ್ ಇಲ್ಲದ ಫಂಡ್ ಎಂಬುದು ವ್ಯಾಪಾರದ ಮಾತು."),
    ("mutual_fund", "റിസ്ക് ഇല്ലാത്ത ഫണ്ട് എന്നത് വിൽക്കാനുള്ള വാക്കാണ്."),
    ("mutual_fund", "ग्राहक: यात जोखीम नाही ना? अधिकारी: आहे. किंमत कमी होऊ शकते."),
    ("savings", "बाहर एक आदमी बोला 'छह महीने में पैसा दोगुना'। लोग हंसे। ऐसे ठगों की शिकायत 1930 पर करें।"),
    (
        "credit_card",
        "What does 'no-cost EMI' cost? You pay ₹199 processing fee and GST. Total outgo: ₹9,199.",
    ),
]
CLAIMED = [
    ("mutual_fund", "'Guaranteed returns' in this fund. Nothing about it is wrong."),
    ("mutual_fund", "'Guaranteed returns' in our fund. Those who say otherwise are wrong."),
    ("mutual_fund", "'Guaranteed returns' in our fund. Wrong? Not at all."),
    ("mutual_fund", "'Guaranteed returns' from our fund. Such schemes elsewhere are fraud."),
    ("mutual_fund", "Is this fund risk-free? Yes. Doubts about it are false."),
    ("mutual_fund", "Guaranteed returns? There is. Join now."),
    ("loan", "'100% loan approval' with us. We have removed the old poster's small print."),
    ("mutual_fund", "हमारे फंड में 'पक्का मुनाफा'। झूठ बोलने वालों से बचें।"),
    ("mutual_fund", "हमारे फंड में पक्का मुनाफा है, ऐसा कोई नहीं जो न माने।"),
    ("mutual_fund", "எங்கள் ஃபண்டில் உறுதியான வருமானம் என்று உறுதி தருகிறோம். போலி அழைப்புகளை நம்பாதீர்கள்."),
    ("mutual_fund", "మా ఫండ్‌లో డబ్బు రెట్టింపు అని హామీ ఇస్తున్నాం. మోసాలను నమ్మవద్దు."),
    ("mutual_fund", "ನಮ್ಮ ಫಂಡ್‌ನಲ್ಲಿ ಹಣ ದುಪ್ಪಟ್ಟು ಎಂದು ಭರವಸೆ ಕೊಡುತ್ತೇವೆ. ವಂಚಕರ ಬಗ್ಗೆ ಎಚ್ಚರ."),
    ("mutual_fund", "ഞങ്ങളുടെ ഫണ്ടിൽ പണം ഇരട്ടിയാകും എന്ന് ഉറപ്പ് തരുന്നു. തട്ടിപ്പുകൾ സൂക്ഷിക്കുക."),
    ("mutual_fund", "'Guaranteed returns' in this fund. False news is everywhere."),
    ("mutual_fund", "इस फंड में 'पक्का मुनाफा'। गलत जानकारी से बचें।"),
    ("mutual_fund", "Is fund mein 'guaranteed return'. Galat jaankari se bachein."),
    ("mutual_fund", "या फंडात 'हमखास परतावा'. खोटे कॉल टाळा."),
    ("mutual_fund", "এই ফান্ডে 'নিশ্চিত রিটার্ন'। ভুল খবর ছড়াবেন না।"),
    ("mutual_fund", "આ ફંડમાં 'પૈસા બમણા'. ખોટું ચિત્ર ન જુઓ."),
    ("mutual_fund", "இந்த ஃபண்டில் 'பணம் இரட்டிப்பு'. தவறு செய்யாமல் இன்றே சேருங்கள்."),
    ("mutual_fund", "ఈ ఫండ్‌లో 'డబ్బు రెట్టింపు'. తప్పు నంబర్‌కు కాల్ చేయకండి."),
    ("mutual_fund", "ಈ ಫಂಡ್‌ನಲ್ಲಿ 'ಹಣ ದುಪ್ಪಟ್ಟು'. ತಪ್ಪು ಸಂಖ್ಯೆಗೆ ಕರೆ ಬೇಡ."),
    ("mutual_fund", "ഈ ഫണ്ടിൽ 'പണം ഇരട്ടി'. തെറ്റ് നമ്പറിൽ വിളിക്കരുത്."),
    ("credit_card", "No-cost EMI on every phone, nothing extra. Annual fee ₹499."),
    ("home_loan", "लोन के साथ बीमा लेना जरूरी है, जरूरी जानकारी शाखा में।"),
    ("home_loan", "Don't trust other lenders."),
]


@pytest.mark.parametrize(("product_class", "text"), REFUTED)
def test_what_is_refuted_as_a_whole_is_not_claimed(product_class: str, text: str) -> None:
    assert not blamed(text, product_class)


@pytest.mark.parametrize(("product_class", "text"), CLAIMED)
def test_a_verdict_beside_a_claim_opens_no_door(product_class: str, text: str) -> None:
    assert blamed(text, product_class)


@pytest.mark.parametrize(
    "verdict", ["False news is everywhere.", "Wrong numbers are blocked.", "We removed late fees."]
)
def test_words_of_refutation_about_other_things_excuse_nothing(verdict: str) -> None:
    for text in (f"Our fund: guaranteed returns. {verdict}", f"{verdict} 'Double your money' with our fund."):
        assert blamed(text, "mutual_fund"), text


def test_a_heading_about_important_information_bundles_nothing() -> None:
    assert not blamed("Term Plan: जरूरी जानकारी", "insurance")
    assert not blamed("Term Plan: zaroori jankari", "insurance")


def test_the_classifier_still_reads_a_refuted_quotation_that_says_what_is_lawful() -> None:
    words = LEXICON.words
    assert rejected_quotations("'Guaranteed returns' is a myth.", words)
    assert not rejected_quotations("'Funds carry risk' is a myth.", words)
    assert not rejected_quotations("'Nothing is assured' is false.", words)
