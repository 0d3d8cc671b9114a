"""A recommender of a bank's own history: `ragmarket train offers` and `ragmarket segments offers` on published tables.

The bank is made here, so that what should be found is known: who sets up a telecom mandate and looks at deposits takes
up a gold loan, who pays a hospital takes up NPS (no rule of the house says either), everybody else a credit card.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket.cli.app import app
from ragmarket.signals.offers.takeups import examples, take_ups

Run = Callable[..., Result]
CUSTOMERS, MONTHS, BARRED = 480, 8, 24
KINDS = ("gold_loan", "nps", "credit_card")
ENDS = [date(2026, month + 1, 1).replace(day=1).toordinal() - 1 for month in range(1, MONTHS + 1)]


def write_bank(folder: Path, *, turned_from: int | None = None, months: int = MONTHS, visits: bool = True) -> None:
    """Published tables. From the month ``turned_from`` on, those who show one thing take up the other."""
    dice = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    held: list[dict[str, Any]] = []
    paid: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    for number in range(CUSTOMERS):
        who, kind, when = f"C{number:04d}", number % 3, 2 + int(dice.integers(0, 5))
        wanted = kind if turned_from is None or when < turned_from else (kind + 1) % 3
        taken = KINDS[wanted] if dice.random() < 0.9 else KINDS[int(dice.integers(0, 3))]
        for month in range(months):
            words = ["savings", *([taken] if month > when else [])]
            row = {"customer_id": who, "period": month, "month_end": date.fromordinal(ENDS[month]), "opened": None}
            held.append({**row, "holdings": "|".join(sorted(words)), "balance_inr": None, "basis": "dated"})
            shown = ["groceries"]
            if month >= when and kind == 0:
                shown.append("telecom")
            if month == when and kind == 1:
                shown.append("hospital")
            for category in shown:
                at = datetime(2026, month + 1, 5)
                paid.append(
                    {
                        "customer_id": who,
                        "period": month,
                        "at": at,
                        "channel": "UPI",
                        "type": "debit",
                        "amount_inr": 5.0,
                    }
                    | {"category": category, "is_recurring": category == "telecom"}
                )
            if month == when:
                page = {"customer_id": who, "period": month, "session_id": f"S{who}", "event": 0, "page": "overview"}
                seen.append({**page, "product": "deposit" if kind == 0 else None})
    period = pl.col("period").cast(pl.Int32)
    history = pl.DataFrame(held, schema_overrides={"opened": pl.String, "balance_inr": pl.Float64})
    tables = {
        "holdings": history.with_columns(period),
        "transactions": pl.DataFrame(paid).with_columns(period),
        "standing": history.filter(pl.col("period") == months - 1).select("customer_id", "balance_inr", "holdings"),
        "customers": pl.DataFrame(
            {
                "customer_id": [f"C{number:04d}" for number in range(CUSTOMERS)],
                "consent_marketing": [number >= BARRED // 2 for number in range(CUSTOMERS)],
                "do_not_disturb": [BARRED // 2 <= number < BARRED for number in range(CUSTOMERS)],
            }
        ),
    }
    if visits:
        tables["session_events"] = pl.DataFrame(seen, schema_overrides={"product": pl.String}).with_columns(period)
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    (folder / "card.json").write_text(json.dumps({"without_history": {"no opening date": 7}}), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Path:
    return home / "signals" / "tables"


@pytest.fixture
def run(home: Path) -> Run:
    def call(*arguments: str) -> Result:
        return CliRunner(env={"RAGMARKET_HOME": str(home)}).invoke(app, list(arguments), prog_name="ragmarket")

    return call


def offered(run: Run, *arguments: str) -> list[dict[str, Any]]:
    done = run("segments", "offers", "--json", *arguments)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_the_past_shows_is_learned_measured_and_offered_with_evidence(run: Run, store: Path, home: Path) -> None:
    write_bank(store)
    done = run("train", "offers", "--json")
    assert done.exit_code == 0, done.stderr
    card = json.loads(done.stdout)
    assert card == json.loads((home / "offers" / "card.json").read_text("utf-8"))
    assert card["take_ups"] == CUSTOMERS - BARRED == card["customers"]
    assert card["left_out"] == {"no opening date": 7, "may not be addressed": BARRED}
    assert card["balances"] is False
    held = card["holdout"]
    assert held["from_month_end"] == "2026-07-31", "the last month's take-ups, and none of them was learned from"
    assert 50 <= held["take_ups"] < card["take_ups"] / 3
    first = {name: rows[0] for name, rows in held["recalls"].items()}
    assert first["recommender"]["low"] > first["popularity"]["high"]
    assert first["recommender"]["low"] > first["rules"]["high"]
    assert held["gains"]["recommender less rules"][0]["low"] > 0.2
    assert all(one["low"] <= one["share"] <= one["high"] for rows in held["recalls"].values() for one in rows)
    assert card["why_not"] == ""

    found = offered(run)
    assert len(found) == CUSTOMERS
    free = [one for one in found if not one["barred"]]
    assert len(free) == CUSTOMERS - BARRED
    assert {one["answered_by"] for one in free} == {"recommender"}
    assert {one["why_rules"] for one in free} == {""}
    holds = dict(pl.read_parquet(store / "standing.parquet").select("customer_id", "holdings").iter_rows())
    for one in free:
        names = [row["product_class"] for row in one["offers"]]
        assert not set(names) & set(str(holds[one["customer_id"]]).split("|")), "what is held is offered to nobody"
        told = [text for row in one["offers"] for text in row["evidence"]]
        assert told
        assert not any(
            text.startswith("holds ")
            and text != "holds savings"
            and text.split(" ", 1)[1].replace(" ", "_") not in str(holds[one["customer_id"]])
            for text in told
        ), "nobody is told to hold what they do not"
    barred = {one["barred"] for one in found if one["barred"]}
    assert barred == {"customer.no_consent", "customer.do_not_disturb"}
    assert all(one["offers"] == [] for one in found if one["barred"])
    assert "C0000: may not be addressed (customer.no_consent)" in run("segments", "offers").stdout
    assert "may not be addressed" in run("train", "offers").stdout

    ruled = offered(run, "--rules")
    assert {one["answered_by"] for one in ruled} == {"rules"}
    assert {one["why_rules"] for one in ruled} == {"the rules were asked for"}


def test_evidence_names_what_was_planted(run: Run, store: Path) -> None:
    write_bank(store)
    assert run("train", "offers").exit_code == 0
    last = pl.read_parquet(store / "holdings.parquet").filter(pl.col("period") == 6, pl.col("holdings") == "savings")
    now = store / "standing.parquet"
    pl.read_parquet(now).with_columns(pl.lit("savings").alias("holdings")).write_parquet(now)
    months = pl.read_parquet(store / "transactions.parquet")
    months.filter(pl.col("period") <= 6).write_parquet(store / "transactions.parquet")
    waiting = [one for one in last["customer_id"].to_list() if int(one[1:]) >= BARRED]
    told = {one["customer_id"]: one["offers"][0] for one in offered(run) if one["customer_id"] in waiting}
    kinds = {0: ("gold_loan", ("telecom", "deposit")), 1: ("nps", ("hospital",))}
    for customer, offer in told.items():
        product, words = kinds.get(int(customer[1:]) % 3, ("credit_card", ()))
        assert offer["product_class"] == product
        assert all(any(word in text for text in offer["evidence"]) for word in words)
    assert {int(one[1:]) % 3 for one in told} == {0, 1, 2}


def test_too_little_history_is_refused_and_the_rules_say_so(run: Run, store: Path, home: Path) -> None:
    write_bank(store, months=4)
    done = run("train", "offers")
    assert done.exit_code == 2
    assert "too little history" in done.stderr
    assert "holdings_opened" in done.stderr
    assert not (home / "offers").exists()
    found = offered(run)
    assert {one["answered_by"] for one in found} == {"rules"}
    assert "take-ups over" in found[0]["why_rules"]
    assert "by rules: too little history" in run("segments", "offers").stderr
    (store / "holdings.parquet").unlink()
    assert "no history of holdings" in offered(run)[0]["why_rules"]
    without = run("train", "offers")
    assert (without.exit_code, "'holdings'" in without.stderr) == (2, True)


def test_the_command_teaches_by_example(run: Run) -> None:
    assert "ragmarket train offers" in run("train", "offers", "--help").stdout.split("Examples:")[1]


def test_before_training_the_rules_name_the_command(run: Run, store: Path) -> None:
    write_bank(store)
    found = offered(run)
    assert {one["answered_by"] for one in found} == {"rules"}
    assert "ragmarket train offers" in found[0]["why_rules"]


def test_what_foretells_less_than_the_baselines_does_not_answer(run: Run, store: Path) -> None:
    write_bank(store, turned_from=6)
    done = run("train", "offers", "--json")
    assert done.exit_code == 0
    assert "take-ups held out" in json.loads(done.stdout)["why_not"]
    found = offered(run)
    assert {one["answered_by"] for one in found} == {"rules"}
    assert "foretells less" in found[0]["why_rules"]


def test_a_model_of_other_signs_is_refused_and_says_which(run: Run, store: Path, home: Path) -> None:
    write_bank(store)
    assert run("train", "offers").exit_code == 0
    (store / "session_events.parquet").unlink()
    done = run("segments", "offers", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert "only the model reads the tables session_events" in error["message"]
    assert "ragmarket train offers" in error["hint"]
    assert len(offered(run, "--rules")) == CUSTOMERS

    write_bank(store)
    with np.load(home / "offers" / "recommender.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    plain = json.loads(arrays["plain"].tobytes())
    plain["card"]["spec"]["signs"][0] = "holds_bitcoin"
    arrays["plain"] = np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)
    np.savez_compressed(home / "offers" / "recommender.npz", **arrays)
    other = run("segments", "offers")
    assert other.exit_code == 1
    assert "only the model reads the signs holds_bitcoin" in other.stderr
    assert "only the store has the signs holds_mutual_fund" in other.stderr
    (home / "offers" / "recommender.npz").write_bytes(b"no model")
    broken = run("segments", "offers")
    assert (broken.exit_code, "cannot be read" in broken.stderr) == (1, True)


def test_nothing_of_a_later_month_is_learned_from(store: Path) -> None:
    write_bank(store)
    read = {name: pl.read_parquet(store / f"{name}.parquet") for name in ("holdings", "transactions", "session_events")}
    whole = examples(read["holdings"], read["transactions"], read["session_events"])
    cut = {name: frame.filter(pl.col("period") <= 4) for name, frame in read.items()}
    until = cut | {"holdings": read["holdings"].filter(pl.col("period") <= 5)}
    assert examples(until["holdings"], until["transactions"], until["session_events"]).equals(
        whole.filter(pl.col("period") <= 4)
    )


@pytest.mark.parametrize(
    ("held", "taken"),
    [
        (["savings", "loan|savings"], [(0, "loan")]),
        (["savings", "deposit|loan|savings"], [(0, "deposit"), (0, "loan")]),
        (["savings", None, "loan|savings"], []),
        ([None, "savings"], []),
        (["loan|savings", "savings", "loan|savings"], [(1, "loan")]),
    ],
)
def test_a_take_up_is_held_at_one_month_end_and_not_at_the_one_before(
    held: Sequence[str | None], taken: list[tuple[int, str]]
) -> None:
    months = pl.DataFrame(
        {"customer_id": ["C"] * len(held), "period": range(len(held)), "holdings": held},
        schema_overrides={"period": pl.Int32, "holdings": pl.String},
    )
    found = take_ups(months)
    assert list(found.select("period", "product").iter_rows()) == taken
