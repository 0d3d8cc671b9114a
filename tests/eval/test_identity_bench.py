"""The bench counts what it says it counts."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.identity_counts import by_equal_keys, by_kind, count_pairs, equal_pan, equal_pan_or_phone_and_name
from eval.identity_report import page
from ragmarket.signals.identity.corruption import KINDS, Corruptor
from ragmarket.signals.identity.people import simulate_people

GROUPS = st.dictionaries(
    st.text("abcdefghij", min_size=1, max_size=3), st.tuples(st.sampled_from("xyz"), st.sampled_from("uvw")), min_size=2
)


@given(GROUPS)
def test_pairs_are_counted_as_by_hand(drawn: dict[str, tuple[str, str]]) -> None:
    person = {one: groups[0] for one, groups in drawn.items()}
    customer = {one: groups[1] for one, groups in drawn.items()}
    true = {pair for pair in combinations(sorted(person), 2) if person[pair[0]] == person[pair[1]]}
    found = {pair for pair in combinations(sorted(person), 2) if customer[pair[0]] == customer[pair[1]]}
    told = count_pairs(person, customer)
    assert sum(row[0] for row in told.by_person) == sum(row[0] for row in told.by_customer) == len(true & found)
    assert sum(row[1] for row in told.by_person) == len(true)
    assert sum(row[1] for row in told.by_customer) == len(found)


def test_a_perfect_and_a_useless_partition() -> None:
    person = {"a": "1", "b": "1", "c": "2", "d": "2"}
    perfect = count_pairs(person, person).as_dict()
    assert (perfect["precision"]["share"], perfect["recall"]["share"]) == (1.0, 1.0)
    one = count_pairs(person, dict.fromkeys(person, "x")).as_dict()
    assert one["precision"]["share"] == pytest.approx(2 / 6)
    assert one["recall"]["share"] == 1.0
    assert one["whole_people"]["share"] == 0.0


def test_simulated_records_are_the_same_for_a_seed_and_hold_every_corruption() -> None:
    made = [list(Corruptor(5).records(simulate_people(300, 5))) for _ in range(2)]
    assert made[0] == made[1]
    assert {kind for one in made[0] for kind in one.kinds} == set(KINDS)
    other = list(Corruptor(6).records(simulate_people(300, 6)))
    assert {one.pan for one in other if one.pan}.isdisjoint(one.pan for one in made[0] if one.pan)
    scripts = [one.name for one in made[0] if "script" in one.kinds]
    assert all(not name.isascii() for name in scripts)


def test_baselines_join_what_shares_a_key() -> None:
    records = list(Corruptor(5).records(simulate_people(100, 5)))
    first, second = by_equal_keys(records, equal_pan), by_equal_keys(records, equal_pan_or_phone_and_name)
    assert len(set(second.values())) <= len(set(first.values())) < len(records)
    kinds = by_kind(records, {one.record_id: one.person_id for one in records})
    assert all(hits == of for hits, of in kinds.values()), "the truth joins every pair"


def test_the_report_is_one_page_without_anything_fetched() -> None:
    records = list(Corruptor(5).records(simulate_people(40, 5)))
    person = {one.record_id: one.person_id for one in records}
    share = count_pairs(person, person).as_dict()
    row = {
        "seed": 5, "people": 40, "seconds": 1.0, "cpu_seconds": 1.0, "ours": share, "equal PAN": share,
        "PAN, or phone and name": share, "review": {"pairs": 1, "one_person": 0},
        "report": {"records": len(records), "customers": 40},
    }  # fmt: skip
    curve = [{"bits": bits, **share} for bits in (1.0, 5.0)]
    html = page([row], curve, by_kind(records, person), ["seed 5: <recall>"])
    assert html.count("<svg") == 2
    assert "&lt;recall&gt;" in html
    assert "src=" not in html
