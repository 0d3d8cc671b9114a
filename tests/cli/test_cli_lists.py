"""Briefs, copy and signals: order, malformed lines, exit codes, and what goes to which stream."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.cli.desk import worst
from ragmarket.cli.reading import _lines, _looks_like_lines
from tests.cli.conftest import Run
from tests.fake_house import CLAIM, FakeHouse

BRIEF = {"product_code": "ARB-FD-001", "language": "hi", "channel": "whatsapp"}


def lines(*briefs: object) -> str:
    return "\n".join(item if isinstance(item, str) else json.dumps(item) for item in briefs)


def objects(stdout: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in stdout.splitlines()]


def test_one_object_one_line_of_json(run: Run) -> None:
    done = run("draft", "-", "--json", stdin=json.dumps(BRIEF))
    assert done.exit_code == 0
    [result] = objects(done.stdout)
    assert result["status"] == "accepted"
    assert CLAIM in done.stdout, "Indic text is printed as text, not as escapes"
    assert "talks on stdout" not in done.stdout
    assert "talks on stdout" in done.stderr


def test_a_pretty_printed_object_with_a_byte_order_mark(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(BRIEF, indent=2).encode())
    done = run("draft", str(path), "--json")
    assert done.exit_code == 0
    assert len(objects(done.stdout)) == 1


def test_results_keep_the_order_and_a_bad_line_stops_nobody(run: Run, house: FakeHouse) -> None:
    text = lines(
        BRIEF | {"seed": 1, "language": "ta"},
        "{this is not json}",
        "",
        BRIEF | {"langauge": "hi"},
        BRIEF | {"product_code": "NOPE"},
        "[1]",
        BRIEF | {"language": "gu"},
    )
    done = run("draft", "-", "--json", stdin=text)
    rows = objects(done.stdout)
    assert done.exit_code == 2
    assert [row.get("language") for row in rows] == ["ta", None, None, None, None, "gu"]
    errors = {row["position"]: row for row in rows if "error" in row}
    assert {place: row["line"] for place, row in errors.items()} == {2: 2, 3: 4, 4: 5, 5: 6}
    assert set(errors[2]["error"]) == {"code", "message", "hint", "retryable"}
    assert "line 2, column 2" in errors[2]["error"]["message"]
    assert "did you mean 'language'?" in errors[3]["error"]["message"]
    assert errors[4]["error"]["code"] == "unknown_product"
    assert len(list(house.audit.records())) == 2


def test_an_array_is_a_list(run: Run) -> None:
    done = run("draft", "-", "--json", stdin=json.dumps([BRIEF, BRIEF | {"language": "xx"}]))
    first, second = objects(done.stdout)
    assert first["status"] == "accepted"
    assert second["position"] == 2
    assert "line" not in second
    assert second["error"]["message"].startswith("item 2: language: 'xx' is not one of en, hi")


@pytest.mark.parametrize(
    ("briefs", "code"),
    [
        ([{}], 0),
        ([{}, {"intent": "refuse"}], 3),
        ([{}, {"intent": "refuse"}, {"language": "xx"}], 2),
        ([{"intent": "break"}, {"intent": "refuse"}, {"language": "xx"}, {}], 1),
        ([{"intent": "bug"}, {}], 1),
    ],
)
def test_the_worst_decides_the_exit_code(run: Run, briefs: list[dict[str, object]], code: int) -> None:
    done = run("draft", "-", "--json", stdin=json.dumps([BRIEF | brief for brief in briefs]))
    assert done.exit_code == code
    assert len(objects(done.stdout)) == len(briefs)


@given(st.lists(st.sampled_from([0, 1, 2, 3])))
def test_worst_orders_faults_before_bad_input_before_refusals(codes: list[int]) -> None:
    order = [1, 2, 3, 0]
    assert worst(codes) == min(codes or [0], key=order.index)


def test_a_single_bad_brief_goes_to_stderr_and_changes_nothing(run: Run, house: FakeHouse) -> None:
    house.indexed = False
    done = run("draft", "-", stdin=json.dumps(BRIEF | {"language": "hindi", "extra": 1}))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: language: 'hindi' is not one of")
    assert "extra: is not a known field" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert house.indexings == 0


def test_errors_are_json_when_json_was_asked_for(run: Run) -> None:
    done = run("--json", "draft", "-", stdin=json.dumps(BRIEF | {"product_code": "NOPE"}))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert json.loads(done.stderr.splitlines()[-1])["error"]["code"] == "unknown_product"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("[]", "array is empty"),
        ("3", "not a number"),
        ('{"product_code": "A",\n "language": }', "line 2, column 14"),
        ("[" * 100_000, "nested too deeply"),
        ('{"seed": ' + "9" * 5_000 + "}", "too many digits"),
        ('{"seed": NaN}', "NaN is not a JSON number"),
        ('{"language": "hi", "language": "ta"}', "language: stands twice"),
        ('{"\\u001b[31m": 1}', r"'\x1b[31m': is not a known field"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_input_that_cannot_be_read(run: Run, text: str | bytes, words: str) -> None:
    done = run("draft", "-", stdin=text)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ('{"a": ' * 100_000 + "}", "line 1: the JSON is nested too deeply"),
        ('{"seed": ' + "9" * 5_000 + "}", "line 1: a number has too many digits"),
        ('{"seed": 1, "seed": 2}', "line 1: seed: stands twice"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_line_that_no_reader_takes_stops_nobody(run: Run, bad: str, words: str, first: bool) -> None:
    text = lines(bad, BRIEF) if first else lines(BRIEF, bad)
    done = run("draft", "-", "--json", stdin=text)
    rows = objects(done.stdout)
    assert done.exit_code == 2
    assert [row.get("status") for row in rows] == [None, "accepted"][:: 1 if first else -1]
    [error] = [row for row in rows if "error" in row]
    assert words.replace("line 1", f"line {error['line']}") in error["error"]["message"]
    assert error["line"] == (1 if first else 2)


def test_input_without_end_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ragmarket.cli.reading.INPUT_LIMIT", 1 << 20)
    done = run("draft", "/dev/zero")
    assert done.exit_code == 2
    assert "/dev/zero has more than 1 MiB" in done.stderr
    assert run("draft", "-", stdin=" " * (1 << 21)).exit_code == 2


def test_the_day_is_indias(run: Run, house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ragmarket.cli.copywriting.today", lambda: date(2027, 4, 1))
    copy = {"text": "Fine.", "language": "en", "product_class": "deposit", "channel": "sms"}
    assert run("check", "-", stdin=json.dumps(copy)).exit_code == 0
    assert house.checked[0][0].as_of == date(2027, 4, 1)


def test_files_that_are_not_there(run: Run, tmp_path: Path) -> None:
    assert "there is no file" in run("draft", str(tmp_path / "none.json")).stderr
    done = run("draft", str(tmp_path))
    assert "is a folder" in done.stderr
    assert done.exit_code == 2


@given(st.lists(st.dictionaries(st.text(min_size=1), st.text()), min_size=2, max_size=5), st.data())
def test_one_broken_line_is_named_by_its_number(values: list[dict[str, str]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    written = [json.dumps(value) for value in values]
    written[place] = written[place][:-1] + ", }"
    text = "\n".join(written)
    if _looks_like_lines(text):
        items = _lines(text, "a brief")
        assert [item.line for item in items if item.error] == [place + 1]
        assert [item.value for item in items if not item.error] == values[:place] + values[place + 1 :]
    else:
        raise AssertionError("JSON Lines with one broken line must still read as JSON Lines")


def test_the_first_draft_indexes_and_says_so(run: Run, house: FakeHouse) -> None:
    house.indexed = False
    done = run("draft", "-", "--json", stdin=json.dumps(BRIEF))
    assert done.exit_code == 0
    assert house.indexings == 1
    assert "no index yet" in done.stderr
    assert len(objects(done.stdout)) == 1
    run("draft", "-", stdin=json.dumps(BRIEF))
    assert house.indexings == 1


def test_a_draft_for_people_shows_message_source_and_record(run: Run) -> None:
    done = run("draft", "-", stdin=json.dumps(BRIEF))
    assert done.exit_code == 0
    assert CLAIM in done.stdout
    assert "Rate card of ARB-FD-001, version 2" in done.stdout
    assert "Deposits of 1 year earn 6.40% per annum." in done.stdout
    assert "[demo]" in done.stdout, "brackets in a message are text, not markup"
    assert "record 1" in done.stdout


def test_a_refusal_for_people_names_the_reason(run: Run) -> None:
    done = run("draft", "-", stdin=json.dumps(BRIEF | {"intent": "refuse"}))
    assert done.exit_code == 3
    assert "policy.channel: too long" in done.stdout


def test_an_unwritten_record_prints_no_message(run: Run, house: FakeHouse) -> None:
    house.audit.full = True
    done = run("draft", "-", "--json", stdin=json.dumps(BRIEF))
    assert done.exit_code == 1
    assert done.stdout == ""
    assert json.loads(done.stderr.splitlines()[-1])["error"]["retryable"] is True


def test_signals_choose_for_a_draft(run: Run, house: FakeHouse, tmp_path: Path) -> None:
    path = tmp_path / "customer.json"
    path.write_text('{"age": 40}')
    assert run("draft", "-", "--signals", str(path), stdin=json.dumps(BRIEF)).exit_code == 0
    assert house.signals == [{"age": 40}]
    path.write_text("[{}]")
    assert run("draft", "-", "--signals", str(path), stdin=json.dumps(BRIEF)).exit_code == 2


def test_check_answers_each_line_under_its_id(run: Run, house: FakeHouse) -> None:
    copy = {"text": "Guaranteed!", "language": "en", "product_class": "deposit", "channel": "sms"}
    text = lines(copy | {"id": "a"}, copy | {"id": "b", "text": "Fine."}, copy | {"id": "c", "product_class": "x"})
    done = run("check", "-", "--body-only", "--json", stdin=text)
    rows = objects(done.stdout)
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert [row.get("verdict") for row in rows] == ["fail", "pass", None]
    assert done.exit_code == 2
    assert all(body_only and request.as_of for request, body_only in house.checked)


def test_check_for_people(run: Run) -> None:
    copy = {"text": "Guaranteed!", "language": "en", "product_class": "deposit", "channel": "sms"}
    done = run("check", "-", stdin=json.dumps(copy))
    assert done.exit_code == 3
    assert "1: fail" in done.stdout
    assert "claims.guarantee: promises a return (characters 0-10)" in done.stdout
    assert run("check", "-", stdin=json.dumps(copy | {"text": "Fine."})).exit_code == 0


def test_predict_keeps_the_customers_name(run: Run) -> None:
    done = run("predict", "-", "--json", stdin=lines({"id": 7, "segment": "young"}, {"customer_id": "c"}))
    first, second = objects(done.stdout)
    assert (first["id"], first["segment"]) == (7, "young")
    assert (second["customer_id"], second["segment"]) == ("c", "neutral")
    assert done.exit_code == 0
    assert "neutral" in run("predict", "-", stdin="{}").stdout
