"""Whom a fact is for, and how prominent it is, decide how early a message tells it; never whether it may be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.angles import FOR_OTHERS, FOR_THEM, load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT

ANGLES = load_angles()
KINDS = load_catalogue().kinds


def test_every_kind_that_an_audience_or_a_prominence_names_is_in_the_catalogue() -> None:
    named = {kind for audience in ANGLES.audiences.values() for kind in audience.kinds}
    named |= {kind for one in ANGLES.prominence for kind in one.kinds}
    assert named <= set(KINDS)


def test_no_kind_is_prominent_twice() -> None:
    kinds = [kind for one in ANGLES.prominence for kind in one.kinds]
    assert len(kinds) == len(set(kinds))


def test_a_fact_for_a_group_comes_early_for_that_group_and_late_for_everybody_else() -> None:
    assert ANGLES.fit("fd_senior_rate", (), "senior") == pytest.approx(FOR_THEM)
    assert ANGLES.fit("fd_senior_rate", (), "neutral") == pytest.approx(FOR_OTHERS)
    assert ANGLES.fit("deposit_tds_threshold", ["senior_citizens"], "senior") > ANGLES.fit(
        "deposit_tds_threshold", [], "senior"
    )
    assert ANGLES.fit("min_avg_monthly_balance", ["rural"], "rural") > ANGLES.fit(
        "min_avg_monthly_balance", ["metro_urban"], "rural"
    )


def test_a_fact_for_everybody_suits_every_segment_alike() -> None:
    for segment in (*ANGLES.segments, "a segment that nobody listed"):
        assert ANGLES.fit("fd_interest_rate", ["amount_slab"], segment) > 1.0
        assert ANGLES.fit("nomination_available", [], segment) < 1.0
        assert ANGLES.fit(None, [], segment) == 1.0


def test_a_segment_of_an_audience_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "angles.yaml").read_text(encoding="utf-8").replace("[senior_citizens, ", "[martians, ", 1)
    bad = tmp_path / "angles.yaml"
    bad.write_text(text, encoding="utf-8")
    with pytest.raises(BadKnowledge, match="martians"):
        load_angles(bad)
