"""Decisions about wordings: what one person proposes and another decides, and what is kept of both."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ragmarket.schemas.base import Channel, Frozen, Language

Provenance = Literal["verified", "single_source", "reference"]
Change = Literal["use", "expire", "supersede"]
NO_HASH = "0" * 64


def _plain_line(value: str) -> str:
    """One line of visible characters in NFC, without spaces at its ends."""
    value = unicodedata.normalize("NFC", value).strip()
    if not value:
        raise ValueError("must not be empty")
    if not all(char.isprintable() or char in "\u200c\u200d" for char in value):
        raise ValueError("must be one line without hidden characters")
    return value


def _name(value: str) -> str:
    value = _plain_line(value)
    if "\u200c" in value or "\u200d" in value:
        raise ValueError("must hold no joiner: a name is compared with another")
    return value


Line = Annotated[str, AfterValidator(_plain_line), Field(max_length=2000)]
Person = Annotated[str, AfterValidator(_name), Field(max_length=200)]


class Matter(Frozen):
    """What is to be decided of one wording.

    ``use``: the wording ``sha256`` may be used. ``expire``: it is not in force from ``effective_from`` on.
    ``supersede``: ``text`` (with the hash ``sha256``) is in force from ``effective_from`` on, and what was in force
    ends the day before. ``channels`` limits the change; none means every channel of the entry.
    """

    change: Change
    entry: str
    language: Language
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    effective_from: date | None = None
    channels: tuple[Channel, ...] = ()
    text: str | None = None
    provenance: Provenance | None = None
    sources: tuple[Line, ...] = ()
    notes: str = ""


class Decision(Matter):
    """One record of the decisions file, chained to the record before it.

    ``proposal`` is the number of the proposal that is decided, None for a proposal itself. ``maker`` proposed,
    ``checker`` approved or rejected; they are two people, but for a proposal that its maker withdraws (``reject``).
    """

    seq: int = Field(ge=1)
    at: datetime
    action: Literal["propose", "approve", "reject"]
    proposal: int | None = None
    maker: Person
    checker: Person | None = None
    reason: Line
    previous: str
    hash: str


class ProposalRequest(Frozen):
    """A change that somebody proposes, for one or more languages at once.

    ``sha256`` (its first eight digits or more) chooses among several wordings of a language; ``dry_run`` only shows
    what would be recorded.
    """

    change: Change = "use"
    entry: str = Field(min_length=1, max_length=100)
    languages: tuple[Language, ...] = Field(min_length=1)
    by: Person
    reason: Line
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{8,64}$")
    effective_from: date | None = None
    channels: tuple[Channel, ...] = ()
    text: str | None = Field(default=None, max_length=4000)
    provenance: Provenance = "reference"
    sources: tuple[Line, ...] = ()
    notes: str = Field(default="", max_length=2000)
    dry_run: bool = False


class DecisionRequest(Frozen):
    """Somebody's answer to a proposal."""

    action: Literal["approve", "reject"] = "approve"
    by: Person
    reason: Line
    dry_run: bool = False
