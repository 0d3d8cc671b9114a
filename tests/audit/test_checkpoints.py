from __future__ import annotations

import json
import sqlite3
import stat
from itertools import pairwise

import pytest

from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.checkpoints import Checkpoints, newest, tree_of
from ragmarket.audit.desk import AuditDesk
from ragmarket.audit.entry import entry_hash
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.proofs import forgery, proof_faults, prove, prove_consistency, read_checkpoint, read_proof
from ragmarket.audit.signing import generate_key, load_public_key, load_signer
from ragmarket.errors import AuditChainBroken, AuditWriteFailed, InvalidInput, NotFound
from ragmarket.schemas.checkpoint import Checkpoint, InclusionProof


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "keys" / "audit.key"
    generate_key(file)
    return file


@pytest.fixture
def public(key):
    return load_public_key(key.with_name("audit.key.pub"))


@pytest.fixture
def keeper(key):
    return Checkpoints(load_signer(key))


def fill(log, count, start=0):
    for number in range(start, start + count):
        log.append({"draft_id": f"d{number}", "text": "ब्याज"})


def test_a_checkpoint_stands_in_the_log_and_outside_it(log, keeper, public):
    fill(log, 5)
    point = keeper.make(log)
    assert (point.size, point.head, point.origin) == (5, log.entry("d4").hash, log.entry("d0").hash)
    assert forgery(point, public) is None
    assert newest(log) == point
    fill(log, 5, 5)
    assert list(log.verify(None, [point], public)) == []
    assert keeper.make(log).size == 11
    assert list(log.verify(None, [point], public)) == []


def test_an_empty_log_has_a_checkpoint_too(log, keeper, public):
    point = keeper.make(log)
    assert (point.size, point.head) == (0, None)
    fill(log, 2)
    assert list(log.verify(None, [point], public)) == []


def test_checkpoints_are_made_unasked_and_by_whoever_appends(database, key, public):
    url = f"sqlite:///{database}"
    logs = [SqlAuditLog(url, after_append=Checkpoints(load_signer(key), 10).heed) for _ in range(2)]
    for number in range(40):
        logs[number % 2].append({"draft_id": f"d{number}"})
    sizes = [entry.seq - 1 for entry in logs[0].entries_of("checkpoint")]
    assert len(sizes) >= 3
    assert all(later - earlier <= 22 for earlier, later in pairwise(sizes))
    assert list(logs[0].verify(None, (), public)) == []
    for one in logs:
        one.close()


def test_a_checkpoint_that_fails_takes_no_record_with_it(database, key, caplog):
    class Broken(Checkpoints):
        def make(self, _log):
            raise AuditWriteFailed("no room")

    log = SqlAuditLog(f"sqlite:///{database}", after_append=Broken(load_signer(key), 2).heed)
    fill(log, 5)
    assert log.head().seq == 5
    assert "no room" in caplog.text
    log.close()


@pytest.mark.parametrize("name", ["root", "head", "origin", "at", "size", "signature", "public_key"])
def test_a_changed_checkpoint_is_forged(log, keeper, public, name):
    fill(log, 6)
    point = keeper.make(log)
    value = getattr(point, name)
    changed = point.model_copy(
        update={name: 4 if name == "size" else value[:-3] + ("1=" if value[-3] != "1" else "2=")}
    )
    first = next(iter(log.verify(None, [changed], public)))
    assert (first["seq"], first["kind"]) == (changed.size, "forged_checkpoint")


def test_a_strangers_checkpoint_passes_only_where_no_key_is_asked_for(log, public, tmp_path):
    fill(log, 6)
    generate_key(tmp_path / "stranger")
    foreign = Checkpoints(load_signer(tmp_path / "stranger")).make(log)
    assert list(log.verify(None, [foreign])) == []
    assert [fault["kind"] for fault in log.verify(None, (), public)] == ["forged_checkpoint"]
    unsigned = Checkpoints(None).make(log)
    assert unsigned.signature is None
    assert forgery(unsigned, None) is None
    assert "not signed" in forgery(unsigned, public)


def rewrite_from(database, first):
    """Everything from one entry on written anew with hashes that fit, as somebody who knows the code would."""
    connection = sqlite3.connect(database)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    query = "SELECT seq, previous_hash, recorded_at, record, draft_id, cited FROM audit_entries ORDER BY seq"
    previous = None
    for seq, old, recorded_at, record, draft_id, cited in connection.execute(query).fetchall():
        new = canonical_bytes({**json.loads(record), "forged": 1}).decode() if seq == first else record
        before = previous or old
        digest = sha256_hex(new.encode())
        previous = entry_hash(seq, before, recorded_at, digest, draft_id, cited)
        change = "UPDATE audit_entries SET record=?, record_sha256=?, previous_hash=?, entry_hash=? WHERE seq=?"
        connection.execute(change, (new, digest, before, previous, seq))
    connection.execute("UPDATE audit_head SET entry_hash = ?", (previous,))
    connection.commit()
    connection.close()


def test_a_log_written_anew_is_shown_by_the_checkpoints_in_it(log, keeper, public, database):
    fill(log, 4)
    keeper.make(log)
    fill(log, 4, 4)
    kept = keeper.make(log)
    rewrite_from(database, 7)
    first = next(iter(log.verify(None, (), public)))
    assert (first["seq"], first["kind"]) == (5, "altered")
    assert "entries 5 to 9" in first["detail"]
    # Without the key nobody can tell the checkpoint's forger from the log's.
    assert [(one["seq"], one["kind"]) for one in log.verify()] == [(10, "forged_checkpoint")]
    assert next(iter(log.verify(None, [kept], public)))["seq"] == 5
    with pytest.raises(AuditChainBroken):
        prove(log.entry("d1"), kept, tree_of(log))


def test_a_log_cut_back_with_its_head_is_shown_by_a_kept_checkpoint(log, keeper, public, tamper):
    fill(log, 8)
    kept = keeper.make(log)
    before = log.entry("d4").ref
    tamper("DELETE FROM audit_entries WHERE seq > 5", ("UPDATE audit_head SET seq = 5, entry_hash = ?", (before.hash,)))
    assert list(log.verify(None, (), public)) == []
    assert [(one["seq"], one["kind"]) for one in log.verify(None, [kept], public)] == [(6, "truncated")]


def test_proofs_hold_for_every_record_and_for_nothing_else(log, keeper, public):
    fill(log, 9)
    first = keeper.make(log)
    fill(log, 9, 9)
    second = keeper.make(log)
    tree = tree_of(log)
    for number in (0, 4, 8):
        for point in (first, second):
            assert proof_faults(prove(log.entry(f"d{number}"), point, tree), public) == []
    proof = prove(log.entry("d3"), second, tree)
    for change in ({"draft_id": "d4"}, {"record_sha256": "0" * 64}, {"seq": 5}, {"cited": None}, {"recorded_at": "x"},
                   {"path": proof.path[:-1]}, {"path": proof.path[::-1]}, {"hash": log.entry("d4").hash},
                   {"checkpoint": first}):  # fmt: skip
        assert proof_faults(proof.model_copy(update=change), public)
    with pytest.raises(NotFound, match="after the checkpoint"):
        prove(log.entry("d12"), first, tree)


def test_a_desk_reads_the_log_for_proofs_once_and_then_what_came_since(log, keeper, public, monkeypatch):
    read = []
    hashes = log.hashes

    def spied(after=0):
        for row in hashes(after):
            read.append(row[0])
            yield row

    monkeypatch.setattr(log, "hashes", spied)
    desk = AuditDesk(log, lambda: keeper)
    fill(log, 20)
    keeper.make(log)
    read.clear()
    for number in (3, 19, 0):
        assert proof_faults(desk.proof(f"d{number}"), public) == []
    assert read == [*range(1, 22), 21, 21]
    fill(log, 5, 20)
    keeper.make(log)
    read.clear()
    assert proof_faults(desk.proof("d24"), public) == []
    assert desk.proof("d4").checkpoint.size == 26
    assert read == [*range(21, 28), 27]


def test_a_desk_proves_nothing_from_a_log_that_was_exchanged_under_it(log, keeper, database, tamper):
    desk = AuditDesk(log, lambda: keeper)
    fill(log, 6)
    keeper.make(log)
    proof = desk.proof("d2")
    tamper(("UPDATE audit_entries SET entry_hash = ? WHERE seq = 4", ("sha256:" + "0" * 64,)))
    with pytest.raises(AuditChainBroken):
        desk.proof("d3")
    assert desk.proof("d2") == proof
    rewrite_from(database, 2)
    with pytest.raises(AuditChainBroken):
        desk.proof("d2")


def test_consistency_between_checkpoints(log, keeper, public):
    fill(log, 3)
    old = keeper.make(log)
    fill(log, 9, 3)
    new = keeper.make(log)
    tree = tree_of(log)
    proof = prove_consistency(old, new, tree)
    assert proof_faults(proof, public) == []
    assert proof_faults(proof.model_copy(update={"path": proof.path[1:]}), public)
    forged = old.model_copy(update={"root": new.root})
    assert len(proof_faults(proof.model_copy(update={"old": forged}), public)) == 2
    with pytest.raises(InvalidInput, match="older"):
        prove_consistency(new, old, tree)


def test_files_that_hold_none_of_it_are_refused(tmp_path, key):
    file = tmp_path / "x.json"
    file.write_text("{}")
    for read in (read_checkpoint, read_proof, load_signer, load_public_key):
        with pytest.raises(InvalidInput, match=r"x\.json"):
            read(file)
        with pytest.raises(InvalidInput, match="missing"):
            read(tmp_path / "missing")
    with pytest.raises(InvalidInput, match="no public key"):
        load_public_key(key)


def test_the_private_key_is_its_owners_and_never_overwritten(key):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    with pytest.raises(InvalidInput, match="exists"):
        generate_key(key)
    assert key.read_bytes() == before


def test_the_private_key_never_enters_the_database(log, keeper, key, database):
    fill(log, 3)
    keeper.make(log)
    log.close()
    secret = b"".join(line for line in key.read_bytes().splitlines() if not line.startswith(b"-"))
    assert len(secret) > 40
    assert secret not in database.read_bytes()


def test_handed_out_files_come_back_as_they_were(log, keeper, public, tmp_path):
    fill(log, 4)
    point = keeper.make(log)
    (tmp_path / "c.json").write_text(json.dumps(point.model_dump(mode="json"), indent=3))
    assert read_checkpoint(tmp_path / "c.json") == point
    proof = prove(log.entry("d2"), point, tree_of(log))
    (tmp_path / "p.json").write_text(proof.model_dump_json())
    assert isinstance(read_proof(tmp_path / "p.json"), InclusionProof)
    assert proof_faults(read_proof(tmp_path / "p.json"), public) == []
    assert Checkpoint.model_validate_json(point.model_dump_json()) == point


def test_a_checkpoint_is_not_made_over_a_broken_log(log, keeper, tamper):
    fill(log, 6)
    tamper("DELETE FROM audit_entries WHERE seq = 3")
    with pytest.raises(AuditChainBroken):
        keeper.make(log)
