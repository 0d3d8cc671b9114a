"""Register, style and aim choose among the bank's own lines, in every language, and leave something to choose."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import ctas_of, fitting, openings_of, phrasings_of, subjects_of
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.language import load_language
from ragmarket.schemas.base import LANGUAGES

FACT = Fact("S1", "loan_max_amount", {"amount": "S1a"})
PLAIN = WritingTask("en", "whatsapp", "loan", "meet_expense", "apply", (), "any", 1, 1, (FACT,))
NAME = "Aranya Personal Loan"


@pytest.mark.parametrize("language", LANGUAGES)
def test_warm_and_plain_share_no_phrasing_and_no_opening(language: str) -> None:
    pack = load_language(language)
    warm, plain = (replace(PLAIN, language=language, tone=tone) for tone in ("customer", "formal"))
    assert not set(phrasings_of(warm, pack, "S1")) & set(phrasings_of(plain, pack, "S1"))
    assert not set(openings_of(warm, pack)) & set(openings_of(plain, pack))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_brief_style_is_told_in_the_shorter_half(language: str) -> None:
    pack = load_language(language)
    short, full = (
        phrasings_of(replace(PLAIN, language=language, style=style), pack, "S1") for style in ("short", "full")
    )
    assert max(map(len, short)) <= max(map(len, full))
    assert set(short) != set(full)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_aims_of_two_groups_share_no_call_to_action(language: str) -> None:
    pack = load_language(language)
    aims = sorted({segment.aim for segment in load_angles().segments.values() if segment.aim})
    lines = [set(ctas_of(replace(PLAIN, language=language, aim=aim, own_aim=True), pack)) for aim in aims]
    assert len(lines) > 2
    assert all(one and not one & two for one, two in combinations(lines, 2))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_of_lines_is_the_bank_s_own_and_never_empty(language: str) -> None:
    pack = load_language(language)
    for channel in ("whatsapp", "email", "push"):
        for intent in load_angles().intents:
            for tone in ("any", "customer", "formal"):
                for style in ("any", "short", "full"):
                    task = replace(PLAIN, language=language, channel=channel, intent=intent, tone=tone, style=style)
                    assert set(openings_of(task, pack)) <= pack.lines("opening")
                    assert set(subjects_of(task, pack)) <= pack.lines("subject")
                    assert openings_of(task, pack)
                    assert subjects_of(task, pack)


def test_two_facts_of_one_kind_are_never_told_in_the_same_words() -> None:
    facts = tuple(Fact(f"S{n}", "gold_ltv", {"rate": f"S{n}a"}) for n in (1, 2, 3))
    task = replace(PLAIN, facts=facts, style="short")
    for language in LANGUAGES:
        own = [set(phrasings_of(task, load_language(language), fact.id)) for fact in facts]
        assert all(one and not one & two for one, two in combinations(own, 2))


def test_a_subject_has_room_for_the_product_s_name_or_is_the_shortest() -> None:
    task, pack = replace(PLAIN, channel="email"), load_language("en")
    for line in subjects_of(task, pack, fitting(NAME, 78)):
        assert len(line.replace("{product}", NAME)) <= 78
    shortest = subjects_of(task, pack, fitting("A name that is longer than any subject line may ever be " * 2, 78))
    assert len(shortest) == 1
