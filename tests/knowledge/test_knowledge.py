"""The knowledge files hold together, and a wrong one is refused whole with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.angles import NEUTRAL_INTENT, load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT
from ragmarket.knowledge.language import load_languages, slots_of
from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES

CATALOGUE = load_catalogue()


def test_every_kind_is_phrased_at_least_three_times_in_every_language() -> None:
    packs = load_languages(CATALOGUE)
    assert set(packs) == set(LANGUAGES)
    assert len(CATALOGUE.kinds) >= 60
    thin = [(name, id_) for name, pack in packs.items() for id_, p in pack.kinds.items() if len(set(p.all)) < 3]
    assert not thin


def test_every_class_has_kinds_and_every_kind_has_exemplars() -> None:
    assert all(CATALOGUE.of_class(name) for name in PRODUCT_CLASSES)
    assert not [kind.id for kind in CATALOGUE.kinds.values() if len(kind.exemplars) < 3]


def test_every_condition_that_can_be_read_can_be_said() -> None:
    read = set(yaml.safe_load((ROOT / "conditions.yaml").read_text(encoding="utf-8"))["conditions"])
    for name, pack in load_languages(CATALOGUE).items():
        assert read <= set(pack.conditions), name
        assert not [text for text in pack.conditions.values() if "(" in text or ";" in text], name


def test_every_aim_has_a_call_to_action_in_every_language() -> None:
    aims = {intent.aim for intent in load_angles().intents.values()}
    for name, pack in load_languages(CATALOGUE).items():
        assert aims <= set(pack.ctas), name


def test_a_caller_s_word_finds_its_intent() -> None:
    angles = load_angles()
    assert angles.intent("Tax saving") == "save_tax"
    assert angles.intent("grow_savings") == "grow_savings"
    assert angles.intent("something else") == NEUTRAL_INTENT


@pytest.fixture
def languages(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "languages", tmp_path / "languages")
    return tmp_path / "languages"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("The joining fee is {amount}.", "There is a joining fee.", "needs amount"),
        ("The joining fee is {amount}.", "The joining fee 5 is {amount}.", "digit"),
        ("  card_joining_fee:", "  card_joining_fees:", "card_joining_fee"),
        ("script: Latn", "skript: Latn", "skript|script"),
        ("sentence_end", "name", "stands twice"),
        ("The joining fee is {amount}.", "The joining fe\u0301e is {amount}.", "NFC"),
    ],
)
def test_a_wrong_language_pack_is_refused_with_its_place(languages: Path, old: str, new: str, problem: str) -> None:
    file = languages / "en.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadKnowledge, match=problem) as refused:
        load_languages(CATALOGUE, languages)
    assert refused.value.path == str(file)


def test_no_phrasing_holds_a_slot_that_is_not_a_role() -> None:
    for name, pack in load_languages(CATALOGUE).items():
        for field in ("opening", "bridge", "cta", "subject"):
            lines = pack.lines(field)  # type: ignore[arg-type]
            assert not [line for line in lines if set(slots_of(line)) - {"product"}], name
