from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from ragmarket.audit.checkpoints import Checkpoints, tree_of
from ragmarket.audit.dismissals import dismiss
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.proofs import proof_faults, prove
from ragmarket.audit.retention import hold, holds, release, retain
from ragmarket.audit.signing import generate_key, load_signer
from ragmarket.audit.trace import build_trace
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound, RecordRemoved
from ragmarket.schemas.dismissal import DismissalRequest
from ragmarket.schemas.retention import HoldRequest, ReleaseRequest

BOUNDARY = date(2024, 1, 1)
WHO = {"by": "A. Rao, Legal", "reason": "complaint 114"}


@pytest.fixture
def aged(database):
    """Six records of 2023, then six of 2025; each cites a document of its own and one of all."""
    ticks = itertools.count()
    log = SqlAuditLog(
        f"sqlite:///{database}",
        clock=lambda: f"{'2023' if (n := next(ticks)) < 6 else '2025'}-06-01T00:00:{n:02d}.000000+00:00",
    )
    for number in range(12):
        texts = [b"of all", b"of the old" if number < 6 else b"of the new", f"of {number}".encode()]
        blobs = {hashlib.sha256(text).hexdigest(): text for text in texts}
        campaign = "diwali" if number in (1, 7) else None
        finding = {"rule": "disclosures.order", "severity": "review", "message": "a before b"}
        log.append(
            {
                "draft_id": f"d{number}",
                "brief": {"campaign": campaign, "product_code": "secret-code"},
                "result": {"status": "accepted", "findings": [finding]},
                "documents": [{"sha256": one} for one in blobs],
            },
            blobs=blobs,
        )
    yield log
    log.close()


def remove(log, **more):
    return retain(log, before=BOUNDARY, by="Records office", reason="retention rule 4", **more)


def test_records_go_and_the_chain_and_every_proof_hold(aged, database, tmp_path):
    generate_key(tmp_path / "key")
    keeper = Checkpoints(load_signer(tmp_path / "key"))
    point = keeper.make(aged)
    proof = prove(aged.entry("d2"), point, tree_of(aged))
    digests = {entry.draft_id: entry.digest() for entry in aged.entries()}
    done = remove(aged)
    assert [row.draft_id for row in done.removed] == [f"d{number}" for number in range(6)]
    assert list(aged.verify(None, [point])) == []
    assert proof_faults(proof) == []
    assert prove(aged.entry("d2"), point, tree_of(aged)) == proof
    assert {entry.draft_id: entry.digest() for entry in aged.entries() if entry.seq <= 12} == {
        name: digest for name, digest in digests.items() if name.startswith("d")
    }
    with pytest.raises(RecordRemoved, match="after its retention"):
        aged.get("d2")
    with pytest.raises(NotFound):
        build_trace(aged, "d2")
    assert [one["draft_id"] for one in aged.records() if "kind" not in one] == [f"d{number}" for number in range(6, 12)]
    assert aged.append({"draft_id": "after"}).seq == 15
    aged.close()
    assert list(SqlAuditLog(f"sqlite:///{database}").verify(None, [point])) == []


def test_removed_bytes_are_in_no_file_of_the_database(aged, database):
    remove(aged)
    files = b"".join(path.read_bytes() for path in database.parent.iterdir())
    assert b"of the old" not in files
    assert b"of 3" not in files
    assert b"of the new" in files
    assert b"of all" in files


def test_bytes_stay_as_long_as_a_remaining_record_cites_them(aged):
    done = remove(aged)
    gone = {hashlib.sha256(text).hexdigest() for text in (b"of the old", *(f"of {n}".encode() for n in range(6)))}
    assert set(done.blobs) == gone
    assert aged.get_blob(hashlib.sha256(b"of all").hexdigest()) == b"of all"
    for sha256 in gone:
        with pytest.raises(NotFound):
            aged.get_blob(sha256)


def test_a_hold_keeps_a_draft_with_its_dismissals_and_a_campaign(aged):
    dismiss(aged, "d3", 1, DismissalRequest(by="A", reason="seen"))
    hold(aged, HoldRequest(draft_id="d3", **WHO))
    hold(aged, HoldRequest(campaign="diwali", **WHO))
    done = remove(aged)
    assert [row.draft_id for row in done.removed] == ["d0", "d2", "d4", "d5"]
    assert done.held == 2
    assert aged.get("d1")["draft_id"] == "d1"
    assert aged.get("d3")["draft_id"] == "d3"
    assert list(aged.verify()) == []


def test_a_released_hold_holds_no_longer(aged):
    held = hold(aged, HoldRequest(draft_id="d3", **WHO))
    assert remove(aged).held == 1
    ended = release(aged, ReleaseRequest(hold=held.id, by="B", reason="settled"))
    assert [one.released for one in holds(aged)] == [ended]
    assert [row.draft_id for row in remove(aged).removed] == ["d3"]
    with pytest.raises(InvalidInput, match="released before"):
        release(aged, ReleaseRequest(hold=held.id, by="B", reason="again"))
    with pytest.raises(NotFound, match="no hold"):
        release(aged, ReleaseRequest(hold="hold.none", by="B", reason="again"))
    with pytest.raises(RecordRemoved):
        hold(aged, HoldRequest(draft_id="d0", **WHO))


def test_a_dry_run_changes_nothing_and_a_second_run_finds_nothing(aged):
    before = aged.head()
    assert remove(aged, dry_run=True).status == "planned"
    assert aged.head() == before
    assert len(remove(aged).removed) == 6
    after = aged.head()
    again = remove(aged)
    assert (again.removed, again.status) == ((), "planned")
    assert aged.head() == after


def test_the_logs_own_entries_are_never_removed(aged):
    hold(aged, HoldRequest(draft_id="d3", **WHO))
    ticks = itertools.count()
    aged._clock = lambda: f"2022-01-01T00:00:{next(ticks):02d}.000000+00:00"
    hold(aged, HoldRequest(draft_id="d4", **WHO))
    remove(aged)
    assert len(holds(aged)) == 2
    retain(aged, before=date(2026, 1, 1), by="R", reason="r")
    assert len(holds(aged)) == 2
    assert {entry.draft_id.partition(".")[0] for entry in aged.entries() if not entry.removed} == {
        "d3", "d4", "hold", "retention",
    }  # fmt: skip
    assert list(aged.verify()) == []


@pytest.mark.parametrize(
    ("statement", "seq", "kind"),
    [
        # Somebody hides a record behind a removal that nobody recorded.
        ("UPDATE audit_entries SET record = '' WHERE seq = 9", 9, "altered"),
        # Or loses the entry that says so, or changes it.
        ("DELETE FROM audit_entries WHERE draft_id LIKE 'retention.%'", 13, "dropped"),
        ("UPDATE audit_entries SET record = replace(record, '\"seq\":2', '\"seq\":9') WHERE seq = 13", 13, "altered"),
        ("UPDATE audit_entries SET record_sha256 = replace(record_sha256, 'a', 'b') WHERE seq = 2", 2, "altered"),
        ("UPDATE audit_entries SET record = '{}' WHERE seq = 2", 2, "altered"),
    ],
)
def test_a_removal_cannot_be_forged(aged, tamper, statement, seq, kind):
    remove(aged)
    aged.append({"draft_id": "last"})
    aged.close()
    tamper(statement)
    first = next(iter(aged.verify()))
    assert (first["seq"], first["kind"]) == (seq, kind)


def test_nothing_is_removed_while_what_is_due_was_altered(aged, tamper):
    aged.close()
    tamper("UPDATE audit_entries SET record = replace(record, 'secret', 'public') WHERE seq = 2")
    with pytest.raises(AuditChainBroken, match="nothing was removed"):
        remove(aged)
    assert all(not entry.removed for entry in aged.entries())


def test_an_altered_hold_stops_every_removal(aged, tamper):
    hold(aged, HoldRequest(draft_id="d3", **WHO))
    aged.close()
    tamper("UPDATE audit_entries SET record = replace(record, 'd3', 'd4') WHERE draft_id LIKE 'hold.%'")
    with pytest.raises(AuditChainBroken, match="a hold, was altered"):
        remove(aged)


def test_days_to_come_and_empty_reasons_are_refused(aged):
    with pytest.raises(InvalidInput, match="to come"):
        retain(aged, before=datetime.now(UTC).date() + timedelta(days=1), by="a", reason="b")
    with pytest.raises(InvalidInput, match="reason"):
        retain(aged, before=BOUNDARY, by="a", reason=" ")
    with pytest.raises(NotFound):
        hold(aged, HoldRequest(draft_id="nobody", **WHO))


def test_more_than_one_retention_entry_can_name_all(aged, monkeypatch):
    monkeypatch.setattr("ragmarket.audit.retention._AT_ONCE", 2)
    done = remove(aged)
    assert len(done.entries) == 3
    assert len([entry for entry in aged.entries() if entry.removed]) == 6
    assert list(aged.verify()) == []


def test_bytes_cited_while_they_were_counted_stay(aged, monkeypatch):
    sha256 = hashlib.sha256(b"of the old").hexdigest()
    from ragmarket.audit import retention

    counted = retention._cited_elsewhere

    def late(log, due, progress):
        found = counted(log, due, progress)
        log.append({"draft_id": "late", "documents": [{"sha256": sha256}]})
        return found

    monkeypatch.setattr(retention, "_cited_elsewhere", late)
    remove(aged)
    assert aged.get_blob(sha256) == b"of the old"
    assert list(aged.verify()) == []


def test_a_hold_laid_while_it_was_counted_stops_the_removal(aged, monkeypatch):
    from ragmarket.audit import retention

    counted = retention._cited_elsewhere

    def late(log, due, progress):
        found = counted(log, due, progress)
        hold(log, HoldRequest(draft_id="d0", **WHO))
        return found

    monkeypatch.setattr(retention, "_cited_elsewhere", late)
    with pytest.raises(InvalidInput, match="meanwhile"):
        remove(aged)
    assert aged.get("d0")["draft_id"] == "d0"
