from __future__ import annotations

from collections import Counter

import pytest

from ragmarket.knowledge.angles import load_angles
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES
from ragmarket.signals.features import DEFAULT_SPEC
from ragmarket.signals.simulate.archetypes import INTENT_PAGES, SEGMENTS
from ragmarket.signals.simulate.snapshots import simulate


@pytest.fixture(scope="module")
def customers():
    return list(simulate(3000, seed=7))


def test_same_seed_same_customers_other_seed_others(customers):
    assert list(simulate(50, seed=7)) == customers[:50]
    assert list(simulate(50, seed=8)) != customers[:50]


def test_population_speaks_of_the_segments_and_intents_that_the_bank_knows():
    angles = load_angles()
    assert set(SEGMENTS) == set(angles.segments)
    assert set(INTENT_PAGES) == set(angles.intents)
    assert sum(profile.share for profile in SEGMENTS.values()) == pytest.approx(1.0)
    assert {intent for profile in SEGMENTS.values() for intent in profile.intents} <= set(angles.intents)


def test_all_answers_occur_and_all_signals_can_be_encoded(customers):
    assert {one.segment for one in customers} == set(SEGMENTS)
    assert {one.intent for one in customers} == set(INTENT_PAGES)
    assert {one.product_class for one in customers} == set(PRODUCT_CLASSES)
    assert {one.channel for one in customers} == set(CHANNELS)
    assert {one.responds for one in customers} == {True, False}
    for one in customers:
        DEFAULT_SPEC.encode(one.signals)


def test_signals_never_hold_the_hidden_answers(customers):
    known = {feature.name for feature in DEFAULT_SPEC.features}
    for one in customers:
        assert set(one.signals) <= known
        assert not {"segment", "intent", "product_class", "responds"} & set(one.signals)


def test_hidden_segment_and_intent_shape_the_signals(customers):
    ages = {name: Counter(one.signals.get("age_band") for one in customers if one.segment == name) for name in SEGMENTS}
    assert ages["senior"].most_common(1)[0][0] == "60+"
    assert ages["young_earner"]["60+"] == 0

    def views(intent):
        chosen = [
            one.signals["page_views"] for one in customers if one.intent == intent and "page_views" in one.signals
        ]
        return sum(pages.get("home_loan", 0) for pages in chosen) / len(chosen)

    assert views("buy_home") > 5 * views("general")


def test_some_customers_are_hardly_known(customers):
    counts = [len(one.signals) for one in customers]
    assert max(counts) == len(DEFAULT_SPEC.features)
    assert sum(count <= 5 for count in counts) > len(customers) * 0.03
