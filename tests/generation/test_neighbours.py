"""Claims that follow one another begin with different words where their phrasings leave a choice."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import phrasings_of, side_by_side, spare_phrasings_of
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_language
from ragmarket.schemas.base import LANGUAGES

WORDS = st.sampled_from(["The", "Loan", "{product}", "{amount}", "Minimum:", "the"])
ROWS = st.lists(st.lists(st.builds("{} {}".format, WORDS, st.integers(0, 9)), min_size=1, max_size=4), max_size=6)


def begins(line: str) -> str | None:
    first = line.split()[0]
    return None if first == "{amount}" else first.rstrip(":").casefold()


@given(ROWS)
def test_every_claim_keeps_phrasings_of_its_own_and_clashes_only_where_it_must(rows: list[list[str]]) -> None:
    found = side_by_side(rows)
    assert len(found) == len(rows)
    for before, after in zip(rows, found, strict=True):
        assert after
        assert set(after) <= set(before)
    for (one, other), (left, right) in zip(pairwise(rows), pairwise(found), strict=True):
        if {begins(line) for line in left} & {begins(line) for line in right} - {None}:
            # Nothing can be done for a claim that has one beginning alone, or that its other neighbour has narrowed.
            assert len({begins(line) for line in right}) == 1
            assert set(other) >= set(right)
            assert set(one) >= set(left)


def test_the_second_takes_another_phrasing_or_leaves_its_only_one_to_itself() -> None:
    assert side_by_side([["The rate."], ["The fee.", "A fee."]]) == [("The rate.",), ("A fee.",)]
    assert side_by_side([["The rate.", "A rate."], ["The fee."]]) == [("A rate.",), ("The fee.",)]
    assert side_by_side([["The rate.", "A rate."], ["A fee.", "The fee."]]) == [("The rate.",), ("A fee.",)]
    assert side_by_side([["The rate."], ["The fee."]]) == [("The rate.",), ("The fee.",)]
    assert side_by_side([["{rate} is paid."], ["{rate} is charged."]]) == [
        ("{rate} is paid.",),
        ("{rate} is charged.",),
    ]
    assert side_by_side([]) == []


def test_a_spare_phrasing_stands_in_only_where_the_claim_s_own_all_begin_alike() -> None:
    rows, spare = [["The rate."], ["The fee."]], [["A rate."], ["The charge.", "A fee."]]
    assert side_by_side(rows, spare) == [("The rate.",), ("A fee.",)]
    assert side_by_side([["The rate."], ["Fee."]], spare) == [("The rate.",), ("Fee.",)]
    assert side_by_side(rows, [[], ["The charge."]]) == [("The rate.",), ("The fee.",)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_spare_phrasings_are_no_longer_and_no_variant_before_has_used_them(language: str) -> None:
    pack, kinds = load_language(language), load_catalogue().kinds
    spare = 0
    for kind, known in kinds.items():
        facts = (Fact("S1", "nomination_available", {}), Fact("S2", kind, dict.fromkeys(known.roles, "S2a")))
        for turn in range(4):
            task = WritingTask(language, "whatsapp", "loan", "general", "learn", (), "any", 2, 2, facts, rotation=1)
            told = [phrasings_of(replace(task, turns={"S2": before}), pack, "S2") for before in range(turn + 1)]
            found = spare_phrasings_of(replace(task, turns={"S2": turn}), pack, "S2")
            assert not set(found) & {phrase for words in told for phrase in words}
            assert all(len(phrase) <= max(map(len, told[-1])) for phrase in found)
            assert set(found) <= set(pack.kinds[kind].all)
            assert turn < 2 or not found
            spare += len(found)
    assert spare > 50


def test_the_grammar_holds_neighbours_apart_where_all_facts_are_told() -> None:
    pack = load_language("en")
    least, most = Fact("S1", "loan_min_amount", {"amount": "S1a"}), Fact("S2", "loan_max_amount", {"amount": "S2a"})
    phrasings = pack.kinds["loan_min_amount"].model_copy(update={"customer": ("The loan starts at {amount}.",)})
    other = pack.kinds["loan_max_amount"].model_copy(
        update={"customer": ("The loan goes up to {amount}.", "A borrower may ask for {amount}.")}
    )
    pack = pack.model_copy(update={"kinds": {**pack.kinds, "loan_min_amount": phrasings, "loan_max_amount": other}})
    told = WritingTask("en", "email", "loan", "general", "learn", (), "any", 2, 2, (least, most))
    assert len(phrasings_of(told, pack, "S2")) == 2
    assert "The loan goes up to" not in build_grammar(told, pack, by_the_book=True)
    one = WritingTask("en", "email", "loan", "general", "learn", (), "any", 1, 2, (least, most))
    assert "The loan goes up to" in build_grammar(one, pack, by_the_book=True)
