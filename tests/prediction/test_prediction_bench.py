"""The prediction bench: statistics by hand, splits that do not leak, results that survive a kill, the report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from eval import prediction as bench
from eval.propensity.berka import narrative
from eval.propensity.flat import bagged, baseline
from eval.propensity.full import full
from eval.propensity.networks import full_config, network, network_variants
from eval.propensity.outcomes import Outcome, inner
from eval.propensity.paper import TABLE_1, TABLE_2
from eval.propensity.problems import Problem, Split, folds, forward_splits, spec_of
from eval.propensity.report import report
from eval.propensity.results import Results, figures, summary
from eval.propensity.statistics import mean_sd, paired
from eval.propensity.tuning import tuned
from ragmarket.prediction.alimn.data import TextBank
from ragmarket.prediction.metrics import roc_auc
from ragmarket.prediction.tables import Table, TableSpec, narrate

SPEC = TableSpec(numeric=("age",), categorical=("city",), target="y", positive="1", contexts=(("city",),))


def embed(texts):
    return np.array([[len(text), text.count("gold"), 1.0] for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def problem() -> Problem:
    rng = np.random.default_rng(0)
    age, likes = rng.normal(size=500), rng.integers(0, 2, 500)
    y = (rng.random(500) < 1 / (1 + np.exp(-(age + 2 * likes - 1)))).astype(float)
    table = Table({"age": age, "city": rng.choice(["Pune", "Surat"], 500).astype(object)})
    bank = TextBank.of([[("wants gold" if one else "wants tea", 1.0)] for one in likes], embed)
    return Problem("toy", "Toy", SPEC, table, y, folds(y, 2), False, {"adapted, prompted": bank, "frozen": bank})


def test_corrected_resampled_t_by_hand():
    found = paired([0.8, 0.82, 0.81], [0.79, 0.79, 0.79], 0.2)
    gaps = np.array([0.01, 0.03, 0.02])
    assert found["difference"] == pytest.approx(0.02)
    error = np.sqrt(gaps.var(ddof=1) * (1 / 3 + 0.25))
    from scipy.stats import t

    assert found["p"] == pytest.approx(2 * t.sf(0.02 / error, 2))
    assert found["low"] < 0.02 < found["high"]
    assert paired([0.5, 0.6], [0.4, 0.5], 0.2)["p"] is None or paired([0.5, 0.6], [0.4, 0.5], 0.2)["p"] < 1e-6
    assert paired([0.5], [0.4], 0.2)["p"] is None
    assert mean_sd([1.0, 3.0]) == (2.0, pytest.approx(np.sqrt(2)))


def test_folds_cover_every_row_once_and_time_never_runs_back():
    y = (np.arange(100) % 4 == 0).astype(float)
    parts = folds(y, 5, repeats=2)
    assert len({part.name for part in parts}) == len({part.seed for part in parts}) == 10
    assert sorted(np.concatenate([part.test for part in parts[:5]])) == list(range(100))
    for part in parts:
        assert not set(part.train) & set(part.test)
        assert y[part.test].mean() == pytest.approx(0.25)
    for part in forward_splits(50, 2):
        assert part.train.max() < part.test.min()


def test_inner_rows_stay_inside_training_rows(problem):
    split = problem.splits[0]
    learn, watch = inner(split)
    assert set(learn) | set(watch) == set(split.train)
    assert not set(learn) & set(watch)


@pytest.mark.parametrize(
    ("amount", "bucket"),
    [("500", "below 500"), ("500.1", "500 to 5,000"), ("50000", "5,000 to 50,000"), ("500001", "above 500,000")],
)
def test_narratives_of_transactions_at_the_bucket_bounds(amount, bucket):
    row = {"amount": amount, "type": "VYDAJ", "operation": "VYBER KARTOU", "k_symbol": None, "date": "940101"}
    assert narrative(row, False) == f"card debit of {bucket} for general on a weekend, one-time"
    assert narrative({**row, "date": "940103", "k_symbol": "SIPO"}, True).endswith(
        "for household payment on a weekday, recurring"
    )


def test_the_uci_spec_reads_no_duration_and_its_sentences_read_well():
    spec, _ = spec_of("uci_bank")
    assert "duration" not in (*spec.numeric, *spec.categorical)
    assert all("duration" not in text for text in spec.sentences)
    row = {name: np.array([1.0]) for name in spec.numeric} | {
        name: np.array(["admin."], dtype=object) for name in spec.categorical
    }
    assert narrate(Table(row), spec)[0][0].startswith("The customer is about 0 years old, works as admin")


def test_printed_tables_follow_the_regularity_that_the_report_tells_of():
    for row in (*TABLE_1.values(), *TABLE_2.values()):
        assert row[4] == pytest.approx(row[0] + 0.02)
        precision, recall = row[1], row[2]
        assert row[3] == pytest.approx(2 * precision * recall / (precision + recall), abs=0.011)


def test_systems_measure_kept_and_read_again(problem, tmp_path):
    results = Results(tmp_path)
    for split in problem.splits:
        results.keep("LR", split, problem, {"LR": baseline("LR", problem, split, {})})
        control = "LightGBM, bagged, context rates"
        results.keep(control, split, problem, {control: bagged("LightGBM", problem, split, {}, contexts=True)})
        results.keep("Full", split, problem, full(problem, split, {}))
        config, text = network_variants(full_config(problem, split, {}))["network w/o LLM"]
        results.keep("network w/o LLM", split, problem, {"network w/o LLM": network(problem, split, config, text)})
    assert all(results.has(name, split) for name in ("LR", "Full") for split in problem.splits)
    found = figures(problem, results)
    systems = found["systems"]
    assert {"Full", "student of Full", "Full w/o network", "Full w/o trees", "Full, calibration none"} <= set(systems)
    truth = problem.target[problem.splits[0].test]
    kept = results.read(problem.splits[0])["Full"]["probability"]
    assert systems["Full"]["folds"]["fold 0"] == pytest.approx(roc_auc(np.array(kept), truth))
    assert systems["Full"]["roc_auc"]["mean"] > systems["LR"]["roc_auc"]["mean"] + 0.03  # half of it is in the text
    assert systems["LR"]["against_full"]["difference"] < 0
    assert systems["student of Full"]["more"][0]["rows_per_second"] > 0
    body = {
        "about": summary(bench.parser().parse_args([]), {"adapted": {"loss": [1.0], "probe": {"n": 3.0}}}),
        "problems": {"toy": {"options": {}, **found}},
    }
    page = report(json.loads(json.dumps(body)))
    assert page.startswith("<!doctype html>")
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", "")
    for words in ("ALIMN (Full)", "Toy", "Reliability", "Fig. 4", "Fig. 5"):
        assert words in page
    assert bench.tables(body)[0].row_count == len(systems)


def test_a_half_written_result_does_not_count(problem, tmp_path):
    results, split = Results(tmp_path), problem.splits[0]
    rows = {"a": Outcome(np.ones(2), 0.5, 0.0), "a, more": Outcome(np.ones(2), 0.5, 0.0)}

    class Disk(Exception):
        pass

    class Failing(dict):
        def __getitem__(self, key):
            if key == "a":
                raise Disk
            return super().__getitem__(key)

    with pytest.raises(Disk):
        results.keep("a", split, problem, Failing(rows))
    assert not results.has("a", split)
    results.keep("a", split, problem, rows)
    assert results.has("a", split)


def test_tuning_is_kept_and_never_sees_the_first_test_fold(problem, tmp_path, monkeypatch):
    seen: list[Split] = []
    import eval.propensity.tuning as tuning

    def spy(name, problem, split, options, **more):
        seen.append(split)
        return baseline(name, problem, split, options, **more)

    monkeypatch.setattr(tuning, "baseline", spy)
    found = tuned(problem, 2, tmp_path, models=["LR", "LightGBM"])
    assert set(found) == {"LR", "LightGBM"}
    tested = set(problem.splits[0].test)
    assert all(not (set(split.train) | set(split.test)) & tested for split in seen)
    assert len(seen) == 4
    assert tuned(problem, 2, tmp_path, models=["LR", "LightGBM"]) == found
    assert len(seen) == 4
    assert tuned(problem, 0, tmp_path) == {}


def test_wrong_options_end_with_two(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("RAGMARKET_DATA_DIR", raising=False)
    assert bench.main([]) == 2
    assert bench.main(["--data", str(tmp_path / "absent")]) == 2
    assert bench.main(["--data", str(tmp_path), "--only", "berka", "--quick", "--cache", str(tmp_path / "c")]) == 2
    assert "holds no" in capsys.readouterr().err


@pytest.mark.slow
def test_quick_run_on_the_public_tables(tmp_path):
    data = os.environ.get("RAGMARKET_DATA_DIR")
    if not data:
        pytest.skip("RAGMARKET_DATA_DIR names no folder of public tables")
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html")}
    arguments = ["--data", data, "--quick", "--only", "uci", "--only", "hillstrom", "--cache", str(tmp_path / "cache")]
    arguments += [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert bench.main(arguments) == 0
    body = json.loads(files["json"].read_text())
    assert body["problems"]["uci"]["systems"]["Full"]["roc_auc"]["mean"] > 0.7
    assert Path(files["html"]).stat().st_size > 10_000
