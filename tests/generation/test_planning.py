"""The plan of a message: what policy demands, companions with their facts, the best first, and few of one concern."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ragmarket.generation.planning import arranged, leading, plan
from ragmarket.generation.task import Fact
from ragmarket.knowledge.angles import ASIDE, MAIN, THEMES, load_angles
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


def told(*kinds: str, place: dict[str, tuple[int, ...]] | None = None) -> list[str]:
    facts = [Fact(f"S{n}", kind, {}) for n, kind in enumerate(kinds, start=1)]
    return [fact.kind for fact in arranged(facts, {}, ANGLES, place or {})]


@given(messages())
def test_arranging_changes_no_fact_and_keeps_each_sequence_in_its_order_and_together(message: Message) -> None:
    facts, _, needs, _ = message
    found = arranged(facts, needs, ANGLES, {})
    assert sorted(fact.id for fact in found) == sorted(fact.id for fact in facts)
    kinds = [fact.kind for fact in found]
    for row in ANGLES.sequences:
        places = [row.index(kind) for kind in kinds if kind in row]
        assert places == sorted(places)
    if not needs:
        for row in ANGLES.sequences:
            where = [at for at, kind in enumerate(kinds) if kind in row]
            assert not where or where[-1] - where[0] == len(where) - 1


@given(messages())
def test_fine_print_opens_no_message_that_has_anything_else(message: Message) -> None:
    facts, _, _, _ = message
    found = arranged(facts, {}, ANGLES, {})
    standings = [ANGLES.standing(fact.kind) for fact in found]
    row = ANGLES.sequence(found[0].kind)
    if min(standings) == MAIN:
        assert MAIN in {ANGLES.standing(fact.kind) for fact in found if fact.kind in row}
    elif min(standings) < ASIDE:
        assert standings[0] != ASIDE or any(ANGLES.standing(f.kind) < ASIDE for f in found if f.kind in row)


def test_a_rule_stands_before_its_exception_and_the_least_before_the_most() -> None:
    assert told("exit_load_nil_after", "redemption_payout_time", "exit_load") == [
        "exit_load",
        "exit_load_nil_after",
        "redemption_payout_time",
    ]
    assert told("loan_max_amount", "disbursal_time", "loan_min_amount")[:2] == ["loan_min_amount", "loan_max_amount"]
    assert told("balance_shortfall_charge", "upi_daily_limit", "min_avg_monthly_balance")[:2] == [
        "min_avg_monthly_balance",
        "balance_shortfall_charge",
    ]


def test_what_a_customer_asks_first_opens_and_fine_print_ends() -> None:
    assert told("card_reward_validity", "card_forex_markup", "card_annual_fee") == [
        "card_annual_fee",
        "card_forex_markup",
        "card_reward_validity",
    ]
    assert told("nomination_available", "savings_interest_rate")[-1] == "nomination_available"
    assert told("cooling_off_period", "loan_apr") == ["loan_apr", "cooling_off_period"]


def test_what_customers_ask_of_any_such_product_stands_before_what_few_ask() -> None:
    found = told("loan_tenure_max", "min_monthly_income", "part_payment_min", "loan_max_amount", "penal_charge")
    assert found == ["loan_max_amount", "loan_tenure_max", "min_monthly_income", "part_payment_min", "penal_charge"]


def test_facts_of_one_kind_follow_their_place_side_by_side() -> None:
    order = arranged(
        [Fact("S1", "entry_age", {}), Fact("S2", "policy_term", {}), Fact("S3", "entry_age", {})],
        {},
        ANGLES,
        {"S1": (1, 10), "S2": (0, 0), "S3": (0, 90)},
    )
    assert [fact.id for fact in order] == ["S3", "S1", "S2"]


def test_a_companion_stands_beside_the_fact_that_needs_it() -> None:
    facts = [Fact("S1", "premium_from", {}), Fact("S2", "entry_age", {}), Fact("S3", "sum_assured_max", {})]
    order = arranged(facts, {"S1": frozenset({"S3"})}, ANGLES, {})
    assert [fact.id for fact in order] == ["S1", "S3", "S2"]
    facts.append(Fact("S4", "sum_assured_min", {}))
    order = arranged(facts, {"S1": frozenset({"S3"})}, ANGLES, {})
    assert [fact.id for fact in order] == ["S1", "S4", "S3", "S2"]


def test_the_sequences_name_known_kinds_and_a_fund_is_not_applied_for() -> None:
    assert {kind for row in ANGLES.sequences for kind in row} <= set(KINDS)
    assert ANGLES.aim("apply", "mutual_fund") == "learn"
    assert ANGLES.aim("branch", "mutual_fund") == "branch"
    assert ANGLES.aim("apply", "loan") == "apply"
