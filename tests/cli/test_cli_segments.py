"""The commands of segments over the real house and a small simulated bank."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket import telemetry
from ragmarket.cli.app import app
from ragmarket.knowledge.profiles import load_profiles
from ragmarket.schemas.base import PRODUCT_CLASSES

Run = Callable[..., Result]
CUSTOMERS, LEAST = 150, 8
SOMEBODY = "SIM00000004"


@pytest.fixture(scope="module")
def ragmarket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAGMARKET_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(telemetry, "configure", lambda *_, **__: None)

        def call(*arguments: str) -> Result:
            return CliRunner().invoke(app, list(arguments), prog_name="ragmarket")

        yield call


@pytest.fixture(scope="module")
def bank(ragmarket: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank") / "tables"
    size = ("--customers", str(CUSTOMERS), "--periods", "3", "--no-bounds")
    assert ragmarket("simulate", *size, "--out", str(folder)).exit_code == 0
    return folder


@pytest.fixture
def run(ragmarket: Run, bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`ragmarket segments` on the bank, in a home where nothing was fitted."""
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))

    def call(command: str, *arguments: str) -> Result:
        return ragmarket("segments", command, "--tables", str(bank), *arguments)

    return call


def rows(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def answered_beside_unknown(run: Run, command: str) -> None:
    asked = ("--customer", "NOBODY", "--customer", SOMEBODY, "--customer", "NOBODY", "--customer", "{}")
    done = run(command, *asked, "--json")
    assert done.exit_code == 2
    assert [json.loads(line)["customer_id"] for line in done.stdout.splitlines()] == [SOMEBODY]
    errors = [json.loads(line)["error"] for line in done.stderr.splitlines() if line.startswith('{"error"')]
    assert [error["message"].split()[1] for error in errors] == ["NOBODY", "{}"]
    assert {error["code"] for error in errors} == {"not_found"}


@pytest.mark.slow
def test_from_transactions_to_profiles_that_people_may_edit(run: Run, tmp_path: Path) -> None:
    (card,) = rows(run("fit", "--min-cluster-size", str(LEAST), "--min-samples", "3", "--json"))
    sizes = {one["number"]: one["size"] for one in card["segments"]}
    assert len(sizes) >= 2
    assert min(sizes.values()) >= LEAST
    assert sum(sizes.values()) + round(card["noise"] * CUSTOMERS) == card["customers"] == CUSTOMERS
    assert len(card["trials"]) > 1
    assert all(0 <= trial["stability"] <= 1 for trial in card["trials"])

    everybody = {row["customer_id"]: row for row in rows(run("assign", "--json"))}
    counted = Counter(row["segment"] for row in everybody.values() if not row["noise"])
    assert counted == sizes
    assert all((row["segment"] is None) == row["noise"] for row in everybody.values())
    assert all(row["reasons"] for row in everybody.values())
    assert any(one["typical"] for one in card["segments"])
    assert rows(run("assign", "--customer", SOMEBODY, "--json")) == [everybody[SOMEBODY]]
    answered_beside_unknown(run, "assign")
    told = run("assign", "--customer", SOMEBODY)
    assert told.stdout.startswith(f"{SOMEBODY}: ")

    unwritten = run("profiles")
    assert (unwritten.exit_code, "--write" in unwritten.stderr) == (2, True)
    written = rows(run("profiles", "--write", "--json"))
    assert [one["segment"] for one in written] == sorted(sizes)
    for one in written:
        assert one["statements"]
        assert {statement["statistic"] for statement in one["statements"]} <= set(load_profiles().statistics)
        assert not any(character.isdigit() for character in one["name"])
        assert one["next_product"]["value"] in {*PRODUCT_CLASSES, "unclear"}
    assert rows(run("profiles", "--json")) == written

    file = tmp_path / "home" / "segments" / "profiles.yaml"
    file.write_text(file.read_text("utf-8").replace(f"name: {written[0]['name']}", "name: Shopkeepers", 1), "utf-8")
    kept = rows(run("profiles", "--write", "--json"))
    assert [one["name"] for one in kept] == ["Shopkeepers", *(one["name"] for one in written[1:])]
    assert "segment 0: Shopkeepers" in run("profiles").stdout
    file.write_text(file.read_text("utf-8").replace("sophistication:", "sophistry:", 1), "utf-8")
    wrong = run("profiles")
    assert (wrong.exit_code, "profiles.yaml" in wrong.stderr) == (2, True)


def test_offers_are_learned_where_outcomes_are_known_and_ruled_elsewhere(run: Run, bank: Path, tmp_path: Path) -> None:
    learned = {row["customer_id"]: row["offers"] for row in rows(run("offers", "--json"))}
    assert len(learned) == CUSTOMERS
    given = [one for offers in learned.values() for one in offers]
    assert {one["source"] for one in given} == {"recommender"}
    assert all(one["evidence"] and one["product_class"] in PRODUCT_CLASSES for one in given)
    (alone,) = rows(run("offers", "--customer", SOMEBODY, "--json"))
    assert [(one["product_class"], one["evidence"]) for one in alone["offers"]] == [
        (one["product_class"], one["evidence"]) for one in learned[SOMEBODY]
    ]
    assert run("offers", "--customer", SOMEBODY).stdout.startswith(f"{SOMEBODY}: ")

    unknown = tmp_path / "unknown"
    unknown.mkdir()
    (unknown / "features").symlink_to(bank / "features")
    ruled = [one for row in rows(run("offers", "--tables", str(unknown), "--json")) for one in row["offers"]]
    assert ruled
    assert {one["source"] for one in ruled} == {"rules"}


@pytest.mark.parametrize("command", ["fit", "assign", "offers"])
def test_without_tables_the_commands_that_make_them_are_named(run: Run, tmp_path: Path, command: str) -> None:
    done = run(command, "--tables", str(tmp_path / "nowhere"))
    assert done.exit_code == 2
    assert "holds no table" in done.stderr
    assert "ragmarket simulate" in done.stderr
    assert "ragmarket signals publish" in done.stderr
    error = json.loads(run(command, "--tables", str(tmp_path / "nowhere"), "--json").stderr.splitlines()[-1])["error"]
    assert error["code"] == "not_found"


def test_an_unknown_customer_is_told(run: Run) -> None:
    done = run("assign", "--customer", "NOBODY")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "none of these customers" in done.stderr


def test_an_unknown_customer_beside_known_ones_is_named_and_the_others_are_answered(run: Run) -> None:
    answered_beside_unknown(run, "offers")


def test_what_was_not_fitted_or_written_names_the_command_that_does(run: Run) -> None:
    unfitted = run("assign", "--customer", SOMEBODY)
    assert unfitted.exit_code == 1
    assert "ragmarket segments fit" in unfitted.stderr
    unwritten = run("profiles")
    assert unwritten.exit_code == 2
    assert "ragmarket segments profiles --write" in unwritten.stderr


def test_a_segment_of_one_is_refused_at_the_door(run: Run) -> None:
    done = run("fit", "--min-cluster-size", "1")
    assert done.exit_code == 2
    assert "--min-cluster-size" in done.stderr


@pytest.mark.parametrize("command", ["fit", "assign", "profiles", "offers"])
def test_every_command_of_segments_teaches_by_example(ragmarket: Run, command: str) -> None:
    done = ragmarket("segments", command, "--help")
    assert done.exit_code == 0
    assert f"ragmarket segments {command}" in done.stdout.split("Examples:")[1]
