"""`ragmarket predict` on the real house: lists, the published tables, drift; signals read once and alike."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.signals.customers import CustomerBook
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.standing import TABLES_READ, signals_on
from tests.prediction.conftest import LAST_DAY

DAY = LAST_DAY.isoformat()


@pytest.fixture
def run(unseen_bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command, in a home whose published tables are the simulated bank's."""
    place = tmp_path / "home" / "signals" / "tables"
    place.parent.mkdir(parents=True)
    shutil.copytree(unseen_bank, place)
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path / "home"))

    def call(*arguments: str, stdin: str = ""):
        return CliRunner().invoke(app, ["predict", *arguments], input=stdin, prog_name="ragmarket")

    return call


def lines(*objects: object) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def test_a_list_keeps_its_order_and_a_wrong_one_leaves_the_others(run):
    asked = lines(
        {"id": 1, "age_band": "60+", "txn_counts": {"atm": 3}},
        {"id": 2, "shoe_size": 42},
        {"id": 3, "customer_id": "SIM00000004", "as_of": DAY},
        {"id": 4},
        {"id": 5, "age_band": "60+", "app_logins": 3, "offer": {"channel": "sms"}},
        {"id": 6, "age_band": "60+", "offer": "sms"},
    )
    done = run("-", "--json", stdin=asked)
    assert done.exit_code == 2
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.get("id") for one in answers] == [1, 2, 3, 4, 5, 6]
    assert answers[4]["offer"] == {"channel": "sms"}
    assert "offer must be" in answers[5]["error"]["message"]
    assert "shoe_size" in answers[1]["error"]["message"]
    assert answers[0]["spec_version"] == 2
    assert answers[0]["checkpoint"]
    assert answers[3]["segment"] == "neutral"
    single = json.loads(run("-", "--json", stdin=json.dumps({"customer_id": "SIM00000004", "as_of": DAY})).stdout)
    assert single["segment"] == answers[2]["segment"]


def test_a_page_for_people_explains(run):
    done = run("-", stdin=json.dumps({"age_band": "60+", "deposits_inr": 9e5, "page_views": {"deposit": 9}}))
    assert done.exit_code == 0
    for word in ("products: deposit", "channels: ", "times: ", "intensity: ", "product deposit by: "):
        assert word in done.stdout


def test_everybody_is_predicted_for_but_those_who_did_not_agree(run, unseen_bank):
    done = run("--all", "--as-of", DAY, "--json")
    assert done.exit_code == 0
    answers = {one["customer_id"]: one for one in map(json.loads, done.stdout.splitlines())}
    people = Tables(unseen_bank).read("customers")
    assert len(answers) == people.height
    agreed = people.filter(pl.col("consent_marketing") & ~pl.col("do_not_disturb"))["customer_id"].to_list()
    for customer, answer in answers.items():
        barred = any("nothing is predicted" in reason for reason in answer["reasons"])
        assert barred == (customer not in set(agreed))
        assert bool(answer["product_propensities"]) != barred
    used = [answers[one]["segment"] for one in agreed]
    assert used.count("neutral") < 0.4 * len(used), "a fifth have no segment of their own"


def test_drift_as_a_table_and_as_json(run, bank_signals):
    plain = [{**one, "id": place} for place, one in enumerate(bank_signals.values())]
    rich = lines(*({**one, "balance_inr": 1e8} for one in plain))
    done = run("-", "--drift", "--json", stdin=rich)
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert "balance_inr" in report["alarms"]
    assert report["customers"] == len(plain)
    table = run("-", "--drift", stdin=rich)
    assert "balance_inr" in table.stdout
    assert "alarm" in table.stdout
    whole = json.loads(run("--all", "--as-of", DAY, "--drift", "--json").stdout)
    assert whole["alarms"] == []
    assert 0 < whole["customers"] < len(plain)


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        ((), "", "--all"),
        (("-", "--all"), "{}", "--all"),
        (("-", "--as-of", "2026-01-01"), "{}", "--as-of"),
        (("-", "--drift"), lines({"age_band": "60+"}, {"shoe_size": 42}), "customer 2: signals: the key 'shoe_size'"),
    ],
)
def test_a_wrong_question_is_refused(run, arguments, stdin, said):
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == 2
    assert said in done.stderr


def test_without_published_tables_there_is_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["predict", "--all"])
    assert done.exit_code == 2
    assert "signals publish" in done.stderr


def test_one_customer_is_read_as_in_a_crowd(unseen_bank, bank_signals):
    book = CustomerBook(unseen_bank)
    crowd = {view.customer_id: view for view in book.every(LAST_DAY, block=250)}
    assert list(crowd) == sorted(bank_signals)
    free = [customer for customer, view in crowd.items() if not view.barred]
    for customer in free[:8]:
        alone = book.find(customer, LAST_DAY)
        assert alone is not None
        assert dict(alone.signals) == dict(crowd[customer].signals) == bank_signals[customer]
    assert all(not crowd[customer].signals for customer in crowd if crowd[customer].barred)


def test_nothing_after_the_day_is_read_and_a_fresh_message_says_nothing_yet():
    def message(at: datetime, **more):
        return {
            "customer_id": "C", "at": at, "product": "loan", "channel": "sms", "timing": "evening",
            "intensity": "low", "sent": True, "opened": True, "responded": False,
        } | more  # fmt: skip

    frames = {
        "customers": pl.DataFrame([{"customer_id": "C", "age": 30, "opened_on": date(2020, 1, 1)}]),
        "campaigns": pl.DataFrame(
            [
                message(datetime(2026, 1, 5, 9)),
                message(datetime(2026, 1, 6, 9), sent=False),
                message(datetime(2026, 1, 20, 9), channel="email"),
                message(datetime(2026, 2, 3, 9), channel="push"),
            ]
        ),
        "notes": pl.DataFrame(
            [
                {"customer_id": "C", "at": datetime(2025, 12, 1), "text": "asked about gold loan"},
                {"customer_id": "C", "at": datetime(2026, 1, 10), "text": "gold loan again"},
                {"customer_id": "C", "at": datetime(2026, 2, 10), "text": "secret"},
            ]
        ),
    }
    found = signals_on(frames, date(2026, 1, 22))["C"]
    assert found["messages_sent"] == found["messages_opened"] == {"sms": 1}
    assert found["messages_answered"] == {}
    assert found["words"]["gold"] == 2
    assert "secret" not in found["words"]
    assert set(found["words_recent"]) == {"gold", "loan", "again"}
    assert "txn_counts" not in found, "a table that the bank does not have is missing, not zero"
    assert set(frames) < set(TABLES_READ)
