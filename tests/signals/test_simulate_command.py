"""The command `ragmarket simulate`."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from ragmarket.cli.app import app


def run(*arguments: str):
    return CliRunner().invoke(app, ["simulate", *arguments])


def test_a_bank_is_written_and_its_card_printed(tmp_path):
    folder = tmp_path / "bank"
    ran = run(
        "--preset", "control", "--customers", "400", "--periods", "2", "--seed", "3", "--out", str(folder), "--json"
    )
    assert ran.exit_code == 0, ran.stderr
    card = json.loads(ran.stdout)
    assert card == json.loads((folder / "card.json").read_text("utf-8"))
    assert card["preset"]["customers"] == 400
    assert card["tables"]["customers"]["rows"] == 400
    assert card["tables"]["periods"]["rows"] == 800
    response = card["bounds"]["response"]
    assert response["all"]["auc"] == response["columns"]["auc"]


def test_without_bounds_no_bound_is_claimed(tmp_path):
    ran = run(
        "--preset", "small", "--customers", "100", "--periods", "1", "--out", str(tmp_path / "bank"), "--no-bounds"
    )
    assert ran.exit_code == 0, ran.stderr
    assert "customers: 100 rows" in ran.stdout
    assert "best AUC" not in ran.stdout
    assert "[100/100] customers" in ran.stderr
    assert not (tmp_path / "bank/truth/bounds").exists()


def test_bad_input_changes_nothing(tmp_path):
    (tmp_path / "mine.txt").write_text("keep", "utf-8")
    ran = run("--customers", "100", "--out", str(tmp_path))
    assert ran.exit_code == 2
    assert "not empty" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    ran = run("--preset", "huge", "--out", str(tmp_path / "bank"))
    assert ran.exit_code == 2
    assert "'huge'" in ran.stderr
    assert not (tmp_path / "bank").exists()
