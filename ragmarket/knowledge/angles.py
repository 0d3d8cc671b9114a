"""Which facts an intent and a segment prefer. They choose emphasis; they never touch what is lawful."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from ragmarket.knowledge.catalogue import Theme
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen

NEUTRAL_INTENT = "general"
NEUTRAL_SEGMENT = "neutral"


class Intent(Frozen):
    """One aim a customer may have."""

    label: str
    aim: str
    themes: dict[Theme, float] = {}
    aliases: tuple[str, ...] = ()


class Segment(Frozen):
    """What belonging to a group adds to the intent's preference."""

    themes: dict[Theme, float] = {}


class Angles(Frozen):
    """All intents and segments."""

    intents: dict[str, Intent] = Field(min_length=1)
    segments: dict[str, Segment] = Field(min_length=1)

    def intent(self, name: str) -> str:
        """The known intent that a caller's word means; the neutral one when none is known."""
        wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
        if wanted in self.intents:
            return wanted
        for id_, intent in self.intents.items():
            if wanted in intent.aliases:
                return id_
        return NEUTRAL_INTENT

    def weight(self, intent: str, segment: str, theme: Theme) -> float:
        """How much a theme weighs; 1 is neutral."""
        by_intent = self.intents.get(intent)
        by_segment = self.segments.get(segment)
        return (by_intent.themes.get(theme, 1.0) if by_intent else 1.0) * (
            by_segment.themes.get(theme, 1.0) if by_segment else 1.0
        )


@lru_cache(maxsize=4)
def load_angles(path: Path = ROOT / "angles.yaml") -> Angles:
    """Read the angles.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(path, Angles)
