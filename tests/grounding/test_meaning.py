"""Nearness in meaning: a native claim is nearer to its own evidence than to another's, in every language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ragmarket.compliance.grounding.meaning import Meaning
from ragmarket.settings import Settings
from ragmarket.workshops import Workshops

GOLD = "Jewellery is returned within seven working days of closing the gold loan."
ATM = "Three withdrawals a month at ATMs of other banks are free."
CLAIMS = {
    "hi": ("लोन बंद होते ही सात दिन में गहने वापस।", "दूसरे बैंकों के एटीएम से महीने में तीन निकासी मुफ़्त।"),
    "ta": ("கடனை முடித்த ஏழு நாட்களில் நகை திரும்பக் கிடைக்கும்.", "மற்ற வங்கி ஏடிஎம்களில் மாதம் மூன்று முறை இலவசமாகப் பணம் எடுக்கலாம்."),
    "te": ("రుణం ముగిసిన ఏడు రోజుల్లో నగలు తిరిగి ఇస్తాం.", "ఇతర బ్యాంకుల ఏటీఎంలలో నెలకు మూడు సార్లు ఉచితంగా నగదు తీసుకోవచ్చు."),
    "kn": ("ಸಾಲ ಮುಗಿಸಿದ ಏಳು ದಿನಗಳಲ್ಲಿ ಒಡವೆ ವಾಪಸ್.", "ಬೇರೆ ಬ್ಯಾಂಕ್ ಎಟಿಎಂಗಳಲ್ಲಿ ತಿಂಗಳಿಗೆ ಮೂರು ಬಾರಿ ಉಚಿತವಾಗಿ ಹಣ ತೆಗೆಯಿರಿ."),
    "ml": ("വായ്പ അടച്ചുതീർത്താൽ ഏഴു ദിവസത്തിനകം ആഭരണം തിരികെ.", "മറ്റു ബാങ്കുകളുടെ എടിഎമ്മിൽ മാസം മൂന്നു തവണ സൗജന്യമായി പണം എടുക്കാം."),
    "bn": ("ঋণ শোধের সাত দিনের মধ্যে গয়না ফেরত।", "অন্য ব্যাঙ্কের এটিএমে মাসে তিনবার টাকা তোলা বিনামূল্যে।"),
    "mr": ("कर्ज फेडल्यावर सात दिवसांत दागिने परत.", "इतर बँकांच्या एटीएममधून महिन्यातून तीनदा पैसे काढणे मोफत."),
    "gu": ("લોન પૂરી થયાના સાત દિવસમાં દાગીના પાછા.", "બીજી બેંકના એટીએમમાંથી મહિને ત્રણ વાર ઉપાડ મફત."),
}  # fmt: skip


@pytest.fixture(scope="module")
def meaning() -> Meaning:
    return Meaning(Workshops(Settings()).encoder)


@pytest.mark.parametrize("language", CLAIMS)
def test_a_native_claim_is_nearest_to_its_own_evidence(meaning: Meaning, language: str) -> None:
    gold, atm = CLAIMS[language]
    of_gold, of_atm = meaning.nearness(gold, (GOLD, ATM), language), meaning.nearness(atm, (GOLD, ATM), language)
    assert of_gold[0] > of_gold[1] + 0.1
    assert of_atm[1] > of_atm[0] + 0.1


class Counting:
    name = fingerprint = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.ones((len(texts), 1), dtype=np.float32)


def test_a_text_is_encoded_once_and_english_is_left_as_it_is() -> None:
    encoder = Counting()
    meaning = Meaning(encoder)
    assert meaning.nearness("Up to ₹5 lakh", ["Up to ₹5 lakh", ATM], "en") == [1.0, 1.0]
    assert meaning.nearness(ATM, [ATM], "hi") == [1.0]
    assert sorted(encoder.asked) == sorted(["Up to ₹5 lakh", ATM])
