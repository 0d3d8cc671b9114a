"""One link of the chain: a record's canonical bytes, its place, and the hash that binds it to the link before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ragmarket.audit.canonical import TAG, canonical_bytes, sha256_hex, tagged_hash
from ragmarket.errors import AuditChainBroken
from ragmarket.schemas.message import AuditRef

GENESIS = tagged_hash(b"ragmarket audit chain, version 1")


# The columns of an entry in the database, in the order of `Entry`'s fields.
COLUMNS = "seq, draft_id, previous_hash, recorded_at, record, entry_hash"


def entry_hash(seq: int, previous: str, recorded_at: str, record_sha256: str) -> str:
    """The hash of one entry.

    It covers the place, the hash of the entry before, the time and (through ``record_sha256``) every byte of the
    record. The record enters by its own hash: a chain of hashes alone can then be handed to an outside auditor.
    """
    link = {"previous": previous, "record": record_sha256, "recorded_at": recorded_at, "seq": seq}
    return tagged_hash(canonical_bytes(link))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log as it stands on disk, trusted by nobody until `intact` says so."""

    seq: int
    draft_id: str
    previous: str
    recorded_at: str
    record_bytes: bytes
    hash: str

    @property
    def ref(self) -> AuditRef:
        """Where the entry stands."""
        return AuditRef(seq=self.seq, hash=self.hash)

    @classmethod
    def from_row(cls, row: Sequence[object]) -> Entry:
        """The entry in one row of `COLUMNS`, whatever somebody may have put there."""
        seq, draft_id, previous, recorded_at, record, found = row
        return cls(int(str(seq)), str(draft_id), str(previous), str(recorded_at), stored_bytes(record), str(found))

    def hashes_at(self, seq: int, record_sha256: str) -> bool:
        """Whether the entry's hash is the one it would have at a place and with a record."""
        try:
            return entry_hash(seq, self.previous, self.recorded_at, record_sha256) == self.hash
        except ValueError:  # bytes on disk that are no text at all give no hash
            return False

    def intact(self) -> bool:
        """Whether the entry's hash fits its bytes and the draft id beside them is the record's own."""
        return self.checked() is not None

    def checked(self) -> Mapping[str, object] | None:
        """The record of an intact entry; None when the entry is not intact."""
        if not self.hashes_at(self.seq, sha256_hex(self.record_bytes)):
            return None
        try:
            record = self.record()
        except AuditChainBroken:
            return None
        return record if record.get("draft_id") == self.draft_id else None

    def record(self) -> Mapping[str, object]:
        """The record.

        Raises:
            AuditChainBroken: The bytes on disk are no record.
        """
        try:
            record = json.loads(self.record_bytes)
        except ValueError as error:
            raise AuditChainBroken(f"entry {self.seq} of the audit log is not a record: {error}") from error
        if not isinstance(record, dict):
            raise AuditChainBroken(f"entry {self.seq} of the audit log is not a record")
        return cast("dict[str, object]", record)


def stored_bytes(value: object) -> bytes:
    """A column's value as the bytes on disk."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return bytes(value) if isinstance(value, bytes | memoryview) else repr(value).encode()


def _hashes(value: object, under: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _hashes(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _hashes(inner, under)
    elif isinstance(value, str) and under.endswith("sha256"):
        yield value.removeprefix(TAG)


def cited_blobs(record: Mapping[str, object]) -> tuple[str, ...]:
    """The hashes of all blobs that a record rests on: every ``*sha256`` under its ``documents`` and ``blobs``."""
    found = [*_hashes(record.get("documents"), ""), *_hashes(record.get("blobs"), "")]
    return tuple(dict.fromkeys(found))
