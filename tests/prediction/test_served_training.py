"""Training what serves: words that are learnt, features that are hidden, priors by hand, and the whole command."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.prediction.distillation import MISSING, RAREST, encoded, priors, scales, with_vocabularies
from ragmarket.prediction.student import Head
from ragmarket.prediction.temporal.student_fitting import Layout, StudentPlan, hidden, hide
from ragmarket.schemas.features import Feature, FeatureSpec

SPEC = FeatureSpec(
    version=1,
    features=(
        Feature(name="amount", kind="number", label="amount", group="money"),
        Feature(name="said", kind="words", label="said {}", group="words", behaviour=True),
    ),
)


def test_words_met_often_enough_become_the_vocabulary():
    months = [{"said": {"loan": 2, "rare": 1} if place == 0 else {"loan": 1, "flat": 3}} for place in range(RAREST + 1)]
    spec = with_vocabularies(SPEC, months)
    assert spec.features[1].values == ("flat", "loan")
    assert spec.sha256 != SPEC.sha256
    vectors = encoded(spec, [{"said": {"loan": 1, "unheard": 9}, "amount": 0.0}, {}])
    names = [name for name, _, _ in spec.columns]
    assert names == ["amount", "amount:missing", "said=flat", "said=loan", "said:missing"]
    assert vectors[0] == pytest.approx([0, 0, 0, np.log(2), 0], abs=1e-3)
    assert np.isnan(vectors[1, [0, 2, 3]]).all()
    assert vectors[1, [1, 4]].tolist() == [1, 1]


def test_a_column_that_never_varied_has_no_say():
    vectors = np.array([[1.0, 0, 3, 0, 0], [2.0, 0, 3, 1, 0], [np.nan, 1, 3, 2, 0]], dtype=np.float16)
    spec = with_vocabularies(SPEC, [{"said": {"a": 1, "b": 1}}] * RAREST)
    mean, inverse = scales(spec, vectors)
    assert mean[0] == pytest.approx(1.5)
    assert inverse[0] == pytest.approx(2.0)
    assert inverse[2] == 0
    assert (mean[[1, 4]] == 0).all()
    assert (inverse[[1, 4]] == 1).all()


def test_hidden_features_look_as_those_that_nobody_knows():
    layout = Layout(
        ((0, 2), (2, 5)), {"all": np.arange(5)}, {"segment": 2}, np.array([True, False]), np.ones(5, np.float32)
    )
    z = np.full((2, 5), 7.0, dtype=np.float32)
    seen = hide(z, np.array([[True, False], [False, True]]), layout)
    assert seen.tolist() == [[0, 1, 7, 7, 7], [7, 7, 0, 0, 1]]
    assert (z == 7).all()
    mask = hidden(layout, 4_000, StudentPlan(), np.random.default_rng(0))
    assert 0.15 < mask[:, 0].mean() < 0.3
    assert mask[:, 1].mean() > mask[:, 0].mean() + 0.15, "requests lack what only tables have"


def test_priors_by_hand():
    segment = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    heads = {"segment": Head(("a", "b"), 0), "channel": Head(("sms", "email"), 2)}
    answers = {"segment": np.zeros(4, int), "channel": np.array([0, 0, 1, MISSING])}
    found = priors(segment, answers, heads)
    assert set(found) == {"channel"}
    # Two of two by sms, pulled to the whole (two thirds) as by twenty customers.
    assert found["channel"][0] == pytest.approx([(2 + 20 * 2 / 3) / 22, (20 / 3) / 22], abs=1e-5)
    assert found["channel"][1] == pytest.approx([(20 * 2 / 3) / 21, (1 + 20 / 3) / 21], abs=1e-5)


def run(*arguments: str):
    return CliRunner().invoke(app, ["train", "intents", *arguments])


def test_without_labels_nothing_is_trained(unseen_bank, tmp_path):
    bank = tmp_path / "bank"
    shutil.copytree(unseen_bank, bank)
    shutil.rmtree(bank / "truth")
    done = run(str(tmp_path / "out"), "--bank", str(bank))
    assert done.exit_code == 2
    assert "--labels" in done.stderr
    (tmp_path / "labels.csv").write_text("customer_id,period,intent\nSIM00000000,0,buy_home\n", encoding="utf-8")
    done = run(str(tmp_path / "out"), "--bank", str(bank), "--labels", str(tmp_path / "labels.csv"))
    assert done.exit_code == 2
    assert "segment" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_command_trains_a_checkpoint_that_serves(unseen_bank, tmp_path, monkeypatch):
    out = tmp_path / "out"
    done = run(str(out), "--bank", str(unseen_bank), "--json")
    assert done.exit_code == 0, done.stderr
    card = json.loads(done.stdout)
    assert card["held_out"]["segment"]["accuracy"] > card["held_out"]["segment"]["baseline_accuracy"] + 0.2
    assert card["data"]["origin"] == "a bank's own tables"
    assert sum(card["data"]["customers"].values()) == 600
    monkeypatch.setenv("RAGMARKET_PREDICTION__MODEL_DIR", str(out))
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))
    asked = json.dumps({"age_band": "60+", "app_logins": 2, "deposits_inr": 900_000})
    served = CliRunner().invoke(app, ["predict", "-", "--json"], input=asked)
    assert served.exit_code == 0, served.stderr
    assert card["weights_sha256"].startswith(json.loads(served.stdout)["model"].split("@")[1])
    teacher = (out / "teacher" / "card.json").stat().st_mtime_ns
    again = run(str(out), "--bank", str(unseen_bank), "--json")
    assert json.loads(again.stdout)["weights_sha256"] == card["weights_sha256"], (
        "the same data and seed, the same bytes"
    )
    assert (out / "teacher" / "card.json").stat().st_mtime_ns == teacher
