from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from ragmarket.schemas.base import CHANNELS, LANGUAGES

PAGES = ["/", "/docs", "/trace"]
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.controls: list[str] = []
        self.loads: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.stack.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "label":
            self.labels.append(values["for"])
        if tag in {"select", "input", "textarea"}:
            self.controls.append(values["id"])
        if tag == "html":
            self.lang = values["lang"]
        if tag != "a":
            self.loads += [values[name] for name in ("src", "href", "data", "srcset", "action") if name in values]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    assert page.stack == []
    return page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_one_file_that_asks_no_other_host(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert [source for source in parsed(answer.text).loads if source != "data:,"] == []
    assert not re.search(r"https?://|//[a-z]|@import|url\(", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == len(re.findall("<script>|<style>", answer.text)) == 2


@pytest.mark.parametrize("path", PAGES)
def test_a_page_writes_what_it_received_as_text_alone(client: TestClient, path: str) -> None:
    html = client.get(path).text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|style=|\son\w+=", html)


def test_every_control_has_a_label_and_every_id_is_used_once(client: TestClient) -> None:
    page = parsed(client.get("/").text)
    assert page.lang == "en"
    assert sorted(page.controls) == sorted(page.labels)
    assert len(page.ids) == len(set(page.ids))


def test_the_script_refers_to_ids_that_exist(client: TestClient) -> None:
    html = client.get("/").text
    used = set(re.findall(r'\$\("([\w-]+)"\)', html))
    assert used - {"hit"} <= set(parsed(html).ids)


def test_the_console_offers_all_languages_and_channels(client: TestClient) -> None:
    html = client.get("/").text
    languages = re.search(r"const LANGUAGES = \{(.*?)\};", html, re.DOTALL)
    channels = re.search(r"const CHANNELS = \{(.*?)\};", html, re.DOTALL)
    assert languages
    assert channels
    assert set(re.findall(r"(\w\w): \"", languages[1])) == set(LANGUAGES)
    assert set(re.findall(r"(\w+): \"", channels[1])) == set(CHANNELS)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        full = colour[1:] if len(colour) == 7 else "".join(letter * 2 for letter in colour[1:])
        parts = [int(full[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("path", PAGES)
def test_text_stands_out_in_both_schemes(client: TestClient, path: str) -> None:
    schemes = re.findall(r":root \{(.*?)\}", client.get(path).text, re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w+)", scheme))
        pairs = [
            (ink, ground) for ink in ("ink", "soft", "accent", "bad", "good", "warn") for ground in ("paper", "ground")
        ]
        pairs += [("ink", ground) for ground in ("claim", "law", "hit")]
        for ink, ground in pairs:
            if ink in colours and ground in colours:
                assert contrast(colours[ink], colours[ground]) >= 4.5, (path, ink, ground)


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_spans_are_cut_at_code_points(client: TestClient) -> None:
    html = client.get("/").text
    function = re.search(r"function segments\(.*?\n\}", html, re.DOTALL)
    assert function
    text = "🙂 जमा पर 6.40% — 🙂 क्ष ok"
    spans = [{"start": 17, "end": 21}, {"start": 2, "end": 5}]
    code = f"{function[0]}\nconsole.log(JSON.stringify(segments({json.dumps(text)}, {json.dumps(spans)})))"
    done = subprocess.run([str(shutil.which("node")), "-e", code], capture_output=True, text=True, check=True)
    parts = json.loads(done.stdout)
    assert "".join(part["text"] for part in parts) == text
    marked = [part["text"] for part in parts if "span" in part]
    assert marked == [text[2:5], text[17:21]]


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
@pytest.mark.parametrize("path", PAGES)
def test_the_script_is_sound(client: TestClient, path: str) -> None:
    script = re.search(r"<script>(.*?)</script>", client.get(path).text, re.DOTALL)
    assert script
    done = subprocess.run([str(shutil.which("node")), "--check", "-"], input=script[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
