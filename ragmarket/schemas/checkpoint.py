"""What stands for a whole log at one moment, and what shows that a record, or an older log, is part of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen

Hash = str


class Checkpoint(Frozen):
    """The Merkle tree hash of the first ``size`` entries, signed.

    ``origin`` is the hash of the log's first entry, ``head`` that of entry ``size``; both are None in an empty log.
    ``signature`` (base64) is Ed25519 over the canonical JSON of all other fields, by ``public_key`` (base64, raw).
    """

    format: Literal["ragmarket audit checkpoint, version 1"] = "ragmarket audit checkpoint, version 1"
    origin: Hash | None
    size: int = Field(ge=0)
    root: Hash
    head: Hash | None
    at: str
    public_key: str | None = None
    signature: str | None = None


class InclusionProof(Frozen):
    """That one entry stands in the log that a checkpoint stands for.

    ``record_sha256``, ``previous``, ``recorded_at``, ``cited`` (canonical JSON; None in entries of version 1),
    ``draft_id`` and ``seq`` give the entry's hash, the tree's leaf ``seq - 1``; ``path`` leads from it to the root.
    """

    kind: Literal["inclusion"] = "inclusion"
    seq: int
    draft_id: str
    previous: Hash
    recorded_at: str
    record_sha256: str
    cited: str | None
    hash: Hash
    path: tuple[Hash, ...]
    checkpoint: Checkpoint


class ConsistencyProof(Frozen):
    """That the log of ``old`` is the beginning of that of ``new``: nothing was altered, dropped or put in between."""

    kind: Literal["consistency"] = "consistency"
    old: Checkpoint
    new: Checkpoint
    path: tuple[Hash, ...]
