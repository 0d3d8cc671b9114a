"""Whose turn it is to think: one thread of a process at a time, until it waits for something.

Python runs one thread at a time anyway. Where thirty want to, each small wait (a socket, a file, a step of the
database) hands the interpreter to a thread that the kernel has yet to wake, and whoever gave it up queues behind all
others: on a busy machine most of a message's time went there, and the server had nothing to batch. Here who has work
to do takes the turn, leaves it while it waits for a model, and ends it before it waits for a disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """One thread's turn.

    It is taken again only by a thread that holds no lock, and who holds a lock never takes it: so no two wait for each
    other.

    Example:
        >>> turn = Turn()
        >>> with turn.taken():
        ...     with turn.left():
        ...         pass
        ...     turn.end()
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._own = threading.local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn within the block, or until `end`; a thread that has it keeps it."""
        if self._mine:
            yield
            return
        self._take()
        try:
            yield
        finally:
            self.end()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Let others have it within the block; nothing happens in a thread that does not have it."""
        if not self._mine:
            yield
            return
        self.end()
        try:
            yield
        finally:
            self._take()

    def end(self) -> None:
        """Give it up for good; nothing happens in a thread that does not have it."""
        if self._mine:
            self._own.turn = False
            self._lock.release()

    @property
    def _mine(self) -> bool:
        return getattr(self._own, "turn", False)

    def _take(self) -> None:
        self._lock.acquire()
        self._own.turn = True
