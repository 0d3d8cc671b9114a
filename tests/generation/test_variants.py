"""Variants tell other facts first, then open otherwise, then say it in other words; lines take turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.generation.lines import bridges_of, ctas_of, nameless_lines, openings_of, subjects_of
from ragmarket.generation.planning import arranged, plan
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.telling import Teller, mannered
from ragmarket.generation.variants import VARIANTS, manner_of, place_among_variants, rotation, told_apart
from ragmarket.generation.wording import phrasings_of, room_needed
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.customers import Segment
from ragmarket.knowledge.language import load_language
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.brief import Brief

ANGLES = load_angles()
CATALOGUE = load_catalogue()
KINDS = sorted(CATALOGUE.kinds)
TASK = WritingTask("en", "whatsapp", "loan", "meet_expense", "apply", (), "any", 1, 1, ())
CARDS = next(sort for sort in ANGLES.apart_conditions if "variant_gold" in sort)


def variants(facts: list[Fact], worth: Mapping[str, float], most: int, count: int) -> list[tuple[Fact, ...]]:
    def told(worth: Mapping[str, float], opened: Counter[str]) -> tuple[Fact, ...]:
        return arranged(plan(facts, worth, {}, most, ANGLES.concern), {}, ANGLES, {}, opened)

    return told_apart(count - 1, worth, told, ANGLES)


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9, unique=True), st.integers(1, 5), st.data())
def test_no_two_of_three_variants_tell_the_same_facts_where_there_are_others(
    kinds: list[str], most: int, data: st.DataObject
) -> None:
    facts = [Fact(f"S{n}", kind, {}) for n, kind in enumerate(kinds, start=1)]
    worth = {fact.id: data.draw(st.floats(0.3, 3)) for fact in facts}
    found = [frozenset(fact.id for fact in told) for told in variants(facts, worth, most, 3)]
    if len(facts) >= most + 2 or (most == 1 and len(facts) >= 3):
        assert len(set(found)) == 3
    if len(facts) <= most:
        assert len(set(found)) == 1


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9), st.integers(1, 5), st.data())
def test_a_variant_is_the_same_whether_it_is_written_alone_or_among_others(
    kinds: list[str], most: int, data: st.DataObject
) -> None:
    facts = [Fact(f"S{n}", kind, {}) for n, kind in enumerate(kinds, start=1)]
    worth = {fact.id: data.draw(st.floats(0.3, 3)) for fact in facts}
    assert variants(facts, worth, most, 4)[:2] == variants(facts, worth, most, 2)


def test_the_first_variant_tells_what_is_worth_most_and_the_second_leaves_it_to_it() -> None:
    facts = [Fact("S1", "upi_daily_limit", {}), Fact("S2", "zero_balance", {}), Fact("S3", "eligible_age", {})]
    first, second = variants(facts, {"S1": 2.0, "S2": 1.5, "S3": 0.4}, 1, 2)
    assert (first[0].id, second[0].id) == ("S1", "S2")


def test_variants_that_must_tell_the_same_facts_open_with_another_one() -> None:
    facts = [Fact("S1", "savings_interest_rate", {}), Fact("S2", "zero_balance", {}), Fact("S3", "eligible_age", {})]
    first, second, _ = variants(facts, {"S1": 2.0, "S2": 1.9, "S3": 1.0}, 3, 3)
    assert {fact.id for fact in first} == {fact.id for fact in second}
    assert (first[0].kind, second[0].kind) == ("savings_interest_rate", "zero_balance")


def test_every_variant_that_a_brief_may_ask_for_has_a_place_of_its_own() -> None:
    most = max(part.le for part in Brief.model_fields["variants"].metadata if hasattr(part, "le"))
    assert most == VARIANTS
    for first in (0, 3, 1000):
        assert len({place_among_variants(first + number) for number in range(most)}) == most


def test_a_variant_takes_the_register_that_has_words_left() -> None:
    told = [(Fact("S1", "gold_ltv", {}),)] * 3
    tones = [manner_of(told[: n + 1], Segment(), lambda *_: 1).tone for n in range(2)]
    assert tones == ["any", "formal"]
    # Warm words are used up by the first variant, so the third keeps to the register that has some left.
    ways = {"formal": 3, "customer": 1}
    third = manner_of(told, Segment(), lambda _, register: ways[register])
    assert third.tone == "formal"
    assert third.turns == {"S1": 1}


def test_a_segment_keeps_its_register_in_every_variant() -> None:
    told = [(Fact("S1", "gold_ltv", {}),)] * VARIANTS
    own = Segment(tone="formal", style="short")
    found = [manner_of(told[: n + 1], own, lambda *_: 2) for n in range(VARIANTS)]
    assert {(one.tone, one.style) for one in found} == {("formal", "short")}
    assert [one.turns["S1"] for one in found] == list(range(VARIANTS))


@pytest.mark.parametrize("language", LANGUAGES)
def test_variants_share_no_words_of_a_fact_while_the_register_has_others(language: str) -> None:
    pack = load_language(language)
    checked = 0
    for kind in KINDS:
        fact = Fact("S1", kind, dict.fromkeys(CATALOGUE.kinds[kind].roles, "S1a"))
        for turn_of_lines in (0, 1, 5):
            task = replace(TASK, language=language, facts=(fact,), rotation=turn_of_lines)
            first = set(phrasings_of(task, pack, "S1"))
            every = set(nameless_lines(pack.kinds[kind].customer)) | first
            own = [set(phrasings_of(replace(task, turns={"S1": turn}), pack, "S1")) for turn in range(3)]
            assert all(one and one <= every for one in own)
            # What is told first is used up before the register's other lines are taken.
            assert set().union(*own) >= first
            if len(every) >= 3:
                assert all(not one & two for one, two in combinations(own, 2)), kind
                checked += 1
    assert checked > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_around_the_claims_take_turns(language: str) -> None:
    pack = load_language(language)
    for channel, intent in (("email", "general"), ("whatsapp", "meet_expense"), ("whatsapp", "general")):
        task = replace(TASK, language=language, channel=channel, intent=intent)
        for lines_of in (openings_of, bridges_of, ctas_of, subjects_of):
            every = lines_of(task, pack)
            in_turn = [lines_of(replace(task, rotation=number), pack) for number in range(len(every))]
            assert all(len(lines) == 1 for lines in in_turn)
            assert {lines[0] for lines in in_turn} == set(every)


def test_where_the_turns_begin_differs_from_product_to_product_and_never_changes() -> None:
    starts = [rotation(f"ARB-LN-{n:03}", "kn", "email") for n in range(40)]
    assert starts == [rotation(f"ARB-LN-{n:03}", "kn", "email") for n in range(40)]
    assert len({start % 6 for start in starts}) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_e_mail_greets_before_it_speaks_of_an_aim(language: str) -> None:
    pack = load_language(language)
    bare = tuple(
        line.rstrip(",.!") for line in (*pack.openings["email"], *pack.openings["whatsapp"]) if "{" not in line
    )
    for intent in pack.intent_openings:
        lines = openings_of(replace(TASK, language=language, channel="email", intent=intent), pack)
        assert lines
        assert all(line.startswith(bare) for line in lines), lines
        assert set(lines) <= pack.lines("opening")


def test_a_message_tells_of_one_card_of_a_family_unless_policy_demands_both() -> None:
    facts = [
        Fact("S1", "card_annual_fee", {}, (("variant_gold", None),)),
        Fact("S2", "card_reward_rate", {}, (("variant_platinum", None),)),
        Fact("S3", "card_lounge_visits", {}),
        Fact("S4", "card_joining_fee", {}, (("variant_gold", None), ("gst_extra", None))),
    ]

    def apart(one: Fact, other: Fact) -> bool:
        return ANGLES.apart([id_ for id_, _ in one.conditions], [id_ for id_, _ in other.conditions])

    worth = {"S1": 2.0, "S2": 1.9, "S3": 1.0, "S4": 0.9}
    assert {fact.id for fact in plan(facts, worth, {}, 3, ANGLES.concern, apart)} == {"S1", "S3", "S4"}
    demanded = [replace(fact, must=fact.id in {"S1", "S2"}) for fact in facts]
    assert {fact.id for fact in plan(demanded, worth, {}, 2, ANGLES.concern, apart)} == {"S1", "S2"}


def test_only_known_conditions_are_told_apart() -> None:
    known = set(load_language("en").conditions)
    assert all(set(sort) <= known for sort in ANGLES.apart_conditions)
    assert not ANGLES.apart(["variant_gold"], ["gst_extra"])
    assert not ANGLES.apart(CARDS[:1], CARDS[:1])
    assert ANGLES.apart(CARDS[:1], CARDS[1:2])


def test_what_a_region_asks_for_is_worth_more_and_opens_only_where_it_asks_clearly() -> None:
    teller = Teller(ANGLES, CATALOGUE.kinds)
    facts = [Fact("S1", "gold_ltv", {}), Fact("S2", "prepayment_nil", {})]
    assert CATALOGUE.kinds["prepayment_nil"].theme == "flexibility"
    assert set(teller.asked(facts, {"flexibility": 1.1, "access": 1.05})) == {"S2"}
    assert not teller.openers(facts, {"flexibility": 1.1})
    assert teller.openers(facts, {"flexibility": 1.6}) == {"S2"}
    assert not teller.asked(facts, {})
    kinds = [fact.kind for fact in arranged(facts, {}, ANGLES, {}, openers=("S2",))]
    assert kinds == ["prepayment_nil", "gold_ltv"]


def test_fine_print_opens_no_message_even_where_the_region_asks_for_it() -> None:
    facts = [Fact("S1", "gold_ltv", {}), Fact("S2", "cooling_off_period", {})]
    assert arranged(facts, {}, ANGLES, {}, openers=("S2",))[0].id == "S1"


def test_a_message_is_in_its_group_s_manner_where_there_is_room_and_brief_where_there_is_none() -> None:
    pack, fact = load_language("en"), Fact("S1", "loan_max_amount", {"amount": "S1a"})
    task, own = replace(TASK, channel="sms", facts=(fact,)), Segment(tone="formal", style="full")
    formal = replace(task, tone="formal", style="full", turns={"S1": 0})
    needed = room_needed(formal, pack)
    roomy, tight = (mannered(task, [(fact,)], own, pack, room, narrow=False) for room in (needed, needed - 1))
    assert (roomy.tone, roomy.style) == ("formal", "full")
    assert (tight.tone, tight.style) == ("any", "short")
    assert mannered(task, [(fact,)], own, pack, None, narrow=True).style == "short"


def test_the_lines_of_an_intent_are_for_messages_that_tell_what_it_is_after() -> None:
    assert ANGLES.after("compare_costs", {"cost", "access"})
    assert not ANGLES.after("compare_costs", {"access"})
    assert ANGLES.after("general", {"access"})
