from __future__ import annotations

import json
import sqlite3
import time

import pytest

from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.entry import GENESIS, cited_blobs, entry_hash
from ragmarket.audit.log import SqlAuditLog
from ragmarket.schemas.message import AuditRef


@pytest.fixture
def filled(log, make_record):
    for number in range(1, 11):
        log.append(make_record(f"d{number}"))
    return log


def first(log, head=None):
    faults = list(log.verify(head))
    assert faults, "the log verifies"
    return faults[0]["seq"], faults[0]["kind"]


def swap(columns, low, high):
    """SQL that exchanges columns of two rows; ids take a detour because they are unique."""
    move = "UPDATE audit_entries SET ({0}) = (SELECT {0} FROM saved WHERE seq = {1}) WHERE seq = {2}"
    return [
        "CREATE TEMP TABLE saved AS SELECT * FROM audit_entries",
        ("UPDATE audit_entries SET draft_id = 'detour' WHERE seq = ?", (low,)),
        move.format(columns, low, high),
        move.format(columns, high, low),
    ]


ALL = "draft_id, previous_hash, recorded_at, record, entry_hash"


@pytest.mark.parametrize(
    ("statements", "seq", "kind"),
    [
        (["UPDATE audit_entries SET record = replace(record, '1.5', '0.5') WHERE seq = 4"], 4, "altered"),
        (["UPDATE audit_entries SET record = record || ' ' WHERE seq = 10"], 10, "altered"),
        (["UPDATE audit_entries SET recorded_at = '2020' WHERE seq = 1"], 1, "altered"),
        (["UPDATE audit_entries SET draft_id = 'other' WHERE seq = 7"], 7, "altered"),
        (["UPDATE audit_entries SET previous_hash = 'x' WHERE seq = 7"], 7, "altered"),
        (["UPDATE audit_entries SET entry_hash = 'x' WHERE seq = 7"], 7, "altered"),
        (["UPDATE audit_entries SET record = x'fffe00' WHERE seq = 7"], 7, "altered"),
        (["UPDATE audit_entries SET record = CAST(x'ff7b7d' AS TEXT) WHERE seq = 7"], 7, "altered"),
        (["UPDATE audit_entries SET recorded_at = CAST(x'ff' AS TEXT) WHERE seq = 7"], 7, "altered"),
        (["UPDATE audit_entries SET record = 5 WHERE seq = 7"], 7, "altered"),
        (["DELETE FROM audit_entries WHERE seq = 1"], 1, "dropped"),
        (["DELETE FROM audit_entries WHERE seq IN (4, 5)"], 4, "dropped"),
        (
            ["DELETE FROM audit_entries WHERE seq = 4", "UPDATE audit_entries SET seq = seq - 1 WHERE seq > 4"],
            4,
            "dropped",
        ),
        (["DELETE FROM audit_entries WHERE seq = 10"], 10, "truncated"),
        (["DELETE FROM audit_entries WHERE seq > 3"], 4, "truncated"),
        (["DELETE FROM audit_entries"], 1, "truncated"),
        (swap(ALL, 5, 7), 5, "reordered"),
        (swap(ALL, 5, 6), 5, "reordered"),
        (swap(ALL, 1, 10), 1, "reordered"),
        (swap("draft_id, record", 5, 7), 5, "reordered"),
        (["DELETE FROM audit_head"], 10, "altered"),
        (["UPDATE audit_head SET seq = 5"], 5, "altered"),
        (["UPDATE audit_head SET seq = 12"], 11, "truncated"),
        (["UPDATE audit_entries SET seq = 0 WHERE seq = 1"], 0, "altered"),
        (["DELETE FROM audit_blobs WHERE CAST(data AS TEXT) LIKE 'ledger%'"], 1, "missing_blob"),
        (["UPDATE audit_blobs SET data = x'00' WHERE CAST(data AS TEXT) LIKE 'Fees%'"], 1, "altered_blob"),
    ],
)
def test_tampering_is_named_with_its_place(filled, tamper, statements, seq, kind):
    assert list(filled.verify()) == []
    tamper(*statements)
    assert first(filled) == (seq, kind)


def rewrite(database, seq, *, move_head=False):
    """Alter one record and give it a hash that fits, as somebody who knows the code would."""
    connection = sqlite3.connect(database)
    query = "SELECT previous_hash, recorded_at, record, draft_id, cited FROM audit_entries WHERE seq = ?"
    previous, recorded_at, record, draft_id, cited = connection.execute(query, (seq,)).fetchone()
    connection.close()
    record = record.replace("1.5", "0.5")
    digest = sha256_hex(record.encode())
    hash_ = entry_hash(seq, previous, recorded_at, digest, draft_id, cited)
    change = "UPDATE audit_entries SET record = ?, record_sha256 = ?, entry_hash = ? WHERE seq = ?"
    statements = [(change, (record, digest, hash_, seq))]
    if move_head:
        statements.append(("UPDATE audit_head SET entry_hash = ?", (hash_,)))
    return statements


def test_rewritten_and_rehashed_entry_is_named_by_its_successor(filled, tamper, database):
    tamper(*rewrite(database, 4))
    assert first(filled) == (4, "altered")


def test_rewritten_last_entry_is_named_by_the_head(filled, tamper, database):
    tamper(*rewrite(database, 10))
    assert first(filled) == (10, "altered")


def test_only_a_kept_head_shows_an_end_rewritten_with_its_head(filled, tamper, database):
    kept = filled.head()
    tamper(*rewrite(database, 10, move_head=True))
    assert list(filled.verify()) == []
    assert first(filled, kept) == (10, "altered")


def test_kept_head_shows_a_log_cut_back_with_its_head(filled, tamper):
    kept, before = filled.head(), filled.entry("d8").ref
    tamper("DELETE FROM audit_entries WHERE seq > 8", ("UPDATE audit_head SET seq = 8, entry_hash = ?", (before.hash,)))
    assert list(filled.verify()) == []
    assert first(filled, kept) == (9, "truncated")
    assert list(filled.verify(before)) == []


def test_first_entry_must_start_the_chain(log, tamper):
    log.append({"draft_id": "a"})
    record = canonical_bytes({"draft_id": "a"})
    hash_ = entry_hash(1, "elsewhere", "2026", sha256_hex(record), "a", "[]")
    assert GENESIS != "elsewhere"
    tamper(
        ("UPDATE audit_entries SET previous_hash = 'elsewhere', recorded_at = '2026', entry_hash = ?", (hash_,)),
        ("UPDATE audit_head SET entry_hash = ?", (hash_,)),
    )
    assert first(log) == (1, "altered")


def test_every_fault_is_reported_in_order(filled, tamper):
    tamper(
        "UPDATE audit_entries SET record = '{}' WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 5",
        "UPDATE audit_entries SET recorded_at = '' WHERE seq = 8",
        "DELETE FROM audit_entries WHERE seq = 10",
    )
    found = [(fault["seq"], fault["kind"]) for fault in filled.verify()]
    assert found == [(2, "altered"), (5, "dropped"), (8, "altered"), (10, "truncated")]


def test_empty_log_with_a_kept_head_is_truncated(log):
    assert list(log.verify()) == []
    assert first(log, AuditRef(seq=3, hash="sha256:0")) == (1, "truncated")


def test_hundred_thousand_records_verify_in_well_under_half_a_minute(log, database, make_record):
    """Filled past `append` (one fsync each), in the exact form that `append` writes."""
    template = make_record("@")
    log.append({"draft_id": "first"})
    previous, rows = log.head().hash, []
    text = canonical_bytes(template).decode()
    cited = json.dumps(cited_blobs(template), separators=(",", ":"))
    for seq in range(2, 100_001):
        record = text.replace('"@"', f'"d{seq}"')
        digest = sha256_hex(record.encode())
        hash_ = entry_hash(seq, previous, "t", digest, f"d{seq}", cited)
        rows.append((seq, f"d{seq}", previous, "t", record, hash_, digest, cited))
        previous = hash_
    connection = sqlite3.connect(database)
    connection.execute("DROP TRIGGER audit_entries_no_replace")
    connection.executemany("INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("UPDATE audit_head SET seq = 100000, entry_hash = ?", (previous,))
    connection.commit()
    connection.close()
    del rows
    start = time.process_time()
    assert list(SqlAuditLog(f"sqlite:///{database}").verify()) == []
    assert time.process_time() - start < 30
