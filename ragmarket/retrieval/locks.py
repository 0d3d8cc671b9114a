"""One process at a time, with an answer for the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragmarket.errors import BackendUnavailable, MissingDependency


@contextmanager
def exclusive(path: Path, *, wait_s: float, what: str, hint: str) -> Iterator[None]:
    """Hold a lock file; the lock goes with the process, so that a crash leaves none behind.

    Args:
        path: The lock file; made when absent.
        wait_s: How long to wait for whoever holds it.
        what: What is locked, for the message.
        hint: What to do when it stays locked.

    Raises:
        BackendUnavailable: It is still held after ``wait_s``.
        MissingDependency: portalocker (which qdrant-client brings) is not installed.
    """
    try:
        import portalocker
    except ImportError as error:
        raise MissingDependency("portalocker", "retrieval") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_s
    with path.open("a") as stream:
        while True:
            try:
                portalocker.lock(stream, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
                break
            except portalocker.exceptions.LockException as error:
                if time.monotonic() >= deadline:
                    raise BackendUnavailable(f"another process holds {what} ({path})", hint=hint) from error
                time.sleep(0.05)
        try:
            yield
        finally:
            portalocker.unlock(stream)
