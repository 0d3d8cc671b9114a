"""Which records are handed to a third party, and what was handed over."""

from __future__ import annotations

from datetime import date

from ragmarket.schemas.base import Frozen
from ragmarket.schemas.checkpoint import Checkpoint


class Selection(Frozen):
    """Entries of some days (UTC, both included), of a campaign, or with some ids; several together narrow it down."""

    since: date | None = None
    until: date | None = None
    campaign: str | None = None
    ids: tuple[str, ...] = ()

    def words(self) -> str:
        """The selection in words."""
        parts = [
            f"from {self.since}" if self.since else "",
            f"to {self.until}" if self.until else "",
            f"campaign {self.campaign}" if self.campaign else "",
            ", ".join(self.ids),
        ]
        return "; ".join(part for part in parts if part) or "everything"


class ExportReport(Frozen):
    """What an export holds; ``first`` and ``last`` are places in the chain."""

    folder: str
    records: int
    documents: int
    first: int
    last: int
    checkpoint: Checkpoint
    manifest_sha256: str
    signed: bool
