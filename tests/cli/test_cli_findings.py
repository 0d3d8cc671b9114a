from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ragmarket.api.app import create_app
from ragmarket.bootstrap import House, build
from ragmarket.cli.app import app
from ragmarket.settings import Settings

TEXT = "Aranya Bank: 7.25% p.a. for 12 months. T&C apply."
REVIEW = {"rule": "disclosures.order", "severity": "review", "message": "a stands before b"}
BLOCK = {"rule": "channel.length", "severity": "block", "message": "too long"}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))
    return build(Settings(home=tmp_path / "home"))


@pytest.fixture
def run(house: House) -> Callable[..., Result]:  # noqa: ARG001
    def call(*arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, prog_name="ragmarket")

    return call


def put(house: House, draft_id: str = "drf_1", **changes: Any) -> str:
    def figure(text: str) -> dict[str, Any]:
        at = TEXT.index(text)
        source = {"slot": "S1a", "evidence": "S1", "source_start": 0, "source_end": 1, "source_text": "x"}
        return {"start": at, "end": at + len(text), **source}

    law = TEXT.index("T&C")
    claim = {
        "text": TEXT[13:law], "template": "", "start": 13, "end": law, "cites": ["S1"],
        "figures": [figure("7.25%"), figure("12 months")],
    }  # fmt: skip
    wording = {"id": "terms", "language": "en", "sha256": "0", "start": law, "end": len(TEXT), "approval": "Head"}
    message = {
        "text": TEXT, "subject": None, "language": "en", "channel": "sms", "claims": [claim],
        "disclaimers": [wording],
    }  # fmt: skip
    result = {
        "draft_id": draft_id,
        "status": "accepted",
        "publishable": False,
        "text": TEXT,
        "findings": [REVIEW, BLOCK],
    }
    approval = {"approver": "Head", "demo": False}
    house.audit.append(
        {
            "draft_id": draft_id,
            "status": "accepted",
            "brief": {"product_code": "X"},
            "policy": {"snapshot_id": "p", "disclaimers": [{"id": "terms", "approval": approval}]},
            "attempts": [{"message": message}],
            "result": result | changes,
        }
    )
    return draft_id


def test_findings_are_listed_dismissed_once_and_traced(house: House, run: Callable[..., Result]) -> None:
    id_ = put(house, findings=[REVIEW])
    assert "1. review disclosures.order (open)" in run("findings", "list", id_).stdout
    asked = ("findings", "dismiss", id_, "1", "--by", "A. Rao", "--reason", "seen")
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert f"{id_} is publishable now" in done.stdout
    again = run(*asked)
    assert again.exit_code == 2
    assert "dismissed by A. Rao" in again.stderr
    listed = json.loads(run("findings", "list", id_, "--json").stdout)
    assert (listed["publishable"], listed["findings"][0]["dismissal"]["reason"]) == (True, "seen")
    assert "dismissed by A. Rao" in run("trace", id_).stdout
    assert run("audit", "verify").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("2", "--by", "A", "--reason", "b"), "may not be dismissed"),
        (("3", "--by", "A", "--reason", "b"), "no finding 3"),
        (("1", "--by", "", "--reason", "b"), "by: "),
        (("1", "--by", "A", "--reason", " "), "reason: "),
        (("1", "--by", "A"), "--reason"),
    ],
)
def test_a_wrong_dismissal_changes_nothing(
    house: House, run: Callable[..., Result], arguments: tuple[str, ...], word: str
) -> None:
    id_ = put(house)
    done = run("findings", "dismiss", id_, *arguments)
    assert done.exit_code == 2
    assert word in done.stderr
    assert len(list(house.audit.records())) == 1


def test_the_api_lists_and_dismisses_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "warm_up", lambda _: None)
    id_ = put(house, findings=[REVIEW, BLOCK])
    with TestClient(create_app(Settings(), build=lambda _: house), raise_server_exceptions=False) as client:
        path = f"/v1/drafts/{id_}/findings"
        states = client.get(path).json()["findings"]
        assert [one["open"] for one in states] == [True, True]
        body = {"by": "A. Rao", "reason": "seen"}
        assert client.post(f"{path}/2/dismissal", json=body).status_code == 422
        assert client.post(f"{path}/1/dismissal", json={"by": "A. Rao"}).status_code == 422
        record = client.post(f"{path}/1/dismissal", json=body).json()["record"]
        assert [one["open"] for one in client.get(path).json()["findings"]] == [False, True]
        assert client.get(f"/v1/drafts/{record}").status_code == 404
        assert client.get("/v1/drafts/unknown/findings").status_code == 404


def test_a_template_is_made_exported_and_held_against_its_message(
    house: House, run: Callable[..., Result], tmp_path: Path
) -> None:
    id_ = put(house)
    made = json.loads(run("templates", "make", id_, "--template-id", "T-1", "--json").stdout)
    assert made["template"]["body"] == "Aranya Bank: {#numeric#}% p.a. for {#numeric#} months. T&C apply."
    file = tmp_path / "t.json"
    file.write_text(json.dumps(made["template"]))
    shown = run("templates", "make", id_).stdout
    assert "sender ARANYA-P" in shown
    assert "fictional" in shown
    header, row = run("templates", "export", str(file)).stdout.splitlines()
    assert header == "entity_id,header,template_id,category,language,body"
    assert row.startswith("FICTIONAL-ENTITY-0001,ARANYA,T-1,promotional,en,Aranya Bank: {#numeric#}%")
    given = ("--send-at", "2026-12-01T12:00", "--consent", "yes", "--barred", "no")
    good = run("templates", "check", str(file), "-", *given, stdin=TEXT + "\n")
    assert (good.exit_code, good.stdout.splitlines()[0]) == (0, "pass"), good.output
    late = run("templates", "check", str(file), "-", "--send-at", "2026-12-01T22:00", "--json", stdin=TEXT)
    assert late.exit_code == 3
    assert {one["rule"] for one in json.loads(late.stdout)["findings"]} == {"channel.sending_hours", "channel.consent"}
    other = run("templates", "check", str(file), "-", *given, stdin=TEXT.replace("apply", "Apply"))
    assert other.exit_code == 3
    assert "dlt.differs" in other.stdout


def test_no_template_of_a_refused_draft(house: House, run: Callable[..., Result]) -> None:
    id_ = put(house, status="refused", text=None)
    done = run("templates", "make", id_)
    assert done.exit_code == 2
    assert "was not accepted" in done.stderr
