"""What a state prefers to be told of some products, all year or in some months. Emphasis only, never what is lawful."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ragmarket.knowledge.catalogue import Theme
from ragmarket.schemas.base import Frozen, Language, ProductClass


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

    def of(self, product_class: str, day: date | None) -> Iterator[Emphasis]:
        """What holds for a product on a day; what is bound to months is left out where no day is named."""
        for emphasis in self.emphases:
            in_season = not emphasis.months or (day is not None and day.month in emphasis.months)
            if product_class in emphasis.products and in_season:
                yield emphasis


class Regions(Frozen):
    """The file of regions, by ISO 3166-2:IN code."""

    regions: dict[str, Region]
