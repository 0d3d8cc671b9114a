"""What customers want and how each group of them is told: intents, segments, audiences, and what is told first."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from ragmarket.knowledge.catalogue import Theme
from ragmarket.schemas.base import Frozen, ProductClass

Style = Literal["any", "short", "full"]
Register = Literal["any", "customer", "formal"]
Trait = Literal["life_stage", "sophistication", "risk_appetite", "channel"]
TRAITS: tuple[Trait, ...] = get_args(Trait)


class Intent(Frozen):
    """One aim a customer may have; the bank's lines for it are for ``products``, all where none is named.

    ``told_by`` are the kinds of fact of which a message tells one where it speaks those lines; any where none is named.
    """

    label: str
    aim: str
    products: tuple[ProductClass, ...] = ()
    themes: dict[Theme, float] = {}
    aliases: tuple[str, ...] = ()
    told_by: tuple[str, ...] = ()


class Segment(Frozen):
    """What belonging to a group adds to the intent's preference, and in which manner the group is told.

    Attributes:
        concerns: How much each concern (a finer theme) weighs; 1 is neutral.
        style: Whether facts are told briefly or in full.
        tone: Warm (``customer``) or plain (``formal``) words; ``any`` leaves it to the channel.
        aim: Where the group likes to go on from a message; None leaves it to the intent.
        audiences: The groups of `Audience` to which everybody in the segment belongs.
    """

    themes: dict[Theme, float] = {}
    concerns: dict[str, float] = {}
    style: Style = "any"
    tone: Register = "any"
    aim: Literal["learn", "branch", "chat", "app"] | None = None
    audiences: tuple[str, ...] = ()


class Audience(Frozen):
    """A group of customers, by the kinds of fact and the conditions that hold for it alone."""

    kinds: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


class Prominence(Frozen):
    """Kinds of fact that a customer asks for first (above 1), or that are fine print (below)."""

    weight: float = Field(gt=0)
    kinds: tuple[str, ...] = Field(min_length=1)


class Customers(Frozen):
    """The file of intents and segments; a name that nothing defines is refused."""

    intents: dict[str, Intent] = Field(min_length=1)
    segments: dict[str, Segment] = Field(min_length=1)
    audiences: dict[str, Audience] = {}
    prominence: tuple[Prominence, ...] = ()
    concerns: dict[str, tuple[str, ...]] = {}
    sequences: tuple[tuple[str, ...], ...] = ()
    couples: tuple[tuple[str, str], ...] = ()
    apart_conditions: tuple[tuple[str, ...], ...] = ()
    not_applied_for: tuple[ProductClass, ...] = ()
    traits: dict[Trait, dict[str, Segment]] = {}

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = {one for segment in self.segments.values() for one in segment.audiences} - set(self.audiences)
        if unknown:
            raise ValueError(f"segments name audiences that are not listed: {', '.join(sorted(unknown))}")
        groups = [*self.segments.values(), *(one for values in self.traits.values() for one in values.values())]
        unknown = {concern for group in groups for concern in group.concerns} - set(self.concerns)
        if unknown:
            raise ValueError(f"segments name concerns that are not listed: {', '.join(sorted(unknown))}")
        kinds = [kind for kinds in self.concerns.values() for kind in kinds]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"kinds stand under two concerns: {', '.join(twice)}")
        kinds = [kind for kinds in self.sequences for kind in kinds]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"kinds stand in two sequences: {', '.join(twice)}")
        return self
