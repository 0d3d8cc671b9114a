"""`ragmarket ground` and `POST /v1/ground`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from ragmarket.api.app import create_app
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.language import load_language
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.settings import Settings

GOOD = {"id": "a", "claim": "Processing fee: 1%", "evidence": "A processing fee of 1 per cent applies."}
BAD = {"id": "c", "claim": "प्रोसेसिंग फीस नहीं लगती", "evidence": [GOOD["evidence"]], "language": "hi"}


def ground(text: str, *options: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ragmarket", "ground", "-", *options]
    environment = {**os.environ, "RAGMARKET_HOME": str(home), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, input=text, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120, check=False
    )


def test_lines_come_back_in_order_and_a_bad_one_stops_nothing(tmp_path: Path) -> None:
    lines = [GOOD, {"id": "b", "claim": 3}, BAD]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    done = ground(text, "--json", home=tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", "c"]
    assert answers[0]["verdict"] == "supported"
    assert answers[1]["error"]["code"] == "invalid_input"
    assert "claim" in answers[1]["error"]["message"]
    assert answers[2]["verdict"] == "contradicted"
    assert done.returncode == 2


@pytest.mark.parametrize(("pair", "code"), [(GOOD, 0), (BAD, 3), ({"claim": "x"}, 2)])
def test_one_pair_exits_with_what_it_is(pair: dict[str, object], code: int, tmp_path: Path) -> None:
    assert ground(json.dumps(pair), home=tmp_path).returncode == code


def test_the_api_answers_the_same(tmp_path: Path) -> None:
    verifier = ClaimVerifier(recognise, {language: load_language(language) for language in LANGUAGES})
    house = SimpleNamespace(ground=verifier.verify, writers=1, warm_up=lambda: None)
    with TestClient(create_app(Settings(home=tmp_path), build=lambda _: house)) as client:  # type: ignore[arg-type,return-value]
        assert client.post("/v1/ground", json=GOOD).json()["verdict"] == "supported"
        assert client.post("/v1/ground", json=BAD).json()["verdict"] == "contradicted"
        answer = client.post("/v1/ground", json={"claim": "x"})
        assert answer.status_code == 422
        assert "evidence" in answer.text
