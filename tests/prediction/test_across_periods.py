"""Periods that differ: columns that only days know, intercepts that are lost, offsets that follow the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.propensity.flat import baseline
from eval.propensity.following import ACROSS, SUFFIX, across_config, across_periods, days, followed, follower
from eval.propensity.problems import Problem, forward_splits
from eval.propensity.systems import systems
from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.blending import equal_blend
from ragmarket.prediction.alimn.companions import Line, fit_companion
from ragmarket.prediction.alimn.config import AlimnConfig, EnsembleConfig, NetworkConfig, TrainingConfig
from ragmarket.prediction.alimn.estimator import fit
from ragmarket.prediction.alimn.folds import Customers
from ragmarket.prediction.alimn.store import load, save
from ragmarket.prediction.calibration import Calibrator, RollingOffset, sigmoid
from ragmarket.prediction.contexts import memberships, shared_numbers
from ragmarket.prediction.metrics import expected_calibration_error, roc_auc
from ragmarket.prediction.tables import Table, TableSpec

SPEC = TableSpec(numeric=("age", "rate"), categorical=("day",), target="y", positive="1", contexts=(("day",),))
PER_DAY = 50


def world(count: int = 20, seed: int = 0, drift: float = 0.0) -> tuple[Table, np.ndarray]:
    """Days with an interest rate that falls steadily; who says yes depends on age and on the day's own luck."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(count), PER_DAY)
    age, luck = rng.normal(size=len(day)), rng.normal(size=count)
    chance = sigmoid(1.5 * age + luck[day] + drift * day / count - 1)
    names = np.array([f"day {one:02d}" for one in day], dtype=object)
    table = Table({"age": age, "rate": 5.0 - day / count, "day": names})
    return table, (rng.random(len(day)) < chance).astype(float)


def test_what_all_of_a_day_share_is_found_and_nothing_else():
    table, _ = world()
    assert shared_numbers(table, SPEC) == ("rate",)
    gaps = table.columns["rate"].copy()
    gaps[:PER_DAY] = np.nan  # a day without a rate is still the same for everybody
    assert shared_numbers(Table({**table.columns, "rate": gaps}), SPEC) == ("rate",)
    gaps[0] = 1.0
    assert shared_numbers(Table({**table.columns, "rate": gaps}), SPEC) == ()
    assert shared_numbers(table, SPEC.model_copy(update={"contexts": ()})) == ()


def test_every_row_belongs_to_one_context_of_each_kind():
    table, _ = world(4)
    found = memberships(table, SPEC).toarray()
    assert found.shape == (4 * PER_DAY, 4)
    assert (found.sum(axis=1) == 1).all()
    assert (found[:PER_DAY, 0] == 1).all()


def test_intercepts_take_up_what_days_differ_in():
    """Older customers were called on bad days: without intercepts their age is blamed for it."""
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(30), 200)
    luck = np.linspace(-2, 2, 30)
    age = rng.normal(size=len(day)) - luck[day]
    y = (rng.random(len(day)) < sigmoid(age + 2 * luck[day])).astype(float)
    table = Table({"day": day.astype(str).astype(object)})
    spec = TableSpec(categorical=("day",), target="y", positive="1", contexts=(("day",),))
    rows = age[:, None]
    blind = fit_companion("linear", rows, y, None, 0)
    told = fit_companion("linear", rows, y, None, 0, contexts=memberships(table, spec))
    assert isinstance(blind, Line)
    assert isinstance(told, Line)
    assert told.weights.shape == (1,)
    assert abs(told.weights[0] - 1) < 0.3 < 0.6 < abs(blind.weights[0] - 1)


def small(**ensemble: object) -> AlimnConfig:
    return AlimnConfig(
        network=NetworkConfig(width=8, token_width=4, members=1, text=False),
        training=TrainingConfig(batch_size=128, epochs=2),
        ensemble=EnsembleConfig(forward=True, folds=4, **ensemble),  # type: ignore[arg-type]
    )


def test_steady_branches_do_not_follow_a_rate_out_of_its_range(tmp_path):
    table, y = world()
    companions = ("linear", "steady_linear", "steady_trees")
    config = small(companions=companions, weights="equal", rounds=20, context_intercepts=True, calibration="offset")
    model = fit(Customers(table, None, y), SPEC, config)
    assert dict(model.blend.alpha) == dict.fromkeys(("network", *companions), 0.25)
    assert model.folds[0].stops.rounds == {"steady_trees": 20}
    now = Customers(table.take(np.arange(40)))
    later = Customers(Table({**now.table.columns, "rate": now.table.columns["rate"] - 100.0}))
    before, after = model.branch_logits(now), model.branch_logits(later)
    for name in ("steady_linear", "steady_trees"):
        np.testing.assert_array_equal(before[name], after[name])
    assert np.abs(before["linear"] - after["linear"]).min() > 1
    assert roc_auc(before["steady_linear"], y[:40]) > 0.6
    assert model.calibrator.kind == "offset"
    save(model, tmp_path / "model")
    np.testing.assert_allclose(load(tmp_path / "model").predict(later), model.predict(later), rtol=1e-5)


def test_offset_calibration_knows_the_latest_fold_alone():
    table, y = world(seed=1)
    y = np.where(np.arange(len(y)) < 750, y, np.maximum(y, np.arange(len(y)) % 2))  # the last quarter says yes oftener
    model = fit(Customers(table, None, y), SPEC, small(companions=("linear",), calibration="offset"))
    assert model.evidence is not None
    latest = model.evidence.groups == model.evidence.groups.max()
    logits = model.blend.logits(model.evidence.by_branch)
    predicted = model.calibrator.probabilities(logits)
    assert predicted[latest].mean() == pytest.approx(y[model.evidence.rows][latest].mean(), abs=1e-6)
    assert predicted[~latest].mean() > y[model.evidence.rows][~latest].mean() + 0.05


def test_an_offset_keeps_the_order_even_where_the_past_ran_the_other_way():
    logits = np.linspace(-2, 2, 200)
    wrong = (logits < 0).astype(float)
    offset = Calibrator.fit(logits, wrong, "offset").probabilities(logits)
    assert (np.diff(offset) > 0).all()
    assert np.ptp(Calibrator.fit(logits, wrong, "temperature").probabilities(logits)) == 0.0


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.integers(0, 1000))
def test_the_first_batch_without_a_prior_meets_its_mean(shift, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=300)
    y = (rng.random(300) < sigmoid(logits + shift)).astype(float)
    learned = RollingOffset(precision=0.0).learned(logits, y)
    assert learned.probabilities(logits).mean() == pytest.approx(y.mean(), abs=1e-6)
    p = learned.probabilities(logits)
    assert learned.precision == pytest.approx((p * (1 - p)).sum())


def test_the_offset_follows_a_base_rate_that_moves_and_stays_without_answers():
    rng = np.random.default_rng(2)
    logits, level = rng.normal(size=6000), np.repeat([-2.0, 1.0, -1.0], 2000)
    y = (rng.random(6000) < sigmoid(logits + level)).astype(float)
    offset, found = RollingOffset(), np.empty(6000)
    for batch in np.split(np.arange(6000), 200):
        found[batch] = offset.probabilities(logits[batch])
        offset = offset.learned(logits[batch], y[batch])
    assert expected_calibration_error(found, y) < 0.04 < 0.1 < expected_calibration_error(sigmoid(logits), y)
    assert offset.offset == pytest.approx(-1.0, abs=0.6)
    assert offset.learned(np.zeros(0), np.zeros(0)) == offset
    with pytest.raises(InvalidInput, match="one class"):
        RollingOffset(precision=0.0).learned(np.zeros(3), np.ones(3))


def test_a_blend_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="no branch"):
        equal_blend([])


@pytest.fixture(scope="module")
def problem() -> Problem:
    table, y = world(drift=4.0)
    return Problem("time", "Time", SPEC, table, y, forward_splits(len(y), 1), forward=True)


def test_days_are_neighbours_with_one_context(problem):
    rows = problem.splits[0].test
    found = days(problem, rows)
    assert [len(day) for day in found] == [PER_DAY] * 4
    assert np.concatenate(found).tolist() == list(range(len(rows)))


def test_no_day_knows_its_own_answers_or_later_ones(problem):
    """Other answers on the last tested day change nothing; on the first they change what follows, not that day."""
    split = problem.splits[0]
    logits = np.zeros(len(split.test))
    plain = followed(logits, problem, split)

    def turned(rows):
        other = problem.target.copy()
        other[split.test[rows]] = 1 - other[split.test[rows]]
        return followed(logits, replace(problem, target=other), split)

    first, last = np.arange(PER_DAY), np.arange(len(logits) - PER_DAY, len(logits))
    np.testing.assert_array_equal(turned(last), plain)
    np.testing.assert_array_equal(turned(first)[first], plain[first])
    assert (turned(first)[PER_DAY:] != plain[PER_DAY:]).all()


def test_the_bench_measures_it_where_time_goes_forward(problem):
    split = problem.splits[0]
    assert ACROSS in systems(problem, {}, ablations=False)
    assert ACROSS not in systems(replace(problem, forward=False), {}, ablations=False)
    assert across_config(problem, split, {}).ensemble.forward
    found = across_periods(problem, split, {})
    assert set(found) == {ACROSS, ACROSS + SUFFIX}
    followed_line = follower("LR", problem, split, {})
    y = problem.target[split.test]
    assert roc_auc(found[ACROSS].probability, y) > 0.6
    gap = {name: expected_calibration_error(one.probability, y) for name, one in found.items()}
    assert gap[ACROSS + SUFFIX] < gap[ACROSS]
    plain = baseline("LR", problem, split, {})
    assert expected_calibration_error(followed_line.probability, y) < expected_calibration_error(plain.probability, y)
