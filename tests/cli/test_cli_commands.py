"""The other commands, the help, and the manners that all share."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
import typer.main

from ragmarket.cli.app import app
from ragmarket.cli.demo import demo_briefs, demo_day, demo_products
from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.settings import read_settings
from tests.cli.conftest import Run
from tests.fake_house import FakeHouse, version

BRIEF = json.dumps({"product_code": "ARB-FD-001", "language": "hi", "channel": "whatsapp"})
COMMANDS = [
    ["index"],
    ["draft"],
    ["check"],
    ["predict"],
    ["trace"],
    ["audit", "verify"],
    ["findings", "list"],
    ["findings", "dismiss"],
    ["templates", "make"],
    ["templates", "check"],
    ["templates", "export"],
    ["disclaimers", "list"],
    ["train", "writer"],
    ["train", "intents"],
    ["serve"],
    ["demo"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_teaches_by_example(run: Run, command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.exit_code == 0
    assert "Examples:" in done.stdout
    assert f"ragmarket {' '.join(command)}" in done.stdout.split("Examples:")[1]


def every_command(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)
        yield (*path, name)


def test_no_help_shows_marks_of_another_language(run: Run) -> None:
    seen = {}
    for path in every_command(typer.main.get_group(app)):
        done = run(*path, "--help")
        assert done.exit_code == 0
        assert "\\[" not in done.stdout, path
        seen[path] = done.stdout
    assert "[required]" in seen["train", "alimn"]
    assert "[default: 0]" in seen["train", "alimn"]


def test_help_and_version_of_the_real_command_are_quick() -> None:
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "ragmarket", "--help"], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 1.0
    names = [
        line.split()[0] for line in done.stdout.split("Commands:")[1].split("Examples:")[0].splitlines() if line.strip()
    ]
    assert {command[0] for command in COMMANDS} <= set(names)
    assert "..." not in done.stdout.split("Commands:")[1], "a command's line is cut short"
    shown = subprocess.run([sys.executable, "-m", "ragmarket", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("ragmarket ")


def test_the_real_command_prints_nine_scripts_on_any_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ragmarket", "draft", "जमा.json"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=False,
    )
    assert done.returncode == 2
    assert "there is no file जमा.json" in done.stderr.decode("utf-8")


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGMARKET_API__PORT", "none")
    done = run("index")
    assert done.exit_code == 2
    assert "RAGMARKET_API__PORT" in done.stderr


def test_usage_errors_exit_with_2(run: Run) -> None:
    assert run("draft").exit_code == 2
    assert run("nothing").exit_code == 2
    assert run("disclaimers", "list", "--as-of", "tomorrow").exit_code == 2
    assert run("disclaimers", "list", "--language", "xx").exit_code == 2


def test_a_bug_shows_its_traceback_only_when_asked(run: Run) -> None:
    brief = json.dumps(json.loads(BRIEF) | {"intent": "bug"})
    quiet = run("draft", "-", stdin=brief)
    assert quiet.exit_code == 1
    assert quiet.stderr.count("error: KeyError") == 1
    assert "Traceback" not in quiet.stderr
    loud = run("draft", "-", "--verbose", stdin=brief)
    assert loud.exit_code == 1
    assert "Traceback" in loud.stderr
    assert loud.stdout == ""


def test_index_reports_each_document_and_a_rejection_exits_with_2(run: Run, house: FakeHouse) -> None:
    done = run("index")
    assert done.exit_code == 0
    assert "a [b].md" in done.stdout
    assert "added" in done.stdout
    house.rejected = True
    done = run("index", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["documents"][0]["reason"] == "front matter lacks issuer"


@pytest.mark.parametrize("command", [["index"], ["demo"], ["draft", "-"]])
def test_an_empty_corpus_is_named(
    run: Run, house: FakeHouse, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("RAGMARKET_CORPUS_DIR", "/srv/empty")
    house.settings = read_settings()
    house.indexed = False
    done = run(*command, stdin=BRIEF)
    assert done.exit_code == 2
    assert "error: the corpus folder /srv/empty holds no document" in done.stderr
    assert done.stdout == ""


def test_a_home_that_cannot_be_written_is_named(run: Run, house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise PermissionError(13, "Permission denied", "/srv/home/index")

    monkeypatch.setattr(house, "index", fail)
    done = run("index")
    assert done.exit_code == 1
    assert "error: /srv/home/index: Permission denied" in done.stderr
    assert "RAGMARKET_HOME" in done.stderr


def test_trace_of_a_recorded_draft(run: Run) -> None:
    draft_id = json.loads(run("draft", "-", "--json", stdin=BRIEF).stdout)["draft_id"]
    assert run("trace", draft_id).stdout == f"trace of {draft_id}\n"
    assert json.loads(run("trace", draft_id, "--json").stdout)["draft_id"] == draft_id
    missing = run("trace", "drf_none")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("error: no draft 'drf_none' was recorded")


def test_the_chain_holds_until_a_record_is_altered(run: Run, house: FakeHouse) -> None:
    for _ in range(3):
        run("draft", "-", stdin=BRIEF)
    done = run("audit", "verify")
    head = house.audit.head()
    assert head is not None
    assert (done.exit_code, done.stdout) == (0, f"the chain holds: 3 records\nhead 3:{head.hash}\n")
    digest, record = house.audit._records[1]
    house.audit._records[1] = (digest, {**record, "result": {}})
    done = run("audit", "verify")
    assert done.exit_code == 1
    assert "seq 2" in done.stdout
    assert "holds" not in done.stdout
    state = json.loads(run("audit", "verify", "--json").stdout)
    assert state == {"holds": False, "records": None, "head": None, "faults": [{"seq": 2, "kind": "altered"}]}


def test_a_head_that_was_kept_shows_a_log_that_was_rebuilt_whole(run: Run, house: FakeHouse) -> None:
    for _ in range(2):
        run("draft", "-", stdin=BRIEF)
    shown = json.loads(run("audit", "verify", "--json").stdout)["head"]
    kept = f"{shown['seq']}:{shown['hash']}"
    assert run("audit", "verify", "--head", kept).exit_code == 0
    house.audit._records.clear()
    run("draft", "-", stdin=json.dumps(json.loads(BRIEF) | {"seed": 9, "language": "ta"}))
    assert run("audit", "verify").exit_code == 0, "without the head a new chain looks as good as the old one"
    done = run("audit", "verify", "--head", kept)
    assert done.exit_code == 1
    assert "truncated" in done.stdout
    assert "head" not in done.stdout
    assert run("audit", "verify", "--head", "2:nonsense").exit_code == 2


def test_disclaimers_are_listed_with_their_approval(run: Run) -> None:
    done = run("disclaimers", "list")
    assert done.exit_code == 0
    assert "(demo)" in done.stdout
    assert len(json.loads(run("disclaimers", "list", "--language", "hi", "--json").stdout)["disclaimers"]) == 1
    assert json.loads(run("disclaimers", "list", "--as-of", "2024-12-31", "--json").stdout) == {"disclaimers": []}


def test_training_reports_on_stderr(run: Run, tmp_path: Path) -> None:
    done = run("train", "writer", str(tmp_path / "writer"), "--minutes", "1", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["minutes"] == 1.0
    assert "step 10 phase sft loss 3.25" in done.stderr
    done = run("train", "intents", str(tmp_path / "intents"), "--json")
    assert json.loads(done.stdout)["held_out"]["segment"]["accuracy"] == 0.9
    assert "segment: fitting" in done.stderr


def test_an_adapter_needs_a_base_and_a_base_an_adapter(run: Run, tmp_path: Path) -> None:
    for options in (["--lora"], ["--base", "folder"]):
        done = run("train", "writer", str(tmp_path), *options)
        assert done.exit_code == 2
        assert "--base and --lora belong together" in done.stderr


def test_training_says_how_to_use_what_it_made(run: Run, tmp_path: Path) -> None:
    done = run("train", "writer", str(tmp_path / "a writer"))
    assert f"RAGMARKET_GENERATION__MODEL_DIR='{tmp_path / 'a writer' / 'model'}'" in done.stdout
    done = run("train", "intents", str(tmp_path / "intents"))
    assert "segment: accuracy 0.900" in done.stdout
    assert str(tmp_path / "intents") in done.stdout.split("use it with:")[1]


def test_serve_shares_one_house_and_warns_about_open_doors(
    run: Run, house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastapi.testclient import TestClient

    served: list[dict[str, object]] = []

    def serve(app: object, **options: object) -> None:
        with TestClient(app) as client:
            assert client.post("/v1/drafts", json=json.loads(BRIEF)).status_code == 200
        served.append(options)

    monkeypatch.setattr("uvicorn.run", serve)
    house.indexed = False
    done = run("serve", "--host", "0.0.0.0", "--port", "9001")  # noqa: S104  the warning is what is tested
    assert done.exit_code == 0, done.output
    assert (served[0]["host"], served[0]["port"]) == ("0.0.0.0", 9001)  # noqa: S104
    assert "there is no login" in done.stderr
    assert house.indexings == 1
    assert len(list(house.audit.records())) == 1


def test_a_taken_port_is_named_before_anything_is_built(run: Run, house: FakeHouse) -> None:
    house.indexed = False
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.exit_code == 2
    assert "error: cannot listen on 127.0.0.1 port" in done.stderr
    assert "--port" in done.stderr
    assert house.indexings == 0


def test_a_server_that_cannot_start_is_a_fault(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        sys.exit(3)

    monkeypatch.setattr("uvicorn.run", fail)
    assert run("serve", "--port", "9002").exit_code == 1


def demo_corpus() -> list[object]:
    return [version(f"P-{number:02}", name) for number, name in enumerate(PRODUCT_CLASSES)]


def test_the_demo_covers_languages_channels_and_products() -> None:
    documents = demo_corpus()
    chosen = [choices[0] for choices in demo_briefs(demo_products(documents, date(2026, 11, 21)), date(2026, 11, 21))]
    assert [brief.language for brief in chosen] == list(LANGUAGES)
    assert {brief.channel for brief in chosen} == set(CHANNELS)
    assert len({brief.product_code for brief in chosen}) == len(LANGUAGES)
    assert chosen == [choices[0] for choices in demo_briefs(demo_products(documents, chosen[0].as_of), chosen[0].as_of)]


def test_the_demo_speaks_of_documents_in_force_and_of_a_future_corpus_too() -> None:
    documents = demo_corpus()
    assert demo_day(documents, date(2026, 11, 21)) == date(2026, 11, 21)
    assert demo_day(documents, date(2026, 1, 1)) == date(2026, 9, 1)
    with pytest.raises(InvalidInput, match="describes no product"):
        demo_day([], date(2026, 1, 1))


def test_the_demo_runs_from_index_to_proof(run: Run, house: FakeHouse) -> None:
    house.indexed = False
    done = run("demo")
    assert done.exit_code == 0, done.output
    assert house.indexings == 1
    assert done.stdout.count("accepted · record") == 9
    assert "9 of 9 languages" in done.stdout
    assert "the chain holds: 9 records\nhead 9:sha256:" in done.stdout
    assert house.warmed == 1, "the first message must not pay for loading the models"
    state = json.loads(run("demo", "--json").stdout)
    assert [draft["language"] for draft in state["drafts"]] == list(LANGUAGES)
    assert state["chain"]["holds"]


def test_the_demo_falls_back_and_is_honest_about_what_was_refused(
    run: Run, house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ragmarket.cli.demo.INTENT_OF_CLASS", {"deposit": "refuse"})
    done = run("demo")
    assert done.exit_code == 3
    assert "0 of 9 languages" in done.stdout
    # Two more products, one of which can be written about: each refused language moves on to it.
    house.__init__(documents=[version("A-1", "deposit"), version("B-1", "loan")])  # type: ignore[misc]
    done = run("demo")
    assert done.exit_code == 0, done.output
    assert "refused" in done.stdout
    assert "9 of 9 languages" in done.stdout
