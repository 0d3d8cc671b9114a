"""The temporal model on a small simulated bank: fitted, kept, read again, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.prediction.temporal.answers import read_answers
from ragmarket.prediction.temporal.config import TemporalConfig
from ragmarket.prediction.temporal.estimator import fit
from ragmarket.prediction.temporal.fitting import MISSING, FittingConfig, losses
from ragmarket.prediction.temporal.network import EncoderConfig, response_logit
from ragmarket.prediction.temporal.reader import fit_reader
from ragmarket.prediction.temporal.store import load, save
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import read, write

TABLES = ("customers", "periods", "transactions", "session_events", "notes", "campaigns")
HEADS = ("intent", "product", "channel", "response")
BRIEF = FittingConfig(epochs=4)


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("temporal") / "bank"
    write(preset("small", customers=320, periods=4), 3, folder, lambda *_: None, bounds=False)
    return folder


@pytest.fixture(scope="module")
def frames(bank: Path):
    return {name: read(bank, name).collect() for name in TABLES}


@pytest.fixture(scope="module")
def lesson(bank: Path, frames):
    torch.set_num_threads(1)
    reader, cells, sequences = fit_reader(frames)
    labels = read(bank, "truth_periods").select("customer_id", "period", "intent").collect()
    answers, classes = read_answers(cells, sequences, read(bank, "outcomes").collect(), labels)
    return reader, sequences, answers, classes


@pytest.fixture(scope="module")
def model(lesson):
    config = TemporalConfig(heads=HEADS, folds=2, rounds=3, fitting=BRIEF)
    return fit(*lesson, config)


def test_every_head_gives_chances_and_the_response_is_calibrated(model, lesson):
    found = model.predict(lesson[1])
    for name in ("intent", "product", "channel"):
        assert found[name].shape == (320, 4, len(model.classes[name]))
        assert found[name].sum(axis=2) == pytest.approx(np.ones((320, 4)))
    sent = lesson[1].sent
    assert found["response"][sent].mean() == pytest.approx(lesson[1].responded[sent].mean(), abs=0.05)
    assert sum(model.blend.alpha.values()) == pytest.approx(1)
    assert (found["intent"].argmax(axis=2) == lesson[2].heads["intent"]).mean() > 0.5


def test_no_month_knows_its_own_answer_or_a_later_month(model, lesson):
    sequences = lesson[1]
    before = model.predict(sequences)
    opened, responded = sequences.opened.copy(), sequences.responded.copy()
    opened[:, 2:], responded[:, 2:] = ~opened[:, 2:], ~responded[:, 2:]
    columns, level = sequences.columns.copy(), sequences.level.copy()
    columns[:, 3:] *= -1
    level[:, 3:] += 5
    after = model.predict(replace(sequences, responded=responded, opened=opened, columns=columns, level=level))
    for name in (*HEADS, "state"):
        assert after[name][:, :3] == pytest.approx(before[name][:, :3], abs=1e-5), name


def test_customers_are_read_alike_alone_and_in_a_crowd(model, frames, lesson):
    names = frames["customers"]["customer_id"].sort()[:7]
    few = {
        name: frame.filter(pl.col("customer_id").is_in(names.implode())) if name != "session_events" else frame
        for name, frame in frames.items()
    }
    cells, sequences = model.reader.read(few)
    assert cells["customer_id"].unique().sort().to_list() == names.to_list()
    alone, crowd = model.predict(sequences), model.predict(lesson[1])
    for name in HEADS:
        assert alone[name] == pytest.approx(crowd[name][:7], abs=1e-5)


def test_a_kept_model_predicts_the_same_and_a_changed_file_is_refused(model, lesson, tmp_path: Path):
    save(model, tmp_path / "model", {"name": "temporal"})
    again = load(tmp_path / "model").predict(lesson[1])
    for name, values in model.predict(lesson[1]).items():
        assert again[name] == pytest.approx(values, abs=1e-6)
    path = tmp_path / "model" / "trees0.txt"
    path.write_text(path.read_text() + " ")
    with pytest.raises(ModelMissing, match="does not match"):
        load(tmp_path / "model")
    with pytest.raises(ModelMissing, match="absent"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "temporal"),
    [
        ({"encoder": "transformer"}, True),
        ({"fusion": False}, True),
        ({"intents": False, "behaviour": False, "text": False}, True),
        ({}, False),
    ],
)
def test_every_ablation_fits_and_predicts(lesson, changes, temporal):
    brief = FittingConfig(epochs=1, weighting="uncertainty")
    config = TemporalConfig(
        heads=HEADS, folds=2, rounds=1, fitting=brief, temporal=temporal, encoder=EncoderConfig(width=16, **changes)
    )
    model = fit(*lesson, config)
    found = model.predict(lesson[1])
    assert np.isfinite(found["response"]).all()
    assert ("state" in found) == changes.get("intents", True)
    assert ("chain" in model.blend.alpha) == changes.get("fusion", True)


def test_a_single_head_is_learnt_alone(lesson):
    brief = FittingConfig(epochs=1)
    for head in ("channel", "response"):
        config = TemporalConfig(
            heads=(head,), folds=2, rounds=1, fitting=brief, lines=False, encoder=EncoderConfig(width=16)
        )
        found = fit(*lesson, config).predict(lesson[1])
        assert set(found) == {head, "state"}
        assert np.isfinite(found[head]).all()


def test_a_killed_training_goes_on_where_it_was(lesson, tmp_path: Path):
    config = TemporalConfig(heads=("product",), folds=2, rounds=1, fitting=FittingConfig(epochs=3))
    whole = fit(*lesson, config)
    seen: list[dict] = []

    class Killed(Exception):
        pass

    def report(row):
        seen.append(row)
        if row.get("epoch") == 1.0 and row.get("fold") == 1:
            raise Killed

    with pytest.raises(Killed):
        fit(*lesson, config, folder=tmp_path, report=report)
    again: list[dict] = []
    resumed = fit(*lesson, config, folder=tmp_path, report=again.append)
    assert not [row for row in again if row.get("fold") == 0]
    assert resumed.predict(lesson[1])["product"] == pytest.approx(whole.predict(lesson[1])["product"], abs=1e-5)


@given(st.floats(-15, 15), st.floats(-15, 15))
def test_the_chain_of_opening_and_answering_multiplies(opened: float, answered: float):
    both = 1 / (1 + np.exp(-opened)) / (1 + np.exp(-answered))
    pair = torch.tensor([opened, answered], dtype=torch.float64)
    found = float(torch.sigmoid(response_logit(pair[0], pair[1])))
    assert found == pytest.approx(both, abs=1e-6)


def test_months_without_an_answer_cost_nothing():
    logits = torch.tensor([[[2.0, 0.0], [0.0, 5.0]]])
    known = losses({"intent": logits}, {"intent": torch.tensor([[0, MISSING]])}, ("intent",))
    assert float(known["intent"]) == pytest.approx(np.log1p(np.exp(-2)))
    assert losses({"intent": logits}, {"intent": torch.tensor([[MISSING, MISSING]])}, ("intent",)) == {}


def test_tables_that_cannot_be_read_are_refused_by_name(frames, model):
    without = {name: frame for name, frame in frames.items() if name != "notes"}
    with pytest.raises(InvalidInput, match="notes"):
        fit_reader(without)
    with pytest.raises(InvalidInput, match="category"):
        model.reader.read(frames | {"transactions": frames["transactions"].drop("category")})
    with pytest.raises(InvalidInput, match="one row for each"):
        model.reader.read(frames | {"periods": frames["periods"].head(-1)})
    strange = frames["campaigns"].with_columns(pl.lit("fax").alias("channel"))
    with pytest.raises(InvalidInput, match="fax"):
        model.reader.read(frames | {"campaigns": strange})


def test_a_head_without_answers_is_refused(lesson):
    reader, sequences, answers, classes = lesson
    nobody = replace(answers, heads={**answers.heads, "channel": np.full(sequences.size, MISSING)})
    with pytest.raises(InvalidInput, match="channel"):
        fit(reader, sequences, nobody, classes, TemporalConfig(heads=("channel",), folds=2))


@pytest.mark.slow
def test_the_command_trains_without_any_truth_and_names_what_was_labelled(bank: Path, tmp_path: Path):
    from ragmarket.cli.app import app

    seen = tmp_path / "bank"
    shutil.copytree(bank, seen)
    truth = read(seen, "truth_periods").filter(pl.col("period") < 2).collect()
    truth.select("customer_id", "period", pl.col("intent").cast(pl.String)).write_csv(tmp_path / "labels.csv")
    shutil.rmtree(seen / "truth")
    arguments = ["train", "temporal", str(tmp_path / "out"), "--bank", str(seen), "--json"]
    done = CliRunner().invoke(app, [*arguments, "--labels", str(tmp_path / "labels.csv")])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["data"]["labelled"] == ["intent"]
    assert 0.5 < told["held_out"]["roc_auc"] <= 1
    assert load(tmp_path / "out" / "model").config.heads[0] == "intent"


def test_the_command_refuses_labels_without_a_label(bank: Path, tmp_path: Path):
    from ragmarket.cli.app import app

    (tmp_path / "labels.csv").write_text("customer_id,period\nSIM00000000,0\n", encoding="utf-8")
    arguments = ["train", "temporal", str(tmp_path / "out"), "--bank", str(bank)]
    done = CliRunner().invoke(app, [*arguments, "--labels", str(tmp_path / "labels.csv")])
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()
