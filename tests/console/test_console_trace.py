"""The auditor's page: its file, and what it shows in a browser over the real house and its real log."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.api.app import create_app
from ragmarket.audit.dismissals import dismiss
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.retention import retain
from ragmarket.audit.signing import generate_key
from ragmarket.bootstrap import House
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.chain import ChainState, DraftPage, EntryView, RecordedDraft
from ragmarket.schemas.dismissal import DismissalRequest
from ragmarket.schemas.trace import Trace, TracedClaim, TracedDisclaimer, TracedFigure, TracedSource
from tests.audited_house import audited_house, drafted, tamper
from tests.browser import Browser, browser
from tests.console.test_console_pages import parsed
from tests.test_pipeline import TEXT

EVIL = '<img src=x onerror="window.struck=1"><script>window.struck=1</script>\u202eniaga'


@pytest.fixture
def html(client: TestClient) -> str:
    return client.get("/trace").text


def function(html: str, name: str) -> str:
    found = re.search(rf"function {name}\(.*?\n\}}", html, re.DOTALL)
    assert found, name
    return found[0]


def test_the_page_is_well_made(html: str) -> None:
    page = parsed(html)
    assert page.lang == "en"
    assert sorted(page.controls) == sorted(page.labels)
    assert len(page.ids) == len(set(page.ids))
    assert set(re.findall(r'\$\("([\w-]+)"\)', html)) <= set(page.ids)
    languages = re.search(r"const LANGUAGES = \{(.*?)\};", html, re.DOTALL)
    assert languages
    assert set(re.findall(r"(\w\w): \"", languages[1])) == set(LANGUAGES)


def test_the_page_asks_for_fields_that_the_answers_have(html: str) -> None:
    shapes = {
        "trace": Trace, "entry": EntryView, "claim": TracedClaim, "figure": TracedFigure, "source": TracedSource,
        "law": TracedDisclaimer, "row": RecordedDraft, "state": ChainState, "page": DraftPage,
    }  # fmt: skip
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert script
    for name, model in shapes.items():
        # Spans of the message point to the claim, figure or disclaimer that they stand for.
        fields = {*model.model_fields, "claim", "figure", "law"}  # type: ignore[attr-defined]
        if name == "row":
            fields.add("finding")  # a dismissal's
        used = set(re.findall(rf"(?<![\w.]){name}\.(\w+)", script[1]))
        assert used, name
        assert used <= fields, (name, used - fields)


node = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


def in_node(code: str) -> Any:
    done = subprocess.run([str(shutil.which("node")), "-"], input=code, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@node
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_spans_of_any_kind_are_cut_at_code_points_and_lose_nothing(data: st.DataObject) -> None:
    html = (Path(__file__).parents[2] / "ragmarket/console/static/trace.html").read_text(encoding="utf-8")
    text = data.draw(st.text(st.sampled_from("aक्ष🙂 த\n₹"), min_size=1, max_size=30))
    place = st.integers(-2, len(text) + 2)
    spans = [
        {"start": one, "end": two, "id": n}
        for n, (one, two) in enumerate(data.draw(st.lists(st.tuples(place, place), max_size=5)))
    ]
    call = f"leaves({json.dumps(text)}, {json.dumps(spans)})"
    parts = in_node(f"{function(html, 'leaves')}\nconsole.log(JSON.stringify({call}))")
    assert "".join(part["text"] for part in parts) == text
    for span in spans:
        inside = "".join(part["text"] for part in parts if span["id"] in {one["id"] for one in part["spans"]})
        good = 0 <= span["start"] < span["end"] <= len(text)
        assert inside == (text[span["start"] : span["end"]] if good else "")


@node
def test_what_could_steer_a_line_is_shown_and_what_scripts_need_stays(html: str) -> None:
    steering = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) == "Cf" and code not in {0x200C, 0x200D}
    ]
    bidi = [
        one
        for one in steering
        if unicodedata.bidirectional(one) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
    ]
    assert len(bidi) == 9
    kept = "क्\u200dष ന്\u200c ₹5,000\tline\nnext"
    asked = json.dumps(["".join(bidi) + chr(0x1B), kept])
    shown = in_node(f"{function(html, 'plain')}\nconsole.log(JSON.stringify({asked}.map(plain)))")
    assert shown[0] == "".join(f"⟦U+{ord(one):04X}⟧" for one in [*bidi, chr(0x1B)])
    assert shown[1] == kept


class Desk:
    """The house behind a running server, and the drafts in its log."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.url = f"http://127.0.0.1:{port}/trace"
        self.drafts: dict[str, str] = {}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    generate_key(folder / "key")
    house = audited_house(folder / "home", folder / "key")
    server = uvicorn.Server(
        uvicorn.Config(create_app(house.settings, build=lambda _: house), port=0, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    found = Desk(house, server.servers[0].sockets[0].getsockname()[1])
    fill(found, folder)
    yield found
    server.should_exit = True
    thread.join(20)
    house.audit.close()


def fill(desk: Desk, folder: Path) -> None:
    log = SqlAuditLog(f"sqlite:///{folder}/home/audit.sqlite3", clock=lambda: "2023-06-01T00:00:00.000000+00:00")
    log.append({"draft_id": "old", "brief": {}, "result": {"status": "accepted"}})
    log.close()
    for language in LANGUAGES:
        desk.drafts[language] = drafted(desk.house, language, "email", campaign="diwali-2026").draft_id
    desk.drafts["refused"] = drafted(desk.house, "en", refused=True).draft_id
    evil = drafted(desk.house, "en", "whatsapp")
    desk.house.audit.append(spoilt(desk.house, evil.draft_id))
    dismiss(desk.house.audit, "evil", 1, DismissalRequest(by="B. Rao", reason="seen by legal"))
    retain(desk.house.audit, before=date(2024, 1, 1), by="Records office", reason="rule 4")
    desk.house.checkpoints.make(desk.house.audit)


def spoilt(house: House, draft_id: str) -> dict[str, Any]:
    """A record as somebody might forge it, whose every text would like to be a program; its quote stands nowhere."""
    record: dict[str, Any] = json.loads(json.dumps(house.audit.get(draft_id)))
    record["draft_id"] = record["result"]["draft_id"] = "evil"
    citation = record["result"]["claims"][0]["citations"][0]
    citation["quote"], citation["doc_id"] = EVIL, EVIL
    record["result"]["text"] += EVIL
    record["result"]["findings"] = [{"rule": "a.b", "severity": "review", "message": EVIL, "explanation": EVIL}]
    record["product"]["name"] = record["brief"]["campaign"] = record["prediction"]["segment"] = EVIL
    record["policy"]["rules"] = [EVIL]
    return record


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        opened.width(1400)
        yield opened


def words(tab: Browser, id_: str) -> str:
    return str(tab.run(f"document.getElementById({json.dumps(id_)}).textContent"))


def show(tab: Browser, desk: Desk, name: str) -> None:
    tab.complaints.clear()
    tab.open(f"{desk.url}#{desk.drafts.get(name, name)}")
    tab.until("document.getElementById('list-note').textContent.match(/found|in all/)")
    tab.until("trace || document.getElementById('remains').children.length")
    tab.until("!trace || document.getElementById('source-match').textContent || !trace.claims.length")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_claim_and_figure_opens_its_span(tab: Browser, desk: Desk, language: str) -> None:
    show(tab, desk, language)
    found: dict[str, Any] = desk.house.trace(desk.drafts[language]).model_dump(mode="json")
    assert words(tab, "message") == found["text"]
    assert tab.run("document.getElementById('message').lang") == language
    assert "holds" in words(tab, "seal")
    for number, claim in enumerate(found["claims"]):
        targets = [(f"c{number}", claim["citations"][0])]
        targets += [(f"f{number}.{place}", figure["source"]) for place, figure in enumerate(claim["figures"])]
        for key, source in targets:
            mark = f"document.querySelector('#message mark[data-key=\"{key}\"]')"
            tab.run(f"{mark}.focus()")
            assert tab.run(f"document.activeElement === {mark}"), "reached by keyboard"
            tab.press("Enter", 13, "\r")
            wanted = json.dumps(source["quote"])
            hits = "[...document.querySelectorAll('#document mark.hit')].map(one => one.textContent).join('')"
            tab.until(f"{hits} === {wanted}")
            assert words(tab, "document") == TEXT
            assert "stands at this place" in words(tab, "source-match")
            assert source["sha256"] in words(tab, "source-hash")
            assert "same hash" in words(tab, "source-hash")
    assert found["disclaimers"][0]["decision"]["approver"] in words(tab, "laws")
    assert found["disclaimers"][0]["sha256"] in words(tab, "laws")
    assert "signature valid" in words(tab, "links")
    assert tab.complaints == []


def test_a_refusal_is_told_with_its_attempts(tab: Browser, desk: Desk) -> None:
    show(tab, desk, "refused")
    assert "Refused" in words(tab, "state")
    assert tab.run("document.getElementById('message').hidden")
    assert "Guaranteed" in words(tab, "attempts")
    assert tab.complaints == []


def test_what_a_record_says_is_never_run_and_a_false_quote_is_told(tab: Browser, desk: Desk) -> None:
    show(tab, desk, "evil")
    assert tab.run("window.struck === undefined && !document.querySelector('main img, main script')")
    assert "⟦U+202E⟧" in words(tab, "message")
    assert "DOES NOT STAND" in words(tab, "source-match")
    assert "DOES NOT STAND" in words(tab, "claims")
    assert "Dismissed by B. Rao" in words(tab, "findings")
    assert "seen by legal" in words(tab, "findings")
    assert tab.complaints == []


def test_a_removed_record_says_who_and_why(tab: Browser, desk: Desk) -> None:
    show(tab, desk, "old")
    assert "retention was over" in words(tab, "problem")
    remains = words(tab, "remains")
    assert "Records office" in remains
    assert "rule 4" in remains
    assert "holds" in remains
    assert tab.run("document.getElementById('about').hidden")


def test_the_list_is_searched_and_read_further_back(tab: Browser, desk: Desk) -> None:
    show(tab, desk, "en")
    rows = "document.querySelectorAll('#list button').length"
    assert tab.run(rows) == len(desk.drafts) + 3
    offered = "[...document.getElementById('product').options].map(one => one.value)"
    assert "T-FD" in tab.run(offered), "what is recorded can be searched for, indexed or not"
    tab.run("document.getElementById('language').value = 'ta'; document.getElementById('search').click()")
    tab.until(f"{rows} === 1")
    tab.run("document.querySelector('#list button').click()")
    tab.until(f"trace && trace.draft_id === {json.dumps(desk.drafts['ta'])}")
    assert tab.run("document.querySelector('#list button').getAttribute('aria-current')") == "true"
    tab.run("document.getElementById('campaign').value = 'nothing'; document.getElementById('search').click()")
    tab.until("document.getElementById('list-note').textContent === 'Nothing is recorded that fits.'")
    tab.open(f"{desk.url}#nobody")
    tab.until("document.getElementById('problem').textContent === 'No draft is recorded under this id.'")


def test_the_page_fits_a_phone(tab: Browser, desk: Desk) -> None:
    try:
        tab.width(360)
        show(tab, desk, "ml")
        assert tab.run("document.documentElement.scrollWidth") <= 360
    finally:
        tab.width(1400)


def test_a_print_holds_every_claim_with_its_source_and_nothing_to_press(tab: Browser, desk: Desk) -> None:
    show(tab, desk, "hi")
    tab.call("Emulation.setEmulatedMedia", media="print")
    try:
        pressed = "[...document.querySelectorAll('button, #records, #source')]"
        assert tab.run(f"{pressed}.filter(one => one.getClientRects().length).length") == 0
        text = str(tab.run("document.querySelector('main').innerText"))
    finally:
        tab.call("Emulation.setEmulatedMedia", media="")
    for citation in desk.house.trace(desk.drafts["hi"]).claims[0].citations:
        assert citation.quote in text
        assert citation.sha256 in text


def test_dossier_and_proof_are_downloaded(tab: Browser, desk: Desk, tmp_path: Path) -> None:
    show(tab, desk, "gu")
    tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    for button, name in (("proof", f"proof-{desk.drafts['gu']}.json"), ("dossier", f"dossier-{desk.drafts['gu']}.zip")):
        tab.run(f"document.getElementById('{button}').click()")
        stop = time.monotonic() + 20
        while not (tmp_path / name).exists():
            assert time.monotonic() < stop, words(tab, "problem")
            time.sleep(0.05)
    assert json.loads((tmp_path / f"proof-{desk.drafts['gu']}.json").read_text())["draft_id"] == desk.drafts["gu"]


def test_verifying_and_tampering_are_told(tab: Browser, desk: Desk) -> None:
    """The last test: it spoils the log."""
    show(tab, desk, "bn")
    assert "Not verified" in words(tab, "chain")
    assert "not verified" in words(tab, "seal")
    tab.run("document.getElementById('verify').click()")
    tab.until("document.getElementById('chain').textContent.startsWith('No fault found')")
    tab.until("document.getElementById('seal').className.includes('good')")
    tamper(
        desk.house,
        ("UPDATE audit_entries SET record = replace(record, 'T-FD', 'T-FX') WHERE draft_id = ?", (desk.drafts["bn"],)),
    )
    show(tab, desk, "bn")
    assert "ALTERED" in words(tab, "seal")
    assert tab.run("document.getElementById('seal').className") == "seal bad"
    tamper(desk.house, ("DELETE FROM audit_blobs WHERE instr(data, '444 days')", ()))
    show(tab, desk, "kn")
    assert "no longer keeps" in words(tab, "source-match")
    assert "The record quotes" in words(tab, "document")
    assert "GONE from the log" in words(tab, "kept")
    tab.run("document.getElementById('verify').click()")
    tab.until("document.getElementById('chain').textContent.startsWith('BROKEN')")
    tab.until("document.getElementById('chain-faults').children.length")
    tamper(desk.house, ("UPDATE audit_entries SET record = '[]' WHERE draft_id = ?", (desk.drafts["te"],)))
    show(tab, desk, "te")
    assert "ALTERED" in words(tab, "problem")
    assert "DOES NOT HOLD" in words(tab, "remains")
