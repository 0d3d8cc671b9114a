from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import verhoeff

from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.channel import check_channel, sms_segments
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.disguise import readings
from ragmarket.compliance.rules.language import check_language
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.compliance.rules.normalise import fold
from ragmarket.compliance.rules.personal_data import check_personal_data
from ragmarket.knowledge.files import ROOT
from ragmarket.schemas.compliance import Finding, Policy

DAY = date(2026, 11, 20)
LEXICON = load_lexicon(ROOT / "rules")
EXAMPLES = [(rule, examples) for rule in LEXICON.sources for examples in rule.examples]


def claims(text: str, product_class: str = "mutual_fund", day: date = DAY) -> tuple[Finding, ...]:
    return check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=day)


@pytest.mark.parametrize(("rule", "examples"), EXAMPLES, ids=[f"{r.id}-{e.product}" for r, e in EXAMPLES])
def test_each_rule_keeps_its_own_examples(rule, examples) -> None:
    for text in examples.fail:
        hits = [finding for finding in claims(text, examples.product) if finding.rule == rule.id]
        assert hits, text
        for hit in hits:
            assert 0 <= hit.start < hit.end <= len(text)
            assert f"“{text[hit.start : hit.end]}”" in hit.message
    for text in examples.passes:
        assert not [finding for finding in claims(text, examples.product) if finding.severity == "block"], text


def test_all_24_classes_are_covered() -> None:
    assert {rule.number for rule in LEXICON.sources} == set(range(1, 25))


NEGATION_PAIRS = [
    ("en", "Returns are guaranteed.", "Returns are not guaranteed."),
    ("en", "Guaranteed returns.", "No fund can promise guaranteed returns."),
    ("hi", "रिटर्न की गारंटी है।", "रिटर्न की गारंटी नहीं है।"),
    ("hi_latn", "Return ki guarantee hai.", "Return ki guarantee nahi hai."),
    ("mr", "परताव्याची हमी आहे.", "परताव्याची हमी नाही."),
    ("bn", "রিটার্নের নিশ্চয়তা আছে।", "রিটার্নের নিশ্চয়তা নেই।"),
    ("gu", "વળતરની ખાતરી છે.", "વળતરની ખાતરી નથી."),
    ("ta", "வருவாய்க்கு உத்தரவாதம் உண்டு.", "வருவாய்க்கு உத்தரவாதம் இல்லை."),
    ("ta", "வருமான உத்தரவாதம்.", "வருமானத்திற்கு உத்தரவாதமில்லை."),
    ("te", "రాబడికి హామీ ఉంది.", "రాబడికి హామీ లేదు."),
    ("kn", "ಪ್ರತಿಫಲಕ್ಕೆ ಖಾತರಿ ಇದೆ.", "ಪ್ರತಿಫಲಕ್ಕೆ ಖಾತರಿ ಇಲ್ಲ."),
    ("ml", "ആദായത്തിന് ഉറപ്പുണ്ട്.", "ആദായത്തിന് ഉറപ്പില്ല."),
]


@pytest.mark.parametrize(("tongue", "said", "denied"), NEGATION_PAIRS)
def test_negation_is_read_by_clause(tongue: str, said: str, denied: str) -> None:
    assert "claims.guaranteed_return" in {finding.rule for finding in claims(said)}, tongue
    assert not claims(denied), tongue


@pytest.mark.parametrize(
    "text",
    [
        "This is not a deposit, guaranteed returns.",
        "Not only guaranteed returns but also growth.",
        "Don't miss guaranteed returns.",
        "No paperwork guaranteed returns.",
        "Returns are not low but guaranteed.",
        "We guarantee your returns will not fall.",
        "गारंटीड रिटर्न कोई झंझट नहीं।",
        "गारंटीड रिटर्न नहीं रुकेगा।",
        "Deposit nahi, guaranteed return.",
    ],
)
def test_a_negation_elsewhere_excuses_nothing(text: str) -> None:
    assert "claims.guaranteed_return" in {finding.rule for finding in claims(text)}


@pytest.mark.parametrize(
    "text",
    [
        "ｇｕａｒａｎｔｅｅｄ returns",
        "𝐆𝐮𝐚𝐫𝐚𝐧𝐭𝐞𝐞𝐝 𝐫𝐞𝐭𝐮𝐫𝐧𝐬",
        "Gu\u200barant\u00adeed re\u2060turns",
        "Guаrаntееd rеturns",
        "gu4r4nt33d r3turn5",
        "g.u.a.r.a.n.t.e.e.d returns",
        "G U A R A N T E E D   R E T U R N S",
        "#GuaranteedReturns",
        "gúaranteed retúrns",
        "gua-ran-teed returns",
        "गा\u200dरंटी\u200cड रिटर्न",
        "गारन्टीड रिटर्न",
        "ग़ारंटीड रिटर्न",
    ],
)
def test_disguises_are_seen_through(text: str) -> None:
    assert "claims.guaranteed_return" in {finding.rule for finding in claims(text)}


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("mutual_fund", "Are returns guaranteed? No. Units follow the market."),
        ("mutual_fund", "Will my money double? Nobody can certify that."),
        ("mutual_fund", "Guaranteed returns? No fund can promise that."),
        ("mutual_fund", "Kya return pakka hai? Nahi."),
        ("mutual_fund", "Zero risk? No. Units follow the market."),
        ("mutual_fund", "Myth: zero risk."),
        ("mutual_fund", "Beware of no risk schemes."),
        ("mutual_fund", "Never believe anyone who says there is no risk."),
        ("deposit", "Zero tax? No, interest is taxed at your slab."),
        ("securities", "Paisa double wale WhatsApp group fraud hote hain, report karein."),
        ("savings", "Branch ka pata: MG Road, gate number 1 ke saamne."),
    ],
)
def test_answers_and_warnings_deny(product_class: str, text: str) -> None:
    assert not claims(text, product_class)


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("mutual_fund", "Guaranteed returns? Not in your bank, but here they are."),
        ("mutual_fund", "We are never without guaranteed returns."),
        ("mutual_fund", "Zero risk? No problem, it is here."),
        ("loan", "No CIBIL? No problem! Loan approved."),
        ("loan", "सिबिल नहीं? कोई बात नहीं। लोन पक्का मिलेगा।"),
    ],
)
def test_an_answer_that_is_none_denies_nothing(product_class: str, text: str) -> None:
    assert claims(text, product_class)


@pytest.mark.parametrize(
    ("product_class", "text", "rule"),
    [
        ("home_loan", "o n l y 7.5 % p.a.", "lowest_rate"),
        ("home_loan", "फ-क्त ७.५% होम लोन", "lowest_rate"),
        ("mutual_fund", "1OO % safe", "risk_denial"),
        ("mutual_fund", "l00% safe returns", "risk_denial"),
        ("deposit", "t4x fr33 interest", "tax_free"),
        ("mutual_fund", "லா ப ம் உறுதி", "guaranteed_return"),
        ("loan", "రుణ ఆ మో దం ఖాయం", "assured_approval"),
        ("loan", "आ ख़ि री मौका", "urgency"),
    ],
)
def test_figures_and_short_words_in_disguise(product_class: str, text: str, rule: str) -> None:
    assert f"claims.{rule}" in {finding.rule for finding in claims(text, product_class, date(2027, 1, 15))}


def test_undoing_leaves_figures_and_unknown_words_alone() -> None:
    assert [reading.text for reading in readings("o n l y 7.5 %")][1] == "only 7.5% ."
    assert [reading.text for reading in readings("1OO%")][1] == "100% ."
    for code in ("y0u", "t4x", "fr33"):
        assert len(readings(code)) > 1, code
    for code in ("80c", "b2b", "q4", "2x", "5g"):
        assert len(readings(code)) == 1, code
    assert len(readings("ல ப ம", lambda _: False)) == 1
    assert readings("ல ப ம", lambda _: True)[1].text == "லபம ."


def test_no_is_an_abbreviation_only_before_a_figure() -> None:
    assert fold("Regn. No. 5 it is").text == "regn no 5 it is"
    assert fold("No. Units").text == "no . units"
    assert fold("नं. ५").text == "नं 5"


def test_a_nasal_before_y_is_a_letter() -> None:
    assert fold("कंपन्या").text == "कंपन्या"
    assert fold("गारन्टी").text == fold("गारंटी").text


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("deposit", "The deposit earns assured interest of 7% per year."),
        ("deposit", "Guaranteed interest of 7.1%."),
        ("home_loan", "A top-up loan is available."),
        ("credit_card", "Interest-free period of up to 50 days."),
        ("insurance", "Guaranteed death benefit as per policy terms."),
        ("savings", "Aranya Bank will never ask for your OTP, PIN or CVV."),
        ("loan", "Section 80CCD(1B), 24x7 help, 1st EMI on 5th."),
        ("gold_loan", "Loan of up to 75% of the value of gold."),
    ],
)
def test_lawful_lookalikes_pass(product_class: str, text: str) -> None:
    assert not claims(text, product_class)


def test_rules_switch_on_their_day() -> None:
    assert claims("Last chance!", "loan", date(2023, 11, 30))
    assert not claims("Last chance!", "loan", date(2023, 11, 29))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_folding_leads_back_into_the_text(text: str) -> None:
    for reading in readings(text):
        assert len(reading.text) == len(reading.starts) == len(reading.ends)
        assert list(reading.starts) == sorted(reading.starts)
        assert all(0 <= s < e <= len(text) for s, e in zip(reading.starts, reading.ends, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="अकখগ aZ.५ 🙂\u200dé\n", max_size=30))
def test_spans_are_of_the_original(prefix: str) -> None:
    text = f"{prefix}\nपक्का मुनाफा"
    hit = next(
        finding for finding in claims(text) if finding.rule == "claims.guaranteed_return" and finding.end == len(text)
    )
    assert text[hit.start : hit.end].endswith("पक्का मुनाफा")


def test_folding_is_the_same_for_both_normal_forms() -> None:
    assert fold("ढ़ाई").text == fold("ढ\u093cाई").text
    assert fold("அபாயம் கொள்").text == fold("அபாயம் க\u0bc6\u0bbeள்").text
    assert fold("১০০% १००% ૧૦૦%").text == "100% 100% 100%"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 0)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("€" * 81, ("GSM-7", 162, 2)),
        ("a" * 152 + "€" + "a" * 152, ("GSM-7", 306, 3)),
        ("₹" * 70, ("UCS-2", 70, 1)),
        ("₹" * 71, ("UCS-2", 71, 2)),
        ("क" * 134, ("UCS-2", 134, 2)),
        ("🙂" * 35, ("UCS-2", 70, 1)),
        ("🙂" * 67, ("UCS-2", 134, 3)),
        ("`", ("UCS-2", 1, 1)),
    ],
)
def test_sms_segments(text: str, expected: tuple[str, int, int]) -> None:
    assert sms_segments(text) == expected


def test_the_fund_warning_takes_the_measured_segments(book: PolicyBook) -> None:
    for text in book.ledger.texts():
        if text.id == "mf-standard-warning":
            assert sms_segments(text.text)[2] == (1 if text.language == "en" else 2)


def policy(language: str, channel: str = "email", **changes: object) -> Policy:
    plain = {
        "snapshot_id": "0",
        "product_class": "savings",
        "channel": channel,
        "language": language,
        "as_of": DAY,
        "disclaimers": (),
        "max_claims": 5,
    }
    return Policy.model_validate(plain | changes)


def test_channel_limits_and_leftovers() -> None:
    found = check_channel("x" * 11, policy("en", max_chars=10))
    assert [(finding.rule, finding.start, finding.end) for finding in found] == [("channel.length", 10, 11)]
    assert check_channel("a" * 161, policy("en", "sms", max_sms_segments=1))[0].rule == "channel.sms_segments"
    assert check_channel("ok", policy("en", subject_max_chars=3), "long")[0].rule == "channel.subject_length"
    assert [f.rule for f in check_channel("Pay {S2a} now", policy("en"))] == ["channel.placeholder"]
    assert [f.rule for f in check_channel("a  b", policy("en", "sms", max_sms_segments=1))] == ["channel.sms_character"]
    assert [f.rule for f in check_channel(" ", policy("en"))] == ["channel.empty"]


SENTENCES = {
    "en": "The interest rate on the deposit is 7.25% per year for 12 months.",
    "hi": "Aranya Fixed Deposit पर 7.25% सालाना ब्याज मिलता है। न्यूनतम राशि ₹1,000 है।",
    "mr": "Aranya Fixed Deposit वर 7.25% वार्षिक व्याज मिळते. किमान रक्कम ₹1,000 आहे.",
    "bn": "Aranya Fixed Deposit-এ বছরে 7.25% সুদ পাওয়া যায়। ন্যূনতম টাকা ₹1,000।",
    "gu": "Aranya Fixed Deposit પર વાર્ષિક 7.25% વ્યાજ મળે છે. લઘુતમ રકમ ₹1,000 છે.",
    "ta": "Aranya Fixed Deposit-க்கு ஆண்டுக்கு 7.25% வட்டி கிடைக்கும். குறைந்தபட்சத் தொகை ₹1,000.",
    "te": "Aranya Fixed Deposit‌పై ఏడాదికి 7.25% వడ్డీ వస్తుంది. కనీస మొత్తం ₹1,000.",
    "kn": "Aranya Fixed Deposit ಮೇಲೆ ವಾರ್ಷಿಕ 7.25% ಬಡ್ಡಿ ಸಿಗುತ್ತದೆ. ಕನಿಷ್ಠ ಮೊತ್ತ ₹1,000.",
    "ml": "Aranya Fixed Deposit-ന് പ്രതിവർഷം 7.25% പലിശ ലഭിക്കും. കുറഞ്ഞ തുക ₹1,000.",
}


@pytest.mark.parametrize("wanted", SENTENCES)
@pytest.mark.parametrize("written", SENTENCES)
def test_language_is_told_apart(wanted: str, written: str) -> None:
    found = check_language(SENTENCES[written], policy(wanted))
    assert bool([f for f in found if f.severity == "block"]) is (wanted != written), found


def test_romanised_hindi_and_english_sentences_do_not_pass_for_the_language() -> None:
    hinglish = "Aapke paise ke liye FD mein 7.25% byaj milta hai."
    assert check_language(hinglish, policy("hi"))
    assert check_language(hinglish, policy("en"))
    mixed = SENTENCES["hi"] + " Visit the branch for more details of this offer."
    assert "language.english" in {finding.rule for finding in check_language(mixed, policy("hi"))}


def aadhaar() -> str:
    return "23456789012" + verhoeff.calc_check_digit("23456789012")


@settings(max_examples=40, deadline=None)
@given(zero=st.sampled_from("0०০૦௦౦೦൦"), gap=st.sampled_from(["", " ", "-"]))
def test_aadhaar_in_any_digits(zero: str, gap: str) -> None:
    plain = aadhaar()
    grouped = gap.join((plain[:4], plain[4:8], plain[8:]))
    text = "ID " + "".join(chr(ord(zero) + int(c)) if c.isdigit() else c for c in grouped) + " ok"
    found = check_personal_data(text)
    assert [finding.rule for finding in found] == ["personal_data.aadhaar"]
    assert text[found[0].start : found[0].end] == text[3:-3]
    assert plain not in found[0].message


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("PAN ABCPE1234F", "personal_data.pan"),
        ("4111 1111 1111 1111", "personal_data.card"),
        ("call +91 98765 43210", "personal_data.telephone"),
        ("कॉल ९८७६५४३२१०", "personal_data.telephone"),
        ("ramesh.k@example.com", "personal_data.email"),
        ("pay ravi@okaxis", "personal_data.upi"),
        ("IFSC ARNB0001234", "personal_data.ifsc"),
    ],
)
def test_personal_data_is_found(text: str, rule: str) -> None:
    assert [finding.rule for finding in check_personal_data(text)] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "₹98,76,54,321",
        "Rs 9876543210",
        "1800 123 4567",
        "care@bank.example",
        "ARN-00000",
        "INZ000000000",
        "2026-11-20",
        "7.25%",
    ],
)
def test_business_figures_are_not_personal_data(text: str) -> None:
    assert not check_personal_data(text)


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\u202e", "\u2066", "\u200f"])
def test_characters_that_hide_or_turn_the_text_are_found(book: PolicyBook, char: str) -> None:
    policy = book.resolve(product_class="deposit", channel="email", language="en", as_of=date(2026, 11, 21))
    assert [f.rule for f in check_channel(f"A deposit{char} for you.", policy)] == ["channel.hidden_character"]
    assert check_channel("A deposit\nfor you.", policy) == ()
