"""Re-deriving the whole chain from what is on disk.

Kinds of fault:

    altered            an entry, or its head, does not match its hash or the hash that its successor recorded, its
                       record is gone without a retention entry, or it was written anew after a checkpoint was signed
    reordered          a genuine entry or record stands in another's place
    dropped            entries between two others are gone
    truncated          entries at the end, up to a recorded or kept head or checkpoint, are gone
    forged_checkpoint  a checkpoint whose signature does not fit, or that nobody vouched for and the log contradicts
    missing_blob       bytes that a record cites are gone
    altered_blob       bytes that a record cites were changed
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, Protocol

from ragmarket.audit.canonical import TAG, sha256_hex
from ragmarket.audit.classify import Classifier
from ragmarket.audit.entry import GENESIS, Entry
from ragmarket.audit.merkle import Frontier
from ragmarket.audit.proofs import KIND as CHECKPOINT
from ragmarket.audit.proofs import checkpoint_of, forgery, leaf_data
from ragmarket.errors import AuditChainBroken
from ragmarket.schemas.checkpoint import Checkpoint
from ragmarket.schemas.message import AuditRef

FaultKind = Literal["altered", "reordered", "dropped", "truncated", "forged_checkpoint", "missing_blob", "altered_blob"]
RETENTION = "retention"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the log; ``seq`` is the first place where it shows."""

    seq: int
    draft_id: str | None
    kind: FaultKind
    detail: str

    def as_dict(self) -> Mapping[str, object]:
        """The fault as plain JSON."""
        return asdict(self)


class Readable(Protocol):
    """What verification asks of a log."""

    def entries(self) -> Iterator[Entry]:
        """A fresh pass over all entries in order of place."""
        ...

    def entries_of(self, kind: str) -> Iterator[Entry]:
        """The log's own entries of one kind."""
        ...

    def blob(self, sha256: str) -> bytes | None:
        """The bytes kept under a hash, unchecked; None when there are none."""
        ...

    def head(self) -> AuditRef | None:
        """The head that the log recorded."""
        ...


class _Blobs:
    """Checks each kept blob once."""

    def __init__(self, blob: Callable[[str], bytes | None]) -> None:
        self._blob = blob
        self._checked: dict[str, FaultKind | None] = {}

    def faults(self, entry: Entry) -> Iterator[Fault]:
        for sha256 in entry.citations():
            if sha256 not in self._checked:
                data = self._blob(sha256)
                fits = data is not None and sha256_hex(data) == sha256
                self._checked[sha256] = None if fits else "missing_blob" if data is None else "altered_blob"
            kind = self._checked[sha256]
            if kind is not None:
                what = "are gone" if kind == "missing_blob" else "were altered"
                yield Fault(entry.seq, entry.draft_id, kind, f"the cited bytes {sha256} {what}")


class _Checkpoints:
    """Holds checkpoints, kept outside or found in the log, against the tree that the pass grows."""

    def __init__(self, kept: Sequence[Checkpoint], public_key: bytes | None) -> None:
        self._kept: dict[int, list[Checkpoint]] = {}
        for one in kept:
            self._kept.setdefault(one.size, []).append(one)
        self._public_key = public_key
        self._tree = Frontier()
        self._origin: str | None = None
        self._held = 0
        self._told = False
        self._ended: list[Checkpoint] = []

    def before(self, entry: Entry, sound: bool) -> Iterator[Fault]:
        """What the checkpoint that an intact entry records says of the entries before it."""
        if not entry.draft_id.startswith(f"{CHECKPOINT}.") or entry.removed:
            return
        stored = checkpoint_of(entry.record())
        if stored is None:
            return
        if stored.size != entry.seq - 1:
            yield Fault(entry.seq, entry.draft_id, "forged_checkpoint", "it does not stand behind what it stands for")
        else:
            yield from self._judged(stored, entry.seq, entry.draft_id, sound)

    def after(self, entry: Entry) -> None:
        """Grow the tree by an entry."""
        self._tree.add(leaf_data(entry.hash))
        self._origin = self._origin or entry.hash
        self._ended = self._kept.pop(entry.seq, [])

    def ended(self, sound: bool) -> Iterator[Fault]:
        """What kept checkpoints that end with the entry before say, once its successor has said what it knows of it."""
        for one in self._ended:
            yield from self._judged(one, one.size, None, sound)
        self._ended = []

    def beyond(self, last_seq: int) -> Iterator[Fault]:
        """Kept checkpoints of more entries than there are."""
        for size in sorted(self._kept):
            for one in self._kept[size]:
                why = forgery(one, self._public_key)
                if why:
                    yield Fault(size, None, "forged_checkpoint", f"the checkpoint of {size} entries: {why}")
                elif size > last_seq:
                    gone = f"entries {last_seq + 1} to {size}, which a checkpoint stands for, are gone from the end"
                    yield Fault(last_seq + 1, None, "truncated", gone)

    def _judged(self, one: Checkpoint, seq: int, draft_id: str | None, sound: bool) -> Iterator[Fault]:
        why = forgery(one, self._public_key)
        if why:
            yield Fault(seq, draft_id, "forged_checkpoint", f"the checkpoint of {one.size} entries: {why}")
            return
        fits = TAG + self._tree.root().hex() == one.root and one.origin == self._origin
        if fits:
            self._held = one.size
        elif sound and not self._told:
            # With a fault before it, the checkpoint only says again what is known.
            self._told = True
            span = f"entries {self._held + 1} to {one.size}"
            if self._public_key is None and one.public_key is not None:
                detail = f"it contradicts {span}; give the public key to tell which of the two was forged"
                yield Fault(seq, draft_id, "forged_checkpoint", detail)
            elif one.public_key is None:
                yield Fault(seq, draft_id, "forged_checkpoint", f"it is not signed, and contradicts {span}")
            else:
                yield Fault(self._held + 1, None, "altered", f"{span} are not those that the checkpoint was signed for")


def _removals(entries: Iterable[Entry]) -> dict[int, tuple[str, str]]:
    """Which entries' records the retention entries name: place to id and record hash."""
    found: dict[int, tuple[str, str]] = {}
    for entry in entries:
        try:
            removed = entry.record().get("removed")
        except (AuditChainBroken, ValueError):
            continue
        for row in removed if isinstance(removed, list) else ():
            if isinstance(row, Mapping) and isinstance(row.get("seq"), int) and row["seq"] < entry.seq:
                found[row["seq"]] = (str(row.get("draft_id")), str(row.get("record_sha256")))
    return found


def verify_chain(
    log: Readable,
    kept: AuditRef | None = None,
    checkpoints: Sequence[Checkpoint] = (),
    public_key: bytes | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Fault]:
    """Check every entry, link, cited blob, checkpoint and head, in one streaming pass that hashes and parses nothing.

    Args:
        log: What is checked.
        kept: A head that was kept outside the log.
        checkpoints: Checkpoints that were kept outside the log.
        public_key: The raw Ed25519 key that all checkpoints have to be signed with; None takes their own.
        progress: Told the place of every entry that was checked.

    Yields:
        Faults in order of place; last, if at all, records that are gone without a retention entry.
    """
    # Heads read before the pass are at or before its end even while others append.
    heads = {ref for ref in (log.head(), kept) if ref is not None}
    removals = _removals(log.entries_of(RETENTION))
    classifier, blobs = Classifier(log.entries), _Blobs(log.blob)
    tree = _Checkpoints(checkpoints, public_key)
    previous, last_seq, last_id, sound, broken = GENESIS, 0, None, True, False
    unexplained: list[Fault] = []
    for entry in log.entries():
        if entry.seq != last_seq + 1:
            yield _gap(entry, last_seq)
            sound, broken = False, True
        intact = entry.intact()
        if intact and sound and entry.previous != previous:
            yield _relinked(entry, last_seq, last_id)
            broken = True
        yield from tree.ended(not broken)
        if not intact:
            kind, detail = classifier.judged(entry, previous)
            yield Fault(entry.seq, entry.draft_id, kind, detail)
            sound, broken = False, True
        else:
            sound = True
            yield from tree.before(entry, not broken)
            if entry.removed and removals.get(entry.seq) != (entry.draft_id, entry.record_sha256):
                unexplained.append(
                    Fault(entry.seq, entry.draft_id, "altered", "its record is gone, and no retention entry names it")
                )
            yield from blobs.faults(entry)
        for ref in heads:
            if ref.seq == entry.seq and ref.hash != entry.hash:
                yield Fault(entry.seq, entry.draft_id, "altered", "the hash differs from the head that was kept")
                broken = True
        tree.after(entry)
        previous, last_seq, last_id = entry.hash, entry.seq, entry.draft_id
        if progress is not None:
            progress(entry.seq)
    yield from tree.ended(not broken)
    beyond = [ref.seq for ref in heads if ref.seq > last_seq]
    if beyond:
        yield Fault(last_seq + 1, None, "truncated", f"entries {last_seq + 1} to {max(beyond)} are gone from the end")
    elif last_seq:
        end = log.head()
        if end is None or end.seq < last_seq:
            yield Fault(last_seq, last_id, "altered", "the log's head does not cover this entry")
    yield from tree.beyond(last_seq)
    yield from unexplained  # last, because they follow where a retention entry itself was lost or changed


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
