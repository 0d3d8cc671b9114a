"""Metrics, calibration, prior shift, budgets, uplift: against scikit-learn, closed forms and known worlds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.blending import fit_blend
from ragmarket.prediction.baselines import BASELINES, fit_baseline
from ragmarket.prediction.calibration import (
    Calibrator,
    best_f1_threshold,
    budget_threshold,
    contact,
    estimate_prior,
    logit,
    shift_prior,
    sigmoid,
)
from ragmarket.prediction.metrics import binary_scores, expected_calibration_error, lift, reliability, roc_auc
from ragmarket.prediction.uplift import qini_auc, qini_curve, t_learner, transformed_class, uplift_at


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 80), st.integers(1, 6))
def test_metrics_are_those_of_scikit_learn(seed, count, levels):
    from sklearn import metrics as sk

    rng = np.random.default_rng(seed)
    p = np.round(rng.random(count), levels)  # ties on purpose
    y = (rng.random(count) < 0.4).astype(float)
    y[:2] = (0, 1)
    found = binary_scores(p, y, 0.5)
    said = (p >= 0.5).astype(float)
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, said))
    assert found["precision"] == pytest.approx(sk.precision_score(y, said, zero_division=0))
    assert found["recall"] == pytest.approx(sk.recall_score(y, said))
    assert found["f1"] == pytest.approx(sk.f1_score(y, said, zero_division=0))
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p))
    assert found["pr_auc"] == pytest.approx(sk.average_precision_score(y, p))
    assert found["brier"] == pytest.approx(sk.brier_score_loss(y, p))


def test_one_class_has_no_auc_and_lift_is_by_hand():
    assert np.isnan(roc_auc(np.array([0.1, 0.2]), np.array([1.0, 1.0])))
    y = np.array([1.0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    assert lift(np.linspace(1, 0, 10), y, 0.1) == pytest.approx(1 / 0.2)
    points = reliability(np.linspace(0, 1, 10), y, 2)
    assert [point["n"] for point in points] == [5, 5]


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibration_mends_overconfidence(kind):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=6000)
    y = (rng.random(6000) < sigmoid(truth)).astype(float)
    loud = 3 * truth + 1
    fitted = Calibrator.fit(loud[:3000], y[:3000], kind)
    before = expected_calibration_error(sigmoid(loud[3000:]), y[3000:])
    after = expected_calibration_error(fitted.probabilities(loud[3000:]), y[3000:])
    assert before > 0.08
    assert after < 0.03
    rising = fitted.probabilities(np.linspace(-9, 9, 50))
    assert (np.diff(rising) >= 0).all()
    again = Calibrator.from_dict(fitted.as_dict())
    np.testing.assert_array_equal(again.probabilities(loud), fitted.probabilities(loud))


def test_calibration_of_scores_that_point_the_wrong_way_says_the_base_rate():
    y = np.array([1.0, 1, 0, 0, 0, 0])
    fitted = Calibrator.fit(np.array([-3.0, -2, 1, 2, 3, 4]), y, "temperature")
    assert fitted.probabilities(np.array([-5.0, 5.0])).tolist() == pytest.approx([1 / 3, 1 / 3])
    with pytest.raises(InvalidInput, match="one class"):
        Calibrator.fit(np.zeros(3), np.zeros(3), "isotonic")


def test_prior_shift_by_hand_and_back():
    assert shift_prior(np.array([0.5]), 0.5, 0.8)[0] == pytest.approx(0.8)
    p = np.linspace(0.01, 0.99, 9)
    np.testing.assert_allclose(shift_prior(shift_prior(p, 0.1, 0.4), 0.4, 0.1), p)
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        shift_prior(p, 0.0, 0.5)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_em_finds_the_share_of_positives_where_only_it_changed(share):
    """Two Gaussians, calibrated for a tenth of positives; the new world has another share of the same two."""
    rng = np.random.default_rng(1)
    y = rng.random(20_000) < share
    x = rng.normal(size=20_000) + 2 * y
    calibrated = sigmoid(2 * x - 2 + logit(np.array([0.1])))
    assert estimate_prior(calibrated, 0.1) == pytest.approx(share, abs=0.02)


def test_thresholds_and_budgets():
    p, y = np.array([0.9, 0.8, 0.3, 0.2, 0.1]), np.array([1.0, 1, 0, 1, 0])
    assert best_f1_threshold(p, y) == 0.2  # 3 of 4 right and all found: 6/7; at .8 it is 4/5
    assert contact(p, 2).tolist() == [True, True, False, False, False]
    assert contact(np.full(4, 0.5), 2).tolist() == [True, True, False, False]
    assert contact(p, 0).sum() == 0
    assert contact(p, 99).sum() == 5
    assert (p >= budget_threshold(p, 0.4)).sum() == 2
    for wrong in (lambda: contact(p, -1), lambda: budget_threshold(p, 0.0)):
        with pytest.raises(InvalidInput):
            wrong()


def test_blend_finds_who_knows_and_stays_on_the_simplex():
    rng = np.random.default_rng(2)
    truth = rng.normal(size=4000)
    y = (rng.random(4000) < sigmoid(truth)).astype(float)
    found = fit_blend({"knows": truth, "noise": rng.normal(size=4000), "liar": -truth}, y)
    assert sum(found.alpha.values()) == pytest.approx(1.0)
    assert all(0 <= weight <= 1 for weight in found.alpha.values())
    assert found.alpha["knows"] > 0.8  # the prior keeps a little for the others
    assert fit_blend({"only": truth}, y).alpha == {"only": 1.0}
    with pytest.raises(InvalidInput, match="no branch"):
        fit_blend({}, y)


def test_blend_does_not_reward_knowing_a_groups_base_rate():
    rng = np.random.default_rng(3)
    groups = np.repeat([0, 1], 2000)
    truth = rng.normal(size=4000)
    y = (rng.random(4000) < sigmoid(truth + 4 * groups - 2)).astype(float)
    found = fit_blend({"orders": truth, "dates": 4.0 * groups - 2}, y, groups)
    assert found.alpha["orders"] > 0.8


def test_few_rows_do_not_move_the_blend_far_from_equal_weights():
    rng = np.random.default_rng(7)
    y = (np.arange(40) % 3 == 0).astype(float)
    found = fit_blend({"a": rng.normal(size=40), "b": rng.normal(size=40)}, y)
    assert found.alpha["a"] == pytest.approx(0.5, abs=0.15)


def test_qini_of_the_best_order_is_one_and_of_none_zero():
    rng = np.random.default_rng(4)
    t = (rng.random(4000) < 0.5).astype(float)
    kind = rng.integers(0, 3, 4000)  # 0: never, 1: persuadable, 2: always
    y = ((kind == 2) | ((kind == 1) & (t == 1))).astype(float)
    best = t * y - (1 - t) * y
    assert qini_auc(best, t, y) == pytest.approx(1.0)
    assert qini_auc(-best, t, y) < -0.3
    assert abs(qini_auc(np.zeros(4000), t, y)) < 1e-9
    assert qini_auc((kind == 1).astype(float), t, y) > 0.25
    assert uplift_at((kind == 1).astype(float), t, y, 0.3) == pytest.approx(1.0)
    x, q = qini_curve(rng.random(4000), t, y)
    assert (x[0], q[0], x[-1]) == (0, 0, 4000)


def test_t_learner_and_transformed_class_see_the_effect():
    rng = np.random.default_rng(5)
    x, t = rng.integers(0, 2, (6000, 1)).astype(float), (rng.random(6000) < 0.5).astype(float)
    y = (rng.random(6000) < 0.2 + 0.4 * t * x[:, 0]).astype(float)

    def by_mean(rows, answers):
        means = [answers[rows[:, 0] == value].mean() for value in (0, 1)]
        return lambda new: np.array(means)[new[:, 0].astype(int)]

    effect = t_learner(by_mean, x, t, y)(np.array([[0.0], [1.0]]))
    assert effect == pytest.approx([0.0, 0.4], abs=0.05)
    z = 2 * by_mean(x, transformed_class(t, y))(np.array([[0.0], [1.0]])) - 1
    assert z == pytest.approx([0.0, 0.4], abs=0.07)
    with pytest.raises(InvalidInput, match="treated and untreated"):
        qini_curve(y, np.ones(6000), y)
    with pytest.raises(InvalidInput, match="0 or 1"):
        transformed_class(t + 1, y)


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_every_baseline_orders_an_easy_world_and_repeats_itself(name):
    for package in {"XGBoost": ("xgboost",), "CatBoost": ("catboost",)}.get(name, ()):
        pytest.importorskip(package)
    rng = np.random.default_rng(6)
    x = rng.normal(size=(500, 4))
    y = (rng.random(500) < sigmoid(2 * x[:, 0])).astype(float)
    fits = [fit_baseline(name, x[:300], y[:300], x[300:400], y[300:400], seed=1)(x[400:]) for _ in range(2)]
    np.testing.assert_array_equal(*fits)
    assert roc_auc(fits[0], y[400:]) > 0.75
    assert 0 <= fits[0].min() <= fits[0].max() <= 1


def test_an_unknown_baseline_is_named():
    with pytest.raises(InvalidInput, match="magic"):
        fit_baseline("magic", *(np.zeros((2, 1)),) * 4)
