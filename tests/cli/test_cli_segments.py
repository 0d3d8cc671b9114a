"""The commands of segments over the real house and a small simulated bank."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket import telemetry
from ragmarket.cli.app import app
from ragmarket.knowledge.profiles import load_profiles
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.segments import Measurement
from ragmarket.studies.report import differences_of

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


def test_the_report_judges_draws_and_tells_apart_the_segments_and_whom_to_target(
    run: Run, bank: Path, tmp_path: Path
) -> None:
    assert run("report").exit_code == 1, "nothing was fitted yet"
    fitted = run("fit", "--components", "8", "--min-cluster-size", str(LEAST), "--min-samples", "3", "--json")
    page = tmp_path / "segments.html"
    (found,) = rows(run("report", "--rounds", "2", "--html", str(page), "--json"))
    card = json.loads(fitted.stdout)
    assigned = Counter(row["segment"] for row in rows(run("assign", "--json")))
    assert {one["number"]: one["size"] for one in found["segments"]} == {
        number: count for number, count in assigned.items() if number is not None
    }
    assert found["noise"] == pytest.approx(card["noise"], abs=1e-3)
    assert found["noise"] == pytest.approx(assigned[None] / CUSTOMERS)
    assert 0 < found["stability_least"] <= found["stability"] <= 1
    assert found["silhouette"] > found["silhouette_rfm"]
    assert -1 <= found["dbcv"] <= 1
    assert found["drift"] >= 0
    assert 0 < found["kept"] <= 1
    where = {row["customer_id"]: row["segment"] for row in rows(run("assign", "--json"))}
    for one in found["segments"]:
        assert one["differences"]
        assert all(where[member["customer_id"]] == one["number"] for member in one["exemplars"])
        assert one["exemplars"][0]["reasons"]
    assert Counter(point["segment"] for point in found["map"]) == assigned

    told = rows(run("assign", "--json"))
    people = {row["customer_id"]: row for row in pl.read_parquet(bank / "features" / "customers").to_dicts()}
    for row in told:
        who = people[row["customer_id"]]
        against = [
            *(["segment.noise"] if row["noise"] else []),
            *(["customer.do_not_disturb"] if who["do_not_disturb"] else []),
            *(["customer.no_consent"] if not who["consent_marketing"] and not who["do_not_disturb"] else []),
        ]
        assert (row["why_not"], row["may_be_targeted"]) == (against, not against)
    free = [row for row in told if row["may_be_targeted"]]
    assert 0 < len(free) == found["may_be_targeted"] < CUSTOMERS
    assert found["not_targeted"] == Counter(rule for row in told for rule in row["why_not"])
    for one in found["segments"]:
        assert one["may_be_targeted"] == sum(row["segment"] == one["number"] for row in free)
    assert rows(run("assign", "--targeted", "--json")) == free
    unheard = rows(run("assign", "--noise", "--json"))
    assert not any("segment.noise" in row["why_not"] for row in unheard)
    assert sum(row["may_be_targeted"] for row in unheard) >= len(free)
    lines = {line.split(":")[0]: line for line in run("assign").stdout.splitlines()}
    silent = next(row["customer_id"] for row in told if "customer.do_not_disturb" in row["why_not"])
    assert "not to be targeted" in lines[silent]
    assert "do-not-disturb register (customer.do_not_disturb)" in lines[silent]
    assert "; may be targeted; " in lines[free[0]["customer_id"]]
    assert f"{found['segments'][0]['may_be_targeted']:,} of " in run("report", "--rounds", "0").stdout
    drawn = page.read_text("utf-8")
    assert drawn.count("<circle") == CUSTOMERS
    assert "http" not in drawn
    assert 0 < found["shown"] < 1
    assert run("report", "--rounds", "0").stdout.startswith("noise: ")


def test_differences_are_told_largest_first_in_the_words_of_the_knowledge() -> None:
    def measured(kind: str, value: float) -> Measurement:
        return Measurement(kind=kind, value=value, overall=0.5, spread=0.5, shown=f"{value:.0%}", shown_overall="50%")

    told = differences_of([measured("upi_share", 0.7), measured("rent_share", 0.1), measured("card_share", 0.55)])
    assert [("10%" in one, "70%" in one) for one in told] == [(True, False), (False, True)]
    assert all("50%" in one for one in told)


def test_offers_are_learned_where_outcomes_are_known_and_ruled_elsewhere(run: Run, bank: Path, tmp_path: Path) -> None:
    learned = {row["customer_id"]: row["offers"] for row in rows(run("offers", "--json"))}
    assert len(learned) == CUSTOMERS
    given = [one for offers in learned.values() for one in offers]
    assert {one["source"] for one in given} == {"recommender"}
    barred = {row["customer_id"] for row in rows(run("offers", "--json")) if row["barred"]}
    assert {id_ for id_, offers in learned.items() if not offers} == barred != set()
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


def test_offers_on_published_tables_are_those_of_the_rules(run: Run, bank: Path, tmp_path: Path) -> None:
    published = tmp_path / "published"
    published.mkdir()
    months, transactions, visits, people = (
        pl.concat([pl.read_parquet(one) for one in sorted((bank / "features" / name).glob("*.parquet"))])
        for name in ("periods", "transactions", "session_events", "customers")
    )
    now = months.filter(pl.col("period") == months["period"].max())
    held = pl.concat_list(pl.when(f"holds_{name}").then(pl.lit(name)) for name in PRODUCT_CLASSES).list.drop_nulls()
    standing = now.select("customer_id", "balance_inr", held.list.join("|").alias("holdings"))
    standing = standing.with_columns(
        pl.when(pl.col("customer_id") != SOMEBODY).then("balance_inr"), pl.col("holdings").replace("", None)
    )
    tables = {"standing": standing, "transactions": transactions, "session_events": visits, "customers": people}
    for name, frame in tables.items():
        frame.write_parquet(published / f"{name}.parquet")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "features").symlink_to(bank / "features")
    found, wanted = (
        {row["customer_id"]: row["offers"] for row in rows(run("offers", "--tables", str(folder), "--json"))}
        for folder in (published, rules)
    )
    assert any(found.values())
    assert {one: offers for one, offers in found.items() if one != SOMEBODY} == {
        one: offers for one, offers in wanted.items() if one != SOMEBODY
    }
    known = {one["product_class"]: one["evidence"] for one in wanted[SOMEBODY]}
    assert all(set(one["evidence"]) <= set(known[one["product_class"]]) for one in found[SOMEBODY])


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


@pytest.mark.parametrize("command", ["fit", "assign", "profiles", "report", "offers"])
def test_every_command_of_segments_teaches_by_example(ragmarket: Run, command: str) -> None:
    done = ragmarket("segments", command, "--help")
    assert done.exit_code == 0
    assert f"ragmarket segments {command}" in done.stdout.split("Examples:")[1]
