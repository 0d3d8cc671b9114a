"""A small log of every kind of entry, and ways to tamper with it that know what verification has to answer."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.checkpoints import Checkpoints
from ragmarket.audit.entry import entry_hash
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.merkle import Frontier
from ragmarket.audit.proofs import leaf_data, signed_bytes
from ragmarket.audit.retention import hold, retain
from ragmarket.audit.signing import Signer, generate_key, load_signer, to_text
from ragmarket.schemas.checkpoint import Checkpoint
from ragmarket.schemas.retention import HoldRequest

DRAFTS, EVERY = 40, 12
COLUMNS = ("draft_id", "previous_hash", "recorded_at", "record", "entry_hash", "record_sha256", "cited")
FAMILIES = ("bits", "rows", "order", "tail", "checkpoints")


@dataclass
class Base:
    """The sound log: its file without guards, the checkpoints that were handed out, and both parties' keys."""

    file: Path
    kept: list[Checkpoint]
    public_key: bytes
    stranger: Signer
    last: int
    removed: frozenset[int]
    stored: dict[int, int]
    blobs: dict[str, int]


@dataclass
class Tampering:
    """What was done, and the place and kind that have to be named first."""

    family: str
    what: str
    seq: int
    kind: str
    kept: list[Checkpoint]
    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


def base_log(folder: Path) -> Base:
    """Build the sound log: drafts with documents, checkpoints, a hold, and a retention run."""
    signer, stranger = (
        (generate_key(folder / name), load_signer(folder / name))[1] for name in ("keeper.key", "stranger.key")
    )
    ticks = itertools.count()

    def clock() -> str:
        number = next(ticks)
        return f"{'2019' if number < 8 else '2026'}-03-01T00:{number // 60:02d}:{number % 60:02d}.000000+00:00"

    file = folder / "base.sqlite3"
    keeper = Checkpoints(signer, EVERY)
    log = SqlAuditLog(f"sqlite:///{file}", clock=clock, after_append=keeper.heed)
    kept = []
    for number in range(DRAFTS):
        text = f"document {number % 9}".encode()
        sha256 = hashlib.sha256(text).hexdigest()
        record: dict[str, object] = {
            "draft_id": f"drf_{number:03d}",
            "brief": {"campaign": "c"},
            "result": {"text": f"दर {number}.5 %"},
        }
        record["documents"] = [{"doc_id": "d", "version": "1", "sha256": sha256}]
        log.append(record, blobs={sha256: text})
        if number in (15, 30):
            kept.append(keeper.make(log))
        if number == 20:
            hold(log, HoldRequest(draft_id="drf_003", by="Legal", reason="complaint"))
            retain(log, before=date(2020, 1, 1), by="Records office", reason="rule 4")
    kept.append(keeper.make(log))
    log.append({"draft_id": "drf_last", "documents": []})
    entries = list(log.entries())
    stored = {one.seq: one.seq - 1 for one in entries if one.draft_id.startswith("checkpoint.")}
    blobs: dict[str, int] = {}
    for one in entries:
        for sha256 in one.citations():
            blobs.setdefault(sha256, one.seq)
    if list(log.verify(None, kept, signer.public_key)):
        raise RuntimeError("the log does not verify before anything was done to it")
    log.close()
    connection = sqlite3.connect(file)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.commit()
    connection.close()
    removed = frozenset(one.seq for one in entries if one.removed)
    return Base(file, kept, signer.public_key, stranger, entries[-1].seq, removed, stored, blobs)


def _rows(base: Base) -> list[dict[str, Any]]:
    connection = sqlite3.connect(base.file)
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute("SELECT * FROM audit_entries ORDER BY seq")]
    connection.close()
    return found


def _live(base: Base, dice: random.Random, low: int = 1, high: int | None = None) -> int:
    return dice.choice([seq for seq in range(low, (high or base.last) + 1) if seq not in base.removed])


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
        flipped = _flipped(str(_rows(base)[-1]["entry_hash"]), dice)
        change = "UPDATE audit_head SET entry_hash = CAST(? AS TEXT)"
        return Tampering("bits", "head", base.last, "altered", base.kept, [(change, (flipped,))])
    column = dice.choice(COLUMNS)
    seq = _live(base, dice) if column == "record" else dice.randint(1, base.last)
    found = _rows(base)
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
        seq = _live(base, dice)
        row = _rows(base)[seq - 1]
        record = json.dumps({**json.loads(row["record"]), "note": dice.random()})
        digest = sha256_hex(record.encode())
        link = (row["previous_hash"], row["recorded_at"], digest, row["draft_id"], row["cited"])
        rewritten = (record, digest, entry_hash(seq, *link), seq)
        change = "UPDATE audit_entries SET record = ?, record_sha256 = ?, entry_hash = ? WHERE seq = ?"
        return Tampering("rows", way, seq, "altered", base.kept, [(change, rewritten)])
    if way == "blanked":
        seq = _live(base, dice)
        change = "UPDATE audit_entries SET record = '' WHERE seq = ?"
        if _rows(base)[seq - 1]["draft_id"].startswith("retention."):
            return rows(base, dice)  # its own removal is named, and that of what it named follows: see `order`
        return Tampering("rows", way, seq, "altered", base.kept, [(change, (seq,))])
    if way == "appended":
        previous = _rows(base)[-1]["entry_hash"]
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
        back: tuple[str, tuple[Any, ...]] = ("UPDATE audit_entries SET seq = -seq - 1 WHERE seq < 0", ())
        return Tampering("order", way, seq, "dropped", base.kept, [gone, up, back])
    columns = {
        "exchanged rows": COLUMNS,
        "exchanged records": ("record",),
        "exchanged bodies": ("draft_id", "record", "record_sha256", "cited"),
    }[way]
    low, high = sorted((_live(base, dice), _live(base, dice)))
    if low == high:
        return order(base, dice)
    found = _rows(base)
    statements: list[tuple[str, tuple[Any, ...]]] = [
        ("UPDATE audit_entries SET draft_id = ? WHERE seq = ?", ("~", low))
    ]
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
    statements: list[tuple[str, tuple[Any, ...]]] = [("DELETE FROM audit_entries WHERE seq >= ?", (first,))]
    if moved:
        hash_ = _rows(base)[first - 2]["entry_hash"]
        statements.append(("UPDATE audit_head SET seq = ?, entry_hash = ?", (first - 1, hash_)))
    what = "cut with its head" if moved else "cut"
    return Tampering("tail", what, first, "truncated", base.kept, statements)


def checkpoints(base: Base, dice: random.Random) -> Tampering:
    """A checkpoint changed or signed by a stranger; or the log written anew under checkpoints that were handed out."""
    way = dice.choice(("bit of a checkpoint", "signed by a stranger", "log written anew", "log and checkpoints anew"))
    if way == "bit of a checkpoint":
        place = dice.randrange(len(base.kept))
        old = base.kept[place]
        name = dice.choice(("root", "head", "origin", "at", "size", "signature", "public_key"))
        value = getattr(old, name)
        new: object = _other(value, name, dice, base.last)
        forged = old.model_copy(update={name: new})
        seq = forged.size
        kept = [*base.kept[:place], forged, *base.kept[place + 1 :]]
        return Tampering("checkpoints", f"{way}: {name}", seq, "forged_checkpoint", kept)
    if way == "signed by a stranger":
        old = dice.choice(base.kept)
        forged = _signed(old.model_copy(update={"at": "2026-11-21T00:00:00+00:00"}), base.stranger)
        return Tampering("checkpoints", way, forged.size, "forged_checkpoint", [forged])
    top = max(one.size for one in base.kept)
    first = _live(base, dice, high=top)
    if first in base.stored:
        return checkpoints(base, dice)
    forge = base.stranger if way == "log and checkpoints anew" else None
    statements, sizes = _anew(base, first, forge)
    seq, kind = max((size for size in sizes if size < first), default=0) + 1, "altered"
    if forge is not None:
        # Whichever comes first: a genuine checkpoint that was handed out, or the stranger's in the log.
        genuine = min(one.size for one in base.kept if one.size >= first)
        forged_at = min((place for place in base.stored if place > first), default=genuine + 1)
        if forged_at <= genuine:
            seq, kind = forged_at, "forged_checkpoint"
    return Tampering("checkpoints", way, seq, kind, base.kept, statements)


def _other(value: object, name: str, dice: random.Random, last: int) -> object:
    if isinstance(value, int):
        return dice.choice([size for size in range(1, last + 1) if size != value])
    text = str(value)
    if name in {"signature", "public_key"}:
        data = bytearray(base64.b64decode(text))
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        return to_text(bytes(data))
    at = dice.randrange(text.find(":") + 1, len(text))
    return text[:at] + dice.choice([one for one in "0123456789" if one != text[at]]) + text[at + 1 :]


def _signed(checkpoint: Checkpoint, signer: Signer) -> Checkpoint:
    bare = checkpoint.model_copy(update={"public_key": to_text(signer.public_key), "signature": None})
    return bare.model_copy(update={"signature": to_text(signer.sign(signed_bytes(bare)))})


def _anew(base: Base, first: int, forge: Signer | None) -> tuple[list[tuple[str, tuple[Any, ...]]], list[int]]:
    """Statements that change an entry and hash everything behind it anew, as somebody who knows the code would."""
    tree, previous, origin = Frontier(), "", ""
    statements: list[tuple[str, tuple[Any, ...]]] = []
    for row in _rows(base):
        seq, record, digest = row["seq"], row["record"], row["record_sha256"]
        if seq == first:
            record = json.dumps({**json.loads(record), "note": "forged"})
        if seq > first and seq in base.stored and forge is not None:
            value = json.loads(record)
            old = Checkpoint.model_validate(value["checkpoint"])
            update = {"root": "sha256:" + tree.root().hex(), "head": previous, "origin": origin}
            value["checkpoint"] = _signed(old.model_copy(update=update), forge).model_dump(mode="json")
            record = canonical_bytes(value).decode()
        digest = sha256_hex(record.encode()) if record else digest
        link = (previous or row["previous_hash"], row["recorded_at"], digest, row["draft_id"], row["cited"])
        hash_ = entry_hash(seq, *link)
        change = (
            "UPDATE audit_entries SET previous_hash = ?, record = ?, record_sha256 = ?, entry_hash = ? WHERE seq = ?"
        )
        statements.append((change, (link[0], record, digest, hash_, seq)))
        tree.add(leaf_data(hash_))
        previous, origin = hash_, origin or hash_
    statements.append(("UPDATE audit_head SET entry_hash = ?", (previous,)))
    return statements, sorted({*base.stored.values(), *(one.size for one in base.kept)})


_WAYS: dict[str, Callable[[Base, random.Random], Tampering]] = {
    "bits": bits,
    "rows": rows,
    "order": order,
    "tail": tail,
    "checkpoints": checkpoints,
}


def tamperings(base: Base, count: int, seed: int) -> Sequence[Tampering]:
    """So many random tamperings, the families in turn."""
    dice = random.Random(seed)
    return [_WAYS[FAMILIES[number % len(FAMILIES)]](base, dice) for number in range(count)]


def answer(base: Base, tampering: Tampering, file: Path) -> tuple[int, str] | None:
    """The first fault that verification names in a copy of the log; None when it finds none."""
    shutil.copyfile(base.file, file)
    connection = sqlite3.connect(file)
    for statement, values in tampering.statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()
    log = SqlAuditLog(f"sqlite:///{file}")
    try:
        first = next(iter(log.verify(None, tampering.kept, base.public_key)), None)
    finally:
        log.close()
    return (int(str(first["seq"])), str(first["kind"])) if first is not None else None
