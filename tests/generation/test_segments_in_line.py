"""The real house on a bank that nobody wrote for: whom a message is for changes what is told and how, never the law."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from eval.generation_pairs import LAWFUL, compare
from eval.written import Written
from ragmarket.bootstrap import House, build
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.segments import ProfileField, ProfileStatement, SegmentProfile
from ragmarket.settings import read_settings
from ragmarket.signals.segments.profiles import ProfileBook

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 21)
GOLD_LOAN, CARD = "KGB-GL-04", "KGB-CC-05"
SEGMENTS = ("young_earner", "senior", "self_employed")
UNCLEAR = ProfileField(value="unclear")


def profile(number: int, name: str, **fields: str) -> SegmentProfile:
    found = {field: ProfileField(value=value, statistics=("tenure",)) for field, value in fields.items()}
    kept = ("life_stage", "sophistication", "next_product", "channel", "risk_appetite", "language", "region")
    return SegmentProfile(
        segment=number,
        name=name,
        statements=(ProfileStatement(text="They stay long.", statistic="tenure"),),
        written_by="ragmarket-writer",
        version=1,
        **{field: found.get(field, UNCLEAR) for field in kept},
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    corpus, home = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("home")
    for folder in ("gold_loan", "credit_card"):
        shutil.copytree(ROOT / "tests" / "unseen" / "corpus" / "products" / folder, corpus / folder)
    ProfileBook(home / "segments").write(
        [
            profile(0, "Long-standing savers", life_stage="retired", risk_appetite="low", channel="sms"),
            profile(1, "App-first starters", life_stage="student_or_starter", channel="push"),
            profile(2, "Everybody else"),
        ]
    )
    settings = read_settings().model_copy(update={"corpus_dir": corpus, "home": home})
    compliance = settings.compliance.model_copy(update={"disclaimers_dir": ROOT / "approved_disclaimers"})
    found = build(settings.model_copy(update={"compliance": compliance}))
    found.index()
    yield found
    found.audit.close()


def write(
    house: House, segment: str | None, language: str = "en", channel: str = "whatsapp", **more: object
) -> Written:
    fields = {"product_code": GOLD_LOAN, "intent": "meet_expense", "as_of": DAY} | more
    brief = Brief.model_validate({"language": language, "channel": channel, "segment": segment, **fields})
    result = house.pipeline.draft(brief)
    assert result.status == "accepted", result.findings
    return Written(brief, result, house.audit.get(result.draft_id), house, 0.0)


@pytest.mark.parametrize(("place", "language"), list(enumerate(LANGUAGES)), ids=LANGUAGES)
def test_segments_hear_other_facts_or_other_words_under_the_same_law(house: House, place: int, language: str) -> None:
    channel = ("whatsapp", "sms", "email", "push")[place % 4]
    written = [write(house, segment, language, channel, product_code=CARD) for segment in SEGMENTS]
    for one, two in combinations(written, 2):
        found = compare(one, two)
        assert found["… or other words"], (one.result.text, two.result.text)
        assert found[LAWFUL]


def test_nothing_of_a_segment_s_name_reaches_text_or_prompt(house: House) -> None:
    row = write(house, "App-first starters")
    assert row.record["prediction"]["segment"] == "app_first_starters"
    said = (row.result.text or "") + row.record["attempts"][0]["prompt"]
    assert not any(word in said.lower() for word in ("starter", "app-first", "student"))


def test_a_segment_of_the_bank_s_own_data_is_told_as_its_profile_says(house: House) -> None:
    savers, starters, others = (write(house, name) for name in ("Long-standing savers", "segment_1", "segment_2"))
    assert compare(savers, starters)["… or other words"]
    neutral = write(house, None)
    assert compare(neutral, savers)["… or other lines around them"]
    assert compare(neutral, savers)[LAWFUL]
    # A profile that says nothing changes nothing.
    assert others.result.text == neutral.result.text
    assert "<register> formal <style> full" in savers.record["attempts"][0]["prompt"]
    assert "<register> customer <style> short" in starters.record["attempts"][0]["prompt"]


def test_a_record_of_an_own_segment_is_made_again_from_the_profile_of_its_day(house: House) -> None:
    row = write(house, "Long-standing savers", "hi")
    assert house.replay(row.result.draft_id).identical


def test_another_intent_or_region_or_season_changes_the_plan_where_knowledge_says_so(house: House) -> None:
    for field, one, two in (
        ("intent", "compare_costs", "meet_expense"),
        ("region", "TN", "AP"),
        ("as_of", date(2026, 7, 15), DAY),
    ):
        more: dict[str, object] = {"region": "AP"} if field == "as_of" else {}
        first, second = (write(house, None, "en", "email", **{**more, field: value}) for value in (one, two))
        assert compare(first, second)["… or another order"], field
