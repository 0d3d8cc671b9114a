"""The lines around the claims know those above them: no two say the same, and the product is named where it must be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.lines import (
    ALIKE,
    bridges_of,
    ctas_of,
    named_above,
    nameless_lines,
    openings_of,
    overlap,
    subjects_of,
)
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import phrasings_of
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.language import load_language
from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES, ProductClass

FACT = Fact("S1", "loan_max_amount", {"amount": "S1a"})
MAIL = WritingTask("en", "email", "loan", "meet_expense", "apply", (), "any", 1, 1, (FACT,))
INTENTS = sorted(load_angles().intents)
TURNS = range(24)


def test_lines_that_say_the_same_overlap_and_others_do_not() -> None:
    assert overlap("Retirement: details of {product}", "Dear Customer, for retirement, read the details.") == 1.0
    assert overlap("Planning a home: {product}", "If you plan homes, read on.") == 1.0
    assert overlap("Income tax and {product}", "Dear Customer, a short note on {product}.") == 0.0
    # The product's name is the same in all lines, with whatever is written right behind it.
    assert overlap("{product}ની વિગતો", "{product}ની શરતો") == 0.0
    assert overlap("{product}", "Hello, {product}") == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_overlap_is_a_share_and_the_same_both_ways_for_a_line_and_itself(one: str, other: str) -> None:
    assert 0.0 <= overlap(one, other) <= 1.0
    assert overlap(one, one) in (0.0, 1.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_subject_and_opening_do_not_both_speak_of_the_intent(language: str) -> None:
    pack = load_language(language)
    for intent in pack.intent_subjects:
        spoke = set()
        for turn in TURNS:
            task = replace(MAIL, language=language, intent=intent, rotation=turn)
            (subject,) = subjects_of(task, pack)
            (opening,) = openings_of(task, pack, (subject,))
            own = (subject in pack.intent_subjects[intent], opening in pack.greeted(pack.intent_openings[intent]))
            assert sum(own) == 1
            assert opening in pack.lines("opening")
            spoke.add(own)
        # One variant speaks of it above and the next one below.
        assert len(spoke) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", ["any", "formal"])
def test_an_opening_does_not_repeat_most_of_its_subject_where_another_is_there(language: str, tone: str) -> None:
    pack = load_language(language)
    for intent in INTENTS:
        for turn in TURNS:
            task = replace(MAIL, language=language, intent=intent, tone=tone, rotation=turn)
            subject = subjects_of(task, pack)
            (opening,) = openings_of(task, pack, subject)
            others = {openings_of(replace(task, rotation=turn + 2 * n), pack)[0] for n in TURNS}
            if overlap(opening, subject[0]) >= ALIKE:
                assert overlap(opening, subject[0]) == min(overlap(other, subject[0]) for other in {opening} | others)


def test_an_opening_gives_way_to_the_next_that_is_unlike_the_subject() -> None:
    pack = load_language("en").model_copy(
        update={
            "openings": {
                "email": ("Dear Customer, the main details of {product} are below.", "Greetings, read on: {product}."),
                "whatsapp": ("Hello,",),
            },
            "subjects": ("Main details of {product}",),
            "class_openings": {},
            "class_subjects": {},
        }
    )
    task = replace(MAIL, intent="general", rotation=0)
    assert openings_of(task, pack) == ("Dear Customer, the main details of {product} are below.",)
    assert openings_of(task, pack, subjects_of(task, pack)) == ("Greetings, read on: {product}.",)
    # The grammar asks for the pair as it is read.
    grammar = build_grammar(task, pack, by_the_book=True)
    assert "Greetings, read on" in grammar
    assert "the main details of {product} are below" not in grammar


def test_a_bridge_gives_way_to_one_that_does_not_say_again_what_stands_above() -> None:
    pack = load_language("en").model_copy(update={"bridges": ("What else to know before you decide:", "Also:")})
    facts = tuple(Fact(f"S{n}", "loan_max_amount", {"amount": f"S{n}a"}) for n in range(1, 4))
    task = replace(MAIL, facts=facts, min_claims=3, max_claims=3, rotation=0)
    above = ["{product}: what to know before you decide"]
    assert bridges_of(task, pack) == ("What else to know before you decide:",)
    assert bridges_of(task, pack, above) == ("Also:",)
    grammar = build_grammar(
        task,
        pack.model_copy(update={"subjects": (above[0],), "intent_subjects": {}, "class_subjects": {}}),
        by_the_book=True,
    )
    assert "Also:" in grammar
    assert "What else to know" not in grammar


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("product_class", PRODUCT_CLASSES)
def test_without_lines_of_the_intent_warm_words_speak_of_the_product_class(
    language: str, product_class: ProductClass
) -> None:
    pack = load_language(language)
    task = replace(MAIL, language=language, product_class=product_class, intent="general", rotation=0)
    assert openings_of(task, pack)[0] in pack.greeted(pack.class_openings[product_class])
    assert subjects_of(task, pack)[0] in pack.class_subjects[product_class]
    chat = replace(task, channel="whatsapp")
    assert openings_of(chat, pack)[0] in pack.class_openings[product_class]
    plain = replace(task, tone="formal")
    assert openings_of(plain, pack)[0] in pack.openings["email"]
    assert subjects_of(plain, pack)[0] in pack.subjects


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["whatsapp", "email"])
def test_a_call_to_action_does_not_name_what_the_opening_named(language: str, channel: str) -> None:
    pack = load_language(language)
    for intent in INTENTS:
        for aim in pack.ctas:
            for turn in (None, *TURNS):
                task = replace(MAIL, language=language, channel=channel, intent=intent, aim=aim, rotation=turn)
                if named_above(task, pack):
                    assert nameless_lines(pack.ctas_for(aim, intent))
                    assert not any("{product}" in line for line in ctas_of(task, pack))


def test_a_call_to_action_may_name_the_product_where_it_has_no_other_words() -> None:
    pack = load_language("en").model_copy(update={"ctas": {"apply": ("Apply for {product}.",)}, "intent_ctas": {}})
    assert ctas_of(replace(MAIL, rotation=3), pack) == ("Apply for {product}.",)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", ["any", "formal"])
def test_an_e_mail_names_its_product_in_the_opening_or_the_first_claim(language: str, tone: str) -> None:
    pack = load_language(language)
    named = 0
    for turn in TURNS:
        task = replace(MAIL, language=language, intent="general", tone=tone, rotation=turn)
        (opening,) = openings_of(task, pack, subjects_of(task, pack))
        assert ("{product}" in opening) is named_above(task, pack)
        named += "{product}" in opening
    assert named == len(TURNS)


def test_under_a_bare_salutation_the_first_claim_names_the_product_in_its_own_register() -> None:
    bare = {"email": ("Dear Customer,",), "whatsapp": ("Hello,",)}
    pack = load_language("en").model_copy(update={"openings": bare, "class_openings": {}})
    task = replace(MAIL, intent="general", facts=(FACT, Fact("S2", "loan_min_amount", {"amount": "S2a"})), max_claims=2)
    assert not named_above(task, pack)
    first, second = (phrasings_of(task, pack, fact.id) for fact in task.facts)
    assert all("{product}" in line and line in pack.kinds[FACT.kind].customer for line in first)
    assert not any("{product}" in line for line in second)
