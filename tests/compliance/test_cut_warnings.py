"""A mandatory warning that is cut short is found on products that need it, and only there."""

from __future__ import annotations

from datetime import date

import pytest

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.knowledge.files import ROOT

DAY = date(2027, 1, 15)
LEXICON = load_lexicon(ROOT / "rules")
CUT = [
    "Mutual funds are subject to market risk.",
    "म्यूचुअल फंड बाजार जोखिम के अधीन है।",
    "Mutual fund market risk ke adheen hai.",
    "மியூச்சுவல் ஃபண்ட் சந்தை அபாயத்துக்கு உட்பட்டது.",
    "మ్యూచువల్ ఫండ్ మార్కెట్ రిస్కుకు లోబడి ఉంటుంది.",
    "ಮ್ಯೂಚುವಲ್ ಫಂಡ್ ಮಾರುಕಟ್ಟೆ ಅಪಾಯಕ್ಕೆ ಒಳಪಟ್ಟಿದೆ.",
    "മ്യൂച്വൽ ഫണ്ട് വിപണി റിസ്കിന് വിധേയമാണ്.",
    "মিউচুয়াল ফান্ড বাজারের ঝুঁকির অধীন।",
    "म्युच्युअल फंड बाजार जोखमीच्या अधीन आहे.",
    "મ્યુચ્યુઅલ ફંડ બજાર જોખમને આધીન છે.",
]


def cut(text: str, product_class: str) -> bool:
    found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=DAY)
    return any(finding.rule == "claims.warning_shortened" for finding in found)


@pytest.mark.parametrize("text", CUT)
def test_an_opening_alone_is_no_warning(text: str) -> None:
    assert cut(text, "mutual_fund")
    assert not cut(text, "deposit")


@pytest.mark.parametrize("text", CUT)
def test_what_completes_the_warning_excuses_it(text: str) -> None:
    assert not cut(f"{text} Read all scheme related documents carefully.", "mutual_fund")


def test_telling_that_money_can_be_lost_is_not_cutting_short() -> None:
    assert not cut("Returns are subject to market risk and you may lose part of your money.", "mutual_fund")
