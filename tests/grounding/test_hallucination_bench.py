"""The bench's arguments, thresholds, intervals, data readers and measures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import f1_score, roc_auc_score

from eval.grounded.benchmarks import scoring
from eval.grounded.benchmarks.indic import chrf, unheld
from eval.grounded.benchmarks.runner import run
from eval.grounded.benchmarks.sets import ragtruth_official, ragtruth_slice, rows
from eval.grounded.gates import GATES, chosen, unmet
from eval.grounded.report import Report, as_page
from eval.grounded.resampling import cluster_share
from eval.grounded.results import Benchmark, Published, Score
from eval.hallucination import main
from ragmarket.errors import InvalidInput


def test_intervals_resample_whole_documents() -> None:
    apart = {str(number): [number % 2 == 0] for number in range(40)}
    together = {str(number): [number % 2 == 0] * 10 for number in range(4)}
    one, other = cluster_share(apart, 1), cluster_share(together, 1)
    assert one.value == other.value == 0.5
    assert other.high - other.low > one.high - one.low
    assert cluster_share(apart, 1) == one
    assert cluster_share({}).n == 0
    unanimous = cluster_share({str(number): [True] for number in range(10)})
    assert unanimous.value == 1.0
    assert unanimous.low < 0.8


def test_thresholds_are_changed_left_out_and_judged_only_where_measured() -> None:
    gates = chosen(["wrong-figure=0.5", "answered=off"])
    assert {one.name for one in gates} == {one.name for one in GATES} - {"answered"}
    assert unmet(gates, {"wrong-figure": 0.6, "answered": 0.0, "false-alarms": math.nan}) == []
    assert "false-alarms <= 0.02" in unmet(gates, {"false-alarms": 0.03})[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--threshold", "nonsense=1"], "no figure is called 'nonsense'"),
        (["--threshold", "answered=2"], "neither a share"),
        (["--data", "/no/such/folder"], "no such folder"),
        (["--per-cell", "0"], "at least 1"),
    ],
)
def test_bad_arguments_end_with_two(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_thresholds_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-thresholds"]) == 0
    assert "ragtruth-f1 >= 0.62" in capsys.readouterr().out


def test_absent_sets_are_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "benchmarks", "--data", str(tmp_path), "--json", "--html", str(tmp_path / "r.html")]) == 0
    told = capsys.readouterr()
    body = json.loads(told.out)
    assert {one["name"] for one in body["benchmarks"]} >= {"RAGTruth QA test", "FinQA detection"}
    assert all("its files are not in" in one["skipped"] for one in body["benchmarks"])
    assert "RAGTruth QA test: left out" in told.err


def test_a_broken_file_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "finqa_detection"
    folder.mkdir()
    (folder / "detection_eval.jsonl").write_text('{"question": 1}\n{"que', encoding="utf-8")
    assert main(["--only", "benchmarks", "--data", str(tmp_path)]) == 2
    assert "detection_eval.jsonl" in capsys.readouterr().err


def test_small_sets_are_scored_end_to_end(tmp_path: Path) -> None:
    folder = tmp_path / "grounding" / "finqa_detection"
    folder.mkdir(parents=True)
    lines = [
        {
            "doc_id": f"d{number // 2}",
            "question": "what was the percentage change in net sales from 2014 to 2015?",
            "context": [["t", f"the net sales of 2015 is $ {1200 + number} ; the net sales of 2014 is $ 1000 ."]],
            "answer": f"{(200 + number) / 10 if number % 2 else 77 + number}%",
            "gold_supported": bool(number % 2),
        }
        for number in range(60)
    ]
    (folder / "detection_eval.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = {
        one.name: one for one in run(tmp_path, tmp_path / "cache", seed=1, quick=True, console=Console(stderr=True))
    }
    scored = {one.measure: one for one in found["FinQA detection"].scores}
    assert scored["AUROC"].value > 0.95
    assert scored["F1"].low <= scored["F1"].value <= scored["F1"].high
    assert found["SummEdits"].skipped


def test_the_official_ragtruth_files_are_read(tmp_path: Path) -> None:
    sources, responses = tmp_path / "source_info.jsonl", tmp_path / "response.jsonl"
    sources.write_text(
        json.dumps(
            {
                "source_id": "7",
                "task_type": "QA",
                "source_info": {"question": "how long?", "passages": "passage 1:Ten days.\n\npassage 2:No more."},
            }
        ),
        encoding="utf-8",
    )
    label = {"start": 3, "end": 8, "label_type": "Evident Conflict"}
    responses.write_text(
        "\n".join(
            json.dumps({"id": name, "source_id": "7", "response": "It is twelve days.", "labels": own, "split": "test"})
            for name, own in (("1", [label]), ("2", []))
        ),
        encoding="utf-8",
    )
    (_, wrong), (split, right) = ragtruth_official(responses, sources)
    assert (wrong.wrong, wrong.spans, wrong.question, len(wrong.passages)) == (True, ((3, 8),), "how long?", 2)
    assert (right.wrong, split, right.part) == (False, "test", "QA")
    with pytest.raises(InvalidInput, match="usable"):
        ragtruth_slice(sources)


def test_gzip_that_is_none_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(b"plain")
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(rows(path))


def test_measures_agree_with_those_of_others() -> None:
    dice = np.random.default_rng(0)
    wrong, scores = dice.random(200) < 0.3, dice.random(200).round(2)
    flags = scores > 0.6
    assert scoring.f1(wrong, flags) == pytest.approx(f1_score(wrong, flags))
    assert scoring.macro_f1(wrong, flags) == pytest.approx(f1_score(wrong, flags, average="macro"))
    assert scoring.auroc(wrong, scores) == pytest.approx(roc_auc_score(wrong, scores))
    # Ten characters marked, ten gold, five shared: 2 * 5 / 20.
    assert scoring.span_f1([[(0, 10)]], [[(5, 15)]]) == pytest.approx(0.5)
    assert scoring.calibration_error(np.asarray([True, False]), np.asarray([0.95, 0.05])) == pytest.approx(0.05)


def test_chrf_and_words_that_nothing_holds() -> None:
    assert chrf("ब्याज दर", "ब्याज दर") == pytest.approx(1.0)
    assert chrf("क", "ख") == 0.0
    text = "पोसी काउंटी मिनेसोटा में है"
    marked = unheld(text, "पोसी काउंटी इंडियाना राज्य में स्थित है")
    assert "".join(text[place] for place in sorted(marked)) == "मिनेसोटा"


def test_the_page_holds_records_and_is_self_contained() -> None:
    benchmark = Benchmark(
        "A set",
        12,
        (Score("F1", 0.5, 0.4, 0.6),),
        (Published("another's", "F1", 0.7, "its README"),),
        "fitted elsewhere",
    )
    report = Report([], None, [benchmark], {"seed": 1}, 1, ("f1 >= 0.6",))
    page = as_page(report)
    assert "another&#x27;s" in page
    assert "<svg" in page
    assert "src=" not in page
    assert "its README" in page
    assert report.as_dict()["benchmarks"][0]["scores"]["F1"]["value"] == 0.5


@pytest.mark.slow
def test_the_whole_bench_writes_reads_and_plants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real drafts in one language over the unseen banks: every part of the report is filled."""
    page = tmp_path / "report.html"
    arguments = ["--quick", "--language", "hi", "--no-thresholds", "--json", "--html", str(page)]
    assert main(arguments) == 0
    body = json.loads(capsys.readouterr().out)
    assert set(body["as shipped, by"]["language"]) == {"hi"}
    on, off = (body["arms"][f"retrieval {how}, verifier off"]["unsupported claims"] for how in ("on", "off"))
    assert on["value"] < off["value"]
    assert body["about"]["without evidence"].startswith("0 of")
    assert body["seeded faults"]["by kind"]["superseded version"]["caught"]["value"] == 1.0
    assert body["seeded faults"]["by kind"]["wrong figure"]["caught"]["n"] > 3
    assert page.read_text(encoding="utf-8").count("<svg") >= 6
