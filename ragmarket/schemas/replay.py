"""What a record says when it is made again under the documents, rules and model of its day."""

from __future__ import annotations

from typing import Any, Literal

from ragmarket.schemas.base import Frozen
from ragmarket.schemas.message import ModelInfo


class ReplayedField(Frozen):
    """One field of the record: ``same``, or what was recorded and what came out now (values, cut to be read)."""

    field: str
    same: bool
    recorded: Any = None
    replayed: Any = None


class ReplayedPart(Frozen):
    """Something that was in force when the record was made, and whether the replay ran under it."""

    part: str
    used: Literal["recorded", "today"]
    note: str


class Replay(Frozen):
    """A replay's outcome.

    ``mode`` is ``rewritten`` when the very model wrote again (its text must then be the recorded one), ``reread`` when
    another model is installed and the recorded draft was only rendered and reviewed again, ``policy`` when nothing had
    been written. ``identical`` says that every field came out as recorded.
    """

    draft_id: str
    mode: Literal["rewritten", "reread", "policy"]
    identical: bool
    recorded_model: ModelInfo | None
    installed_model: ModelInfo | None
    parts: tuple[ReplayedPart, ...]
    fields: tuple[ReplayedField, ...]
