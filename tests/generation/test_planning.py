"""The plan of a message: what policy demands, companions with their facts, the best first, and few of one concern."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ragmarket.generation.planning import leading, plan
from ragmarket.generation.task import Fact
from ragmarket.knowledge.angles import THEMES, load_angles
from ragmarket.knowledge.catalogue import load_catalogue

ANGLES = load_angles()
KINDS = sorted(load_catalogue().kinds)


Message = tuple[list[Fact], dict[str, float], dict[str, frozenset[str]], int]


@st.composite
def messages(draw: st.DrawFn) -> Message:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9))
    most = draw(st.integers(1, 6))
    musts = draw(st.sets(st.integers(0, len(kinds) - 1), max_size=1))
    facts = [Fact(f"S{n}", kind, {}, must=n - 1 in musts) for n, kind in enumerate(kinds, start=1)]
    worth = {fact.id: draw(st.floats(0.01, 3)) for fact in facts}
    ids = st.sampled_from([fact.id for fact in facts])
    needs = draw(st.dictionaries(ids, st.frozensets(ids, min_size=1, max_size=2), max_size=3))
    return facts, worth, needs, most


@given(messages())
def test_a_plan_keeps_to_its_length_tells_nothing_twice_and_leaves_no_fact_without_its_companion(
    message: Message,
) -> None:
    facts, worth, needs, most = message
    found = plan(facts, worth, needs, most, ANGLES.concern)
    told = {fact.id for fact in found}
    assert len(found) == len(told) <= most
    for fact in found:
        assert fact.id not in needs or told & needs[fact.id]
    demanded = {fact.id for fact in facts if fact.must}
    if found and demanded:
        assert demanded <= told
        assert found[0].id in demanded


@given(messages())
def test_the_best_fact_that_fits_comes_first_where_policy_demands_none(message: Message) -> None:
    facts, worth, _, most = message
    free = [Fact(fact.id, fact.kind, {}) for fact in facts]
    found = plan(free, worth, {}, most, ANGLES.concern)
    assert len(found) == min(most, len(free))
    assert worth[found[0].id] == max(worth.values())


def test_a_second_fact_of_a_concern_gives_way_to_a_little_lesser_one_of_another() -> None:
    facts = [Fact("S1", "card_joining_fee", {}), Fact("S2", "demat_opening_fee", {}), Fact("S3", "eligible_age", {})]
    found = plan(facts, {"S1": 1.0, "S2": 0.9, "S3": 0.8}, {}, 2, ANGLES.concern)
    assert [fact.id for fact in found] == ["S1", "S3"]


def test_a_demand_that_does_not_fit_leaves_no_plan() -> None:
    facts = [Fact("S1", "loan_rate_from", {}, must=True), Fact("S2", "processing_fee_rate", {})]
    assert plan(facts, {"S1": 1.0, "S2": 1.0}, {"S1": frozenset({"S2"})}, 1, ANGLES.concern) == ()
    assert len(plan(facts, {"S1": 1.0, "S2": 1.0}, {"S1": frozenset({"S2"})}, 2, ANGLES.concern)) == 2


def test_a_message_leads_with_the_heaviest_themes_and_with_those_there_are() -> None:
    weights = ANGLES.weights("save_tax", "neutral")
    assert "tax" in leading(weights, {"cost", "growth"})
    assert leading(weights, {"cost", "access", "growth"}) >= {"access"}
    assert leading(ANGLES.weights("general", "neutral"), set(THEMES)) == frozenset(THEMES)


def test_every_kind_is_about_one_concern_of_the_customer() -> None:
    assert [kind for kind in KINDS if ANGLES.concern(kind) is None] == []
    assert {kind for kinds in ANGLES.concerns.values() for kind in kinds} == set(KINDS)
