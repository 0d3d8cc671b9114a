"""The auditor's routes over the real house, its real log, and a database that somebody tampers with."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.api.app import create_app
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.retention import retain
from ragmarket.audit.signing import generate_key
from ragmarket.bootstrap import House
from ragmarket.schemas.base import LANGUAGES
from tests.audited_house import audited_house, drafted, tamper
from tests.test_pipeline import TEXT

ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[House]:
    generate_key(tmp_path / "key")
    house = audited_house(tmp_path / "home", tmp_path / "key")
    yield house
    house.audit.close()


@pytest.fixture
def auditor(desk: House) -> Iterator[TestClient]:
    app = create_app(desk.settings, build=lambda _: desk)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def three(desk: House) -> list[str]:
    return [drafted(desk, language).draft_id for language in ("en", "hi", "ta")]


def trace(client: TestClient, draft_id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/traces/{draft_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_span_leads_into_the_kept_document(desk: House, auditor: TestClient, language: str) -> None:
    result = drafted(desk, language, "whatsapp", campaign="diwali-2026")
    found = trace(auditor, result.draft_id)
    assert found["text"] == result.text
    assert found["claims"]
    for claim in found["claims"]:
        assert found["text"][claim["start"] : claim["end"]] == claim["text"]
        sources = [*claim["citations"], *(figure["source"] for figure in claim["figures"])]
        for source in sources:
            whole = auditor.get(f"/v1/audit/documents/{source['sha256']}")
            assert hashlib.sha256(whole.content).hexdigest() == source["sha256"]
            span = {"start": source["start"], "end": source["end"]}
            part = auditor.get(f"/v1/audit/documents/{source['sha256']}/text", params=span)
            assert (source["match"], part.text) == ("found", source["quote"])
            assert int(part.headers["x-code-points"]) == len(whole.text) == len(TEXT)
    assert {figure["text"] for claim in found["claims"] for figure in claim["figures"]}
    (law,) = found["disclaimers"]
    assert found["text"][law["start"] : law["end"]] == law["text"]
    assert (law["decision"]["sha256"], law["bytes_match"]) == (law["sha256"], True)
    assert law["decision"]["approver"]
    assert law["decision"]["date"]
    assert found["rules"]
    assert {one["name"] for one in found["kept"]} >= {"document", "policy", "knowledge", "writer_card"}
    assert {one["state"] for one in found["kept"]} == {"kept"}
    assert found["brief"]["campaign"] == "diwali-2026"
    assert found["prediction"]["segment"] == result.prediction.segment  # type: ignore[union-attr]
    assert (found["entry"]["holds"], found["entry"]["seq"], found["chain"]) == (True, 1, "not_verified")


def test_a_refusal_shows_its_attempts_and_reasons(desk: House, auditor: TestClient) -> None:
    found = trace(auditor, drafted(desk, "en", refused=True).draft_id)
    assert (found["status"], found["text"], found["claims"]) == ("refused", None, [])
    assert len(found["attempted"]) == found["attempts"] == 3
    assert all("Guaranteed" in one["text"] and not one["released"] and one["findings"] for one in found["attempted"])
    assert found["findings"]


SHA = hashlib.sha256(TEXT.encode()).hexdigest()
TAMPERINGS = {
    "own record": ("UPDATE audit_entries SET record = replace(record, 'T-FD', 'T-FX') WHERE seq = 2", "altered", 2),
    "own time": ("UPDATE audit_entries SET recorded_at = '2020-01-01' WHERE seq = 2", "altered", 2),
    "own record gone": ("UPDATE audit_entries SET record = '' WHERE seq = 2", "altered", 2),
    "entry before altered": ("UPDATE audit_entries SET record = record || ' ' WHERE seq = 1", "altered", 1),
    "entry behind altered": ("UPDATE audit_entries SET record = record || ' ' WHERE seq = 3", "altered", 3),
    "entry before gone": ("DELETE FROM audit_entries WHERE seq = 1", "dropped", 1),
    "entry behind gone": ("DELETE FROM audit_entries WHERE seq = 3", "dropped", 3),
    "head cut back": ("UPDATE audit_head SET seq = 1 WHERE id = 1", "altered", 2),
    "document gone": ("DELETE FROM audit_blobs WHERE instr(data, '444 days')", "missing_blob", 2),
    "document altered": ("UPDATE audit_blobs SET data = 'x' WHERE instr(data, '444 days')", "altered_blob", 2),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_is_wrong_with_an_entry_or_beside_it_is_told_at_once(
    desk: House, auditor: TestClient, three: list[str], name: str
) -> None:
    statement, kind, seq = TAMPERINGS[name]
    assert trace(auditor, three[1])["entry"]["faults"] == []
    tamper(desk, (statement, ()))
    answer = auditor.get(f"/v1/traces/{three[1]}")
    entry = auditor.get(f"/v1/audit/entries/{three[1]}").json()
    if name == "own record gone":
        assert (answer.status_code, answer.json()["code"], entry["state"]) == (410, "record_removed", "removed")
        assert entry["removal"] is None, "no retention entry names it"
    else:
        found = answer.json()
        assert answer.status_code == 200, answer.text
        assert found["entry"] == entry
        assert found["chain"] == "broken"
        if "document" in name:
            assert {one["match"] for claim in found["claims"] for one in claim["citations"]} == {"document_missing"}
            state = "missing" if "gone" in name else "altered"
            assert [one["state"] for one in found["kept"] if one["name"] == "document"] == [state]
            read = auditor.get(f"/v1/audit/documents/{SHA}")
            assert (read.status_code, read.json()["code"]) in {(404, "not_found"), (500, "audit_chain_broken")}
    assert [(one["kind"], one["seq"]) for one in entry["faults"]] == [(kind, seq)]
    # What is seen beside one entry is never more than what the whole chain shows.
    assert auditor.post("/v1/audit/verify", params={"wait_s": 20}).json()["state"] == "broken"


def test_a_record_that_cannot_be_read_is_told_and_its_place_is_not_lost(
    desk: House, auditor: TestClient, three: list[str]
) -> None:
    tamper(desk, ("UPDATE audit_entries SET record = ? WHERE seq = 2", ('{"result": {"claims": [7]}}',)))
    answer = auditor.get(f"/v1/traces/{three[1]}")
    assert (answer.status_code, answer.json()["code"]) == (500, "audit_chain_broken")
    entry = auditor.get(f"/v1/audit/entries/{three[1]}").json()
    assert (entry["state"], entry["holds"], entry["seq"]) == ("altered", False, 2)
    listed = auditor.get("/v1/traces").json()["drafts"]
    assert [(row["draft_id"], row["state"]) for row in listed][1] == (three[1], "altered")


def test_what_retention_left_of_a_record_is_told(desk: House, auditor: TestClient) -> None:
    log = SqlAuditLog(f"sqlite:///{desk.settings.home}/audit.sqlite3", clock=lambda: "2023-06-01T00:00:00.000000+00:00")
    log.append({"draft_id": "old", "brief": {"product_code": "secret"}, "result": {"status": "accepted"}})
    log.close()
    new = drafted(desk).draft_id
    done = retain(desk.audit, before=datetime(2024, 1, 1, tzinfo=UTC).date(), by="Records office", reason="rule 4")
    answer = auditor.get("/v1/traces/old")
    assert (answer.status_code, answer.json()["code"]) == (410, "record_removed")
    entry = auditor.get("/v1/audit/entries/old").json()
    assert (entry["state"], entry["holds"], entry["removal"]["entry"]) == ("removed", True, done.entries[0])
    assert (entry["removal"]["by"], entry["removal"]["reason"]) == ("Records office", "rule 4")
    rows = auditor.get("/v1/traces").json()["drafts"]
    assert [(row["draft_id"], row["state"]) for row in rows] == [(new, "recorded"), ("old", "removed")]
    assert [row["draft_id"] for row in auditor.get("/v1/traces?status=removed").json()["drafts"]] == ["old"]


def test_unknown_ids_are_not_found(auditor: TestClient) -> None:
    for path in ("/v1/traces/nobody", "/v1/audit/entries/nobody", "/v1/audit/proof/nobody"):
        answer = auditor.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


def test_the_whole_chain_is_verified_on_demand_and_remembered_by_its_head(
    desk: House, auditor: TestClient, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = itertools.count(1)
    verify, made = desk.audit.verify, []

    def counted(*args: Any, **more: Any) -> Any:
        made.append(next(runs))
        return verify(*args, **more)

    monkeypatch.setattr(desk.audit, "verify", counted)
    assert trace(auditor, three[0])["chain"] == auditor.get("/v1/audit/verify").json()["state"] == "not_verified"
    assert made == [], "a trace does not verify the chain"
    state = auditor.post("/v1/audit/verify", params={"wait_s": 20}).json()
    assert (state["state"], state["current"], state["verified"]["seq"]) == ("intact", True, 3)
    assert trace(auditor, three[0])["chain"] == "intact"
    later = drafted(desk, "bn").draft_id
    known = auditor.get("/v1/audit/verify").json()
    assert (known["state"], known["current"], known["head"]["seq"]) == ("intact", False, 4)
    assert [trace(auditor, one)["chain"] for one in (three[2], later)] == ["intact", "not_verified"]
    assert made == [1]
    tamper(desk, ("UPDATE audit_entries SET recorded_at = '2020-01-01' WHERE seq = 1", ()))
    state = auditor.post("/v1/audit/verify", params={"wait_s": 20}).json()
    assert (state["state"], state["faults_found"], state["faults"][0]["kind"]) == ("broken", 1, "altered")
    found = trace(auditor, later)
    assert (found["entry"]["holds"], found["chain"]) == (True, "broken"), "this entry holds; the chain does not"


def test_a_verification_that_fails_says_so_and_can_be_asked_again(
    desk: House, auditor: TestClient, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise OSError("/secret/path")

    with monkeypatch.context() as broken:
        broken.setattr(desk.audit, "verify", fails)
        state = auditor.post("/v1/audit/verify", params={"wait_s": 20}).json()
    assert (state["state"], state["running"], state["error"]) == (
        "not_verified", False, "the verification failed: OSError",
    )  # fmt: skip
    state = auditor.post("/v1/audit/verify", params={"wait_s": 20}).json()
    assert (state["state"], state["error"], state["verified"]["seq"]) == ("intact", None, len(three))


def test_a_trace_costs_the_same_in_a_long_log(desk: House, three: list[str]) -> None:
    wanted = three[0]
    read = 0
    entries = desk.audit.entries

    def counted(after: int | None = None) -> Any:
        nonlocal read
        for one in entries(after):
            read += 1
            yield one

    desk.audit.entries = counted  # type: ignore[method-assign]
    for number in range(300):
        desk.audit.append({"draft_id": f"d{number}", "result": {"status": "accepted"}})
    assert desk.trace(wanted).entry.holds  # type: ignore[union-attr]
    assert read == 0


def test_drafts_are_filtered_and_paged_without_a_gap(desk: House, auditor: TestClient) -> None:
    made = []
    for number, (language, channel) in enumerate(itertools.product(("en", "hi", "gu"), ("sms", "whatsapp"))):
        result = drafted(
            desk, language, channel, campaign=f"c{number % 2}", refused=(language, channel) == ("gu", "whatsapp")
        )
        made.append((result.draft_id, language, result.status, f"c{number % 2}"))
    desk.checkpoints.make(desk.audit)
    everything = [one[0] for one in reversed(made)]
    today = datetime.now(UTC).date()

    def listed(**query: Any) -> list[str]:
        ids: list[str] = []
        while True:
            page = auditor.get("/v1/traces", params=query).json()
            ids += [row["draft_id"] for row in page["drafts"]]
            assert len(page["drafts"]) <= query.get("limit", 25)
            if page["next"] is None:
                return ids
            query["before"] = page["next"]

    for limit in (1, 2, 3, 200):
        assert listed(limit=limit) == everything
        assert listed(limit=limit, language="hi") == [one[0] for one in reversed(made) if one[1] == "hi"]
        assert listed(limit=limit, status="refused") == [one[0] for one in reversed(made) if one[2] == "refused"]
        assert listed(limit=limit, campaign="c1") == [one[0] for one in reversed(made) if one[3] == "c1"]
    assert len({one[2] for one in made}) == 2
    assert listed(product_code="T-FD", since=today.isoformat(), until=today.isoformat()) == everything
    assert listed(product_code="T-F") == listed(since=(today + timedelta(days=1)).isoformat()) == []
    row = auditor.get("/v1/traces", params={"limit": 1, "language": "hi", "status": "accepted"}).json()["drafts"][0]
    assert (row["product_name"], row["channel"], row["state"]) == ("Test Deposit", "whatsapp", "recorded")
    assert row["excerpt"]


def test_wrong_queries_name_the_field(auditor: TestClient) -> None:
    for query in (
        "limit=0",
        "limit=201",
        "before=0",
        "since=yesterday",
        "language=xx",
        "status=lost",
        "campaign=" + "x" * 65,
    ):
        answer = auditor.get(f"/v1/traces?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["fields"][0]["field"] == query.split("=")[0]
    assert auditor.get("/v1/traces?since=2026-02-02&until=2026-01-01").status_code == 422
    assert auditor.get("/v1/audit/documents/nothex").status_code == 422
    assert auditor.get(f"/v1/audit/documents/{SHA}/text?start=5&end=2").status_code in {404, 422}


def test_head_checkpoints_and_proofs(desk: House, auditor: TestClient, three: list[str]) -> None:
    assert auditor.get("/v1/audit/proof/" + three[0]).status_code == 404
    first = desk.checkpoints.make(desk.audit)
    late = drafted(desk, "mr").draft_id
    hint = auditor.get("/v1/audit/proof/" + late).json()["hint"]
    assert "ragmarket audit checkpoint" in hint
    second = desk.checkpoints.make(desk.audit)
    head = auditor.get("/v1/audit/head").json()
    assert head["head"] == desk.audit.head().model_dump()  # type: ignore[union-attr]
    assert head["checkpoint"]["checkpoint"] == second.model_dump(mode="json")
    assert (head["checkpoint"]["signature"], head["checkpoint"]["key_known"]) == ("valid", True)
    page = auditor.get("/v1/audit/checkpoints?limit=1").json()
    rest = auditor.get(f"/v1/audit/checkpoints?limit=1&before={page['next']}").json()
    assert [one["checkpoints"][0]["checkpoint"]["size"] for one in (page, rest)] == [second.size, first.size]
    assert rest["next"] is None
    proof = auditor.get("/v1/audit/proof/" + late)
    file = desk.settings.home / "proof.json"
    file.write_text(proof.text)
    command = [sys.executable, "-m", "ragmarket", "audit", "verify", "--proof", str(file), "--public-key"]
    key = f"{desk.settings.audit.key_file}.pub"
    done = subprocess.run([*command, key], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_forged_checkpoint_is_called_forged(
    desk: House, auditor: TestClient, three: list[str], tmp_path: Path
) -> None:
    from ragmarket.audit.checkpoints import Checkpoints
    from ragmarket.audit.signing import load_signer

    generate_key(tmp_path / "other")
    Checkpoints(load_signer(tmp_path / "other")).make(desk.audit)
    view = auditor.get("/v1/audit/head").json()["checkpoint"]
    assert (view["signature"], view["why"]) == ("forged", "it is signed with another key")
    assert auditor.get("/v1/audit/proof/" + three[0]).status_code == 404, "no proof hangs from it"


def test_a_dossier_is_checked_by_the_script_that_we_ship(
    desk: House, auditor: TestClient, three: list[str], tmp_path: Path
) -> None:
    before = desk.audit.head()
    answer = auditor.post("/v1/audit/export", json={"ids": three[:2]})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    folder = tmp_path / "dossier"
    assert three[0] in (folder / "dossier.html").read_text()
    manifest = (folder / "manifest.json").read_bytes()
    assert answer.headers["x-manifest-sha256"] == "sha256:" + hashlib.sha256(manifest).hexdigest()
    done = subprocess.run(
        [sys.executable, ROOT / "deploy" / "verify_export.py", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert desk.audit.head() != before, "the checkpoint that the proofs lead to"
    for body, status in (({}, 422), ({"ids": ["nobody"]}, 404), ({"since": "2026-02-02", "until": "2026-01-01"}, 422)):
        refused = auditor.post("/v1/audit/export", json=body)
        assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")


def test_too_much_for_one_answer_is_refused(
    auditor: TestClient, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ragmarket.audit import desk

    monkeypatch.setattr(desk, "MOST_EXPORTED", 2)
    answer = auditor.post("/v1/audit/export", json={"since": "2026-01-01"})
    assert (answer.status_code, len(three)) == (422, 3)
    assert "ragmarket audit export" in answer.json()["hint"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str, bytes]]:
    house = audited_house(tmp_path_factory.mktemp("shelf"))
    data = "ब्याज 🙂 7.25%".encode()
    sha256 = house.audit.put_blob(data)
    with TestClient(create_app(house.settings, build=lambda _: house), raise_server_exceptions=False) as client:
        yield client, sha256, data
    house.audit.close()


BYTE = st.one_of(st.none(), st.integers(0, 60))


@settings(max_examples=60, deadline=None)
@given(first=BYTE, last=BYTE)
def test_any_range_is_answered_as_http_says(
    shelf: tuple[TestClient, str, bytes], first: int | None, last: int | None
) -> None:
    client, sha256, data = shelf
    text = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    answer = client.get(f"/v1/audit/documents/{sha256}", headers={"Range": text})
    if (first is None and last is None) or (first is not None and last is not None and last < first):
        assert (answer.status_code, answer.content) == (200, data), "no range at all is ignored"
        return
    start = len(data) - min(last or 0, len(data)) if first is None else first
    end = len(data) if first is None or last is None else min(last + 1, len(data))
    if start >= len(data):
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(data)}")
        return
    assert (answer.status_code, answer.content) == (206, data[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"


def test_kept_bytes_are_revalidated_and_never_run(shelf: tuple[TestClient, str, bytes]) -> None:
    client, sha256, data = shelf
    path = f"/v1/audit/documents/{sha256}"
    whole = client.get(path)
    assert (whole.content, whole.headers["etag"]) == (data, f'"{sha256}"')
    assert "no-cache" in whole.headers["cache-control"]
    assert "sandbox" in whole.headers["content-security-policy"]
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-type"].startswith("text/plain")
    for tag in (f'"{sha256}"', f'W/"{sha256}"', f'"x", "{sha256}"', "*"):
        same = client.get(path, headers={"If-None-Match": tag})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", f'"{sha256}"')
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200
    half = {"Range": "bytes=0-3"}
    assert client.get(path, headers={**half, "If-Range": '"x"'}).status_code == 200
    assert client.get(path, headers={**half, "If-Range": f'"{sha256}"'}).status_code == 206


def test_bytes_that_are_no_text_are_kept_all_the_same(shelf: tuple[TestClient, str, bytes]) -> None:
    client, _, _ = shelf
    data = b"\xff\x00\xfe"
    sha256 = client.app.state.doors.house.audit.put_blob(data)  # type: ignore[attr-defined]
    answer = client.get(f"/v1/audit/documents/{sha256}")
    assert (answer.content, answer.headers["content-type"]) == (data, "application/octet-stream")
    assert client.get(f"/v1/audit/documents/{sha256}/text").status_code == 422


def test_head_is_answered_wherever_get_is(desk: House, auditor: TestClient, three: list[str]) -> None:
    desk.checkpoints.make(desk.audit)
    paths = auditor.get("/openapi.json").json()["paths"]
    pages = ["/", "/docs", "/trace", "/openapi.json", "/nowhere", "/v1/traces/nobody"]
    values = {
        "draft_id": three[0],
        "sha256": SHA,
        "disclaimer_id": "deposit-insurance-short",
        "rule_id": "claims.urgency",
    }
    asked = pages + [path.format(**values) for path, methods in paths.items() if "get" in methods]
    assert len(asked) > 20
    for path in asked:
        if path == "/readyz":
            continue  # it loads the models
        got, head = auditor.get(path), auditor.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        for name in ("content-type", "content-length", "etag", "cache-control"):
            assert head.headers.get(name) == got.headers.get(name), (path, name)
    assert auditor.head("/v1/check").status_code == 405


def test_openapi_describes_the_auditors_routes(auditor: TestClient) -> None:
    schema = auditor.get("/openapi.json").json()
    shapes = schema["components"]["schemas"]
    assert {"Trace", "EntryView", "ChainState", "DraftPage", "CheckpointView", "InclusionProof"} <= set(shapes)
    assert json.dumps(schema["paths"]["/v1/traces/{draft_id}"]).count("Problem") >= 2
