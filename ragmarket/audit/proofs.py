"""What an outsider can check without the log: a checkpoint's signature, and proofs that hang from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from ragmarket.audit.canonical import TAG, canonical_bytes, sha256_hex
from ragmarket.audit.entry import Entry, entry_hash
from ragmarket.audit.merkle import Tree, consistent, root_of_inclusion
from ragmarket.audit.signing import from_text, signed_by
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound
from ragmarket.schemas.checkpoint import Checkpoint, ConsistencyProof, InclusionProof

KIND = "checkpoint"


def leaf_data(hash_: str) -> bytes:
    """An entry's hash as the data of its leaf; text that is no hash gives a leaf that fits nothing."""
    try:
        data = bytes.fromhex(hash_.removeprefix(TAG))
    except ValueError:
        data = b""
    return data if len(data) == 32 else bytes.fromhex(sha256_hex(b"no hash: " + hash_.encode("utf-8", "replace")))


def signed_bytes(checkpoint: Checkpoint) -> bytes:
    """What a checkpoint's signature is over: the canonical JSON of all its other fields."""
    return canonical_bytes(checkpoint.model_dump(mode="json", exclude={"signature"}))


def forgery(checkpoint: Checkpoint, public_key: bytes | None) -> str | None:
    """Why a checkpoint is not the log keeper's; None when its signature holds.

    Args:
        checkpoint: The checkpoint.
        public_key: The raw key it has to be signed with; None takes its own, and lets an unsigned one pass.
    """
    if checkpoint.signature is None or checkpoint.public_key is None:
        return "it is not signed" if public_key is not None or checkpoint.signature != checkpoint.public_key else None
    own = from_text(checkpoint.public_key)
    if public_key is not None and own != public_key:
        return "it is signed with another key"
    if not signed_by(own, from_text(checkpoint.signature), signed_bytes(checkpoint)):
        return "its signature does not fit"
    return None


def checkpoint_of(record: Mapping[str, object]) -> Checkpoint | None:
    """The checkpoint in a record; None when it holds none."""
    try:
        return Checkpoint.model_validate(record.get(KIND)) if record.get("kind") == KIND else None
    except ValidationError:
        return None


def read_checkpoint(file: Path) -> Checkpoint:
    """A checkpoint that was handed out.

    Raises:
        InvalidInput: The file holds none.
    """
    try:
        return Checkpoint.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a checkpoint's JSON"
        raise InvalidInput(
            f"{file}: no checkpoint can be read: {why}", hint="Give a file that `ragmarket audit checkpoint` wrote."
        ) from error


def prove(entry: Entry, checkpoint: Checkpoint, tree: Tree) -> InclusionProof:
    """That an entry stands in the log of a checkpoint.

    Raises:
        NotFound: The checkpoint is older than the entry.
        AuditChainBroken: The log is no longer the one that the checkpoint stands for.
    """
    if not 1 <= entry.seq <= checkpoint.size:
        raise NotFound(
            f"entry {entry.seq} came after the checkpoint of {checkpoint.size} entries",
            hint="Make a new one with `ragmarket audit checkpoint`.",
        )
    _same(tree, checkpoint)
    return InclusionProof(
        seq=entry.seq,
        draft_id=entry.draft_id,
        previous=entry.previous,
        recorded_at=entry.recorded_at,
        record_sha256=entry.digest(),
        cited=entry.cited,
        hash=entry.hash,
        path=tuple(TAG + one.hex() for one in tree.inclusion(entry.seq - 1, checkpoint.size)),
        checkpoint=checkpoint,
    )


def prove_consistency(old: Checkpoint, new: Checkpoint, tree: Tree) -> ConsistencyProof:
    """That the log of one checkpoint is the beginning of that of another.

    Raises:
        InvalidInput: The first one is empty or the newer of the two.
        AuditChainBroken: The log is no longer the one that they stand for.
    """
    if not 0 < old.size <= new.size:
        raise InvalidInput("the first checkpoint has to be the older one, and of at least one entry")
    _same(tree, old)
    _same(tree, new)
    path = tuple(TAG + one.hex() for one in tree.consistency(old.size, new.size))
    return ConsistencyProof(old=old, new=new, path=path)


def _same(tree: Tree, checkpoint: Checkpoint) -> None:
    if checkpoint.size > tree.size or TAG + tree.root(checkpoint.size).hex() != checkpoint.root:
        raise AuditChainBroken(f"the log is not the one that the checkpoint of {checkpoint.size} entries stands for")


def proof_faults(proof: InclusionProof | ConsistencyProof, public_key: bytes | None = None) -> list[str]:
    """What is wrong with a proof; nothing when it holds. Needs no log.

    Args:
        proof: The proof.
        public_key: The raw key that its checkpoints have to be signed with; None takes their own.
    """
    if isinstance(proof, ConsistencyProof):
        sides = {"old": proof.old, "new": proof.new}
        faults = [f"the {name} checkpoint: {why}" for name, one in sides.items() if (why := forgery(one, public_key))]
        roots = [leaf_data(one.root) for one in sides.values()]
        path = [leaf_data(one) for one in proof.path]
        if not consistent(proof.old.size, roots[0], proof.new.size, roots[1], path):
            faults.append("the older log is not the beginning of the newer one")
        return faults
    why = forgery(proof.checkpoint, public_key)
    faults = [f"the checkpoint: {why}"] if why else []
    link = (proof.seq, proof.previous, proof.recorded_at, proof.record_sha256, proof.draft_id, proof.cited)
    if entry_hash(*link) != proof.hash:
        faults.append("the entry does not give its hash")
    path = [leaf_data(one) for one in proof.path]
    root = root_of_inclusion(proof.seq - 1, proof.checkpoint.size, leaf_data(proof.hash), path)
    if root is None or TAG + root.hex() != proof.checkpoint.root:
        faults.append("the entry is not in the checkpoint's log")
    return faults


def read_proof(file: Path) -> InclusionProof | ConsistencyProof:
    """A proof that was handed out.

    Raises:
        InvalidInput: The file holds none.
    """
    try:
        raw = json.loads(file.read_bytes())
        model = ConsistencyProof if isinstance(raw, dict) and raw.get("kind") == "consistency" else InclusionProof
        return model.model_validate(raw)
    except (OSError, ValueError) as error:
        hint = "Give a file that `ragmarket audit prove` or `ragmarket audit consistency` wrote."
        raise InvalidInput(f"{file}: no proof can be read", hint=hint) from error
