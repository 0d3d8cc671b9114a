"""What every audit log keeps, whoever wrote it."""

from __future__ import annotations

import hashlib
import importlib

import pytest

from ragmarket.errors import AuditWriteFailed, NotFound
from ragmarket.schemas.message import AuditRef


def _sql(tmp_path):
    from ragmarket.audit.log import SqlAuditLog

    return SqlAuditLog(f"sqlite:///{tmp_path / 'audit.db'}")


def _double(_tmp_path):
    try:
        double = importlib.import_module("ragmarket.testing").MemoryAuditLog
    except (ImportError, AttributeError):
        pytest.skip("no in-memory double is shipped")
    return double()


@pytest.fixture(params=[_sql, _double], ids=["sql", "double"])
def audit(request, tmp_path):
    return request.param(tmp_path)


def record(draft_id, **more):
    return {"draft_id": draft_id, "status": "refused", "documents": [], "blobs": {}, **more}


def test_append_numbers_from_one_and_returns_what_get_finds(audit):
    refs = [audit.append(record(f"d{number}", note="ஆண்டு 7.10 %")) for number in range(3)]
    assert all(isinstance(ref, AuditRef) for ref in refs)
    assert [ref.seq for ref in refs] == [1, 2, 3]
    assert len({ref.hash for ref in refs}) == 3
    assert audit.get("d1") == record("d1", note="ஆண்டு 7.10 %")


def test_records_come_oldest_first(audit):
    for number in range(5):
        audit.append(record(f"d{number}"))
    assert [item["draft_id"] for item in audit.records()] == [f"d{number}" for number in range(5)]


def test_unknown_draft_and_blob_are_not_found(audit):
    with pytest.raises(NotFound):
        audit.get("nobody")
    with pytest.raises(NotFound):
        audit.get_blob("0" * 64)


def test_draft_id_is_required_and_unique(audit):
    audit.append(record("d"))
    with pytest.raises(AuditWriteFailed):
        audit.append(record("d", status="accepted"))
    with pytest.raises(AuditWriteFailed):
        audit.append({"status": "refused"})
    assert [item["status"] for item in audit.records()] == ["refused"]
    assert audit.append(record("e")).seq == 2


def test_blobs_are_kept_under_their_hash_once(audit):
    data = "ब्याज".encode()
    sha256 = audit.put_blob(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert audit.put_blob(data) == sha256
    assert audit.get_blob(sha256) == data
    assert audit.put_blob(b"") == hashlib.sha256(b"").hexdigest()
    assert audit.get_blob(hashlib.sha256(b"").hexdigest()) == b""


def test_fresh_and_filled_logs_verify(audit):
    assert list(audit.verify()) == []
    sha256 = audit.put_blob(b"text")
    audit.append(record("d", documents=[{"doc_id": "x", "version": "1", "sha256": sha256}]))
    audit.append(record("e"))
    assert list(audit.verify()) == []


def test_bytes_come_with_their_record_and_are_asked_for_once(audit):
    data = "ब्याज दर".encode()
    sha256 = hashlib.sha256(data).hexdigest()
    asked = []

    def give():
        asked.append(sha256)
        return data

    for number in range(3):
        audit.append(record(f"d{number}", documents=[{"sha256": sha256}]), blobs={sha256: give})
    assert len(asked) == 1
    assert audit.get_blob(sha256) == data
    assert list(audit.verify()) == []
    with pytest.raises(AuditWriteFailed):
        audit.append(record("e"), blobs={"0" * 64: b"other bytes"})
    assert len(list(audit.records())) == 3
