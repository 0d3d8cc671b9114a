"""What may be removed from the log, and who keeps it from being removed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from ragmarket.schemas.base import Frozen
from ragmarket.schemas.ledger import Line, Person


class HoldRequest(Frozen):
    """Whose records must stay: those of one draft, or of one campaign; who asks, and why."""

    draft_id: Line | None = None
    campaign: Line | None = None
    by: Person
    reason: Line

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.draft_id is None) == (self.campaign is None):
            raise ValueError("name either a draft or a campaign")
        return self


class Hold(HoldRequest):
    """A hold as the log keeps it; ``id`` is that of its entry."""

    id: str
    at: datetime
    released: Release | None = None


class ReleaseRequest(Frozen):
    """Who ends a hold, and why."""

    hold: Line
    by: Person
    reason: Line


class Release(ReleaseRequest):
    """The end of a hold as the log keeps it."""

    id: str
    at: datetime


class RemovedRecord(Frozen):
    """An entry whose record is gone: what remains of it."""

    seq: int = Field(ge=1)
    draft_id: str
    record_sha256: str
    entry_hash: str


class Removal(Frozen):
    """What one run of `ragmarket audit retain` did, or would do.

    ``before`` is the day (exclusive, UTC) until which records were due; ``held`` counts those that a hold kept.
    ``blobs`` are kept bytes that no remaining record cites.
    """

    status: Literal["removed", "planned"]
    before: str
    by: Person
    reason: Line
    removed: tuple[RemovedRecord, ...]
    blobs: tuple[str, ...]
    held: int
    entries: tuple[str, ...] = ()
