"""The commands `ragmarket sessions …` on a small simulated bank, with the writer that ships."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import write


def run(*arguments: str):
    return CliRunner().invoke(app, ["sessions", *arguments])


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank") / "bank"
    write(preset("default", customers=150, periods=2), 77, folder, lambda *_: None, bounds=False)
    return folder


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_before_anything_was_fitted_each_command_says_what_to_run(bank: Path) -> None:
    ran = run("label", "--tables", str(bank))
    assert ran.exit_code == 1
    assert "ragmarket sessions fit" in ran.stderr
    ran = run("taxonomy")
    assert ran.exit_code == 2
    assert "--write" in ran.stderr
    ran = run("fit", "--tables", str(bank / "nowhere"))
    assert ran.exit_code == 2
    assert "session_events" in ran.stderr


def test_links_are_kept_for_those_who_agreed_and_made_anew_each_time(bank: Path, own_home: Path) -> None:
    ran = run("link", "--tables", str(bank), "--json")
    assert ran.exit_code == 0, ran.stderr
    told = json.loads(ran.stdout)
    kept = pl.read_parquet(own_home / "sessions" / "links.parquet")
    assert kept.height == told["linked"] > 0
    customers = pl.read_parquet(bank / "features" / "customers" / "*.parquet")
    agreed = customers.filter(pl.col("consent_linking"))["customer_id"].to_list()
    assert set(kept["customer_id"]) <= set(agreed)
    # Everybody withdraws: the next run leaves nothing behind.
    withdrawn = own_home / "withdrawn"
    withdrawn.mkdir(parents=True)
    customers.with_columns(pl.lit(False).alias("consent_linking")).write_parquet(withdrawn / "customers.parquet")
    pl.read_parquet(bank / "features" / "session_events" / "*.parquet").write_parquet(
        withdrawn / "session_events.parquet"
    )
    assert run("link", "--tables", str(withdrawn)).exit_code == 0
    assert pl.read_parquet(own_home / "sessions" / "links.parquet").height == 0


@pytest.mark.slow
def test_from_clicks_to_named_intents(bank: Path, own_home: Path) -> None:
    fit = run("fit", "--tables", str(bank), "--epochs", "2", "--json")
    assert fit.exit_code == 0, fit.stderr
    assert len(json.loads(fit.stdout)["training"]) == 2
    made = run("taxonomy", "--tables", str(bank), "--write", "--sample", "20", "--json")
    assert made.exit_code == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["taxonomy"]["version"] == 1
    assert told["card"]["other"] <= 0.5
    assert set(told["card"]["agreement"]) >= {"model, two looks", "labels and nearest centroid"}
    truth = dict(
        pl.read_parquet(bank / "truth" / "truth_sessions" / "*.parquet")
        .select("session_id", pl.col("intent").cast(pl.String))
        .iter_rows()
    )
    label = run("label", "--tables", str(bank), "--json")
    assert label.exit_code == 0, label.stderr
    found = [json.loads(line) for line in label.stdout.splitlines()]
    assert len(found) == len(truth)
    # Three hundred sessions of learning are few; chance is a tenth.
    assert sum(one["intent"] == truth[one["session_id"]] for one in found) / len(found) > 0.4
    single = run("label", "--tables", str(bank), "--session", found[0]["session_id"], "--vectors", "--json")
    assert len(json.loads(single.stdout)["vector"]) == 64
    known = found[0]["session_id"]
    partly = run("label", "--tables", str(bank), "--session", "nobody", "--session", known, "--json")
    assert partly.exit_code == 2
    assert [json.loads(line)["session_id"] for line in partly.stdout.splitlines()] == [known]
    assert "session nobody is not in the tables" in partly.stderr
    # An edit that contradicts itself is refused, and says where.
    file = own_home / "sessions" / "taxonomy.yaml"
    file.write_text(
        file.read_text("utf-8")
        .replace("\n  buy_home:\n", "\n  own_home:\n")
        .replace("aliases: []", "aliases: [buy_home]", 3),
        "utf-8",
    )
    wrong = run("taxonomy")
    assert wrong.exit_code == 2, "two intents claim one alias"
    assert "taxonomy.yaml" in wrong.stderr
    assert run("label", "--tables", str(bank), "--session", "nobody").exit_code == 2
