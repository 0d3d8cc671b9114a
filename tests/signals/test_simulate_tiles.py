"""Tiles of the simulated bank: who clicks what, and what can be foreseen of it."""

from __future__ import annotations

import numpy as np
import pytest

from ragmarket.signals.simulate import rates
from ragmarket.signals.simulate.aims import STAY
from ragmarket.signals.simulate.evidence import session_logs, standing_logs
from ragmarket.signals.simulate.foresight import clicks, foreseen, session_bounds
from ragmarket.signals.simulate.generator import blocks
from ragmarket.signals.simulate.lives import month
from ragmarket.signals.simulate.presets import Preset, preset
from ragmarket.signals.simulate.tiles import click_chances
from ragmarket.signals.simulate.world import build
from ragmarket.signals.truth_tables import SIGHTS
from ragmarket.signals.vocabulary import INTENTS


def bank(**changes):
    return Preset.model_validate(preset("default", customers=1_000, periods=3).model_dump() | changes)


@pytest.fixture(scope="module")
def usual():
    chosen = bank()
    return chosen, build(chosen), next(blocks(chosen, 21))


@pytest.mark.parametrize("choice", ["free", "forced"])
def test_the_same_share_of_visits_clicks_under_either_choice(choice):
    block = next(blocks(bank(tile_choice=choice), 4))
    shown = block.visits.kind < 2
    share = float((block.visits.clicked[shown] >= 0).mean())
    assert abs(share - rates.CLICKS) < 4 * np.sqrt(0.25 / shown.sum())


def test_who_may_pass_on_clicks_where_a_tile_serves_the_visit():
    place = INTENTS.index("buy_home")
    shares = {}
    for choice in ("free", "forced"):
        chosen = bank(tile_choice=choice)
        world, visits = build(chosen), next(blocks(chosen, 4)).visits
        own = (visits.kind < 2) & (visits.intent == place)
        wanted = (visits.tiles == int(world.wants[place].argmax())).any(1)
        clicked = visits.clicked >= 0
        shares[choice] = [float(clicked[own & flag].mean()) for flag in (wanted, ~wanted)]
    assert shares["free"][0] > shares["free"][1] + 0.2
    assert shares["forced"][0] == pytest.approx(shares["forced"][1], abs=0.08)


def test_chances_are_what_is_drawn_and_pages_do_not_hang_on_them(usual):
    _, world, block = usual
    visits = block.visits
    chances = click_chances(world, visits.tiles)[visits.intent, np.arange(len(visits.cell))]
    shown = visits.kind < 2
    for place in range(len(rates.PLACES)):
        hit = (visits.clicked == visits.tiles[:, place]) & (visits.clicked >= 0)
        said, got = float(chances[shown, place].mean()), float(hit[shown].mean())
        assert abs(said - got) < 4 * np.sqrt(said * (1 - said) / shown.sum())
    other = next(blocks(bank(tile_choice="forced", idle_clicks=0.9), 21)).visits
    assert (other.page == visits.page).all()
    assert (other.product == visits.product).all()


def test_clicks_without_a_purpose_are_the_same_for_all():
    world = build(bank(idle_clicks=1.0))
    assert world.tiles == pytest.approx(1 / world.tiles.shape[1])


def test_foresight_equals_counting_out_every_hidden_path(usual):
    chosen, world, block = usual
    found = foreseen(world, chosen, block, "visits")
    visits, periods = block.visits, block.size[1]
    owner, period = np.divmod(visits.cell, periods)
    logs, lives = session_logs(world, block), standing_logs(world, block)
    begun = session_logs(world, block, before_tiles=True)
    when = visits.day * 1_440 + visits.minute

    def errand(row):
        likely = np.exp(row - row.max())
        return (1 - chosen.errand) * likely + chosen.errand * likely.mean()

    candidates = np.flatnonzero((period == 2) & (visits.kind < 2))
    for at in candidates[:: len(candidates) // 12]:
        n = owner[at]
        traced = np.flatnonzero((owner == n) & ((visits.kind < 2) | block.standing.consent_linking[n]))
        told = np.ones((3, len(INTENTS)))
        for one in traced:
            if period[one] < 2 or when[one] < when[at]:
                told[period[one]] *= errand(logs[:, one])
                told[period[one]] /= told[period[one]].sum()
        aims = np.zeros(len(INTENTS))
        for kind, share in enumerate(world.kind):
            fresh = [world.aim[month(chosen, step) - 1][kind] for step in range(3)]
            weight = share * np.exp(lives[n, kind] - lives[n].max())
            for first in range(len(INTENTS)):
                for second in range(len(INTENTS)):
                    path = weight * fresh[0][first] * told[0][first]
                    path *= (STAY * (first == second) + (1 - STAY) * fresh[1][second]) * told[1][second]
                    moved = (1 - STAY) * fresh[2]
                    moved[second] += STAY
                    aims += path * moved * told[2]
        aims /= aims.sum()
        purpose = (1 - chosen.errand) * aims + chosen.errand / len(aims)
        purpose *= np.exp(begun[:, at] - begun[:, at].max())
        assert found[at] == pytest.approx(purpose / purpose.sum(), abs=1e-6)


def test_whoever_sees_more_foresees_more_and_is_as_sure_as_right(usual):
    _, world, block = usual
    bounds = session_bounds(world, usual[0], block)
    visits = block.visits
    rows = np.flatnonzero(visits.clicked >= 0)
    place = (visits.tiles == visits.clicked[:, None]).argmax(1)
    loss = {sight: -np.log(bounds.clicks[sight][rows, place[rows]]).mean() for sight in SIGHTS}
    common = clicks(world, block, np.full((len(place), len(INTENTS)), 1 / len(INTENTS)))
    assert loss["purpose"] < loss["all"] < loss["visits"] < -np.log(common[rows, place[rows]]).mean()
    for sight in SIGHTS:
        best = bounds.clicks[sight][rows]
        said, got = float(best.max(1).mean()), float((best.argmax(1) == place[rows]).mean())
        assert abs(said - got) < 4 * np.sqrt(0.25 / len(rows))


def test_what_comes_after_the_tiles_is_not_foreseen(usual):
    _, world, block = usual
    app = np.flatnonzero(block.visits.kind == 0)
    assert session_logs(world, block, before_tiles=True)[:, app] == pytest.approx(0.0)
    assert np.abs(session_logs(world, block)[:, app]).max() > 1
