from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ragmarket.audit.dismissals import dismiss, draft_findings, record_id
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.rendering import render_trace
from ragmarket.audit.trace import build_trace
from ragmarket.errors import AuditWriteFailed, InvalidInput, NotFound
from ragmarket.schemas.dismissal import DismissalRequest
from ragmarket.testing import MemoryAuditLog

REQUEST = DismissalRequest(by="A. Rao, Compliance", reason="checked against the rate card")
REVIEW = {"rule": "disclosures.order", "severity": "review", "message": "a stands before b"}
BLOCK = {"rule": "channel.length", "severity": "block", "message": "too long"}
INFO = {"rule": "channel.note", "severity": "info", "message": "noted"}
OWN = {"approver": "Head", "demo": False}
DEMO = {"approver": "Demo", "demo": True}


def put(log, draft_id, findings, *, status="accepted", approval=OWN):
    result = {"draft_id": draft_id, "status": status, "publishable": False, "text": "Hello.", "findings": findings}
    policy = {"snapshot_id": "p", "disclaimers": [{"id": "x", "approval": approval}]}
    log.append({"draft_id": draft_id, "status": status, "result": result, "policy": policy})


def test_a_draft_is_publishable_once_every_finding_for_review_is_dismissed(log):
    put(log, "d1", [REVIEW, INFO, REVIEW | {"message": "c stands before d"}])
    assert not draft_findings(log, "d1").publishable
    dismiss(log, "d1", 1, REQUEST)
    half = draft_findings(log, "d1")
    assert (half.publishable, [one.open for one in half.findings]) == (False, [False, False, True])
    done = dismiss(log, "d1", 3, REQUEST)
    assert (done.rule, done.by, done.reason) == ("disclosures.order", REQUEST.by, REQUEST.reason)
    assert draft_findings(log, "d1").publishable
    assert list(log.verify()) == []


def test_dismissals_show_in_the_trace_and_stand_as_entries_of_their_own(log, make_record):
    record = make_record("d1")
    record["result"] = {**record["result"], "findings": [REVIEW]}
    log.append(record)
    before = render_trace(build_trace(log, "d1", log.verify()))
    dismiss(log, "d1", 1, REQUEST)
    trace = build_trace(log, "d1", log.verify())
    text = render_trace(trace)
    assert trace.chain == "intact"
    assert (trace.dismissals[0].finding, trace.dismissals[0].record) == (1, record_id("d1", 1))
    assert "dismissed by A. Rao, Compliance" in text
    assert "checked against the rate card" in text
    assert "dismissed" not in before
    assert [one["draft_id"] for one in log.records()] == ["d1", record_id("d1", 1)]


@pytest.mark.parametrize(
    ("findings", "number", "word"),
    [([BLOCK], 1, "may not be dismissed"), ([INFO], 1, "nothing to dismiss"), ([REVIEW], 2, "no finding 2"),
     ([REVIEW], 0, "no finding 0"), ([], 1, "no finding 1")],
)  # fmt: skip
def test_what_may_not_be_dismissed_is_refused_and_leaves_no_record(log, findings, number, word):
    put(log, "d1", findings, status="refused")
    with pytest.raises(InvalidInput, match=word):
        dismiss(log, "d1", number, REQUEST)
    assert len(list(log.records())) == 1


def test_a_finding_is_decided_once_and_says_by_whom(log):
    put(log, "d1", [REVIEW])
    dismiss(log, "d1", 1, REQUEST)
    with pytest.raises(InvalidInput, match=r"dismissed by A\. Rao, Compliance on 20"):
        dismiss(log, "d1", 1, DismissalRequest(by="Somebody else", reason="me too"))
    assert draft_findings(log, "d1").findings[0].dismissal.by == REQUEST.by


def test_of_many_at_once_one_is_recorded(log, database):
    put(log, "d1", [REVIEW])

    def attempt(number):
        own = SqlAuditLog(f"sqlite:///{database}")
        try:
            dismiss(own, "d1", 1, DismissalRequest(by=f"Person {number}", reason="seen"))
        except InvalidInput:
            return 0
        finally:
            own.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert list(log.verify()) == []


def test_demo_approvals_and_open_blocks_keep_a_draft_from_publication(log):
    put(log, "demo", [REVIEW], approval=DEMO)
    put(log, "blocked", [REVIEW, BLOCK], status="refused")
    for draft_id in ("demo", "blocked"):
        dismiss(log, draft_id, 1, REQUEST)
        assert not draft_findings(log, draft_id).publishable


def test_a_dismissal_is_no_draft(log):
    put(log, "d1", [REVIEW])
    id_ = dismiss(log, "d1", 1, REQUEST).record
    for asked in (
        lambda: draft_findings(log, id_),
        lambda: build_trace(log, id_),
        lambda: dismiss(log, id_, 1, REQUEST),
    ):
        with pytest.raises(NotFound, match="a dismissal, not a draft") as caught:
            asked()
        assert "d1" in caught.value.hint


def test_a_dismissal_that_cites_another_record_does_not_count():
    log = MemoryAuditLog()
    put(log, "d1", [REVIEW])
    put(log, "d2", [REVIEW | {"message": "another matter"}])
    dismiss(log, "d1", 1, REQUEST)
    forged = {**log.get(record_id("d1", 1))["dismissal"], "draft_id": "d2", "record": record_id("d2", 1)}
    log.append({"draft_id": record_id("d2", 1), "kind": "dismissal", "dismissal": forged})
    assert draft_findings(log, "d1").findings[0].open is False
    assert draft_findings(log, "d2").findings[0].open is True


def test_a_log_that_cannot_be_written_dismisses_nothing():
    log = MemoryAuditLog()
    put(log, "d1", [REVIEW])
    log.full = True
    with pytest.raises(AuditWriteFailed):
        dismiss(log, "d1", 1, REQUEST)
    assert draft_findings(log, "d1").findings[0].open


def test_records_older_than_the_fields_are_read(log, make_record):
    log.append(make_record("old"))
    assert build_trace(log, "old", log.verify()).dismissals == ()
    assert draft_findings(log, "old").draft_id == "old"
