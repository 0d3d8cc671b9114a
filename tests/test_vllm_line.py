"""The line on a real vLLM server: the same drafts as in process, many at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from eval.generation import briefs
from eval.parity import compare
from ragmarket.bootstrap import House, build
from ragmarket.cli.app import app
from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.schemas.base import LANGUAGES
from ragmarket.settings import Settings
from tests.test_house import DAY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    built = build(Settings(home=tmp_path_factory.mktemp("home")))
    built.index()
    return built


def test_both_engines_write_the_same(house: House, vllm_url: str) -> None:
    found = compare(house, VllmEngine(vllm_url), briefs(house, DAY, 60, seed=3), Console(quiet=True))
    assert found.compared > 40
    assert found.identical >= 0.95 * found.compared
    assert all(one.why for one in found.differences), found.differences


def test_many_briefs_at_a_time_come_back_in_order(
    house: House, vllm_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        {"product_code": "ARB-FD-001", "language": language, "channel": channel, "intent": "grow_savings"}
        for language in LANGUAGES
        for channel in ("whatsapp", "email")
    ]
    file = tmp_path / "briefs.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    monkeypatch.setenv("RAGMARKET_GENERATION__BASE_URL", vllm_url)
    monkeypatch.setenv("RAGMARKET_HOME", str(house.settings.home))
    house.retriever.close()
    done = CliRunner().invoke(app, ["draft", str(file), "--json"])
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["language"], one["channel"]) for one in results] == [(o["language"], o["channel"]) for o in lines]
    assert {one["model"]["engine"] for one in results} == {"vllm"}
    accepted = [one for one in results if one["status"] == "accepted"]
    assert len(accepted) >= 0.9 * len(results)
