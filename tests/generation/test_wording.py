"""Register, style and aim choose among the bank's own lines, in every language, and leave something to choose."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from ragmarket.generation.lines import (
    ctas_of,
    fitting,
    named_above,
    nameless_lines,
    openings_of,
    sentences,
    subjects_of,
)
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import naming, phrasings_of
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.customers import Register
from ragmarket.knowledge.language import LanguagePack, load_language
from ragmarket.schemas.base import LANGUAGES

FACT = Fact("S1", "loan_max_amount", {"amount": "S1a"})
PLAIN = WritingTask("en", "whatsapp", "loan", "meet_expense", "apply", (), "any", 1, 1, (FACT,))
NAME = "Aranya Personal Loan"
ANGLES = load_angles()


@pytest.mark.parametrize("language", LANGUAGES)
def test_warm_and_plain_share_no_phrasing_and_no_opening(language: str) -> None:
    pack = load_language(language)
    warm, plain = (replace(PLAIN, language=language, tone=tone) for tone in ("customer", "formal"))
    assert not set(phrasings_of(warm, pack, "S1")) & set(phrasings_of(plain, pack, "S1"))
    assert not set(openings_of(warm, pack)) & set(openings_of(plain, pack))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_brief_style_is_told_in_the_shorter_half(language: str) -> None:
    pack = load_language(language)
    # Two ways to say a thing without the product's name are no choice of length yet.
    chosen = [kind for kind, own in pack.kinds.items() if sum("{product}" not in one for one in own.customer) >= 3]
    assert len(chosen) > 20
    for kind in chosen:
        task = replace(PLAIN, language=language, facts=(Fact("S1", kind, {}),))
        short, full = (phrasings_of(replace(task, style=style), pack, "S1") for style in ("short", "full"))
        assert max(map(len, short)) <= max(map(len, full))
        # Only where the shorter half is all that the bank has in sentences does a label have to stand back for both.
        assert set(short) != set(full) or set(short) == set(sentences(nameless_lines(pack.kinds[kind].customer))), kind


@pytest.mark.parametrize("channel", ["email", "whatsapp"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_with_room_tells_in_sentences_wherever_the_bank_has_one(language: str, channel: str) -> None:
    pack = load_language(language)
    for kind, own in pack.kinds.items():
        facts = (Fact("S1", "branch", {}), Fact("S2", kind, {}))
        task = replace(PLAIN, language=language, tone="customer", facts=facts)
        nameless = [one for one in own.customer if "{product}" not in one]
        found = phrasings_of(replace(task, channel=channel), pack, "S2")
        assert not any(":" in one for one in found) or all(":" in one for one in nameless), kind


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_of_one_kind_are_told_in_one_mould_and_each_variant_in_its_own(language: str) -> None:
    pack = load_language(language)
    facts = tuple(Fact(f"S{n}", "gold_ltv", {"rate": f"S{n}a"}) for n in (1, 2, 3))
    moulds = set()
    for variant in range(3):
        turns = {fact.id: variant for fact in facts}
        task = replace(PLAIN, language=language, facts=facts, rotation=4 + variant, turns=turns)
        ((mould,),) = {phrasings_of(task, pack, fact.id) for fact in facts}
        moulds.add(mould)
    assert len(moulds) == 3


def test_a_subject_has_room_for_the_product_s_name_or_is_the_shortest() -> None:
    task, pack = replace(PLAIN, channel="email"), load_language("en")
    for line in subjects_of(task, pack, fitting(NAME, 78)):
        assert len(line.replace("{product}", NAME)) <= 78
    shortest = subjects_of(task, pack, fitting("A name that is longer than any subject line may ever be " * 2, 78))
    assert len(shortest) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", ["customer", "formal"])
def test_a_product_is_named_before_the_claims_and_not_again_in_them(language: str, tone: Register) -> None:
    pack, kinds = load_language(language), load_catalogue().kinds
    for channel in ("push", "email", "whatsapp"):
        task = replace(PLAIN, language=language, channel=channel, tone=tone)
        above = openings_of(task, pack) if channel == "whatsapp" else subjects_of(task, pack)
        assert all("{product}" in line for line in above)
        named = 0
        for kind in kinds:
            told = phrasings_of(replace(task, facts=(Fact("S1", kind, {}),)), pack, "S1")
            if named_above(task, pack):
                named += any("{product}" in phrase for phrase in told)
            else:
                # Under a bare salutation the first claim names it, where its register has words for that.
                own = pack.kinds[kind].of("formal" if tone == "formal" else "customer", "any")
                assert all("{product}" in phrase for phrase in told) or not any("{product}" in one for one in own)
        # A kind may have no way to be told without the name; such kinds are few.
        assert named <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_claim_of_a_message_without_a_title_names_the_product_where_there_is_room(language: str) -> None:
    pack = load_language(language)
    other = Fact("S2", "loan_min_amount", {"amount": "S2a"})
    task = replace(PLAIN, language=language, channel="sms", facts=(FACT, other), max_claims=2)
    roomy, tight = (naming(task, pack, NAME, room) for room in (400, 60))
    assert all("{product}" in phrase for phrase in phrasings_of(task, pack, "S1", roomy))
    assert not any("{product}" in phrase for phrase in phrasings_of(task, pack, "S1", tight))
    assert not any("{product}" in phrase for phrase in phrasings_of(task, pack, "S2", roomy))


def test_the_room_of_a_name_counts_the_name_and_the_other_claims() -> None:
    pack, other = load_language("en"), Fact("S2", "loan_min_amount", {"amount": "S2a"})
    alone, both = (replace(PLAIN, channel="sms", facts=facts) for facts in ((FACT,), (FACT, other)))
    phrase = "{product}: up to {amount}."
    rooms = [room for room in range(300) if naming(alone, pack, NAME, room)(phrase)]
    longer = [room for room in range(300) if naming(alone, pack, NAME * 2, room)(phrase)]
    beside = [room for room in range(300) if naming(both, pack, NAME, room)(phrase)]
    assert min(longer) == min(rooms) + len(NAME)
    assert min(beside) > min(rooms)


def _points(line: str, pack: LanguagePack) -> bool:
    return bool(set(line.casefold().split()) & set(pack.pointers))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", ["customer", "formal"])
@pytest.mark.parametrize("channel", ["sms", "email", "whatsapp"])
def test_no_first_claim_points_at_a_product_that_the_line_before_did_not_name(
    language: str, tone: Register, channel: str
) -> None:
    pack, kinds = load_language(language), load_catalogue().kinds
    task = replace(PLAIN, language=language, channel=channel, tone=tone)
    openings = openings_of(task, pack) if channel != "sms" else ()
    named = bool(openings) and all("{product}" in line for line in openings)
    assert named or not any("{product}" in line for line in openings)
    for kind in kinds:
        first = replace(task, facts=(Fact("S1", kind, {}), Fact("S2", "nomination_available", {})))
        for room in (True, False):
            told = phrasings_of(first, pack, "S1", names=lambda _, room=room: room)
            pointing = [one for one in told if "{product}" not in one and _points(one, pack)]
            # Only a kind that has no other words may point.
            if pointing and not named:
                own = pack.kinds[kind].of("formal" if tone == "formal" else "customer", "any")
                assert all(_points(one, pack) or "{product}" in one for one in own), told


@pytest.mark.parametrize("intent", sorted(ANGLES.intents))
def test_the_lines_of_an_intent_are_borne_out_by_a_fact_that_keeps_what_they_announce(intent: str) -> None:
    told_by, kinds = ANGLES.intents[intent].told_by, load_catalogue().kinds
    assert set(told_by) <= set(kinds)
    others = set(kinds) - set(told_by)
    assert ANGLES.borne_out(intent, others) is not bool(told_by)
    assert all(ANGLES.borne_out(intent, [*sorted(others)[:2], kind]) for kind in told_by)
