"""The nouns of the ledger as its files state them: a disclaimer with its wordings, and the approvals of wordings."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from ragmarket.schemas.base import Channel, Frozen, Language, ProductClass
from ragmarket.schemas.compliance import Placement
from ragmarket.schemas.ledger import Provenance


class Wording(Frozen):
    """One text in one language with where it comes from.

    ``channels``, ``effective_from`` and ``effective_to`` narrow those of the entry for this language alone.
    """

    text: str = Field(min_length=1)
    provenance: Provenance
    sources: tuple[str, ...] = ()
    notes: str = ""
    channels: tuple[Channel, ...] | None = Field(default=None, min_length=1)
    effective_from: date | None = None
    effective_to: date | None = None

    @model_serializer(mode="wrap")
    def _without_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Snapshots of wordings that narrow nothing keep the bytes, and so the hashes, that they always had.
        narrowing = ("channels", "effective_from", "effective_to")
        dumped: dict[str, Any] = handler(self)
        return {key: value for key, value in dumped.items() if key not in narrowing or value is not None}


class Entry(Frozen):
    """One disclaimer: the same statement in every language, with its days in force."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    regulator: str
    authority: str
    product_classes: tuple[ProductClass, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    placement: Placement
    effective_from: date
    effective_to: date | None
    confidence: Literal["A", "B", "C"]
    date_basis: str = ""
    demo_identity: bool = False
    texts: dict[Language, Wording] = Field(min_length=1)

    def in_force(self, day: date) -> bool:
        """Whether this wording is in force on ``day``; both ends are included."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class ApprovalRecord(Frozen):
    """A decision as a file states it."""

    entry: str
    language: Language
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    approver: str = Field(min_length=1)
    date: date


class ApprovalFile(Frozen):
    """One file of decisions; ``demo`` decisions do not count in production."""

    demo: bool = False
    approvals: tuple[ApprovalRecord, ...] = ()


def sha256_of(text: str) -> str:
    """Hash of the NFC text in UTF-8, the identity of a wording."""
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode()).hexdigest()
