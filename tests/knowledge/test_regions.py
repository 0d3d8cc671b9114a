"""A region changes which facts come first; it knows its language, its seasons and its products."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.angles import leaning, load_angles
from ragmarket.knowledge.files import ROOT

ANGLES = load_angles()
MAY, JULY = date(2026, 5, 1), date(2026, 7, 1)


def test_a_message_is_for_the_region_of_its_language_unless_the_brief_names_another() -> None:
    assert ANGLES.region(None, "ml") == "KL"
    assert ANGLES.region("mh", "ml") == "MH"
    assert ANGLES.region("IN-GJ", "en") == "GJ"
    assert ANGLES.region(None, "hi") is None
    assert ANGLES.region("Atlantis", "ml") is None


def test_each_language_but_english_and_hindi_has_a_home() -> None:
    for language in ("ta", "te", "kn", "ml", "bn", "mr", "gu"):
        assert ANGLES.region(None, language) is not None


def test_a_region_changes_the_angle_of_its_products_alone() -> None:
    plain = leaning(ANGLES.weights("start_investing", "neutral", "mutual_fund"))
    there = leaning(ANGLES.weights("start_investing", "neutral", "mutual_fund", "MH"))
    assert plain[0] == "access"
    assert there[0] != "access"
    assert ANGLES.weights("buy_home", "neutral", "home_loan", "GJ") == ANGLES.weights(
        "buy_home", "neutral", "home_loan"
    )


def test_a_season_counts_in_its_months_only() -> None:
    sowing = ANGLES.weights("meet_expense", "neutral", "gold_loan", "AP", JULY)
    before = ANGLES.weights("meet_expense", "neutral", "gold_loan", "AP", MAY)
    assert sowing["flexibility"] > before["flexibility"]


def test_the_angle_of_an_intent_is_its_heaviest_themes_first() -> None:
    assert leaning(ANGLES.weights("save_tax", "neutral"))[0] == "tax"
    assert leaning(ANGLES.weights("general", "neutral")) == ()


def test_every_regional_weight_says_why_and_how_sure_it_is() -> None:
    for region in ANGLES.regions.values():
        for emphasis in region.emphases:
            assert emphasis.why
            assert emphasis.source
            assert emphasis.confidence in "ABC"


@pytest.mark.parametrize(
    ("old", "new"),
    [("months: [8, 9]", "months: [8, 13]"), ("{access: 1.5", "{acces: 1.5"), ("confidence: C", "confidence: Z")],
)
def test_a_wrong_regions_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str) -> None:
    text = (ROOT / "regions.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "regions.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadKnowledge) as refused:
        load_angles(regions=file)
    assert refused.value.line
