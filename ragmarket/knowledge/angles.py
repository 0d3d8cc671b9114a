"""Which facts an intent, a segment and a region prefer. They choose emphasis; they never touch what is lawful."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import get_args

from ragmarket.knowledge.catalogue import Theme
from ragmarket.knowledge.customers import TRAITS, Customers, Segment, Trait
from ragmarket.knowledge.files import ROOT, load
from ragmarket.knowledge.regions import Region, Regions

NEUTRAL_INTENT = "general"
NEUTRAL_SEGMENT = "neutral"
THEMES: tuple[Theme, ...] = get_args(Theme)
# What a fact for one group weighs in a message to that group, and in a message to anybody else.
FOR_THEM, FOR_OTHERS = 1.5, 0.4
# Where a fact stands in a message: what a customer asks first, anything else, fine print.
MAIN, OTHER, ASIDE = 0, 1, 2
_EVERYBODY = Segment()


class Angles(Customers):
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
        add(self.local(product_class, region, day))
        return found

    def local(self, product_class: str, region: str | None, day: date | None) -> dict[Theme, float]:
        """How much more each theme weighs for a product in a region on a day; empty where nothing is known."""
        found = dict[Theme, float]()
        for emphasis in self.regions[region].of(product_class, day) if region in self.regions else ():
            for theme, factor in emphasis.themes.items():
                found[theme] = found.get(theme, 1.0) * factor
        return found

    def fit(self, kind: str | None, conditions: Collection[str], segment: str) -> float:
        """How well a fact suits a message to a segment, by prominence, concern and whom it holds for; 1 is neutral."""
        own = self.manner(segment)
        weight = self._prominence_of(kind) * own.concerns.get(self.concern(kind) or "", 1.0)
        groups = {
            name
            for name, audience in self.audiences.items()
            if kind in audience.kinds or not set(audience.conditions).isdisjoint(conditions)
        }
        if not groups:
            return weight
        return weight * (FOR_THEM if groups & set(own.audiences) else FOR_OTHERS)

    def _prominence_of(self, kind: str | None) -> float:
        return next((one.weight for one in self.prominence if kind in one.kinds), 1.0)

    def standing(self, kind: str) -> int:
        """Whether a kind is what a customer asks first (`MAIN`), fine print (`ASIDE`), or neither (`OTHER`)."""
        weight = self._prominence_of(kind)
        return MAIN if weight > 1.0 else ASIDE if weight < 1.0 else OTHER

    def sequence(self, kind: str) -> tuple[str, ...]:
        """The kinds that are told side by side with a kind, in their order; the kind alone where there are none."""
        return next((kinds for kinds in self.sequences if kind in kinds), (kind,))

    def apart(self, one: Collection[str], other: Collection[str]) -> bool:
        """Whether facts under these conditions are of different things of one sort, such as two cards of a family."""
        sorts = ((set(one) & set(sort), set(other) & set(sort)) for sort in self.apart_conditions)
        return any(left and right and left != right for left, right in sorts)

    def aim(self, wanted: str, product_class: str) -> str:
        """An aim as it suits a product: what nobody applies for is learnt about."""
        return "learn" if wanted == "apply" and product_class in self.not_applied_for else wanted

    def has_lines(self, intent: str, product_class: str) -> bool:
        """Whether the bank's lines for an intent are for a product: nobody hears of insurance in a card's message."""
        return intent in self.intents and product_class in (self.intents[intent].products or (product_class,))

    def borne_out(self, intent: str, kinds: Collection[str]) -> bool:
        """Whether facts of these kinds keep what the bank's lines for an intent announce ("planning your tax?")."""
        wanted = self.intents[intent].told_by if intent in self.intents else ()
        return not wanted or not set(wanted).isdisjoint(kinds)

    def after(self, intent: str, themes: Collection[Theme]) -> bool:
        """Whether facts of these themes are of what an intent is after, so that a message may open with its lines."""
        wanted = leaning(self.intents[intent].themes) if intent in self.intents else ()
        return not wanted or not set(wanted).isdisjoint(themes)

    def concern(self, kind: str | None) -> str | None:
        """What a kind of fact is about for the customer, more finely than its theme; None where nothing is said."""
        return next((name for name, kinds in self.concerns.items() if kind in kinds), None)

    def manner(self, segment: str) -> Segment:
        """In which manner a segment is told; an unknown one like everybody."""
        return self.segments.get(segment, _EVERYBODY)

    def like(self, profiles: Mapping[str, Mapping[Trait, str]]) -> Angles:
        """These angles with segments of a bank's own beside them, each known by its traits alone.

        Args:
            profiles: Traits by the segment's name; a value without an entry under ``traits`` says nothing. A name that
                the bank's knowledge has already stays as it is there.
        """
        found = {name: self._by_traits(traits) for name, traits in profiles.items() if name not in self.segments}
        return self.model_copy(update={"segments": {**self.segments, **found}}) if found else self

    def _by_traits(self, traits: Mapping[Trait, str]) -> Segment:
        known = [
            self.traits[trait][traits[trait]] for trait in TRAITS if traits.get(trait) in self.traits.get(trait, {})
        ]
        themes, concerns = dict[Theme, float](), dict[str, float]()
        for one in known:
            for theme, factor in one.themes.items():
                themes[theme] = themes.get(theme, 1.0) * factor
            for concern, factor in one.concerns.items():
                concerns[concern] = concerns.get(concern, 1.0) * factor
        return Segment(
            themes=themes,
            concerns=concerns,
            style=next((one.style for one in known if one.style != "any"), "any"),
            tone=next((one.tone for one in known if one.tone != "any"), "any"),
            # How the group is reached says more of where it goes on than who it is.
            aim=next((one.aim for one in reversed(known) if one.aim), None),
            audiences=tuple(dict.fromkeys(audience for one in known for audience in one.audiences)),
        )


def leaning(weights: Mapping[Theme, float]) -> tuple[Theme, ...]:
    """The themes that weigh more than neutral, heaviest first."""
    return tuple(theme for theme in sorted(weights, key=lambda theme: -weights[theme]) if weights[theme] > 1.0)


@lru_cache(maxsize=4)
def load_angles(path: Path = ROOT / "angles.yaml", regions: Path = ROOT / "regions.yaml") -> Angles:
    """Read intents and segments, and the regions beside them.

    Raises:
        BadKnowledge: A file is wrong; names its line.
    """
    customers = load(path, Customers)
    return Angles(**dict(customers), regions=load(regions, Regions).regions)
