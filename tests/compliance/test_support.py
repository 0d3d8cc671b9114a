"""A claim is released only when its words, figures and conditions are those of its evidence."""

from __future__ import annotations

import itertools

import pytest

from ragmarket.compliance.support import SupportCheck
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_language, load_languages
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.evidence import Condition, Evidence, Figure, Slot

CATALOGUE = load_catalogue()
CHECK = SupportCheck(load_languages(CATALOGUE))


def evidence(kind: str, conditions: tuple[Condition, ...] = ()) -> Evidence:
    figure = Figure.model_validate({"type": "rate", "value": 1, "unit": "percent", "start": 0, "end": 1, "text": "1"})
    roles = CATALOGUE.kinds[kind].roles
    slots = [Slot(name=f"S1{letter}", role=role, low=figure) for letter, role in zip("abc", roles, strict=False)]
    slots += [Slot(name=item.slot, role=item.id, low=figure) for item in conditions if item.slot]
    return Evidence.model_validate(
        {
            "id": "S1", "doc_id": "d", "version": "1", "sha256": "0", "title": "t", "product_code": "p",
            "doc_kind": "product", "start": 0, "end": 1, "quote": "1", "text": "1", "kind": kind, "kind_score": 1.0,
            "phrasable": True, "slots": slots, "conditions": conditions,
        }
    )  # fmt: skip


def slotted(phrase: str, kind: str) -> str:
    for letter, role in zip("abc", CATALOGUE.kinds[kind].roles, strict=False):
        phrase = phrase.replace("{" + role + "}", "{S1" + letter + "}")
    return phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrasing_supports_its_own_kind(language: str) -> None:
    pack = load_language(language)
    failed = [
        (kind, phrase)
        for kind, phrasings in pack.kinds.items()
        for phrase in phrasings.all
        if CHECK.claim(slotted(phrase, kind), evidence(kind), language).verdict != "supported"
    ]
    assert not failed


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrasing_supports_another_kind_of_the_same_class(language: str) -> None:
    """A kind's sentence never passes as another fact, unless both kinds are phrased in the very same words."""
    pack = load_language(language)
    passed = []
    for own, other in itertools.permutations(CATALOGUE.kinds.values(), 2):
        if not set(own.classes) & set(other.classes) or sorted(own.roles) != sorted(other.roles):
            continue
        shared = set(pack.kinds[own.id].all) & set(pack.kinds[other.id].all)
        for phrase in set(pack.kinds[own.id].all) - shared:
            if CHECK.claim(slotted(phrase, own.id), evidence(other.id), language).verdict == "supported":
                passed.append((own.id, other.id, phrase))
    assert not passed


def test_a_dropped_condition_is_unsupported() -> None:
    item = evidence("processing_fee_rate", (Condition(id="gst_extra", start=0, end=1),))
    plain = slotted(load_language("en").kinds["processing_fee_rate"].customer[0], "processing_fee_rate")
    assert CHECK.claim(plain, item, "en").verdict == "unsupported"
    assert CHECK.claim(plain.removesuffix(".") + " (GST extra).", item, "en").verdict == "supported"


def test_an_invented_condition_or_praise_is_not_supported() -> None:
    plain = slotted("Joining fee: {amount}", "card_joining_fee")
    for added in (" (senior citizens).", ", the best in the market, for a happy life."):
        assert CHECK.claim(plain + added, evidence("card_joining_fee"), "en").verdict != "supported"


def test_a_lost_bound_is_not_supported() -> None:
    full = "A SIP needs {S1a} or more instalments."
    assert CHECK.claim(full, evidence("sip_min_instalments"), "en").verdict == "supported"
    assert CHECK.claim(full.replace(" or more", ""), evidence("sip_min_instalments"), "en").verdict == "not_verified"


def test_swapped_figures_are_not_supported() -> None:
    text = "You pay an exit load of {S1b} if you redeem within {S1a}."
    assert CHECK.claim(text, evidence("exit_load"), "en").verdict != "supported"
    text = "You pay an exit load of {S1a} if you redeem within {S1b}."
    assert CHECK.claim(text, evidence("exit_load"), "en").verdict == "supported"
