"""What is worth telling to whom, what each variant of a brief tells of it, and in which manner."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ragmarket.generation.planning import arranged, leading, plan
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.variants import manner_of, place_among_variants, told_apart
from ragmarket.generation.wording import room_needed, ways
from ragmarket.knowledge.angles import Angles
from ragmarket.knowledge.catalogue import Kind, Theme
from ragmarket.knowledge.customers import Segment
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import Evidence

# How far apart, as a logarithm, two attempts at a message may see the same fact.
SPREAD = 1.2
# What a fact weighs whose theme the message does not lead with.
OFF_ANGLE = 0.35
# What the theme that a region asks for most at this time weighs at least, and how much more it weighs at least than its
# own weight says: a preference of a fifth would never be heard next to an intent's.
ASKED_HERE, ASKED_MORE = 2.2, 1.6
# A region that asks for a theme at least so much also has one of its facts open the message.
OPENS_FROM = 1.2


def shaken(worth: Mapping[str, float], seed: int) -> dict[str, float]:
    """Worths a little off, so that attempts differ while the best facts stay near the front."""
    dice = random.Random(seed)
    return {id_: value * math.exp(SPREAD * (dice.random() - 0.5)) for id_, value in worth.items()}


def mannered(
    task: WritingTask,
    tellings: Sequence[tuple[Fact, ...]],
    segment: Segment,
    pack: LanguagePack,
    room: int | None,
    couples: tuple[tuple[str, str], ...] = (),
    *,
    narrow: bool,
) -> WritingTask:
    """A task in the manner of its group and its place among the variants; brief and in warm words if it must.

    Args:
        task: What is to be told.
        tellings: The facts of the variants up to this one.
        segment: The manner of the group.
        pack: The language.
        room: How many characters the claims may take; None where there is no limit.
        couples: Facts, by id, that make one sentence where all of it fits.
        narrow: Whether the message was too long before.
    """

    def words(kind: str, register: str) -> int:
        return ways(pack, kind, register)

    found = manner_of(tellings, segment, words)
    free = replace(task, tone=found.tone, style=found.style, turns=found.turns)
    for one in () if narrow else (replace(free, couples=couples), free):
        if room is None or room_needed(one, pack) <= room:
            return one
    brief = manner_of(tellings, segment.model_copy(update={"tone": "customer"}), words)
    return replace(task, tone="any", style="short", turns=brief.turns)


class Teller:
    """Chooses the facts of a brief's variants.

    Args:
        angles: What intents, segments and regions prefer, and what is told together.
        kinds: The fact catalogue's kinds, by id.
    """

    def __init__(self, angles: Angles, kinds: Mapping[str, Kind]) -> None:
        self._angles = angles
        self._kinds = kinds

    def asked(self, facts: Sequence[Fact], local: Mapping[Theme, float]) -> dict[str, float]:
        """How much more the facts are worth, by id, for whose theme a region asks most at this time.

        Empty where it asks for nothing.
        """
        most = max(local.values(), default=1.0)
        themes = {theme for theme, factor in local.items() if factor == most > 1.0}
        return {fact.id: max(ASKED_MORE, ASKED_HERE / most) for fact in facts if self._theme(fact) in themes}

    def openers(self, facts: Sequence[Fact], local: Mapping[Theme, float]) -> frozenset[str]:
        """The facts, by id, of which one opens the message if it may, because the region asks for it clearly."""
        return frozenset(self.asked(facts, local)) if max(local.values(), default=1.0) >= OPENS_FROM else frozenset()

    def worth(
        self,
        facts: Sequence[Fact],
        evidence: Sequence[Evidence],
        weights: Mapping[Theme, float],
        asked: Mapping[str, float],
    ) -> dict[str, float]:
        """How much each piece of evidence is worth telling, by id: less what the message does not lead with."""
        themes = {fact.id: theme for fact in facts if (theme := self._theme(fact)) is not None}
        first = leading(weights, {themes[fact.id] for fact in facts if fact.id in themes and not fact.must})

        def share(id_: str) -> float:
            return asked.get(id_, 1.0 if themes.get(id_) in first else OFF_ANGLE)

        return {item.id: item.score * share(item.id) for item in evidence}

    def _theme(self, fact: Fact) -> Theme | None:
        return self._kinds[fact.kind].theme if fact.kind in self._kinds else None

    def tellings(
        self,
        brief: Brief,
        facts: Sequence[Fact],
        worth: Mapping[str, float],
        needs: Mapping[str, frozenset[str]],
        length: tuple[int, int],
        places: Mapping[str, tuple[float, ...]],
        openers: Collection[str],
    ) -> list[tuple[Fact, ...]]:
        """The facts of the brief's variants up to its own, in the order of telling; empty where no plan fits.

        Args:
            brief: Says which variant it is.
            facts: Facts that may be told.
            worth: How much each is worth telling, by id.
            needs: Ids of which one must be told together with the key.
            length: How many facts must, and how many may, be told.
            places: How facts of one kind follow one another, by id.
            openers: Facts, by id, of which one opens the message if it may.
        """
        angles, (least, most) = self._angles, length

        def apart(one: Fact, other: Fact) -> bool:
            return angles.apart([id_ for id_, _ in one.conditions], [id_ for id_, _ in other.conditions])

        def told(worth: Mapping[str, float], opened: Mapping[str, int]) -> tuple[Fact, ...]:
            found = plan(facts, worth, needs, most, angles.concern, apart)
            if len(found) < max(1, least):
                found = plan(facts, worth, needs, most, angles.concern)
            if len(found) < max(1, least):
                return ()
            return arranged(found, needs, angles, places, opened, openers)

        return told_apart(place_among_variants(brief.seed), worth, told, angles)
