"""Signed checkpoints of the log.

A checkpoint stands for the first ``size`` entries by their Merkle tree hash. It is itself an entry, number
``size + 1``, so that whoever cuts the log back loses checkpoints too; handed to an outsider it needs nobody's word.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import UTC, datetime

from ragmarket.audit.canonical import TAG, sha256_hex
from ragmarket.audit.commits import Pending
from ragmarket.audit.entry import Entry
from ragmarket.audit.log import SqlAuditLog, checked_record
from ragmarket.audit.log_tree import LogTree
from ragmarket.audit.merkle import Frontier, Tree
from ragmarket.audit.proofs import KIND, checkpoint_of, leaf_data, signed_bytes
from ragmarket.audit.signing import Signer, to_text
from ragmarket.errors import AuditChainBroken, RagmarketError
from ragmarket.schemas.checkpoint import Checkpoint

RECORD_VERSION = 1
_LOGGER = logging.getLogger(__name__)


class Checkpoints:
    """Makes checkpoints of one log; its tree grows with the log and is read from the start only once.

    Args:
        signer: Whose checkpoints they are; None leaves them unsigned.
        every: After how many entries one is made unasked; None makes them on demand alone.
    """

    def __init__(self, signer: Signer | None, every: int | None = None) -> None:
        self.signer = signer
        self._every = every
        self._frontier = Frontier()
        self._last: str | None = None
        self._origin: str | None = None
        self._newest = -1
        self._lock = threading.Lock()

    def make(self, log: SqlAuditLog) -> Checkpoint:
        """Make a checkpoint of all entries and append it.

        Raises:
            AuditWriteFailed: It is not on disk.
            AuditChainBroken: The end of the log does not verify.
        """
        # The bulk is read before the log is locked for writing; the transaction then adds what came since.
        with self._lock:
            self._grow(log.hashes(self._frontier.size))
        with log.writing() as connection, self._lock:
            last = log.tables.checked_end(connection)
            size = last.seq if last else 0
            while self._frontier.size < size and (found := log.tables.hashes(connection, self._frontier.size)):
                self._grow(found)
            if (self._frontier.size, self._last) != (size, last.hash if last else None):
                self._frontier, self._last, self._origin = Frontier(), None, None
                raise AuditChainBroken("entries of the audit log are missing or were exchanged")
            checkpoint = self._signed(last)
            record = {
                "record_version": RECORD_VERSION,
                "kind": KIND,
                "draft_id": f"{KIND}.{size}",
                "created_at": checkpoint.at,
                "status": "recorded",
                KIND: checkpoint.model_dump(mode="json"),
            }
            draft_id, data, cited = checked_record(record)
            log.add(connection, Pending(draft_id, data, sha256_hex(data), cited, {}), last)
        self._newest = size
        return checkpoint

    def heed(self, log: SqlAuditLog, seq: int) -> None:
        """Make a checkpoint when enough entries came since the newest; a failure is logged and the log goes on."""
        if self._every is None:
            return
        try:
            if self._newest < 0:
                stored = newest(log)
                self._newest = stored.size if stored else 0
            if seq - self._newest >= self._every:
                self.make(log)
        except RagmarketError as error:
            _LOGGER.warning("no checkpoint could be made of the audit log: %s", error.message)

    def _grow(self, hashes: Iterable[tuple[int, str]]) -> None:
        for seq, hash_ in hashes:
            if seq != self._frontier.size + 1:
                raise AuditChainBroken(f"entry {self._frontier.size + 1} of the audit log is gone")
            self._frontier.add(leaf_data(hash_))
            self._last = hash_
            self._origin = self._origin or hash_

    def _signed(self, last: Entry | None) -> Checkpoint:
        checkpoint = Checkpoint(
            origin=self._origin,
            size=self._frontier.size,
            root=TAG + self._frontier.root().hex(),
            head=last.hash if last else None,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            public_key=to_text(self.signer.public_key) if self.signer else None,
        )
        if self.signer is None:
            return checkpoint
        signature = self.signer.sign(signed_bytes(checkpoint))
        return checkpoint.model_copy(update={"signature": to_text(signature)})


def newest(log: SqlAuditLog) -> Checkpoint | None:
    """The last checkpoint that stands in the log; None when none does."""
    found = [checkpoint_of(entry.record()) for entry in log.entries_of(KIND) if entry.intact()]
    return next((one for one in reversed(found) if one is not None), None)


def tree_of(log: SqlAuditLog) -> Tree:
    """The log's tree, for proofs.

    Raises:
        AuditChainBroken: An entry is gone.
    """
    return LogTree(log).now()
