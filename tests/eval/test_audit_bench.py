"""The audit bench runs from its door and says what it found; its parts are tested in `tests/audit`."""

from __future__ import annotations

import json
import sys

import pytest

from eval import audit


def test_the_bench_reports_what_it_measured(tmp_path, monkeypatch, capsys):
    numbers = {"tamperings": 10, "kills": 1, "records": 60, "appends": 8, "record-bytes": 2000}
    options = [part for name, value in numbers.items() for part in (f"--{name}", str(value))]
    files = ["--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"), "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["audit.py", *options, *files])
    assert audit.main() == 0
    figures = json.loads((tmp_path / "r.json").read_text())
    assert sum(figures["tampering"]["named"].values()) == 10
    assert figures["verification"]["faults"] == figures["kills"]["missing"] == figures["proofs"]["wrong"] == 0
    assert "<svg" in (tmp_path / "r.html").read_text()
    assert "place and kind named" in capsys.readouterr().out


def test_a_promise_that_is_not_kept_is_said():
    figures = {
        "tampering": {"wrong": [{"family": "bits"}]},
        "kills": {"missing": 1, "faulty_logs": 0},
        "verification": {"records": 1000, "seconds": 31.0, "faults": 0},
        "proofs": {"wrong": 2},
    }
    assert len(audit.unmet(figures)) == 4


def test_bad_numbers_are_bad_input(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["audit.py", "--kills", "0"])
    with pytest.raises(SystemExit) as stopped:
        audit.main()
    assert stopped.value.code == 2
