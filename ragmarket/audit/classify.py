"""What was done to an entry whose hash does not fit: was it altered, or is it, or its record, another's?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from ragmarket.audit.canonical import sha256_hex
from ragmarket.audit.entry import Entry

# Telling "reordered" from "altered" tries every other place and record: worth it for the first few faults only.
_CLASSIFIED = 8


class Classifier:
    """Judges entries that are not intact.

    Args:
        entries: Opens a fresh pass over all entries in order of place.
    """

    def __init__(self, entries: Callable[[], Iterator[Entry]]) -> None:
        self._entries = entries
        # Place, id, citations by the hash of a record's bytes.
        self._records: dict[str, tuple[int, str, str | None]] = {}
        self._predecessors: dict[str, int] = {}
        self._top = 0
        self._left = _CLASSIFIED

    def judged(self, entry: Entry, previous: str) -> tuple[Literal["altered", "reordered", "dropped"], str]:
        """Kind and detail of the fault of an entry whose own bytes do not give its hash.

        Args:
            entry: The entry.
            previous: The hash of the entry that stands before it.
        """
        if self._left > 0:
            self._left -= 1
            self._survey()
            digest = entry.digest()
            for seq in range(1, self._top + 2):
                if seq != entry.seq and entry.hashes_at(seq, digest):
                    if self._predecessors.get(previous, entry.seq) != entry.seq:
                        return "reordered", f"this is the genuine entry {seq}, moved"
                    return "dropped", f"entry {entry.seq} is gone; entry {seq} was put in its place"
            own = entry.record_sha256
            for other, (seq, draft_id, cited) in self._records.items():
                if other == digest:
                    continue
                # With its record may have come the id and the citations that stood beside it.
                beside = entry.hashes_at(entry.seq, other, draft_id=draft_id, cited=cited)
                if beside or (own in {None, other} and entry.hashes_at(entry.seq, other)):
                    return "reordered", f"the record that belongs here stands at entry {seq}"
        return "altered", "the entry does not match its hash"

    def _survey(self) -> None:
        if self._records:
            return
        for entry in self._entries():
            self._records[sha256_hex(entry.record_bytes)] = (entry.seq, entry.draft_id, entry.cited)
            self._predecessors[entry.previous] = entry.seq
            self._top = max(self._top, entry.seq)
