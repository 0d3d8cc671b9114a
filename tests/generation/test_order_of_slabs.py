"""Facts of one kind are told from the lowest slab to the highest; what holds for all before what holds for a group."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ragmarket.generation.planning import arranged, places_of
from ragmarket.generation.task import facts_of
from ragmarket.knowledge.angles import load_angles
from ragmarket.schemas.evidence import Condition, Evidence, Figure, Slot

ANGLES = load_angles()
GROUPS = {id_ for audience in ANGLES.audiences.values() for id_ in audience.conditions}


def figure(type_: str, value: float, unit: str, bound: str = "exact") -> Figure:
    return Figure.model_validate(
        {"type": type_, "value": Decimal(str(value)), "unit": unit, "bound": bound, "start": 0, "end": 1, "text": "x"}
    )


def evidence(
    number: int, kind: str, slots: dict[str, Any], conditions: dict[str, str | None] | None = None
) -> Evidence:
    """A fact whose slots are given by role as a figure or as a range of two; conditions name the role they ride on."""
    names = {role: f"S{number}{chr(97 + at)}" for at, role in enumerate(slots)}
    made = []
    for role, value in slots.items():
        low, high = value if isinstance(value, tuple) else (value, None)
        made.append(Slot(name=names[role], role=role, low=low, high=high))
    riding = tuple(
        Condition(id=id_, slot=names[role] if role else None, start=0, end=1)
        for id_, role in (conditions or {}).items()
    )
    return Evidence(
        id=f"S{number}",
        doc_id="d",
        version="1",
        sha256="0",
        title="t",
        product_code="P",
        doc_kind="product",
        start=number,
        end=number + 1,
        quote="q",
        text="q",
        kind=kind,
        kind_score=1.0,
        phrasable=True,
        slots=tuple(made),
        conditions=riding,
    )


def deposit(number: int, kind: str, duration: Any, conditions: dict[str, str | None] | None = None) -> Evidence:
    return evidence(number, kind, {"rate": figure("rate", 7, "percent"), "duration": duration}, conditions)


def days(low: float, high: float) -> tuple[Figure, Figure]:
    return figure("duration", low, "day"), figure("duration", high, "day")


def months(low: float, high: float) -> tuple[Figure, Figure]:
    return figure("duration", low, "month"), figure("duration", high, "month")


def order(items: list[Evidence]) -> list[str]:
    return [fact.id for fact in arranged(facts_of(items, ()), {}, ANGLES, places_of(items, GROUPS))]


def test_rates_are_told_by_their_slab_and_those_of_senior_citizens_after_the_general_ones() -> None:
    items = [
        deposit(1, "fd_senior_rate", months(24, 36)),
        deposit(2, "fd_interest_rate", months(12, 24)),
        deposit(3, "fd_senior_rate", days(181, 364)),
        deposit(4, "fd_interest_rate", days(15, 90)),
    ]
    for found in permutations(items):
        assert order(list(found)) == ["S4", "S2", "S3", "S1"]


def test_slabs_are_compared_in_one_unit_and_open_ones_stand_at_their_end() -> None:
    items = [
        deposit(1, "fd_interest_rate", figure("duration", 2, "year", "above")),
        deposit(2, "fd_interest_rate", months(12, 24)),
        deposit(3, "fd_interest_rate", figure("duration", 364, "day")),
        deposit(4, "fd_interest_rate", figure("duration", 2, "week", "up_to")),
    ]
    for found in permutations(items):
        assert order(list(found)) == ["S4", "S3", "S2", "S1"]


def test_amount_slabs_that_ride_along_are_in_order_too_and_what_has_none_comes_first() -> None:
    def charge(number: int, low: float, bound: str = "exact") -> Evidence:
        slots = {"amount": figure("amount", 500, "INR"), "slab": figure("amount", low, "INR", bound)}
        return evidence(number, "card_late_fee", slots, {"outstanding_slab": "slab"})

    plain = evidence(9, "card_late_fee", {"amount": figure("amount", 100, "INR")})
    items = [charge(1, 50000, "above"), charge(2, 10000, "above"), charge(3, 10000, "up_to"), plain]
    for found in permutations(items):
        assert order(list(found)) == ["S9", "S3", "S2", "S1"]


def test_what_holds_for_a_group_stands_after_what_holds_for_all_of_its_kind() -> None:
    group = deposit(1, "fd_interest_rate", days(7, 14), {"senior_citizens": None})
    assert "senior_citizens" in GROUPS
    assert order([group, deposit(2, "fd_interest_rate", months(12, 24))]) == ["S2", "S1"]


def test_the_figure_that_a_fact_gives_is_no_slab_and_the_least_still_stands_before_the_most() -> None:
    most = evidence(1, "entry_age", {"age": figure("age", 18, "year", "up_to")})
    least = evidence(2, "entry_age", {"age": figure("age", 60, "year", "from")})
    assert order([most, least]) == ["S2", "S1"]


@given(st.lists(st.integers(1, 900), min_size=2, max_size=6, unique=True), st.randoms())
def test_the_order_depends_on_the_slabs_alone(starts: list[int], dice: Any) -> None:
    items = [deposit(n, "fd_interest_rate", days(low, low + 30)) for n, low in enumerate(starts, start=1)]
    dice.shuffle(items)
    by_slab = sorted(items, key=lambda item: item.slots[1].low.value)
    assert order(items) == [item.id for item in by_slab]
