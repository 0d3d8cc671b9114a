"""The ledger's operations over the real house."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ragmarket.api.app import create_app
from ragmarket.bootstrap import House
from ragmarket.settings import ComplianceSettings, Settings

LEDGER = Path(__file__).parents[2] / "approved_disclaimers"
PROPOSAL = {"entry": "loan-discretion", "languages": ["en"], "by": "A. Rao", "reason": "read"}
ANSWER = {"by": "B. Iyer", "reason": "checked"}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(House, "warm_up", lambda _: None)
    settings = Settings(home=tmp_path, compliance=ComplianceSettings(disclaimers_dir=LEDGER), env="production")
    with TestClient(create_app(settings), raise_server_exceptions=False) as opened:
        yield opened


def wording(client: TestClient) -> dict[str, Any]:
    rows = client.get("/v1/disclaimers?language=en&as_of=2090-01-01").json()
    return next(row for row in rows if row["id"] == "loan-discretion")


def test_a_running_server_heeds_a_decision_at_once(client: TestClient) -> None:
    assert wording(client)["approval"] is None
    made = client.post("/v1/disclaimers/proposals", json=PROPOSAL)
    assert (made.status_code, made.json()["recorded"]) == (200, True)
    assert [row["seq"] for row in client.get("/v1/disclaimers/proposals").json()] == [1]
    own = client.post("/v1/disclaimers/proposals/1", json=ANSWER | {"by": "A Rao"})
    assert own.status_code == 422
    assert "cannot approve" in own.json()["detail"]
    assert client.post("/v1/disclaimers/proposals/1", json=ANSWER | {"dry_run": True}).json()["recorded"] is False
    assert wording(client)["approval"] is None
    assert client.post("/v1/disclaimers/proposals/1", json=ANSWER).status_code == 200
    assert wording(client)["approval"]["approver"] == "B. Iyer"
    assert wording(client)["provenance"] == "verified"
    shown = client.get("/v1/disclaimers/loan-discretion?language=en").json()
    assert [row["action"] for row in shown["decisions"]] == ["propose", "approve"]
    assert client.get("/v1/disclaimers/decisions").json()["head"].startswith("2:")


def test_unknown_and_wrong_requests_are_problems(client: TestClient) -> None:
    assert client.get("/v1/disclaimers/no-such").status_code == 404
    assert client.post("/v1/disclaimers/proposals/7", json=ANSWER).status_code == 404
    wrong = client.post("/v1/disclaimers/proposals", json=PROPOSAL | {"change": "expire"})
    assert wrong.status_code == 422
    assert "effective_from" in wrong.json()["detail"]
    unknown = client.post("/v1/disclaimers/proposals", json=PROPOSAL | {"languages": ["xx"]})
    assert unknown.status_code == 422
    assert client.get("/v1/disclaimers/decisions").json()["records"] == []
