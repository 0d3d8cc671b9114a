"""The bank that nobody here wrote for: the figures that the project promises on unseen documents, measured anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.documents import SETS, main

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SETS)
def test_unseen_documents_are_read_and_their_briefs_answered(name: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert main([name, "--json", str(report)]) == 0, "a fault in an accepted text"
    counted = json.loads(report.read_text(encoding="utf-8"))["shares"]
    shares = {name: value["hits"] / value["of"] for name, value in counted.items()}
    assert shares["documents indexed"] == 1.0
    assert shares["figure recall"] >= 0.90
    assert shares["figure precision"] >= 0.95
    assert shares["needed fact in the top five"] >= 0.90
    assert shares["version in force"] == 1.0
    assert shares["briefs accepted"] >= 0.50
