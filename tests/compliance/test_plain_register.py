"""Figures and conditions keep to the register of the words around them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from pydantic import ValidationError

from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.renderings import Renderings
from ragmarket.compliance.support import SupportCheck
from ragmarket.generation.phrasing import phrase_claim
from ragmarket.generation.task import Fact
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_language
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.evidence import Condition, Evidence, Figure, Slot

FIGURE = Figure(type="amount", value=Decimal(750), unit="INR", period="year", start=0, end=6, text="Rs 750")
FEE = Evidence(
    id="S1",
    doc_id="d",
    version="1",
    sha256="0" * 64,
    title="t",
    product_code="p",
    doc_kind="product",
    start=0,
    end=40,
    quote="Rs 750 a year from the second year onwards",
    text="Rs 750 a year from the second year onwards",
    kind="card_addon_fee",
    kind_score=0.9,
    phrasable=True,
    figures=(FIGURE,),
    slots=(Slot(name="S1a", role="amount", low=FIGURE),),
    conditions=(Condition(id="from_second_year", start=7, end=40),),
)
FACT = Fact("S1", "card_addon_fee", {"amount": "S1a"}, (("from_second_year", None),))
PACKS = {language: load_language(language) for language in LANGUAGES}
RENDERER = Renderer(load_catalogue(), PACKS)


def told(pack: LanguagePack, phrase: str) -> str:
    return RENDERER.sentence(phrase_claim(pack, FACT, phrase), FEE, pack.language, "Aranya Card")


def test_hindi_says_a_year_as_its_register_does() -> None:
    pack = PACKS["hi"]
    for phrase in pack.kinds["card_addon_fee"].customer:
        text = told(pack, phrase)
        assert "₹750 सालाना" in text
        assert "दूसरे साल से" in text
    for phrase in pack.kinds["card_addon_fee"].formal:
        text = told(pack, phrase)
        assert "₹750 प्रति वर्ष" in text
        assert "दूसरे वर्ष से" in text
        assert not re.search("साल", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_register_is_recognised_from_its_bytes(language: str) -> None:
    pack, renderings = PACKS[language], Renderings(RENDERER, PACKS)
    for phrase in pack.kinds["card_addon_fee"].all:
        assert renderings.proves(told(pack, phrase), FEE, language, "Aranya Card")


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_words_change_nothing_but_words(language: str) -> None:
    pack = PACKS[language]
    assert pack.plain.kinds == pack.kinds
    assert pack.plain.conditions.keys() == pack.conditions.keys()
    assert pack.plain.formats.units.keys() == pack.formats.units.keys()
    assert pack.plain.formats.bounds == pack.formats.bounds


def test_a_formal_form_of_nothing_is_refused() -> None:
    data = PACKS["hi"].model_dump()
    data["formal"] = {"periods": {"fortnight": "{x} प्रति पखवाड़ा"}}
    with pytest.raises(ValidationError, match="fortnight"):
        LanguagePack.model_validate(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_condition_is_found_in_either_register_and_missed_where_it_is_left_out(language: str) -> None:
    pack, check = PACKS[language], SupportCheck(PACKS)
    for phrase in pack.kinds["card_addon_fee"].all:
        template = phrase_claim(pack, FACT, phrase)
        assert check.claim(template, FEE, language).verdict == "supported"
        bare = phrase_claim(pack, Fact("S1", "card_addon_fee", {"amount": "S1a"}), phrase)
        assert check.claim(bare, FEE, language).verdict == "unsupported"
