from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from ragmarket import errors
from ragmarket.api.problems import STATUS, Problem, status_of
from tests.fake_house import FakeHouse

BRIEF = {"product_code": "ARB-FD-001", "language": "hi", "channel": "whatsapp"}


def problem(answer: object) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    Problem.model_validate(body)
    assert body["status"] == answer.status_code
    return body


def test_every_error_class_has_its_own_status() -> None:
    def family(cls: type[errors.RagmarketError]) -> set[type[errors.RagmarketError]]:
        return {cls}.union(*(family(child) for child in cls.__subclasses__() if child.__module__ == errors.__name__))

    assert family(errors.RagmarketError) == set(STATUS)
    assert status_of(errors.NotFound("x")) == 404


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"language": "xx"}, "language", ["'xx'", "gu"]),
        ({"chanel": "sms"}, "chanel", ["did you mean 'channel'?"]),
        ({"seed": -1}, "seed", ["greater than or equal to 0", "-1"]),
        ({"product_code": None}, "product_code", ["string"]),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy(
    client: TestClient, change: dict[str, object], field: str, words: list[str]
) -> None:
    answer = client.post("/v1/drafts", json=BRIEF | change)
    assert answer.status_code == 422
    body = problem(answer)
    assert body["code"] == "invalid_input"
    assert [row["field"] for row in body["fields"]] == [field]
    assert all(word in body["detail"] for word in words)


def test_missing_fields_are_all_named(client: TestClient) -> None:
    body = problem(client.post("/v1/drafts", json={}))
    assert [row["field"] for row in body["fields"]] == ["product_code", "language", "channel"]


def test_a_body_that_is_not_json(client: TestClient) -> None:
    answer = client.post("/v1/drafts", content=b"{nope", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "not JSON" in problem(answer)["detail"]


@pytest.mark.parametrize(("body", "kind"), [(b"[1]", "application/json"), (b'{"a": 1}', "text/plain"), (b"", None)])
def test_a_body_that_is_no_object_or_not_sent_as_json(client: TestClient, body: bytes, kind: str | None) -> None:
    answer = client.post("/v1/drafts", content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 422
    assert "Content-Type: application/json" in problem(answer)["hint"]


@pytest.mark.parametrize("body", [b'{"seed": ' + b"9" * 5_000 + b"}", b"[" * 100_000])
def test_json_that_no_reader_takes(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/drafts", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert problem(answer)["code"] == "invalid_input"


def test_a_field_that_cannot_be_printed(client: TestClient) -> None:
    content = json.dumps(BRIEF).replace("}", ', "\\u001b[2J": 1}')
    answer = client.post("/v1/drafts", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert problem(answer)["fields"][0]["field"] == r"'\x1b[2J'"


def test_a_large_body_is_refused_announced_or_not(client: TestClient, house: FakeHouse) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(40):
            yield b"x" * (1 << 15)

    kind = {"content-type": "application/json"}
    for content in (b" " * ((1 << 20) + 1), chunks()):
        answer = client.post("/v1/check", content=content, headers=kind)
        assert answer.status_code == 413
        assert problem(answer)["code"] == "body_too_large"
        assert answer.headers["x-request-id"]
    assert house.checked == []
    padded = json.dumps(BRIEF).encode().rjust(1 << 20)
    assert client.post("/v1/drafts", content=padded, headers=kind).status_code == 200


def test_a_wrong_query(client: TestClient) -> None:
    body = problem(client.get("/v1/disclaimers?language=xx"))
    assert body["fields"][0]["field"] == "language"


def test_unknown_product_and_unknown_draft(client: TestClient) -> None:
    answer = client.post("/v1/drafts", json=BRIEF | {"product_code": "NOPE"})
    assert (answer.status_code, problem(answer)["code"]) == (422, "unknown_product")
    answer = client.get("/v1/drafts/drf_nope")
    assert (answer.status_code, problem(answer)["code"]) == (404, "not_found")
    assert client.get("/v1/drafts/drf_nope/trace").status_code == 404


def test_an_unwritten_record_is_retryable_and_returns_no_message(client: TestClient, house: FakeHouse) -> None:
    house.audit.full = True
    answer = client.post("/v1/drafts", json=BRIEF)
    body = problem(answer)
    assert answer.status_code == 503
    assert body["retryable"] is True
    assert answer.headers["retry-after"]
    assert "text" not in body


def test_a_bug_tells_the_caller_nothing_of_the_inside(client: TestClient) -> None:
    answer = client.post("/v1/drafts", json=BRIEF | {"intent": "bug"})
    body = problem(answer)
    assert answer.status_code == 500
    assert "foresaw" not in answer.text
    assert body["hint"] == "See the server's log."


def test_unknown_path_and_method(client: TestClient) -> None:
    assert problem(client.get("/v2/nothing"))["code"] == "not_found"
    answer = client.delete("/v1/drafts")
    assert problem(answer)["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "POST"


def test_every_answer_carries_its_own_number(client: TestClient) -> None:
    numbers = {client.get("/healthz", headers={"X-Request-ID": "forged"}).headers["x-request-id"] for _ in range(3)}
    assert len(numbers) == 3
    assert "forged" not in numbers
