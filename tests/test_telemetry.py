from __future__ import annotations

import io
import json
import logging
import threading
import time

import pytest

from ragmarket import telemetry
from ragmarket.telemetry import Stopwatch, configure, request, request_id


@pytest.fixture(autouse=True)
def _restore():
    logger = logging.getLogger(telemetry.ROOT)
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_hold_event_request_and_fields():
    stream = io.StringIO()
    configure("debug", json=True, stream=stream)
    with request("r-1"):
        logging.getLogger("ragmarket.pipeline").info("drafted", extra={"attempts": 2})
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("drafted", "info", "ragmarket.pipeline")
    assert (line["request_id"], line["attempts"]) == ("r-1", 2)


def test_level_and_reconfiguration():
    first, second = io.StringIO(), io.StringIO()
    configure("INFO", stream=first)
    configure("warning", stream=second)
    log = logging.getLogger("ragmarket.x")
    log.info("unheard")
    log.warning("heard")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1
    assert "warning" in second.getvalue()
    assert "heard" in second.getvalue()
    with pytest.raises(ValueError, match="loud"):
        configure("loud")


@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_personal_is_logged(as_json):
    stream = io.StringIO()
    configure("INFO", json=as_json, stream=stream)
    log = logging.getLogger("ragmarket.x")
    log.info("predicted", extra={"customer_id": "C-99", "prompt": "Dear Asha", "Signals": {"town": "Hubballi"}})
    try:
        raise ValueError("customer C-99 of Hubballi")
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    assert "[withheld]" in text
    assert "ValueError" in text
    assert "test_nothing_personal_is_logged" in text
    for secret in ("C-99", "Asha", "Hubballi"):
        assert secret not in text


def test_plain_line_cannot_be_forged():
    stream = io.StringIO()
    configure("INFO", stream=stream)
    logging.getLogger("ragmarket.x").info("got %s", "a\n12:00:00 info ragmarket: released")
    assert stream.getvalue().count("\n") == 1


def test_request_id_ends_with_its_block_and_stays_in_its_thread():
    seen: list[str | None] = []
    with request("outer"):
        with request("inner"):
            assert request_id() == "inner"
        assert request_id() == "outer"
        thread = threading.Thread(target=lambda: seen.append(request_id()))
        thread.start()
        thread.join()
    assert seen == [None]
    assert request_id() is None


def test_stopwatch_adds_up_and_counts_failures():
    watch = Stopwatch()
    with watch.stage("draft"):
        time.sleep(0.01)
    first = watch.timings_ms["draft"]
    assert first >= 10
    with pytest.raises(KeyError), watch.stage("draft"):
        raise KeyError
    with watch.stage("review"):
        pass
    assert watch.timings_ms["draft"] > first
    assert list(watch.timings_ms) == ["draft", "review"]
