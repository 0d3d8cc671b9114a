"""Claims that are denied, asked, answered, contrasted or disguised, in several languages."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.knowledge.files import ROOT

DAY = date(2026, 11, 21)
LEXICON = load_lexicon(ROOT / "rules")


def blamed(text: str, product_class: str = "mutual_fund") -> list[str]:
    found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    return [finding.rule.removeprefix("claims.") for finding in found if finding.severity != "info"]


DENIED = [
    "Is it risk-free? No.",
    "Is this fund risk-free? Not at all.",
    "Are the returns guaranteed? No, they depend on the market.",
    "क्या रिटर्न की गारंटी है? नहीं।",
    "क्या यह निवेश जोखिम मुक्त है? बिल्कुल नहीं।",
    "Kya return guaranteed hai? Ji nahi.",
    "परताव्याची हमी आहे का? नाही.",
    "রিটার্নের নিশ্চয়তা আছে কি? না।",
    "વળતરની ખાતરી છે? ના.",
    "வருமானத்திற்கு உத்தரவாதம் உண்டா? இல்லை.",
    "రాబడికి హామీ ఉందా? లేదు.",
    "ಪ್ರತಿಫಲಕ್ಕೆ ಖಾತರಿ ಇದೆಯೇ? ಇಲ್ಲ.",
    "ആദായത്തിന് ഉറപ്പുണ്ടോ? ഇല്ല.",
    "Myth: mutual funds give guaranteed returns.",
    "मिथक: म्यूचुअल फंड में रिटर्न की गारंटी होती है।",
    "गैरसमज: परताव्याची हमी असते.",
    "We never promise “guaranteed returns”.",
    "The scheme gives no assured, fixed or guaranteed returns.",
    "There are no assured, guaranteed or certain returns.",
    "Returns are neither assured nor guaranteed.",
    "रिटर्न न तो सुनिश्चित है और न ही गारंटीड।",
]
SAID = [
    "Is it risk-free? Yes.",
    "Risk-free? No doubt!",
    "Risk-free? No risk at all.",
    "Want guaranteed returns? Start a SIP.",
    "Is it guaranteed? Returns are guaranteed, no question.",
    "There is no guarantee of returns elsewhere, but here returns are guaranteed.",
    "Returns are not guaranteed elsewhere.",
    "Other funds do not guarantee returns.",
    "Never without guaranteed returns.",
    "Not only safe but guaranteed returns.",
    "No fees, guaranteed returns.",
    "Fact, not myth: guaranteed returns.",
    "बिना गारंटी के रिटर्न नहीं।",
    "Bina guarantee return nahi.",
    "गारंटीड रिटर्न चाहिए? जी हां।",
    "তাই দেরি করবেন না, নিশ্চিত রিটার্ন পান।",
    "तुम्ही थांबू नका, हमखास नफा मिळवा.",
    "दूसरे फंड रिटर्न की गारंटी नहीं देते।",
]


@pytest.mark.parametrize("text", DENIED)
def test_what_is_denied_is_no_claim(text: str) -> None:
    assert not blamed(text)


@pytest.mark.parametrize("text", SAID)
def test_what_is_said_after_all_is_a_claim(text: str) -> None:
    assert {"guaranteed_return", "risk_denial"} & set(blamed(text))


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("mutual_fund", "g🔥u🔥a🔥r🔥a🔥n🔥t🔥e🔥e🔥d returns"),
        ("mutual_fund", "💯 safe investment"),
        ("mutual_fund", "guaaaranteeed returns"),
        ("mutual_fund", "gu4r@nt€€d r€turn$"),
        ("mutual_fund", "🅶🆄🅰🆁🅰🅽🆃🅴🅴🅳 returns"),
        ("mutual_fund", "ɢᴜᴀʀᴀɴᴛᴇᴇᴅ ʀᴇᴛᴜʀɴꜱ"),
        ("mutual_fund", "gua*ran*teed returns"),
        ("mutual_fund", "GuArAnTeEd ReTuRnS"),
        ("mutual_fund", "गा.रं.टी.ड रि.ट.र्न"),
        ("mutual_fund", "गा रं टी ड रिटर्न"),
        ("mutual_fund", "ഉ റ പ്പാ യ വരുമാനം"),
        ("mutual_fund", "உத்தரவாத💰 வருமானம்"),
        ("mutual_fund", "১০০% নি রা প দ"),
        ("mutual_fund", "റി\u200bസ്ക് ഇല്ല"),
        ("mutual_fund", "n0 r1sk trading"),
        ("mutual_fund", "F.D. se zyada pakka"),
        ("mutual_fund", "F D jaisa safe"),
        ("credit_card", "lifetime fr33 card"),
        ("loan", "1 0 0 %  approval"),
        ("loan", "0 % interest"),
        ("loan", "0️⃣% interest"),
        ("loan", "𝟎% ιnterest"),
        ("loan", "٠% interest"),
    ],
)
def test_more_disguises_are_seen_through(product_class: str, text: str) -> None:
    assert blamed(text, product_class)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Nichayam laabam kidaikkum.", "guaranteed_return"),
        ("Intha fundil utharavatham varumanam undu", "guaranteed_return"),
        ("panam irattippagum", "multiplication"),
        ("Dabbu rettimpu avutundi", "multiplication"),
        ("Khatari pratiphala padeyiri", "guaranteed_return"),
        ("Urappaya varumanam nedu", "guaranteed_return"),
        ("Nishchito return pan", "guaranteed_return"),
        ("valtar ni khatri", "guaranteed_return"),
        ("Hami partava milel", "guaranteed_return"),
        ("kontihi jokhim nahi", "risk_denial"),
    ],
)
def test_native_words_in_latin_letters_are_read(text: str, rule: str) -> None:
    assert rule in blamed(text)


@pytest.mark.parametrize(
    "text",
    [
        "varumanathirku utharavatham illai",
        "rabadiki hami ledu",
        "partavyachi hami nahi",
        "Submit a government approved ID.",
        "Gold loan plan benefits",
        "Card lounge visits: 4 per year",
    ],
)
def test_reading_latin_letters_blames_no_honest_copy(text: str) -> None:
    assert not blamed(text)


CLAIMS = [
    ("mutual_fund", text)
    for rule in LEXICON.sources
    if rule.number in (1, 2)
    for examples in rule.examples
    if examples.product == "mutual_fund"
    for text in examples.fail
]


@settings(max_examples=150, deadline=None)
@given(
    claim=st.sampled_from(CLAIMS),
    form=st.sampled_from(("NFC", "NFD", "NFKC", "NFKD")),
    hidden=st.sampled_from(("", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")),
    data=st.data(),
)
def test_normal_forms_and_hidden_characters_change_nothing(claim, form, hidden, data) -> None:
    product_class, text = claim
    place = data.draw(st.integers(0, len(text)))
    disguised = unicodedata.normalize(form, text[:place] + hidden + text[place:])
    assert blamed(disguised, product_class), disguised


@settings(max_examples=100, deadline=None)
@given(claim=st.sampled_from(CLAIMS), lead=st.sampled_from(("", "नमस्ते। ", "Hello!\n", "வணக்கம். ", "🙂 ")))
def test_spans_lead_to_the_words_of_the_original(claim, lead) -> None:
    product_class, text = claim
    whole = lead + text
    found = check_claims(whole, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    assert all(len(lead) <= one.start < one.end <= len(whole) for one in found)


def test_eight_threads_find_what_one_finds() -> None:
    texts = [text for rule in LEXICON.sources for one in rule.examples for text in one.fail + one.passes]
    alone = [blamed(text) for text in texts]
    fresh = load_lexicon(ROOT / "rules")

    def once(text: str) -> list[str]:
        found = check_claims(text, fresh, product_class="mutual_fund", channel="email", as_of=DAY)
        return [finding.rule.removeprefix("claims.") for finding in found if finding.severity != "info"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, texts)) == alone
        assert list(pool.map(once, reversed(texts))) == alone[::-1]
