"""What indexing did with each document."""

from __future__ import annotations

from typing import Literal

from ragmarket.schemas.base import Frozen


class IndexedDocument(Frozen):
    """One line of the indexing report."""

    path: str
    doc_id: str | None
    version: str | None
    action: Literal["added", "kept", "updated", "removed", "rejected"]
    reason: str | None = None
    superseded_by: str | None = None
    units: int = 0
    figures: int = 0
    facts: int = 0


class IndexReport(Frozen):
    """What one run of indexing did; ``documents`` in path order."""

    documents: tuple[IndexedDocument, ...]
    seconds: float
