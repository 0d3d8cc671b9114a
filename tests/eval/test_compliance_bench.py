"""The bench of written copy counts what review says, meets or misses its thresholds, and reports in one page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.compliance import BOTH, FLAT, PATTERN, RULES, main
from eval.copy_baselines import by_flat_list, by_guardrails_pattern, flat_list
from eval.copy_split import development, part
from eval.copy_tally import CopyTally, script_name
from ragmarket.compliance.paraphrase.samples import Sample, read_copy

COPY = """
tongue: en
author: a test
unlawful:
  1:
    - [mutual_fund, plain, "Guaranteed return of 15% in this fund."]
    - [mutual_fund, evasive, "G u a r a n t e e d returns in this fund."]
lawful:
  1:
    - [mutual_fund, "Returns of this fund are not guaranteed."]
neutral: [[loan, "Call us on any working day."]]
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "en.yaml").write_text(COPY, encoding="utf-8")
    return folder


def test_figures_and_page_of_a_small_set(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, page = tmp_path / "r.json", tmp_path / "r.html"
    assert main(["--data", str(data), "--json", str(report), "--html", str(page)]) == 0
    body = json.loads(report.read_text(encoding="utf-8"))
    assert set(body["systems"]) == {BOTH, RULES, FLAT, PATTERN}
    cell = body["systems"][BOTH]["recall"]["difficulty"]["evasive"]
    assert (cell["hits"], cell["n"]) == (1, 1)
    assert 0 < cell["low"] < 0.5
    assert body["systems"][RULES]["false alarms"]["all"]["all"]["hits"] == 0
    flat = body["systems"][FLAT]
    assert flat["recall"]["difficulty"]["evasive"]["hits"] == 0  # a flat list sees no letters set apart
    assert flat["recall"]["difficulty"]["plain"]["hits"] == 1
    times = body["about"]["milliseconds_of_one_thread"]
    assert 0 < times[RULES]["p50"] <= times[BOTH]["p99"]
    assert "faults" not in body
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 4
    assert "src=" not in text
    assert "Guaranteed return of 15%" not in text + capsys.readouterr().out


def test_an_unmet_threshold_is_named_and_ends_with_one(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(data), "--max-false-alarms", "-0.1"]) == 1
    assert "not met: false alarms of all" in capsys.readouterr().out


def test_misses_are_listed_only_when_asked_for(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "en.yaml").write_text(
        COPY.replace("Guaranteed return of 15% in this fund", "Hello there"), encoding="utf-8"
    )
    assert main(["--data", str(data)]) == 1
    assert "Hello there" not in capsys.readouterr().out
    assert main(["--data", str(data), "--show-misses"]) == 1
    assert "Hello there" in capsys.readouterr().out


def test_no_copy_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "no copy" in capsys.readouterr().err


def test_baselines_find_listed_words_and_nothing_else() -> None:
    words = flat_list()
    assert set(words) == {*range(1, 25)}
    flat, pattern = by_flat_list(words), by_guardrails_pattern(words)
    assert 1 in flat("GUARANTEED RETURN today")
    assert flat("Call us") == frozenset()
    assert pattern("a guaranteed return today")
    assert not pattern("Call us")


def test_a_caught_text_of_another_class_is_recall_but_not_right() -> None:
    tally = CopyTally()
    tally.add(Sample("x", "loan", "en", 9, "plain"), frozenset({12}), True)
    assert tally.share("recall").hits == 1
    assert tally.share("right class", "class", "09").hits == 0
    assert [script_name(text) for text in ("loan", "लोन", "loan लोन", "42")] == ["Latn", "Deva", "mixed", "none"]


def test_the_halves_are_parted_by_scenario_alike_in_every_tongue(tmp_path: Path) -> None:
    import shutil

    import yaml

    shipped = Path(__file__).resolve().parents[2] / "eval" / "copy"
    whole = tmp_path / "whole"
    whole.mkdir()
    for dev in sorted((shipped / "dev").glob("*.yaml")):
        halves = [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in (dev, shipped / "test" / dev.name)]
        assert halves[0]["tongue"] == halves[1]["tongue"] == dev.stem
        lines = [
            {
                row[-1]
                for rows in (*half["unlawful"].values(), *half["lawful"].values(), half["neutral"])
                for row in rows
            }
            for half in halves
        ]
        assert not lines[0] & lines[1]
    everything = [
        (number, label, place) for number in range(1, 25) for label in ("plain", "lawful") for place in (0, 1)
    ]
    chosen = development(everything)
    assert chosen == development(list(reversed(everything)))
    assert {number for number, label, _ in chosen if label == "plain"} < set(range(1, 25))
    assert len(chosen) == 38  # 40 % of each label
    shutil.copy(shipped / "dev" / "en.yaml", whole)
    counts = part(whole, tmp_path / "parted")
    assert sum(counts.values()) == len(read_copy(whole))
    assert len(read_copy(tmp_path / "parted" / "dev")) == counts["dev"]


def test_the_test_half_is_never_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show-misses"]) == 2
    assert "for counting only" in capsys.readouterr().err
