"""The bench of sessions reads alike what it compares, and counts what it says it counts."""

from __future__ import annotations

import numpy as np
import pytest

from eval.sessions.parting import Split, split
from eval.sessions.pooled import pooled
from eval.sessions.reader import Journeys, calibrated, read
from eval.sessions.scores import log_losses, micro_f1, thresholded
from eval.sessions.tile_bounds import by_setting

COUNT = 3


@pytest.fixture(scope="module")
def journeys() -> tuple[Journeys, np.ndarray, Split]:
    """Four hundred rows whose answer stands, four times of five, in the last visit; older visits were for anything."""
    dice = np.random.default_rng(0)
    rows = 400
    right = dice.integers(0, COUNT, rows)
    told = np.where(dice.random(rows) < 0.8, right, dice.integers(0, COUNT, rows))
    past = np.zeros((rows, 4, COUNT), dtype=np.float32)
    past[np.arange(rows), 0, told] = 1
    for place in range(1, 4):
        past[np.arange(rows), place, dice.integers(0, COUNT, rows)] = 1
    days = np.tile(np.array([0.5, 60, 90, 120], dtype=np.float32), (rows, 1))
    days[::7, 2:] = -1
    silent = dice.random((rows, 4, COUNT)).astype(np.float32)
    early = np.zeros((rows, COUNT), dtype=np.float32)
    known = Journeys(
        past={"tells": past, "silent": silent},
        early={"tells": early, "silent": early},
        days=days,
        begun=dice.random(rows) < 0.5,
        standing=dice.random((rows, 2)).astype(np.float32),
    )
    return known, right, Split(np.arange(0, 240), np.arange(240, 300), np.arange(300, 400))


def test_a_representation_that_tells_is_worth_more_than_one_that_does_not(
    journeys: tuple[Journeys, np.ndarray, Split],
) -> None:
    known, right, parts = journeys
    loss = {}
    for name in ("tells", "silent"):
        chances = read(known, (name,), right, parts, np.zeros((len(right), COUNT)))
        assert chances.sum(axis=1) == pytest.approx(1.0)
        loss[name] = float(log_losses(chances, right)[parts.test].mean())
    assert loss["tells"] < 0.85 < loss["silent"]
    assert loss["silent"] > np.log(COUNT) - 0.05


def test_what_is_not_on_offer_is_never_chosen(journeys: tuple[Journeys, np.ndarray, Split]) -> None:
    known, right, parts = journeys
    offsets = np.zeros((len(right), COUNT))
    offsets[parts.test, 0] = -30.0
    assert (read(known, ("tells",), right, parts, offsets)[parts.test].argmax(axis=1) > 0).all()


def test_chances_that_are_too_sure_are_set_right() -> None:
    dice = np.random.default_rng(1)
    scores = dice.normal(size=(3_000, COUNT))
    fair = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    right = np.array([dice.choice(COUNT, p=row) for row in fair])
    sure = fair**2 / (fair**2).sum(axis=1, keepdims=True)
    parts = Split(np.arange(10), np.arange(10, 1_500), np.arange(1_500, 3_000))
    mended = calibrated(sure, right, parts)
    assert np.abs(mended - fair).mean() < 0.25 * np.abs(sure - fair).mean()


def test_a_product_is_named_where_it_is_likely_itself() -> None:
    # Something is surely bought in the first row, but nobody can say what; in the second the product is clear.
    chances = np.array([[0.1, 0.3, 0.3, 0.3], [0.4, 0.6, 0.0, 0.0]] * 20)
    classes = np.array([2, 1] * 20)
    said = thresholded(chances, classes, Split(np.arange(20), np.arange(20, 40), np.arange(40)))
    assert said.tolist() == [0, 1] * 20
    assert micro_f1(said, classes) == pytest.approx(2 * 20 / (20 + 40))


def test_nobody_stands_in_two_parts() -> None:
    owners = [f"C{number % 40}" for number in range(400)]
    parts = split(owners, 3)
    sides = [{owners[row] for row in part.tolist()} for part in (parts.learn, parts.choose, parts.test)]
    assert not sides[0] & sides[1]
    assert not sides[1] & sides[2]
    assert not sides[0] & sides[2]
    assert sum(len(part) for part in (parts.learn, parts.choose, parts.test)) == 400


def test_the_fewer_idle_clicks_the_more_can_be_foreseen() -> None:
    found = by_setting(300, 2, periods=2)
    gains = [found[name]["relative"] for name in ("idle_clicks 0.1", "default", "idle_clicks 0.5")]
    assert gains == sorted(gains)
    assert found["tile_choice forced"]["relative"] > found["default"]["relative"]
    for one in found.values():
        assert one["purpose"] < one["all"] < one["visits"] < one["popularity"] < one["place alone"]


def test_seeds_together_are_surer_than_one() -> None:
    reports = [{"task": {"gain": [value, value - 0.1, value + 0.1], "rows": 3}} for value in (0.1, 0.2, 0.3, 0.4)]
    found = pooled(reports)
    assert set(found) == {"task: gain"}
    mean, low, high = found["task: gain"]["mean"]
    assert mean == pytest.approx(0.25)
    assert high - low == pytest.approx(0.1)
    assert (found["task: gain"]["least"], found["task: gain"]["most"]) == (0.1, 0.4)
    assert pooled([*reports, {"task": {}}]) == {}
