"""The whole ALIMN on small made-up customers: fitting, explaining, saving, resuming, distilling, refusing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.prediction.alimn.config import AlimnConfig, EnsembleConfig, NetworkConfig, TrainingConfig
from ragmarket.prediction.alimn.data import TextBank
from ragmarket.prediction.alimn.estimator import fit, inner_folds
from ragmarket.prediction.alimn.folds import Customers, fit_fold
from ragmarket.prediction.alimn.store import load, save
from ragmarket.prediction.alimn.student import distil, out_of_fold_logits
from ragmarket.prediction.metrics import roc_auc
from ragmarket.prediction.tables import Table, TableSpec

SPEC = TableSpec(numeric=("age", "noise"), categorical=("city",), target="y", positive="1", contexts=(("city",),))
SMALL = AlimnConfig(
    network=NetworkConfig(width=12, token_width=4, members=2, dropout=0.05),
    training=TrainingConfig(batch_size=64, epochs=6, learning_rate=1e-2),
    ensemble=EnsembleConfig(folds=2),
    text_components=3,
)


def embed(texts):
    """A stand-in for the language model: a vector per word, the same on every call."""
    words = {text: np.random.default_rng(sum(map(ord, text))).normal(size=6) for text in texts}
    return np.array([words[text] for text in texts], dtype=np.float32)


def customers(count: int, seed: int = 0) -> Customers:
    """Half of what decides is a column, half is only in the text."""
    rng = np.random.default_rng(seed)
    age, likes = rng.normal(size=count), rng.integers(0, 2, count)
    city = rng.choice(["Pune", "Surat"], count).astype(object)
    answer = (rng.random(count) < 1 / (1 + np.exp(-(1.5 * age + 3 * likes - 1.5)))).astype(float)
    words = [[("wants gold", 1.0)] if one else [("wants nothing", 2.0), ("greets", 1.0)] for one in likes]
    return Customers(
        Table({"age": age, "noise": rng.normal(size=count), "city": city}), TextBank.of(words, embed), answer
    )


@pytest.fixture(scope="module")
def seen():
    return customers(600)


@pytest.fixture(scope="module")
def new():
    return customers(400, seed=1)


@pytest.fixture(scope="module")
def model(seen):
    return fit(seen, SPEC, SMALL)


def test_text_that_knows_what_columns_do_not_is_used(model, seen, new):
    blind = fit(Customers(seen.table, None, seen.target), SPEC, SMALL)
    ours = roc_auc(model.predict(new), new.target)
    theirs = roc_auc(blind.predict(Customers(new.table)), new.target)
    assert ours > 0.84
    assert ours > theirs + 0.04


def test_labels_that_say_nothing_teach_nothing(seen, new):
    shuffled = np.random.default_rng(0).permutation(seen.target)
    found = fit(Customers(seen.table, seen.text, shuffled), SPEC, SMALL)
    assert abs(roc_auc(found.predict(new), new.target) - 0.5) < 0.12
    assert found.held_out["roc_auc"] < 0.6


def test_the_blend_is_on_the_simplex_and_probabilities_are_calibrated(model, new):
    assert sum(model.blend.alpha.values()) == pytest.approx(1.0)
    assert set(model.blend.alpha) == {"network", "trees", "extra_trees", "linear"}
    probability = model.predict(new)
    assert probability.mean() == pytest.approx(new.target.mean(), abs=0.06)
    assert 0 <= probability.min() <= probability.max() <= 1
    assert len(model.predict(new.take(np.arange(0)))) == 0


def test_one_customer_is_predicted_as_in_the_crowd(model, new):
    alone = [model.predict(new.take(np.array([row])))[0] for row in range(5)]
    assert alone == pytest.approx(model.predict(new)[:5].tolist(), abs=1e-6)


def test_explanations_add_up_to_what_was_asked(model, new):
    found = model.explain(new.take(np.arange(3)))
    assert len(found) == 3
    for one in found:
        assert 0 < one["gate"] < 1
        assert sum(one["branches"]) == pytest.approx(1.0, abs=1e-5)
        assert "age" in one["contributions"]
    old = Customers(Table({**new.table.columns, "age": np.full(len(new), 3.0)}), new.text)
    assert model.explain(old.take(np.arange(1)))[0]["contributions"]["age"] > 0


def test_prior_shift_is_reported_beside_the_probability(model, new):
    few = new.take(np.flatnonzero((new.target == 0) | (np.arange(400) % 5 == 0)))
    shifted, share = model.predict_shifted(few)
    assert share < model.base_rate
    assert abs(shifted.mean() - few.target.mean()) < abs(model.predict(few).mean() - few.target.mean())


def test_what_is_saved_is_what_is_loaded(model, new, tmp_path):
    save(model, tmp_path, {"name": "test"})
    again = load(tmp_path)
    np.testing.assert_allclose(again.predict(new), model.predict(new), atol=1e-6)
    assert again.spec == model.spec
    assert again.threshold == model.threshold
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["name"] == "test"
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".pt", ".pkl", ".bin"}]


@pytest.mark.parametrize("harm", ["flip", "remove", "format", "card"])
def test_a_damaged_model_is_refused(model, tmp_path, harm):
    save(model, tmp_path)
    weights = tmp_path / "fold0.safetensors"
    if harm == "flip":
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
        with (tmp_path / "fold0.safetensors").open("ab") as stream:
            stream.write(b"x")
    elif harm == "remove":
        weights.unlink()
    elif harm == "format":
        card = json.loads((tmp_path / "card.json").read_text())
        (tmp_path / "card.json").write_text(json.dumps({**card, "format": 99}))
    else:
        (tmp_path / "card.json").write_text("{")
    with pytest.raises(ModelMissing):
        load(tmp_path)


def test_a_killed_run_goes_on_and_ends_where_the_whole_run_ends(seen, tmp_path):
    whole = fit_fold(seen, SPEC, SMALL, watched=seen)
    path = tmp_path / "c.pt"

    class Killed(Exception):
        pass

    def kill(row):
        if row["epoch"] == 2:
            raise Killed

    with pytest.raises(Killed):
        fit_fold(seen, SPEC, SMALL, watched=seen, checkpoint=path, report=kill)
    rest: list[float] = []
    resumed = fit_fold(seen, SPEC, SMALL, watched=seen, checkpoint=path, report=lambda row: rest.append(row["epoch"]))
    assert rest[0] == 2.0  # the epoch whose row was reported but not kept runs again
    for name, value in whole.network.state_dict().items():
        assert torch.allclose(value, resumed.network.state_dict()[name], atol=1e-6), name
    other = SMALL.model_copy(update={"training": SMALL.training.model_copy(update={"l2": 0.5})})
    with pytest.raises(InvalidInput, match="other data or settings"):
        fit_fold(seen, SPEC, other, watched=seen, checkpoint=path)


def test_a_student_learns_the_teachers_order_without_text(model, seen, new):
    config = SMALL.model_copy(
        update={
            "network": SMALL.network.model_copy(update={"members": 1}),
            "training": SMALL.training.model_copy(update={"distillation_weight": 1.0}),
        }
    )
    student = distil(model, seen, config)
    assert student.blend.alpha == {"network": 1.0}
    assert roc_auc(student.predict(new), new.target) > 0.97 * roc_auc(model.predict(new), new.target)
    with pytest.raises(InvalidInput, match="no out-of-fold logits"):
        out_of_fold_logits(model, new)


def test_out_of_fold_logits_come_from_models_that_did_not_see_the_row(model, seen):
    found = out_of_fold_logits(model, seen)
    for number, (inside, outside) in enumerate(inner_folds(seen.target, SMALL)):
        assert not set(inside) & set(outside)
        again = model.blend.logits(model.folds[number].logits(seen.take(outside)))
        np.testing.assert_allclose(found[outside], again)


def test_forward_folds_never_look_ahead_and_the_last_fit_sees_every_row(seen):
    config = SMALL.model_copy(
        update={"ensemble": EnsembleConfig(folds=4, forward=True, companions=("trees", "forest", "linear"))}
    )
    for inside, outside in inner_folds(seen.target, config):
        assert inside.max() < outside.min()
    found = fit(seen, SPEC, config)
    assert len(found.folds) == 1
    assert found.folds[0].rates is None  # a context of the past does not come again
    assert set(found.blend.alpha) == {"network", "trees", "forest", "linear"}


@pytest.mark.parametrize("target", [np.zeros(600), np.full(600, 0.5), np.zeros(3)])
def test_answers_that_cannot_teach_are_refused(seen, target):
    with pytest.raises(InvalidInput, match="every row needs an answer"):
        fit(Customers(seen.table, seen.text, target), SPEC, SMALL)


def test_a_missing_column_is_named(model, new):
    table = Table({name: values for name, values in new.table.columns.items() if name != "age"})
    with pytest.raises(InvalidInput, match="'age' is missing"):
        model.predict(Customers(table, new.text))


def test_a_bank_of_texts_counts_pads_and_keeps_the_most_frequent():
    bank = TextBank.of([[("a", 3.0), ("b", 1.0)], [], [("b", 1.0), ("c", 5.0), ("a", 2.0)]], embed, longest=2)
    assert bank.index.shape == (3, 2)
    assert bank.index[1].tolist() == [-1, -1]
    assert len(bank.vectors) == 3
    by_hand = (3 * bank.vectors[0] + bank.vectors[1]) / 4
    np.testing.assert_allclose(bank.mean()[0], by_hand, rtol=1e-6)
    assert bank.mean()[1].tolist() == [0.0] * 6
    with pytest.raises(InvalidInput, match="no customer has a text"):
        TextBank.of([[], []], embed)
