"""The simulated bench: the rows that are asked for, kept; the stacked counterpart, which knows no judged answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.propensity.simulated.bank import Bank, open_bank
from eval.propensity.simulated.banks import CONTROL, run
from eval.propensity.simulated.figures import statements
from eval.propensity.simulated.rows import BOUND, HEADS, order
from eval.propensity.simulated.stacking import STACKED, stacked_chances

COUNT = 260


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("banks")
    run(folder, quick=True, note=lambda _: None, name="control", chosen=("XGBoost",), customers=COUNT)
    return folder


@pytest.fixture(scope="module")
def bank(cache) -> Bank:
    return open_bank(cache / f"control-40001-{COUNT}")


def test_only_chosen_rows_run_and_a_second_run_takes_them_up(cache):
    kept = sorted(cache.glob("*.json"))
    assert [path.name for path in kept] == [f"control-{seed}-{COUNT}.json" for seed in (40_001, 40_002)]
    assert set(json.loads(kept[0].read_text("utf-8"))) == {BOUND, "XGBoost"}
    notes: list[str] = []
    found = run(cache, quick=True, note=notes.append, name="control", chosen=("XGBoost",), customers=COUNT)
    assert notes == []
    assert found["rows"] == 6 * COUNT
    assert set(found["systems"]) == {BOUND, "XGBoost"}


def test_the_control_bank_is_compared_with_the_counterpart_that_every_bank_has():
    assert STACKED in CONTROL
    assert all(STACKED in order(quick)[0] for quick in (True, False))
    row = {"Full": {"roc_auc": 0.7, "f1": 0.3}, STACKED: {"roc_auc": 0.69, "f1": 0.3}}
    other = {"Full": {"roc_auc": 0.71, "f1": 0.3}, STACKED: {"roc_auc": 0.72, "f1": 0.3}}
    told = statements({1: row, 2: other})[f"full_minus_{STACKED.replace(' ', '_')}"]
    assert told["difference"] == pytest.approx(0.0)


def test_stacked_trees_know_no_answer_of_judged_customers(bank):
    heads = HEADS[2:4]
    chance, threshold = stacked_chances(bank, heads, 0)
    assert chance.shape == (bank.judge.sent.size,)
    assert 0 <= chance.min() < chance.max() <= 1
    assert 0 < threshold < 1
    turned = replace(bank, judge=replace(bank.judge, opened=~bank.judge.opened, responded=~bank.judge.responded))
    np.testing.assert_array_equal(stacked_chances(turned, heads, 0)[0], chance)
