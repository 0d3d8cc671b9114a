"""Which facts an intent, a segment and a region prefer. They choose emphasis; they never touch what is lawful."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from ragmarket.knowledge.catalogue import Theme
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen, Language, ProductClass

NEUTRAL_INTENT = "general"
NEUTRAL_SEGMENT = "neutral"
THEMES: tuple[Theme, ...] = get_args(Theme)
Style = Literal["any", "short", "full"]


class Intent(Frozen):
    """One aim a customer may have."""

    label: str
    aim: str
    themes: dict[Theme, float] = {}
    aliases: tuple[str, ...] = ()


class Segment(Frozen):
    """What belonging to a group adds to the intent's preference, and whether facts are told briefly or in full."""

    themes: dict[Theme, float] = {}
    style: Style = "any"


class Emphasis(Frozen):
    """What a region prefers of some products, all year or in some months, and how that is known."""

    products: tuple[ProductClass, ...] = Field(min_length=1)
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    themes: dict[Theme, float]
    why: str
    source: str
    confidence: Literal["A", "B", "C"]


class Region(Frozen):
    """A state; messages in its ``languages`` are meant for it unless the brief names another."""

    name: str
    languages: tuple[Language, ...] = ()
    emphases: tuple[Emphasis, ...] = ()


class _Regions(Frozen):
    regions: dict[str, Region]


class _Customers(Frozen):
    intents: dict[str, Intent] = Field(min_length=1)
    segments: dict[str, Segment] = Field(min_length=1)


class Angles(_Customers):
    """All intents, segments and regions (by ISO 3166-2:IN code)."""

    regions: dict[str, Region] = {}

    def intent(self, name: str) -> str:
        """The known intent that a caller's word means; the neutral one when none is known."""
        wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
        if wanted in self.intents:
            return wanted
        for id_, intent in self.intents.items():
            if wanted in intent.aliases:
                return id_
        return NEUTRAL_INTENT

    def region(self, code: str | None, language: str) -> str | None:
        """The region a message is for: the one that was named, else the first that has its language as its own."""
        if code is not None:
            wanted = code.strip().upper().removeprefix("IN-")
            return wanted if wanted in self.regions else None
        return next((id_ for id_, region in self.regions.items() if language in region.languages), None)

    def weights(
        self, intent: str, segment: str, product_class: str = "", region: str | None = None, day: date | None = None
    ) -> dict[Theme, float]:
        """How much each theme weighs for one message; 1 is neutral."""
        found = dict.fromkeys(THEMES, 1.0)

        def add(themes: Mapping[Theme, float]) -> None:
            for theme, factor in themes.items():
                found[theme] *= factor

        if intent in self.intents:
            add(self.intents[intent].themes)
        if segment in self.segments:
            add(self.segments[segment].themes)
        if region in self.regions:
            for emphasis in self.regions[region].emphases:
                in_season = not emphasis.months or (day is not None and day.month in emphasis.months)
                if product_class in emphasis.products and in_season:
                    add(emphasis.themes)
        return found

    def style(self, segment: str) -> Style:
        """Whether a segment is told facts briefly or in full."""
        return self.segments[segment].style if segment in self.segments else "any"


def leaning(weights: Mapping[Theme, float]) -> tuple[Theme, ...]:
    """The themes that weigh more than neutral, heaviest first."""
    return tuple(theme for theme in sorted(weights, key=lambda theme: -weights[theme]) if weights[theme] > 1.0)


@lru_cache(maxsize=4)
def load_angles(path: Path = ROOT / "angles.yaml", regions: Path = ROOT / "regions.yaml") -> Angles:
    """Read intents and segments, and the regions beside them.

    Raises:
        BadKnowledge: A file is wrong; names its line.
    """
    customers = load(path, _Customers)
    return Angles(intents=customers.intents, segments=customers.segments, regions=load(regions, _Regions).regions)
