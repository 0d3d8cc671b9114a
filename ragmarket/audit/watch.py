"""What is known of the whole chain: the last verification, kept with the head that it reached, made again on demand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from ragmarket.audit.log import SqlAuditLog
from ragmarket.errors import RagmarketError
from ragmarket.schemas.chain import ChainState

_LISTED = 100
_LOGGER = logging.getLogger(__name__)


class ChainWatch:
    """Verifies one log beside whatever else goes on, one run at a time.

    A finding is remembered in this process alone: kept on disk, it could be altered with the log.

    Args:
        log: The log.
        public_key: Gives the raw key that all checkpoints have to be signed with, or None.
    """

    def __init__(self, log: SqlAuditLog, public_key: Callable[[], bytes | None]) -> None:
        self._log = log
        self._public_key = public_key
        self._lock = threading.Lock()
        self._run: threading.Thread | None = None
        self._checked = 0
        self._last = ChainState(state="not_verified")

    def state(self) -> ChainState:
        """The last finding, held against the head of now.

        Raises:
            BackendUnavailable: The database does not answer.
        """
        head = self._log.head()
        with self._lock:
            last, running = self._last, self._run is not None
        current = last.state != "not_verified" and last.verified == head
        checked = self._checked if running else last.checked
        return last.model_copy(update={"running": running, "checked": checked, "head": head, "current": current})

    def refresh(self, wait_s: float = 0.0) -> ChainState:
        """Verify the chain anew, unless a run is under way, and wait a while for its end.

        Args:
            wait_s: How long to wait, in seconds; a longer run goes on, and `state` says how far it is.
        """
        with self._lock:
            run = self._run
            if run is None:
                self._checked = 0
                run = self._run = threading.Thread(target=self._verify, name="verify-audit-log", daemon=True)
                run.start()
        run.join(wait_s)
        return self.state()

    def _verify(self) -> None:
        with self._lock:
            found = self._last
        try:
            found = self._found()
        except RagmarketError as error:
            found = found.model_copy(update={"error": error.message})
        except Exception as error:  # whoever waits has to hear that the run ended, however it did
            _LOGGER.exception("the audit log could not be verified")
            found = found.model_copy(update={"error": f"the verification failed: {type(error).__name__}"})
        finally:
            with self._lock:
                self._last, self._run = found, None

    def _found(self) -> ChainState:
        head = self._log.head()
        faults, count = [], 0
        for fault in self._log.verify(public_key=self._public_key(), progress=self._progress):
            count += 1
            if count <= _LISTED:
                faults.append(fault)
        return ChainState(
            state="broken" if count else "intact",
            checked=self._checked,
            verified=head,
            verified_at=datetime.now(UTC).isoformat(timespec="seconds"),
            faults=tuple(faults),
            faults_found=count,
        )

    def _progress(self, seq: int) -> None:
        self._checked = seq
