from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from datetime import date

import pytest
from fastapi.testclient import TestClient

from ragmarket.api.app import create_app
from ragmarket.errors import ModelMissing
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.message import Result
from ragmarket.settings import Settings
from tests.fake_house import QUOTE, SHA256, TEXT, FakeHouse

BRIEF = {"product_code": "ARB-FD-001", "language": "hi", "channel": "whatsapp"}


def test_a_brief_becomes_a_result(client: TestClient) -> None:
    answer = client.post("/v1/drafts", json=BRIEF)
    assert answer.status_code == 200
    result = Result.model_validate(answer.json())
    assert result.status == "accepted"
    assert result.audit is not None
    assert result.timings_ms == {"write": 1.5}


def test_a_refusal_is_a_result(client: TestClient) -> None:
    answer = client.post("/v1/drafts", json=BRIEF | {"intent": "refuse"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "refused"
    assert answer.json()["findings"][0]["rule"] == "policy.channel"


def test_a_recorded_result_reads_as_it_was_recorded(client: TestClient, house: FakeHouse) -> None:
    draft_id = client.post("/v1/drafts", json=BRIEF).json()["draft_id"]
    answer = client.get(f"/v1/drafts/{draft_id}")
    assert answer.json() == house.audit.get(draft_id)["result"]
    assert client.get(f"/v1/drafts/{draft_id}/trace").json()["draft_id"] == draft_id


def test_check_takes_body_only_and_a_default_day(client: TestClient, house: FakeHouse) -> None:
    body = {"id": "7", "text": "Guaranteed!", "language": "en", "product_class": "deposit", "channel": "sms"}
    answer = client.post("/v1/check?body_only=true", json=body)
    assert answer.json()["verdict"] == "fail"
    assert answer.json()["id"] == "7"
    request, body_only = house.checked[0]
    assert body_only
    assert request.as_of is not None


def test_the_default_day_is_indias(client: TestClient, house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ragmarket.api.routes.checks.today", lambda: date(2027, 4, 1))
    body = {"text": "Fine.", "language": "en", "product_class": "deposit", "channel": "sms"}
    client.post("/v1/check", json=body)
    assert house.checked[0][0].as_of == date(2027, 4, 1)


def test_documents_and_their_text(client: TestClient) -> None:
    listed = client.get("/v1/documents").json()
    assert [item["product_code"] for item in listed] == ["ARB-FD-001"]
    answer = client.get(f"/v1/documents/{listed[0]['sha256']}/text")
    assert answer.text == TEXT
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    citation = client.post("/v1/drafts", json=BRIEF).json()["claims"][0]["citations"][0]
    assert answer.text[citation["start"] : citation["end"]] == citation["quote"] == QUOTE


def test_disclaimers_by_language_and_day(client: TestClient) -> None:
    assert len(client.get("/v1/disclaimers?language=hi&as_of=2026-11-21").json()) == 1
    assert client.get("/v1/disclaimers?language=ta").json() == []
    assert client.get("/v1/disclaimers?as_of=2024-01-01").json() == []


def test_intents_are_those_of_the_catalogue(client: TestClient) -> None:
    ids = [row["id"] for row in client.get("/v1/intents").json()]
    assert ids[0] == "general"
    assert len(ids) == len(set(ids)) > 3


def test_health_and_readiness(client: TestClient, house: FakeHouse) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    house.parts = {"index": "nothing is indexed yet", "audit": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["index"] == "nothing is indexed yet"


def test_a_part_that_fails_in_its_own_way_is_not_ready(client: TestClient, house: FakeHouse) -> None:
    def fail() -> dict[str, str]:
        raise OSError("/secret/path: no space left")

    house.ready = fail  # type: ignore[method-assign]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "parts": {"house": "OSError; see the server's log"}}


@pytest.mark.parametrize("fault", [None, ModelMissing("no weights"), OSError("a bug")])
def test_models_are_loaded_beside_the_first_requests(house: FakeHouse, fault: Exception | None) -> None:
    loaded = threading.Event()

    def warm_up() -> None:
        loaded.wait(10)
        if fault is not None:
            raise fault

    house.warm_up = warm_up  # type: ignore[method-assign]
    app = create_app(Settings(), build=lambda _: house)
    with TestClient(app, raise_server_exceptions=False) as client:
        try:
            assert client.get("/healthz").status_code == 200
            assert client.get("/v1/documents").status_code == 200
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()) == (503, {"status": "warming up", "parts": {}})
        finally:
            loaded.set()
        assert client.post("/v1/drafts", json=BRIEF).status_code == 200, "a brief waits for the models"
        assert client.get("/readyz").status_code == 200


def test_openapi_examples_are_accepted_when_pasted(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    seen = 0
    for path, methods in paths.items():
        for method, about in methods.items():
            content = about.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                seen += 1
                answer = client.request(method, path, json=example["value"])
                # The double knows one product; another one's code is refused only after the body was read.
                assert answer.status_code == 200 or answer.json()["code"] == "unknown_product"
    assert seen >= 3


def test_openapi_describes_problems_and_nothing_of_fastapis_own(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    assert "Problem" in schema["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(schema)
    refs = {part.split('"')[0] for part in json.dumps(schema).split("#/components/schemas/")[1:]}
    assert refs <= set(schema["components"]["schemas"])


def test_briefs_that_arrive_together_are_written_one_at_a_time(client: TestClient, house: FakeHouse) -> None:
    inside, most = 0, 0
    draft = house.pipeline.draft

    def slow(brief: Brief, _: object = None) -> Result:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        return draft(brief, None)

    house.pipeline.draft = slow  # type: ignore[method-assign]
    threads = [threading.Thread(target=client.post, args=("/v1/drafts",), kwargs={"json": BRIEF}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(list(house.audit.records())) == 4


def test_a_house_that_lacks_its_model_starts_and_says_so() -> None:
    class Unready(FakeHouse):
        @property
        def pipeline(self) -> object:
            raise ModelMissing("no weights")

        @pipeline.setter
        def pipeline(self, _: object) -> None: ...

    app = create_app(Settings(), build=lambda _: Unready())
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.post("/v1/drafts", json=BRIEF)
        assert answer.status_code == 503
        assert answer.json()["code"] == "model_missing"


@pytest.mark.parametrize("module", ["ragmarket.api.app", "ragmarket.cli.app"])
def test_the_doors_load_no_model(module: str) -> None:
    heavy = ["torch", "guardrails", "llama_index", "transformers", "sklearn", "numpy", "qdrant_client", "sqlalchemy"]
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_document_hashes_are_checked(client: TestClient) -> None:
    assert client.get("/v1/documents/nothex/text").status_code == 422
    other = "0" * 63 + "1"
    assert other != SHA256
    assert client.get(f"/v1/documents/{other}/text").status_code == 404
