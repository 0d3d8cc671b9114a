"""The Merkle tree of a whole log, read from the start only once."""

from __future__ import annotations

import threading

from ragmarket.audit.merkle import Tree
from ragmarket.audit.proofs import leaf_data
from ragmarket.audit.reader import LogReader
from ragmarket.errors import AuditChainBroken


class LogTree:
    """One log's tree, kept between requests and grown by what came since: about 130 bytes an entry.

    What is kept is taken for the log's as long as its last entry still has the same place and hash; otherwise all is
    read anew. An entry further back that was altered meanwhile is for `verify` to find: a proof made from the kept tree
    states what the checkpoint stood for, and the altered entry itself no longer fits it.

    Args:
        log: The log.
    """

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._tree = Tree(())
        self._last: str | None = None
        self._lock = threading.Lock()

    def now(self) -> Tree:
        """The tree of all entries; it may grow in other hands, and what it said of a size stays true.

        Raises:
            AuditChainBroken: An entry is gone.
        """
        with self._lock:
            if not self._grow():
                self._tree, self._last = Tree(()), None
                self._grow()
            return self._tree

    def _grow(self) -> bool:
        """Add what came since; False where the last known entry is no longer what it was."""
        rows = self._log.hashes(max(0, self._tree.size - 1))
        if self._tree.size and next(rows, None) != (self._tree.size, self._last):
            return False
        for seq, hash_ in rows:
            if seq != self._tree.size + 1:
                raise AuditChainBroken(f"entry {self._tree.size + 1} of the audit log is gone")
            self._tree.add(leaf_data(hash_))
            self._last = hash_
        return True
