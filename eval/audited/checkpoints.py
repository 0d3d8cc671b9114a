"""Tampering with checkpoints, and logs written anew under them as somebody who knows the code would."""

from __future__ import annotations

import base64
import json
import random

from eval.audited.base import Base, Statement, Tampering, live_entry, stored_rows
from ragmarket.audit.canonical import canonical_bytes, sha256_hex
from ragmarket.audit.entry import entry_hash
from ragmarket.audit.merkle import Frontier
from ragmarket.audit.proofs import leaf_data, signed_bytes
from ragmarket.audit.signing import Signer, to_text
from ragmarket.schemas.checkpoint import Checkpoint


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
    first = live_entry(base, dice, high=top)
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


def _anew(base: Base, first: int, forge: Signer | None) -> tuple[list[Statement], list[int]]:
    """Statements that change an entry and hash everything behind it anew, as somebody who knows the code would."""
    tree, previous, origin = Frontier(), "", ""
    statements: list[Statement] = []
    for row in stored_rows(base):
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
