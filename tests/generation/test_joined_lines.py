"""Two facts in one sentence: planned side by side, written in one breath, cited apart, and refused in halves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.renderings import Renderings
from ragmarket.compliance.support import SupportCheck
from ragmarket.errors import BadKnowledge
from ragmarket.generation.coupling import coupled, couples_of, told_first
from ragmarket.generation.decoding import parse_draft
from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.phrasing import phrase_unit
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import phrasings_of
from ragmarket.generation.writer.examples import claim_of, compact
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.joined import load_joined, sides_of
from ragmarket.knowledge.language import load_languages
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.draft import Draft
from ragmarket.schemas.evidence import Condition, Evidence, Figure, Slot
from ragmarket.schemas.message import Message
from tests.generation.test_grammar import accepts
from tests.test_pipeline import DAY, POLICIES

CATALOGUE = load_catalogue()
PACKS = load_languages(CATALOGUE)
COUPLES = load_angles().couples
LEAST = Fact("S1", "loan_min_amount", {"amount": "S1a"})
MOST = Fact("S2", "loan_max_amount", {"amount": "S2a"})
FEE = Fact("S3", "processing_fee_rate", {"rate": "S3a"})


def task(language: str = "en", **changes: object) -> WritingTask:
    given: dict[str, object] = {
        "language": language, "channel": "whatsapp", "product_class": "loan", "intent": "general", "aim": "learn",
        "angle": (), "style": "any", "min_claims": 2, "max_claims": 2, "facts": (LEAST, MOST),
        "couples": (("S1", "S2"),),
    }  # fmt: skip
    return WritingTask(**(given | changes))  # type: ignore[arg-type]


def evidence(number: int, kind: str, rupees: int, bound: str, *conditions: str) -> Evidence:
    text = f"₹{rupees}"
    figure = Figure.model_validate(
        {"type": "amount", "value": rupees, "unit": "INR", "bound": bound, "start": 0, "end": len(text), "text": text}
    )
    return Evidence.model_validate(
        {
            "id": f"S{number}", "doc_id": f"d{number}", "version": "1", "sha256": "0", "title": "t",
            "product_code": "p", "doc_kind": "product", "start": 0, "end": len(text), "quote": text, "text": text,
            "kind": kind,
            "kind_score": 1.0, "phrasable": True, "slots": (Slot(name=f"S{number}a", role="amount", low=figure),),
            "conditions": [Condition(id=id_, start=0, end=1) for id_ in conditions],
        }
    )  # fmt: skip


ITEMS = (evidence(1, "loan_min_amount", 50_000, "from"), evidence(2, "loan_max_amount", 90_000, "up_to"))


def written(line: str, language: str, *facts: Fact) -> Draft:
    left, right = phrase_unit(PACKS[language], (facts[0], facts[1]), line)
    return parse_draft(compact({"claims": [claim_of(facts[0], left), claim_of(facts[1], right, joins=True)]}))


def rendered(draft: Draft, language: str, items: tuple[Evidence, ...] = ITEMS) -> Message:
    policy = POLICIES.resolve(product_class="loan", channel="whatsapp", language=language, as_of=DAY)
    return Renderer(CATALOGUE, PACKS).render(draft, policy, items, "Aranya Loan")


def test_facts_that_make_one_sentence_are_brought_together_in_its_order() -> None:
    told = coupled([[MOST], [FEE], [LEAST]], COUPLES)
    assert [fact.id for fact in told] == ["S1", "S2", "S3"]
    assert couples_of(told, COUPLES) == (("S1", "S2"),)


def test_nothing_is_brought_before_the_fact_that_a_region_asks_for() -> None:
    assert [fact.id for fact in coupled([[MOST], [FEE], [LEAST]], COUPLES, ["S2"])] == ["S2", "S3", "S1"]


def test_a_bridge_stands_behind_all_facts_of_the_first_kind() -> None:
    slabs = [Fact(f"S{n}", "fd_interest_rate", {}) for n in (1, 2, 3)]
    assert told_first([(slabs[0], slabs[1]), (slabs[2],), (FEE,)]) == 3
    assert told_first([(LEAST, MOST), (FEE,)]) == 2
    assert told_first([(FEE,), (LEAST, MOST)]) == 1


def test_what_stands_side_by_side_is_not_parted() -> None:
    other = Fact("S4", "loan_min_amount", {"amount": "S4a"})
    assert [fact.id for fact in coupled([[LEAST, other], [FEE], [MOST]], COUPLES)] == ["S1", "S4", "S2", "S3"]


def test_a_fact_stands_in_one_sentence_alone() -> None:
    slabs = [Fact(f"S{n}", "fd_interest_rate", {}) for n in (1, 2, 3)]
    assert couples_of(slabs, COUPLES) == (("S1", "S2"),)


def test_what_is_told_twice_stands_with_no_other_kind() -> None:
    ratios = [Fact(f"S{n}", "expense_ratio", {"rate": f"S{n}a"}) for n in (1, 2)]
    load = Fact("S3", "exit_load", {"rate": "S3a", "duration": "S3b"})
    assert couples_of([*ratios, load], COUPLES) == ()
    assert couples_of([ratios[0], load], COUPLES) == (("S1", "S3"),)


def test_where_a_fact_has_a_choice_the_closer_pair_is_one_sentence() -> None:
    told = [Fact("S1", "expense_ratio", {}), Fact("S2", "exit_load", {}), Fact("S3", "exit_load_nil_after", {})]
    assert couples_of(told, COUPLES) == (("S2", "S3"),)


def test_a_fact_of_some_amounts_alone_keeps_to_itself() -> None:
    partial = Fact("S1", "loan_min_amount", {"amount": "S1a"}, (("amount_slab", "S1b"),))
    assert couples_of([partial, MOST], COUPLES) == ()


@pytest.mark.parametrize(
    ("free", "beyond", "joined"),
    [
        ("own_atm", "own_atm", True),
        ("own_atm", None, True),
        ("own_atm", "gst_extra", True),
        ("own_atm", "other_atm", False),
    ],
)
def test_facts_of_different_things_are_no_one_sentence(free: str, beyond: str | None, joined: bool) -> None:
    one = Fact("S1", "atm_free_transactions", {"count": "S1a"}, ((free, None),))
    other = Fact("S2", "atm_charge_beyond_free", {"amount": "S2a"}, ((beyond, None),) if beyond else ())
    assert bool(couples_of([one, other], COUPLES)) == joined


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_for_every_couple(language: str) -> None:
    assert set(PACKS[language].joined.by_kinds) == set(COUPLES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_two_sides_are_one_sentence_and_each_is_proved_by_its_own_fact(language: str) -> None:
    check, renderings = SupportCheck(PACKS), Renderings(Renderer(CATALOGUE, PACKS), PACKS)
    for line in PACKS[language].joined.by_kinds["loan_min_amount", "loan_max_amount"].all:
        draft = written(line, language, LEAST, MOST)
        message = rendered(draft, language)
        assert not check.review(message, draft, ITEMS), line
        first, second = message.claims
        assert second.start == first.end + 1
        assert message.text[first.end] == " "
        for claim, own, other in ((first, *ITEMS), (second, *ITEMS[::-1])):
            assert renderings.proves(claim.text, own, language, "Aranya Loan"), claim.text
            assert not renderings.proves(claim.text, other, language, "Aranya Loan"), claim.text


def test_a_condition_stands_behind_its_own_side() -> None:
    pack, line = PACKS["en"], "You can borrow from {amount}, | and up to {amount}."
    salaried = Fact("S1", "loan_min_amount", {"amount": "S1a"}, (("salaried", None),))
    said = pack.conditions["salaried"]
    assert phrase_unit(pack, (salaried, MOST), line)[0] == f"You can borrow from {{S1a}} ({said}),"


@pytest.mark.parametrize("spoilt", ["alone", "strangers", "turned round"])
def test_a_side_without_its_other_side_is_not_released(spoilt: str) -> None:
    lines = PACKS["en"].joined.by_kinds["loan_min_amount", "loan_max_amount"].all
    draft = written(lines[0], "en", LEAST, MOST)
    first, second = draft.claims
    strange = next(sides_of(line)[1] for line in lines if sides_of(line)[1] != sides_of(lines[0])[1])
    claims = {
        "alone": (first, second.model_copy(update={"joins": False})),
        "strangers": (first, second.model_copy(update={"text": strange.replace("{amount}", "{S2a}")})),
        "turned round": (second, first.model_copy(update={"joins": True})),
    }[spoilt]
    broken = draft.model_copy(update={"claims": claims})
    found = SupportCheck(PACKS).review(rendered(broken, "en"), broken, ITEMS)
    assert {finding.rule for finding in found} == {"grounding.not_verified"}
    assert {finding.severity for finding in found} == {"block"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_grammar_has_the_sides_of_one_line_alone(language: str) -> None:
    pack, asked = PACKS[language], task(language, channel="sms")
    grammar = build_grammar(asked, pack, by_the_book=True)
    lines = phrasings_of(asked, pack, "S1")
    assert len(lines) >= 1
    sides = [phrase_unit(pack, (LEAST, MOST), line) for line in lines]
    for left, right in sides:
        claims = [claim_of(LEAST, left), claim_of(MOST, right, joins=True)]
        assert accepts(grammar, compact({"claims": claims}))
        assert not accepts(grammar, compact({"claims": claims[:1]}))
        assert not accepts(grammar, compact({"claims": [claims[0], claim_of(MOST, right)]}))
    mixed = [(left, right) for left, _ in sides for _, right in sides if (left, right) not in sides]
    for left, right in mixed:
        assert not accepts(grammar, compact({"claims": [claim_of(LEAST, left), claim_of(MOST, right, joins=True)]}))


def test_where_nothing_names_the_product_the_first_side_does_if_there_is_room() -> None:
    pack, asked = PACKS["en"], task(channel="sms")
    assert all("{product}" in line for line in phrasings_of(asked, pack, "S1"))
    assert not any("{product}" in line for line in phrasings_of(asked, pack, "S1", lambda _: False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_variants_join_the_same_facts_in_the_same_words(language: str) -> None:
    for kinds in COUPLES:
        first, second = (
            Fact(f"S{n}", kind, dict.fromkeys(CATALOGUE.kinds[kind].roles, f"S{n}a")) for n, kind in enumerate(kinds, 1)
        )
        told = task(language, facts=(first, second), rotation=0)
        lines = [phrasings_of(replace(told, turns={"S1": turn}), PACKS[language], "S1") for turn in range(3)]
        assert all(lines)
        assert len(set().union(*lines)) == sum(map(len, lines)), kinds


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('- {kinds: [a, b], customer: ["one two."], formal: ["a | b."]}', "one bar"),
        ('- {kinds: [a, b], customer: ["a | 2."], formal: ["a | b."]}', "digit"),
        ('- {kinds: [a, b], customer: ["a | b."], formal: ["c | d."]}\n' * 2, "a b"),
        ('- {kinds: [a], customer: ["a | b."], formal: ["c | d."]}', "kinds"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(BadKnowledge, match=told):
        load_joined(tmp_path / "en.yaml")


def test_knowledge_of_earlier_years_has_no_joined_lines(tmp_path: Path) -> None:
    assert load_joined(tmp_path / "en.yaml").root == ()


def test_an_older_draft_joins_nothing() -> None:
    draft = parse_draft(json.dumps({"claims": [{"cite": "S1", "fact": "", "text": "x"}]}))
    assert not draft.claims[0].joins
