"""How much the knowledge holds: kinds, phrasings in two registers, lines around them, terms with their sources."""

from __future__ import annotations

import pytest
import regex

from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES

CATALOGUE = load_catalogue()
PACKS = load_languages(CATALOGUE)
INTENTS = [intent for intent in load_angles().intents if intent != "general"]
SLOT = regex.compile(r"\{\w+\}")


def test_the_catalogue_covers_every_product_class() -> None:
    assert len(CATALOGUE.kinds) >= 110
    for product_class in PRODUCT_CLASSES:
        assert len(CATALOGUE.of_class(product_class)) >= 12, product_class
    for kind in CATALOGUE.kinds.values():
        assert len(kind.exemplars) >= 6, kind.id


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pack_has_two_registers_and_a_short_form_of_each_kind(pack: LanguagePack) -> None:
    long = []
    for id_, kind in pack.kinds.items():
        assert len(kind.customer) >= 4, id_
        assert len(kind.formal) >= 2, id_
        assert len(set(kind.all)) == len(kind.all), id_
        if min(len(SLOT.sub("", phrase)) for phrase in kind.customer) > 60:
            long.append(id_)
    # Two figures and a stated reason do not fit a label.
    assert len(long) <= 3, long


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pack_has_lines_for_every_channel_aim_and_intent(pack: LanguagePack) -> None:
    assert min(len(lines) for lines in pack.openings.values()) >= 6
    assert min(len(lines) for lines in pack.ctas.values()) >= 5
    assert len(pack.bridges) >= 6
    assert len(pack.subjects) >= 10
    assert len(pack.titles) >= 8
    for intent in INTENTS:
        assert len(pack.intent_openings[intent]) >= 3, intent
        assert len(pack.intent_ctas[intent]) >= 2, intent
        assert len(pack.intent_subjects[intent]) >= 2, intent
    for product_class in PRODUCT_CLASSES:
        assert len(pack.class_openings[product_class]) >= 3, product_class
        assert len(pack.class_subjects[product_class]) >= 2, product_class
    for joined in pack.joined.root:
        named = [line for line in joined.customer if "{product}" in line]
        assert named, joined.kinds
        assert len(joined.customer) - len(named) >= 2, joined.kinds


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pack_has_its_terms_with_status_and_source(pack: LanguagePack) -> None:
    assert len(pack.terms) >= 200
    assert sum(bool(term.avoid) for term in pack.terms) >= 120
    for term in pack.terms:
        assert term.customer
        assert term.formal
        assert term.source == "none" if term.status == "unconfirmed" else term.source != "none", term.en


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_the_bank_s_own_copy_holds_no_form_that_it_avoids(pack: LanguagePack) -> None:
    copy = [phrase for kind in pack.kinds.values() for phrase in kind.all]
    copy += [line for field in ("opening", "bridge", "cta", "subject") for line in pack.lines(field)]  # type: ignore[arg-type]
    avoided = {one.form for term in pack.terms for one in term.avoid}
    assert not [(form, line) for form in avoided for line in copy if form.casefold() in line.casefold()]


def test_all_nine_languages_are_there() -> None:
    assert set(PACKS) == set(LANGUAGES)
