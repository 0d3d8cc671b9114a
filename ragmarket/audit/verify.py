"""Re-deriving the whole chain from what is on disk.

Kinds of fault, each named with the first place where it shows:

    altered       an entry, or its head, does not match its hash or the hash that its successor recorded
    reordered     a genuine entry or record stands in another's place
    dropped       entries between two others are gone
    truncated     entries at the end, up to a recorded or kept head, are gone
    missing_blob  bytes that a record cites are gone
    altered_blob  bytes that a record cites were changed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from ragmarket.audit.canonical import sha256_hex
from ragmarket.audit.entry import GENESIS, Entry, cited_blobs
from ragmarket.schemas.message import AuditRef

FaultKind = Literal["altered", "reordered", "dropped", "truncated", "missing_blob", "altered_blob"]

# Telling "reordered" from "altered" tries every other place and record: worth it for the first few faults only.
_CLASSIFIED = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the log."""

    seq: int
    draft_id: str | None
    kind: FaultKind
    detail: str

    def as_dict(self) -> Mapping[str, object]:
        """The fault as plain JSON."""
        return asdict(self)


class _Classifier:
    """Says what was done to an entry whose hash does not fit."""

    def __init__(self, entries: Callable[[], Iterator[Entry]]) -> None:
        self._entries = entries
        self._digests: dict[str, int] = {}
        self._predecessors: dict[str, int] = {}
        self._top = 0
        self._left = _CLASSIFIED

    def fault(self, entry: Entry, previous: str) -> Fault:
        """The fault of an entry whose own bytes do not give its hash."""
        if self._left > 0:
            self._left -= 1
            self._survey()
            digest = sha256_hex(entry.record_bytes)
            for seq in range(1, self._top + 2):
                if seq != entry.seq and entry.hashes_at(seq, digest):
                    if self._predecessors.get(previous, entry.seq) != entry.seq:
                        return Fault(entry.seq, entry.draft_id, "reordered", f"this is the genuine entry {seq}, moved")
                    return Fault(
                        entry.seq,
                        entry.draft_id,
                        "dropped",
                        f"entry {entry.seq} is gone; entry {seq} was put in its place",
                    )
            for other, seq in self._digests.items():
                if other != digest and entry.hashes_at(entry.seq, other):
                    detail = f"the record that belongs here stands at entry {seq}"
                    return Fault(entry.seq, entry.draft_id, "reordered", detail)
        return Fault(entry.seq, entry.draft_id, "altered", "the entry does not match its hash")

    def _survey(self) -> None:
        if self._digests:
            return
        for entry in self._entries():
            self._digests[sha256_hex(entry.record_bytes)] = entry.seq
            self._predecessors[entry.previous] = entry.seq
            self._top = max(self._top, entry.seq)


def _blob_faults(
    entry: Entry,
    record: Mapping[str, object],
    blob: Callable[[str], bytes | None],
    checked: dict[str, FaultKind | None],
) -> Iterator[Fault]:
    for sha256 in cited_blobs(record):
        if sha256 not in checked:
            data = blob(sha256)
            checked[sha256] = "missing_blob" if data is None else "altered_blob" if sha256_hex(data) != sha256 else None
        kind = checked[sha256]
        if kind is not None:
            what = "are gone" if kind == "missing_blob" else "were altered"
            yield Fault(entry.seq, entry.draft_id, kind, f"the cited bytes {sha256} {what}")


def verify_chain(
    entries: Callable[[], Iterator[Entry]],
    blob: Callable[[str], bytes | None],
    head: Callable[[], AuditRef | None],
    *,
    kept: AuditRef | None = None,
) -> Iterator[Fault]:
    """Check every entry, link, cited blob and head, in one streaming pass.

    Args:
        entries: Opens a fresh pass over all entries in order of place.
        blob: The bytes kept under a hash, unchecked; None when there are none.
        head: The head that the log recorded.
        kept: A head that was kept outside the log.

    Yields:
        Faults in order of place.
    """
    # Heads read before the pass are at or before its end even while others append.
    heads = {ref for ref in (head(), kept) if ref is not None}
    classifier = _Classifier(entries)
    checked: dict[str, FaultKind | None] = {}
    previous, last_seq, last_id, sound = GENESIS, 0, None, True
    for entry in entries():
        if entry.seq != last_seq + 1:
            yield _gap(entry, last_seq)
            sound = False
        record = entry.checked()
        if record is None:
            yield classifier.fault(entry, previous)
            sound = False
        else:
            if sound and entry.previous != previous:
                yield _relinked(entry, last_seq, last_id)
            sound = True
            yield from _blob_faults(entry, record, blob, checked)
        for ref in heads:
            if ref.seq == entry.seq and ref.hash != entry.hash:
                yield Fault(entry.seq, entry.draft_id, "altered", "the hash differs from the head that was kept")
        previous, last_seq, last_id = entry.hash, entry.seq, entry.draft_id
    beyond = [ref.seq for ref in heads if ref.seq > last_seq]
    if beyond:
        yield Fault(last_seq + 1, None, "truncated", f"entries {last_seq + 1} to {max(beyond)} are gone from the end")
    elif last_seq:
        end = head()
        if end is None or end.seq < last_seq:
            yield Fault(last_seq, last_id, "altered", "the log's head does not cover this entry")


def _relinked(entry: Entry, last_seq: int, last_id: str | None) -> Fault:
    if last_seq == 0:
        return Fault(entry.seq, entry.draft_id, "altered", "the first entry does not start from the chain's origin")
    # Both entries fit their own hashes: the earlier one was rewritten and hashed anew.
    return Fault(last_seq, last_id, "altered", f"entry {entry.seq} recorded another hash of this entry")


def _gap(entry: Entry, last_seq: int) -> Fault:
    if entry.seq < 1:
        return Fault(entry.seq, entry.draft_id, "altered", "an entry stands before the first place")
    gone = f"entry {last_seq + 1} is" if entry.seq == last_seq + 2 else f"entries {last_seq + 1} to {entry.seq - 1} are"
    return Fault(last_seq + 1, None, "dropped", f"{gone} gone")
