"""One link of the chain: a record's canonical bytes, its place, and the hash that binds it to the link before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ragmarket.audit.canonical import TAG, canonical_bytes, sha256_hex, tagged_hash
from ragmarket.errors import AuditChainBroken, RecordRemoved
from ragmarket.schemas.message import AuditRef

GENESIS = tagged_hash(b"ragmarket audit chain, version 1")


def columns(dialect: str) -> str:
    """The columns of an entry in the order of `Entry`'s fields; the record as bytes, whatever somebody put there."""
    record = "convert_to(record, 'UTF8')" if dialect == "postgresql" else "CAST(record AS BLOB)"
    return f"seq, draft_id, previous_hash, recorded_at, {record}, entry_hash, record_sha256, cited"


def entry_hash(
    seq: int, previous: str, recorded_at: str, record_sha256: str, draft_id: str | None = None, cited: str | None = None
) -> str:
    """The hash of one entry.

    It covers the place, the hash of the entry before, the time and (through ``record_sha256``) every byte of the
    record. The record enters by its own hash: a chain of hashes alone can then be handed to an outside auditor, and
    outlives the record. Entries of version 2 also cover the id and what the record cites (``cited``: canonical JSON),
    so that verification reads no record; without these two it is the hash of version 1.
    """
    link: dict[str, object] = {
        "previous": previous,
        "record": record_sha256,
        "recorded_at": recorded_at,
        "seq": seq,
    }
    if cited is not None:
        link |= {"cited": cited, "draft_id": draft_id, "version": 2}
    return tagged_hash(canonical_bytes(link))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log as it stands on disk, trusted by nobody until `intact` says so.

    ``record_sha256`` and ``cited`` are None in entries of version 1; there ``record_sha256`` is filled in when the
    record is removed.
    """

    seq: int
    draft_id: str
    previous: str
    recorded_at: str
    record_bytes: bytes
    hash: str
    record_sha256: str | None = None
    cited: str | None = None

    @property
    def ref(self) -> AuditRef:
        """Where the entry stands."""
        return AuditRef(seq=self.seq, hash=self.hash)

    @property
    def removed(self) -> bool:
        """Whether the record's bytes are gone; no record is empty."""
        return not self.record_bytes

    @classmethod
    def from_row(cls, row: Sequence[object]) -> Entry:
        """The entry in one row of `columns`, whatever somebody may have put there."""
        seq, draft_id, previous, recorded_at, record, found, record_sha256, cited = row
        digest = None if record_sha256 is None else str(record_sha256)
        return cls(
            int(str(seq)),
            str(draft_id),
            str(previous),
            str(recorded_at),
            stored_bytes(record),
            str(found),
            digest,
            None if cited is None else str(cited),
        )

    def digest(self) -> str:
        """The hash of the record's bytes; of a removed record, the one that was kept."""
        return self.record_sha256 or "" if self.removed else sha256_hex(self.record_bytes)

    def hashes_at(self, seq: int, record_sha256: str, *, draft_id: str | None = None, cited: str | None = None) -> bool:
        """Whether the entry's hash is the one it would have at a place and with a record (id and citations)."""
        draft_id, cited = draft_id or self.draft_id, cited or self.cited
        try:
            return entry_hash(seq, self.previous, self.recorded_at, record_sha256, draft_id, cited) == self.hash
        except ValueError:  # bytes on disk that are no text at all give no hash
            return False

    def intact(self) -> bool:
        """Whether the entry's hash fits its bytes and the draft id beside them is the record's own."""
        digest = self.digest()
        kept = digest if self.removed or self.cited is not None else None
        if self.record_sha256 != kept or not self.hashes_at(self.seq, digest):
            return False
        if self.cited is not None or self.removed:
            return True
        try:
            return self.record().get("draft_id") == self.draft_id
        except AuditChainBroken:
            return False

    def citations(self) -> tuple[str, ...]:
        """The hashes of all blobs that an intact entry's record rests on; none once the record is removed."""
        if self.removed:
            return ()
        return tuple(json.loads(self.cited)) if self.cited is not None else cited_blobs(self.record())

    def record(self) -> Mapping[str, object]:
        """The record.

        Raises:
            RecordRemoved: Its retention was over.
            AuditChainBroken: The bytes on disk are no record.
        """
        if self.removed:
            raise RecordRemoved(f"the record of {self.draft_id!r} (entry {self.seq}) was removed after its retention")
        try:
            record = json.loads(self.record_bytes)
        except ValueError as error:
            raise AuditChainBroken(f"entry {self.seq} of the audit log is not a record: {error}") from error
        if not isinstance(record, dict):
            raise AuditChainBroken(f"entry {self.seq} of the audit log is not a record")
        return cast("dict[str, object]", record)


def stored_bytes(value: object) -> bytes:
    """A column's value as the bytes on disk."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return bytes(value) if isinstance(value, memoryview) else repr(value).encode()


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
