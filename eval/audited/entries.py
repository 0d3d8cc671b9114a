"""Tampering with entries: bits, rows, their order, and the end of the log."""

from __future__ import annotations

import json
import random
import sqlite3

from eval.audited.base import COLUMNS, Base, Statement, Tampering, live_entry, stored_rows
from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.entry import entry_hash


def bits(base: Base, dice: random.Random) -> Tampering:
    """One bit of one column of an entry, of a kept document, or of the head."""
    place = dice.random()
    if place < 0.1:
        sha256 = dice.choice(sorted(base.blobs))
        connection = sqlite3.connect(base.file)
        data = bytearray(connection.execute("SELECT data FROM audit_blobs WHERE sha256 = ?", (sha256,)).fetchone()[0])
        connection.close()
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        change = "UPDATE audit_blobs SET data = ? WHERE sha256 = ?"
        return Tampering(
            "bits", "blob", base.blobs[sha256], "altered_blob", base.kept, [(change, (bytes(data), sha256))]
        )
    if place < 0.15:
        flipped = _flipped(str(stored_rows(base)[-1]["entry_hash"]), dice)
        change = "UPDATE audit_head SET entry_hash = CAST(? AS TEXT)"
        return Tampering("bits", "head", base.last, "altered", base.kept, [(change, (flipped,))])
    column = dice.choice(COLUMNS)
    seq = live_entry(base, dice) if column == "record" else dice.randint(1, base.last)
    found = stored_rows(base)
    flipped = _flipped(str(found[seq - 1][column]), dice)
    if column == "draft_id" and flipped in {str(row["draft_id"]).encode() for row in found}:
        return bits(base, dice)  # the database itself refuses an id twice
    change = f"UPDATE audit_entries SET {column} = CAST(? AS TEXT) WHERE seq = ?"  # noqa: S608 (our own names)
    return Tampering("bits", column, seq, "altered", base.kept, [(change, (flipped, seq))])


def _flipped(text: str, dice: random.Random) -> bytes:
    data = bytearray(text.encode())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def rows(base: Base, dice: random.Random) -> Tampering:
    """A row rewritten with a hash that fits, blanked, put in at the end, or a document gone."""
    way = dice.choice(("rewritten", "blanked", "appended", "document", "deleted"))
    if way == "rewritten":
        seq = live_entry(base, dice)
        row = stored_rows(base)[seq - 1]
        record = json.dumps({**json.loads(row["record"]), "note": dice.random()})
        digest = sha256_hex(record.encode())
        link = (row["previous_hash"], row["recorded_at"], digest, row["draft_id"], row["cited"])
        rewritten = (record, digest, entry_hash(seq, *link), seq)
        change = "UPDATE audit_entries SET record = ?, record_sha256 = ?, entry_hash = ? WHERE seq = ?"
        return Tampering("rows", way, seq, "altered", base.kept, [(change, rewritten)])
    if way == "blanked":
        seq = live_entry(base, dice)
        change = "UPDATE audit_entries SET record = '' WHERE seq = ?"
        if stored_rows(base)[seq - 1]["draft_id"].startswith("retention."):
            return rows(base, dice)  # its own removal is named, and that of what it named follows: see `order`
        return Tampering("rows", way, seq, "altered", base.kept, [(change, (seq,))])
    if way == "appended":
        previous = stored_rows(base)[-1]["entry_hash"]
        record = canonical_bytes({"draft_id": "drf_forged"}).decode()
        digest, seq = sha256_hex(record.encode()), base.last + 1
        hash_ = entry_hash(seq, previous, "2026", digest, "drf_forged", "[]")
        change = "INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        values = (seq, "drf_forged", previous, "2026", record, hash_, digest, "[]")
        return Tampering("rows", way, seq, "altered", base.kept, [(change, values)])
    if way == "document":
        sha256 = dice.choice(sorted(base.blobs))
        change = "DELETE FROM audit_blobs WHERE sha256 = ?"
        return Tampering("rows", way, base.blobs[sha256], "missing_blob", base.kept, [(change, (sha256,))])
    low = dice.randint(1, base.last - 1)
    high = min(base.last - 1, low + dice.choice((0, 0, 1, 4)))
    change = "DELETE FROM audit_entries WHERE seq BETWEEN ? AND ?"
    return Tampering("rows", way, low, "dropped", base.kept, [(change, (low, high))])


def order(base: Base, dice: random.Random) -> Tampering:
    """Two rows, or two records, exchanged; or a row taken out and the others moved up."""
    way = dice.choice(("exchanged rows", "exchanged records", "exchanged bodies", "moved up"))
    if way == "moved up":
        seq = dice.randint(1, base.last - 2)
        gone = ("DELETE FROM audit_entries WHERE seq = ?", (seq,))
        up = ("UPDATE audit_entries SET seq = -seq WHERE seq > ?", (seq,))
        back: Statement = ("UPDATE audit_entries SET seq = -seq - 1 WHERE seq < 0", ())
        return Tampering("order", way, seq, "dropped", base.kept, [gone, up, back])
    columns = {
        "exchanged rows": COLUMNS,
        "exchanged records": ("record",),
        "exchanged bodies": ("draft_id", "record", "record_sha256", "cited"),
    }[way]
    low, high = sorted((live_entry(base, dice), live_entry(base, dice)))
    if low == high:
        return order(base, dice)
    found = stored_rows(base)
    statements: list[Statement] = [("UPDATE audit_entries SET draft_id = ? WHERE seq = ?", ("~", low))]
    if "draft_id" not in columns:
        statements = []
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    for to, source in ((high, low), (low, high)):
        values = tuple(found[source - 1][name] for name in columns)
        change = f"UPDATE audit_entries SET ({names}) = (SELECT {marks}) WHERE seq = ?"  # noqa: S608 (our own names)
        statements.append((change, (*values, to)))
    return Tampering("order", way, low, "reordered", base.kept, statements)


def tail(base: Base, dice: random.Random) -> Tampering:
    """Entries cut from the end; with their head, too, only a checkpoint that was handed out shows it."""
    top = max(one.size for one in base.kept)
    moved = dice.random() < 0.5
    first = dice.randint(2, top) if moved else dice.randint(1, base.last)
    statements: list[Statement] = [("DELETE FROM audit_entries WHERE seq >= ?", (first,))]
    if moved:
        hash_ = stored_rows(base)[first - 2]["entry_hash"]
        statements.append(("UPDATE audit_head SET seq = ?, entry_hash = ?", (first - 1, hash_)))
    what = "cut with its head" if moved else "cut"
    return Tampering("tail", what, first, "truncated", base.kept, statements)
