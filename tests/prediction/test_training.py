from __future__ import annotations

import json

import numpy as np
import pytest

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.prediction.metrics import expected_calibration_error, scores
from ragmarket.prediction.training import Sample, train
from ragmarket.prediction.weights import HEADS, SHIPPED, load, save
from ragmarket.signals.features import DEFAULT_SPEC


def _train(samples, **more):
    return train(
        *samples, columns=DEFAULT_SPEC.columns, spec_sha256=DEFAULT_SPEC.sha256, provenance={"origin": "test"}, **more
    )


@pytest.fixture(scope="module")
def samples(make_sample):
    return [make_sample(count, seed) for count, seed in ((1500, 11), (500, 12), (500, 13))]


@pytest.fixture(scope="module")
def trained(samples):
    lines: list[str] = []
    model = _train(samples, progress=lines.append)
    assert [line.split(":")[0] for line in lines] == list(HEADS)
    return model


def test_metrics_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.6, 0.4]])
    found = scores(probabilities, np.array([0, 1, 0, 1]))
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.4]).mean(), abs=1e-4)
    # bins: .9 (gap .1), .8 (gap .2), two at .6 with half right (gap .1, weight 2)
    assert found["ece"] == pytest.approx((0.1 + 0.2 + 2 * 0.1) / 4, abs=1e-4)
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([0.0, 0.0])) == 1.0


def test_heads_beat_the_class_frequencies_on_held_out_customers(trained):
    for name in HEADS:
        figures = trained.card["held_out"][name]
        assert figures["log_loss"] < figures["baseline"]["log_loss"], name


def test_labels_that_say_nothing_teach_nothing(samples):
    """The figures are earned: with shuffled answers they fall back to the baseline."""
    rng = np.random.default_rng(0)
    shuffled = [
        Sample(one.vectors, {name: list(rng.permutation(labels)) for name, labels in one.labels.items()})
        for one in samples
    ]
    figures = _train(shuffled, strength=0.01).card["held_out"]["segment"]
    assert figures["accuracy"] < figures["baseline"]["accuracy"] + 0.06
    assert figures["log_loss"] > figures["baseline"]["log_loss"] - 0.05


def test_what_is_saved_is_what_is_loaded(trained, tmp_path, samples):
    save(trained, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.json", "weights.npz"]
    again = load(tmp_path, DEFAULT_SPEC.sha256)
    z = trained.standardise(np.asarray(samples[2].vectors))
    assert not np.isnan(z).any()
    for name, head in trained.heads.items():
        np.testing.assert_allclose(head.probabilities(z), again.heads[name].probabilities(z))
        assert (head.classes, head.threshold) == (again.heads[name].classes, again.heads[name].threshold)
    before = (tmp_path / "weights.npz").read_bytes()
    save(trained, tmp_path)
    assert (tmp_path / "weights.npz").read_bytes() == before


def test_samples_that_do_not_fit_are_refused(samples):
    fit, validation, held_out = samples
    narrow = Sample([row[:-1] for row in fit.vectors], fit.labels)
    with pytest.raises(InvalidInput, match="shape"):
        _train((narrow, validation, held_out))
    unlabelled = Sample(fit.vectors, {**fit.labels, "intent": fit.labels["intent"][:-1]})
    with pytest.raises(InvalidInput, match="intent"):
        _train((unlabelled, validation, held_out))
    strange = Sample(validation.vectors, {**validation.labels, "segment": ["martian"] * len(validation.vectors)})
    with pytest.raises(InvalidInput, match="martian"):
        _train((fit, strange, held_out))


def _edit_card(folder, **changes):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, **changes}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "weights.npz").unlink(), "absent"),
        (lambda folder: (folder / "card.json").unlink(), "absent"),
        (lambda folder: (folder / "card.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "weights.npz").write_bytes(b"x"), "do not match"),
        (lambda folder: _edit_card(folder, weights_sha256="0" * 64), "do not match"),
        (lambda folder: _edit_card(folder, feature_spec_sha256="0" * 64), "another set of features"),
        (lambda folder: _edit_card(folder, columns=[["a", "a", "level"]]), "do not fit"),
        (lambda folder: _edit_card(folder, heads={}), "do not fit"),
    ],
)
def test_damaged_model_is_named_with_a_hint(trained, tmp_path, damage, said):
    save(trained, tmp_path)
    damage(tmp_path)
    with pytest.raises(ModelMissing, match=said) as caught:
        load(tmp_path, DEFAULT_SPEC.sha256)
    assert "ragmarket train" in caught.value.hint


def test_shipped_card_tells_the_truth_about_fresh_customers(make_sample):
    """Figures on customers of a seed that training never saw are those of the card, within sampling error."""
    model = load(SHIPPED, DEFAULT_SPEC.sha256)
    sample = make_sample(4000, 99)
    z = model.standardise(np.asarray(sample.vectors))
    for name, head in model.heads.items():
        truth = np.array([head.classes.index(label) for label in sample.labels[name]])
        probabilities = head.probabilities(z)
        found, told = scores(probabilities, truth), model.card["held_out"][name]
        assert found["accuracy"] == pytest.approx(told["accuracy"], abs=0.03), name
        assert found["log_loss"] == pytest.approx(told["log_loss"], abs=0.06), name
        assert found["ece"] < 0.05, name
        assert np.allclose(probabilities.sum(axis=1), 1.0)
