"""Claims of others that the bank warns of are lawful; one in the bank's own voice stays a claim beside any warning."""

from __future__ import annotations

from datetime import date

import pytest

from ragmarket.compliance.rules.citations import quotations
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.knowledge.files import ROOT

DAY = date(2027, 1, 15)
LEXICON = load_lexicon(ROOT / "rules")


def blamed(text: str, product_class: str) -> set[str]:
    found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    return {finding.rule.removeprefix("claims.") for finding in found if finding.severity != "info"}


REPORTED = [
    ("securities", "Leave any WhatsApp group that says 'guaranteed profit' and report it to the police."),
    ("savings", "Messages that promise to double your money in 30 days are a scam. Report them on 1930."),
    ("loan", "Anyone who offers loan approval without documents for a fee is a fraudster. Do not pay."),
    ("loan", "Agents promising '100% approval' do not work for us. Report them to the branch."),
    ("securities", "'Sure-shot tips' sellers on Telegram are not registered. Check the SEBI registration first."),
    ("savings", "A letter that says 'RBI approved scheme' is fake. Do not send money."),
    ("mutual_fund", "कोई 'पैसा दोगुना' करने का वादा करे तो तुरंत पुलिस को बताएं, यह ठगी है।"),
    ("loan", "'RBI मान्य लोन' लिखे मैसेज फर्जी होते हैं। शुल्क न दें।"),
    ("securities", "'உறுதியான லாபம்' என்று சொல்லும் குழுக்களில் சேர வேண்டாம்."),
    ("savings", "'ಹಣ ದುಪ್ಪಟ್ಟು' ಎನ್ನುವ ಗುಂಪಿನಿಂದ ಹೊರಬನ್ನಿ."),
    ("savings", "'പണം ഇരട്ടി' എന്നു പറയുന്ന ഗ്രൂപ്പിൽ നിന്ന് പുറത്തുകടക്കുക, 1930-ൽ അറിയിക്കുക."),
    ("savings", "'డబ్బు రెట్టింపు' అనే మెసేజ్‌లు మోసం. 1930కు ఫిర్యాదు చేయండి."),
    ("savings", "'টাকা দ্বিগুণ' লেখা মেসেজ প্রতারণা। ১৯৩০ নম্বরে জানান।"),
    ("savings", "'પૈસા બમણા' કહેનાર ગ્રૂપમાંથી નીકળી જાઓ."),
    ("savings", "'पैसे दुप्पट' म्हणणाऱ्या ग्रुपमधून बाहेर पडा, ही फसवणूक आहे."),
    ("savings", "Jo message 'paisa double' kahe, woh fraud hai. 1930 par report karein."),
    # Impostors speak as the bank does, under its name and mark.
    ("mutual_fund", "A fake page under our logo says 'our fund never loses, we promise'. It is not ours; report it."),
    ("loan", "'Hum aapka loan turant approve karenge, bina CIBIL' bolne wale jaalsaaz hain. Paise mat dijiye."),
    ("mutual_fund", "हमारे नाम का नकली ऐप लिखता है 'हमारा फंड जोखिम मुक्त है'। इसे हटा दीजिए, शिकायत 1930 पर करें।"),
    ("mutual_fund", "আমাদের লোগো লাগিয়ে 'আমাদের ফান্ডে ঝুঁকি নেই' লেখা পেজটি ভুয়ো। বিশ্বাস করবেন না।"),
    ("mutual_fund", "எங்கள் பெயரை வைத்து 'ரிஸ்க் இல்லாத ஃபண்ட்' விற்கும் பக்கம் போலி. நம்பாதீர்கள்."),
    ("mutual_fund", "మా లోగో వాడి 'రిస్క్ లేని ఫండ్' అంటున్న పేజీ నకిలీది. నమ్మవద్దు."),
    ("savings", "Locker ke badle policy lene ki zabardasti ho to manager ko bataiye, aisa koi niyam nahi."),
    ("savings", "लॉकरसाठी विमा घ्या अशी सक्ती कोणी केल्यास व्यवस्थापकांना कळवा. असा नियम नाही."),
]
OWN_VOICE = [
    ("mutual_fund", "Our logo stands for trust: 'a risk-free fund', and no fake page says so."),
    ("mutual_fund", "“Risk-free fund”: that is our word, whatever crooks say. Apply now."),
    ("mutual_fund", "'Guaranteed returns' from our fund. A fake page under our logo is to be reported to us."),
    ("mutual_fund", "'पक्का मुनाफा' हमारे फंड में, नकली ऐप से बचें।"),
    ("loan", "“100% loan approval” from our branch; messages that say otherwise are fake."),
    ("savings", "Take our policy with the locker. If anyone tries to stop you, tell the manager."),
    ("mutual_fund", "Guaranteed returns of 15% on this fund. Beware of fraud calls and report them to 1930."),
    ("mutual_fund", "'Double your money' with Aranya Growth Fund. Beware of fraud; report on 1930."),
    ("mutual_fund", "Our groups say 'guaranteed returns', so join now. Report fraud on 1930."),
    ("mutual_fund", "Double your money in 3 years! Messages from others are fraud."),
    ("mutual_fund", "“Guaranteed returns” – that is what we promise. Do not believe scam messages."),
    ("mutual_fund", "Join our Telegram group for guaranteed returns. Scam alert: 1930."),
    ("loan", "100% loan approval for everyone. Do not pay any agent."),
    ("loan", "'100% loan approval' for all. Do not fall for fake agents; call 1930 to report them."),
    ("mutual_fund", "गारंटीड रिटर्न पाएं और ठगी से बचें।"),
    ("mutual_fund", "इस फंड में पक्का मुनाफा। फर्जी कॉल की शिकायत 1930 पर करें।"),
    ("mutual_fund", "'पक्का मुनाफा' हमारे फंड में ही। धोखे से बचें।"),
    ("mutual_fund", "हमारा ग्रुप कहता है 'पैसा दोगुना'। ठगों से सावधान।"),
    ("mutual_fund", "ஒவ்வொரு ஆண்டும் உறுதியான 15% வருமானம். மோசடி அழைப்புகளை நம்பாதீர்கள்."),
    ("mutual_fund", "எங்கள் நிதியில் பணம் இரட்டிப்பாகும். மோசடி குழுக்களிலிருந்து வெளியேறுங்கள்."),
    ("mutual_fund", "మా ఫండ్‌లో మీ డబ్బు రెట్టింపు. మోసపూరిత కాల్స్‌ను నమ్మవద్దు."),
    ("mutual_fund", "ನಮ್ಮ ಫಂಡ್‌ನಲ್ಲಿ ಹಣ ದುಪ್ಪಟ್ಟು. ವಂಚನೆ ಕರೆಗಳ ಬಗ್ಗೆ ಎಚ್ಚರ."),
    ("mutual_fund", "ഞങ്ങളുടെ ഫണ്ടിൽ പണം ഇരട്ടിയാകും. തട്ടിപ്പ് കോളുകൾ 1930-ൽ അറിയിക്കുക."),
    ("mutual_fund", "আমাদের ফান্ডে টাকা দ্বিগুণ। প্রতারকদের থেকে সাবধান, ১৯৩০ নম্বরে জানান।"),
    ("mutual_fund", "અમારા ફંડમાં પૈસા બમણા. ઠગથી સાવધ રહો, 1930 પર ફરિયાદ કરો."),
    ("mutual_fund", "आमच्या फंडात पैसे दुप्पट. फसव्या कॉलची तक्रार 1930 वर करा."),
    ("mutual_fund", "Hamare fund mein paisa double. Fraud calls ki shikayat 1930 par karein."),
    ("mutual_fund", "Is fund mein guaranteed return milega. Kisi farzi group par bharosa na karein."),
    ("mutual_fund", "Guaranteed return, koi dhokha nahi. Video dekhiye."),
    ("mutual_fund", "Watch the video: this fund doubles your money. No fraud, no scam."),
    ("securities", "Agents of Aranya Bank offer sure-shot tips. Pay only on the app. Beware of fraud."),
    ("savings", "RBI approved scheme with our bank. Anyone who says otherwise is a fraud."),
    ("mutual_fund", "Risk-free fund. Those who say mutual funds are risky are lying, ignore them."),
]
DENIED = [
    ("mutual_fund", "We never ask you to believe that any fund is guaranteed; returns are not assured."),
    ("mutual_fund", "No mutual fund scheme is free of risk."),
    ("deposit", "It is not true that every rupee is insured: the limit is Rs 5 lakh per depositor and bank."),
    ("loan", "Approval of the loan cannot be assured."),
    ("mutual_fund", "हम किसी फंड को सर्वश्रेष्ठ या नंबर 1 नहीं कहते।"),
    ("mutual_fund", "Hum kisi fund ko best ya No. 1 nahi kehte."),
    ("securities", "बँक कोणत्याही कलाकाराच्या नावाने गुंतवणूक सुचवत नाही."),
    ("deposit", "यह सच नहीं कि हर रुपया बीमित है।"),
    ("loan", "દરેક અરજદારને લોન મળે જ એવું નથી."),
    ("home_loan", "મંજૂરીની ખાતરી આપી શકાતી નથી."),
    ("loan", "దరఖాస్తు చేసిన ప్రతి ఒక్కరికీ రుణం రాకపోవచ్చు."),
    ("nps", "NPS ಅಪಾಯವಿಲ್ಲದ ಯೋಜನೆ ಅಲ್ಲ."),
    ("mutual_fund", "ঝুঁকিহীন মিউচুয়াল ফান্ড বলে কিছু হয় না।"),
    ("savings", "We never ask for your OTP, PIN or CVV."),
    ("deposit", "ഓരോ രൂപയ്ക്കും ഇൻഷുറൻസ് ഉണ്ടെന്നത് തെറ്റാണ്."),
    ("credit_card", "இந்த அட்டை வாழ்நாள் இலவச அட்டை அல்ல."),
    ("loan", "బిజినెస్‌కు వడ్డీ లేని రుణం అనేది ఉండదు."),
    ("insurance", "सर्व दावे मंजूर होतील असे आम्ही सांगू शकत नाही."),
    ("mutual_fund", "By the rule of 72 money doubles in nine years at 8%; no fund promises that."),
    ("loan", "You are pre-qualified. The final decision depends on documents and a credit check."),
]
NOT_DENIED = [
    ("mutual_fund", "Rule of 72: our fund doubles your money in six years."),
    ("loan", "You are pre-approved for Rs 5 lakh, no final check."),
    ("loan", "किसी को भी 100% लोन मंजूरी, कोई इनकार नहीं।"),
    ("loan", "बिना किसी जांच के सबको लोन की मंजूरी पक्की, मना नहीं।"),
    ("loan", "किसी भी दस्तावेज के बिना 100% लोन मंजूरी।"),
    ("credit_card", "આજીવન કોઈ વાર્ષિક ફી નહીં."),
    ("mutual_fund", "Guaranteed return, koi dhokha nahi."),
    ("mutual_fund", "Some say returns are not guaranteed. That is a myth; here returns are guaranteed."),
    ("mutual_fund", "No paperwork, no delay, guaranteed returns."),
]


@pytest.mark.parametrize(("product_class", "text"), [*REPORTED, *DENIED])
def test_what_is_told_to_be_rejected_is_not_claimed(product_class: str, text: str) -> None:
    assert not blamed(text, product_class)


@pytest.mark.parametrize(("product_class", "text"), [*OWN_VOICE, *NOT_DENIED])
def test_a_warning_opens_no_door(product_class: str, text: str) -> None:
    assert blamed(text, product_class)


CLAIMS = ("Guaranteed returns of 15% in this fund", "Your money doubles in three years", "A risk-free fund")
CAUTIONS = (
    "Beware of fraud.",
    "Report fraud on 1930.",
    "Do not share your OTP with any caller.",
    "Do not believe fake messages.",
    "Leave groups that send fake links.",
    "Never pay an agent.",
)


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("caution", CAUTIONS)
def test_no_caution_excuses_a_claim_before_or_behind_it(claim: str, caution: str) -> None:
    for text in (f"{claim}. {caution}", f"{caution} {claim}.", f"“{claim}”. {caution}", f"{claim}; {caution}"):
        assert blamed(text, "mutual_fund"), text


def test_quotations_are_found_with_any_pair_of_marks_and_apostrophes_are_none() -> None:
    for text in ("“sure profit”", "‘sure profit’", "'sure profit'", '"sure profit"', "«sure profit»"):
        assert quotations(f"He said {text}.") == [(8, 8 + len(text))]
    assert quotations("It's the bank's own and the customers' choice") == []
    assert quotations("Nothing quoted") == []
