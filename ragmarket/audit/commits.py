"""Group commit: what several threads want kept goes to disk in one transaction.

Whoever comes first leads; those who come while it writes wait, and the first of them writes for all that wait. Each
caller goes on only when its own record is on disk, or hears why it is not; nobody hears of another's failure. Each
waits on a lock of its own: on a common one, those whose records are written already would queue before the next leader.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from ragmarket.errors import AuditChainBroken, AuditWriteFailed, RagmarketError
from ragmarket.schemas.message import AuditRef

# Bounds what one failing transaction can take with it, and how long the lock is held.
_MOST = 128


class LockTimeout(AuditWriteFailed):
    """Another process held the log's lock for too long."""


class NotKept(AuditWriteFailed):
    """The record cites bytes that nobody kept."""


class Pending:
    """One thread's wish: bytes to keep, and a record to append unless ``data`` is None.

    Attributes:
        ref: Where the record stands; set inside the transaction, and true once ``done`` without ``error``.
        error: Why nothing of it was written.
        called: Held until the record is ``done``, or its thread is to lead.
    """

    __slots__ = ("blobs", "called", "cited", "data", "digest", "done", "draft_id", "error", "leads", "ref")

    def __init__(
        self, draft_id: str, data: bytes | None, digest: str, cited: Sequence[str], blobs: dict[str, bytes]
    ) -> None:
        self.draft_id = draft_id
        self.data = data
        self.digest = digest
        self.cited = tuple(cited)
        self.blobs = blobs
        self.ref: AuditRef | None = None
        self.error: Exception | None = None
        self.done = False
        self.leads = False
        self.called = threading.Lock()
        self.called.acquire()


class GroupCommit:
    """Lets one thread at a time write for all that wait.

    Args:
        turn: Held while a group is written.
        write: Writes a group in one transaction, and returns after the commit; sets ``ref`` or ``error`` of each.
            A `RagmarketError` that it raises means that nothing of the group was written.
        before_waiting: Called by a thread that is about to wait for another.
    """

    def __init__(
        self,
        turn: AbstractContextManager[object],
        write: Callable[[Sequence[Pending]], None],
        before_waiting: Callable[[], None] = lambda: None,
    ) -> None:
        self._turn = turn
        self._write = write
        self._before_waiting = before_waiting
        self._gate = threading.Lock()
        self._waiting: list[Pending] = []
        self._led = False

    def add(self, pending: Pending) -> Pending:
        """Return when ``pending`` is on disk.

        Raises:
            Exception: Whatever kept it from being written; nothing of it is on disk.
        """
        try:
            with self._gate:
                self._waiting.append(pending)
                if not self._led:
                    self._led = pending.leads = True
            if not pending.leads:
                self._before_waiting()
                pending.called.acquire()
            if not pending.done:
                with self._turn:
                    self._lead()
        finally:
            with self._gate:
                # Interrupted before its turn came: what nobody waits for any more is not written.
                if pending in self._waiting:
                    self._waiting.remove(pending)
                if pending.leads:
                    self._hand_on()
        if pending.error is not None:
            raise pending.error
        return pending

    def _hand_on(self) -> None:
        """Let the first of those who wait lead; nobody, where nobody waits."""
        self._led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].called.release()

    def _lead(self) -> None:
        with self._gate:
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        try:
            self._try(group)
        finally:
            for one in group:
                if not one.done:
                    one.error = one.error or AuditWriteFailed("the write of the record was interrupted")
                    one.done = True
                if not one.leads:
                    one.called.release()

    def _try(self, group: Sequence[Pending]) -> None:
        try:
            self._write(group)
        except RagmarketError as error:
            if len(group) > 1 and not isinstance(error, LockTimeout | AuditChainBroken):
                # One of them may be what the database refuses: alone, each stands or falls for itself.
                for one in group:
                    one.error = one.ref = None
                    self._try([one])
                return
            for one in group:
                one.error, one.ref = type(error)(error.message, hint=error.hint), None
        for one in group:
            one.done = True
