from __future__ import annotations

import pytest

from ragmarket.audit.rendering import render_trace
from ragmarket.audit.trace import build_trace
from ragmarket.errors import NotFound


@pytest.fixture
def released(log, make_record):
    log.append(make_record("d1"))
    return log


def test_trace_leads_from_claim_and_figure_to_the_span(released):
    trace = build_trace(released, "d1", released.verify())
    (claim,) = trace.claims
    (citation,) = claim.citations
    assert (citation.doc_id, citation.version, citation.title, citation.match) == (
        "home-loan",
        "2",
        "Home loan",
        "found",
    )
    (figure,) = claim.figures
    assert (figure.text, figure.source.quote, figure.source.match) == ("1.5 %", "1.5%", "found")
    (disclaimer,) = trace.disclaimers
    assert (disclaimer.bytes_match, disclaimer.approval) == (True, "A-7")
    assert (trace.chain, trace.policy_snapshot, trace.attempts) == ("intact", "policy-1", 2)
    assert trace.model == "writer r1 embedded"
    assert trace.model_dump(mode="json")["claims"][0]["figures"][0]["source"]["doc_id"] == "home-loan"


def test_rendering_holds_everything_an_auditor_asks_for(released):
    text = render_trace(build_trace(released, "d1", released.verify()))
    for wanted in (
        "d1",
        "home-loan, version 2",
        "“Home loan”",
        "1.5 %",
        "A-7",
        "no fault found",
        "policy-1",
        "supported",
    ):
        assert wanted in text
    assert "DIFFER" not in text
    assert "NOT STAND" not in text


def test_chain_that_nobody_verified_is_not_called_intact(released):
    trace = build_trace(released, "d1")
    assert trace.chain == "not_verified"
    assert "not verified" in render_trace(trace)


def test_altered_record_is_shown_as_broken(released, tamper):
    tamper("UPDATE audit_entries SET record = replace(record, 'A-7', 'A-8')")
    assert build_trace(released, "d1").chain == "broken"
    trace = build_trace(released, "d1", released.verify())
    assert "BROKEN" in render_trace(trace)
    assert trace.faults[0]["kind"] == "altered"


def test_quote_that_does_not_stand_there_is_told(log, make_record):
    record = make_record("d1")
    record["result"]["claims"][0]["citations"][0]["start"] += 1
    record["result"]["disclaimers"][0]["end"] -= 1
    record["attempts"][1]["message"]["claims"][0]["figures"][0]["evidence"] = "S9"
    log.append(record)
    trace = build_trace(log, "d1", log.verify())
    assert trace.claims[0].citations[0].match == "differs"
    assert not trace.disclaimers[0].bytes_match
    text = render_trace(trace)
    assert "DOES NOT STAND" in text
    assert "BYTES DIFFER" in text
    assert "HAS NO SOURCE" in text


def test_missing_document_bytes_are_told(released, tamper):
    tamper("DELETE FROM audit_blobs")
    trace = build_trace(released, "d1", released.verify())
    assert trace.claims[0].citations[0].match == "document_missing"
    assert trace.chain == "broken"


def test_refusal_is_traced_with_its_findings(log):
    finding = {"rule": "channel.sms", "severity": "block", "message": "does not fit", "authority": "TRAI"}
    result = {"status": "refused", "text": None, "findings": [finding]}
    log.append({"draft_id": "d2", "status": "refused", "result": result, "attempts": []})
    trace = build_trace(log, "d2", log.verify())
    assert (trace.claims, trace.text, trace.status) == ((), None, "refused")
    assert "channel.sms (block): does not fit [TRAI]" in render_trace(trace)


def test_terminal_is_not_steered_by_what_a_document_says(log, make_record):
    record = make_record("d1")
    record["result"]["claims"][0]["text"] = "fee\x1b[2J\u202e"
    log.append(record)
    text = render_trace(build_trace(log, "d1"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u001b" in text


def test_unknown_draft_has_no_trace(log):
    with pytest.raises(NotFound):
        build_trace(log, "nobody")
