"""The volume bench: its clock and its scales, and the whole run in small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eval.processes import WorkFailed, apart
from eval.volume import main, parser, stage_row, unmet

MIB = 2**20


def hold(own: int, child: int) -> Mapping[str, Any]:
    """Holds memory, and has a child hold some too, at the same time."""
    held = bytearray(os.urandom(MIB)) * own
    code = f"import os, time; held = bytearray(os.urandom({MIB})) * {child}; time.sleep(2.5)"
    subprocess.run([sys.executable, "-c", code], check=True)
    return {"records": len(held)}


def fail() -> Mapping[str, Any]:
    raise ValueError("row 17 is no number")


def die() -> Mapping[str, Any]:
    os._exit(9)


def test_memory_of_a_process_and_its_children_is_counted_together() -> None:
    begun = time.perf_counter()
    spent = apart(hold, 120, 150)
    assert 270 * MIB < spent.peak_bytes < 450 * MIB
    assert 2.5 <= spent.seconds <= time.perf_counter() - begun
    assert spent.processor_s > 0
    row = stage_row("hold", "bytes", spent)
    assert row["records"] == 120 * MIB
    assert row["per_second"] == pytest.approx(120 * MIB / spent.seconds, rel=0.01)


def test_work_that_fails_or_dies_says_so() -> None:
    with pytest.raises(WorkFailed, match="row 17"):
        apart(fail)
    with pytest.raises(WorkFailed, match="ended with 9"):
        apart(die)


def test_what_is_not_reached_is_named() -> None:
    good = {"seconds": 1_100.0, "peak_gib": 4.0, "transactions": 1_000_000, "sessions": 100_000}
    options = parser().parse_args([])
    assert unmet(good, options) == []
    bad = {"seconds": 1_201.0, "peak_gib": 5.7, "transactions": 999_999, "sessions": 99_999}
    assert [line.split(", should")[0] for line in unmet(bad, options)] == [
        "20.0 minutes",
        "6.12 GB",
        "999,999 transactions",
        "99,999 sessions",
    ]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert main(["--quick", "--keep", str(tmp_path)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_the_whole_run_in_small(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    code = main(["--quick", "--keep", str(tmp_path / "run"), "--json", str(told)])
    report = json.loads(told.read_text())
    assert (code, report["unmet"]) == (0, [])
    stages = {row["stage"]: row for row in report["stages"]}
    assert stages["ingest"]["told"]["set aside"] == 0
    assert stages["embed narratives"]["records"] == report["transactions"]
    assert stages["embed sessions"]["records"] == stages["label sessions"]["records"] == report["sessions"]
    assert all(0 < row["peak_gib"] < 4 and row["seconds"] > 0 for row in report["stages"])
    answers = tmp_path / "run"
    customers = [json.loads(line) for line in (answers / "segments.jsonl").read_text().splitlines()]
    assert len({one["customer_id"] for one in customers}) == stages["assign customers"]["records"] >= 250
    assert sum(one["noise"] for one in customers) == stages["assign customers"]["told"]["noise"] < len(customers)
    sessions = [json.loads(line) for line in (answers / "intents.jsonl").read_text().splitlines()]
    assert len({one["session_id"] for one in sessions}) == report["sessions"]
    assert len({one["intent"] for one in sessions}) > 2
