"""All rooms of one house, and the line that leads through them.

Decisions on wordings that another process made since are heeded at the next request.
"""

from __future__ import annotations

import threading
from functools import cached_property

from ragmarket.pipeline import Pipeline
from ragmarket.rooms.compliance import ComplianceRoom
from ragmarket.rooms.customers import CustomerRoom
from ragmarket.rooms.record import RecordRoom
from ragmarket.settings import Settings


class Workshops(ComplianceRoom, CustomerRoom, RecordRoom):
    """All workshops, wired by settings, each built when first asked for."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._heeding = threading.RLock()

    def _heed_decisions(self) -> None:
        """Let decisions made since, by another process too, count from this request on."""
        # Looked up outside the lock: who waits for a file while holding one makes all others wait for the file.
        state = self.decision_log.state()
        if "policies" not in self.__dict__ or state == self._heeded:
            return
        with self._heeding:
            if "policies" in self.__dict__ and self.decision_log.state() != self._heeded:
                for name in ("ledger", "policies", "rules", "reviewer", "_pipeline"):
                    self.__dict__.pop(name, None)

    @property
    def pipeline(self) -> Pipeline:
        """The line, under the wordings decided by now."""
        self._heed_decisions()
        return self._pipeline

    @cached_property
    def _pipeline(self) -> Pipeline:
        return Pipeline(
            predictor=self.predictor,
            policies=self.policies,
            retriever=self.retriever,
            drafter=self.drafter,
            reviewer=self.reviewer,
            audit=self.audit,
            rewrites=self.settings.generation.rewrites,
            customers=self.customers if self.customers.exists else None,
            visits=self.visit,
            exhibits=lambda: self.exhibits,
            turn=self.turn,
        )
