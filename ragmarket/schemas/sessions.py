"""Sessions and what they are for: events as people read them, labels, the taxonomy of intents, links to customers."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from ragmarket.schemas.base import Frozen

OTHER = "other"
_SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")


class ToldEvent(Frozen):
    """One page view in the closed vocabularies of ``sessions.yaml``: no text that a visitor typed."""

    page: str
    dwell: str
    product: str | None = None
    tile: str = "none"
    tile_product: str | None = None
    search: str = "none"


class ToldSession(Frozen):
    """A session as it may be shown to a language model: nothing in it says whose it is."""

    device: str
    referrer: str
    events: tuple[ToldEvent, ...]


class SessionLabel(Frozen):
    """What somebody says a session was for, how sure they are (0 to 1) and which events speak for it."""

    session_id: str
    intent: str
    confidence: float = Field(ge=0.0, le=1.0)
    because: tuple[str, ...] = ()


class Proposal(Frozen):
    """An intent that a language model proposed for one session."""

    name: str
    definition: str = Field(min_length=10, max_length=300)


class TaxonomyIntent(Frozen):
    """One intent: what it means, the group above it, other names that count as it, and where it comes from.

    ``support`` is how many of the sampled sessions it was proposed for when the taxonomy was made.
    """

    definition: str = Field(min_length=10, max_length=300)
    group: str
    aliases: tuple[str, ...] = ()
    origin: Literal["seed", "model", "person"] = "person"
    support: int = Field(default=0, ge=0)


class Taxonomy(Frozen):
    """Named intents in groups, one version of them."""

    version: int = Field(ge=1)
    written_by: str
    groups: dict[str, str] = Field(min_length=1)
    intents: dict[str, TaxonomyIntent] = Field(min_length=2)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: dict[str, str] = {}
        for name, intent in self.intents.items():
            if not _SLUG.fullmatch(name) or name == OTHER:
                raise ValueError(f"intents.{name}: a name is lower-case letters, digits and _, and not {OTHER!r}")
            if intent.group not in self.groups:
                raise ValueError(f"intents.{name}.group: there is no group {intent.group!r}")
            for alias in (name, *intent.aliases):
                if alias in seen:
                    raise ValueError(f"intents.{name}: {alias!r} already stands for {seen[alias]}")
                seen[alias] = name
        for group in self.groups:
            if not any(intent.group == group for intent in self.intents.values()):
                raise ValueError(f"groups.{group}: no intent belongs to it")
        return self

    def resolve(self, name: str) -> str:
        """The intent that a name or an alias stands for, ``other`` for a name that is not known."""
        if name in self.intents:
            return name
        return next((one for one, intent in self.intents.items() if name in intent.aliases), OTHER)


class SessionReading(Frozen):
    """What a session says: intent, how sure, its group, the vector (empty if not asked for), and what speaks for it."""

    session_id: str
    intent: str
    confidence: float = Field(ge=0.0, le=1.0)
    group: str | None = None
    vector: tuple[float, ...] = ()
    reasons: tuple[str, ...] = ()
    taxonomy: int = Field(ge=1)


class SessionLink(Frozen):
    """Whose session it was. Made only for customers who agreed to linking; there is no record of anybody else.

    ``evidence`` is ``login``, ``click``, ``device`` (both deterministic: one customer and no other) or ``behaviour``.
    """

    session_id: str
    customer_id: str
    evidence: Literal["login", "click", "device", "behaviour"]
    probability: float = Field(ge=0.0, le=1.0)
