"""Links become customers; what contradicts itself never does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.signals.identity.clusters import LARGEST, cluster
from ragmarket.signals.identity.evidence import Thresholds, contradiction, fields, verdict
from ragmarket.signals.identity.model import COMPARISONS, LEVELS, settings

RECORDS = [f"r{number:02d}" for number in range(12)]
ENDS = st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda pair: pair[0] < pair[1])
LINKS = st.lists(st.tuples(ENDS, st.floats(0, 40)).map(lambda row: (*row[0], row[1])), max_size=30)


def pair(weight: float, **levels: int) -> dict[str, Any]:
    """A scored pair; a level counts from 0, the best, and what is not named is not recorded in both."""
    row: dict[str, Any] = {"match_weight": weight}
    for name in COMPARISONS:
        place = levels.get(name)
        row[f"gamma_{name}"] = -1 if place is None else len(LEVELS[name]) - 1 - place
        row[f"mw_{name}"] = 1.0
    return row


def test_one_shared_phone_does_not_chain_a_family() -> None:
    links = [("father1", "father2", 20.0), ("son1", "son2", 20.0), ("father2", "son1", 6.0)]
    pans = {"father1": "ABCPK1234F", "son2": "ZYXPK9876A"}
    found = cluster(["father1", "father2", "son1", "son2"], links, [], pans, {})
    assert found.customer["father1"] == found.customer["father2"] != found.customer["son1"] == found.customer["son2"]
    assert found.refused == (("father2", "son1", "they hold PANs of two people"),)


def test_a_new_file_of_a_known_person_keeps_the_customers_id() -> None:
    since = {"core:9": "2025-01-01", "core:1": "2026-01-01"}
    before = cluster(["core:9"], [], [], {}, {}, since).customer
    after = cluster(["core:1", "core:9"], [("core:1", "core:9", 9.0)], [], {}, {}, since).customer
    assert after["core:1"] == after["core:9"] == before["core:9"]


def test_a_pan_with_a_slip_is_no_contradiction() -> None:
    found = cluster(["a", "b"], [("a", "b", 9.0)], [], {"a": "ABCPK1234F", "b": "ABCPK1235F"}, {})
    assert found.customer["a"] == found.customer["b"]


def test_a_shops_telephone_does_not_make_one_customer_of_its_clients() -> None:
    many = [f"r{number:03d}" for number in range(LARGEST + 10)]
    found = cluster(many, [(many[0], other, 9.0) for other in many[1:]], [], {}, {})
    sizes = [list(found.customer.values()).count(one) for one in set(found.customer.values())]
    assert max(sizes) == LARGEST


@given(LINKS, st.lists(ENDS, max_size=6))
def test_a_pair_kept_apart_is_never_one_customer(
    links: list[tuple[str, str, float]], apart: list[tuple[str, str]]
) -> None:
    found = cluster(RECORDS, links, apart, {}, {})
    assert set(found.customer) == set(RECORDS)
    for left, right in apart:
        assert found.customer[left] != found.customer[right]


@given(LINKS, st.randoms(use_true_random=False))
def test_the_order_in_which_links_come_means_nothing(links: list[tuple[str, str, float]], rng: Any) -> None:
    once = cluster(RECORDS, links, [], {"r00": "ABCPK1234F", "r05": "ZYXPK9876A"}, {})
    rng.shuffle(links)
    again = cluster(reversed(RECORDS), links, [], {"r00": "ABCPK1234F", "r05": "ZYXPK9876A"}, {})
    assert again.customer == once.customer


@given(LINKS)
def test_without_contradictions_customers_are_the_connected_components(links: list[tuple[str, str, float]]) -> None:
    found = cluster(RECORDS, links, [], {}, {}).customer
    for left, right, _ in links:
        assert found[left] == found[right]
    touched = {one for left, right, _ in links for one in (left, right)}
    alone = [found[one] for one in RECORDS if one not in touched]
    assert len(set(alone)) == len(alone)


@pytest.mark.parametrize(
    ("levels", "weight", "expected"),
    [
        pytest.param({"name": 0, "birth_date": 0}, 12.0, "link", id="name and birthday"),
        pytest.param({"name": 7, "phone": 0, "email": 0, "address": 0}, 30.0, "review", id="a household's evidence"),
        pytest.param({"name": 8, "phone": 0, "address": 0}, 25.0, "review", id="another name"),
        pytest.param({"name": 0, "birth_date": 5, "phone": 0}, 20.0, "review", id="father and son of one name"),
        pytest.param({"name": 0, "pan": 2, "phone": 0, "address": 0}, 30.0, "apart", id="two PANs"),
        pytest.param({"name": 8, "pan": 0}, 11.0, "link", id="PAN says it"),
        pytest.param({"name": 0, "address": 2}, 1.0, "review", id="too little"),
        pytest.param({"name": 0}, -3.0, "apart", id="far too little"),
        pytest.param({"name": 7, "birth_date": 0, "phone": 0, "address": 0}, 28.0, "review", id="twins"),
        pytest.param({"name": 6, "birth_date": 0, "phone": 0}, 20.0, "link", id="a slip, same birthday and phone"),
        pytest.param({"name": 1, "gender": 1, "phone": 0}, 12.0, "link", id="gender typed wrong"),
        pytest.param({"name": 4, "gender": 1, "phone": 0}, 12.0, "review", id="initials and another gender"),
    ],
)
def test_verdicts(levels: dict[str, int], weight: float, expected: str) -> None:
    assert verdict(pair(weight, **levels), Thresholds())[0] == expected


@given(st.fixed_dictionaries({}, optional={name: st.integers(0, len(LEVELS[name]) - 1) for name in COMPARISONS}))
def test_no_weight_outvotes_a_contradiction(levels: dict[str, int]) -> None:
    row = pair(100.0, **levels)
    what, why = verdict(row, Thresholds())
    if contradiction(row):
        assert what != "link"
        assert why == contradiction(row)
    told = {one.field: one.says for one in fields(row)}
    assert set(told) == set(COMPARISONS)
    assert all(told[name] == LEVELS[name][place] for name, place in levels.items())


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_the_same_settings_serve_both_databases(dialect: str) -> None:
    made = settings().create_settings_dict(dialect)
    assert [one["output_column_name"] for one in made["comparisons"]] == list(COMPARISONS)
    for one in made["comparisons"]:
        levels = [level for level in one["comparison_levels"] if not level.get("is_null_level")]
        assert len(levels) == len(LEVELS[one["output_column_name"]])
