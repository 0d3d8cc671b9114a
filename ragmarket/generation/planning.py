"""Which facts a message tells: what policy demands, then the best, and few of one concern; and in which order.

The scores are retrieval's: they hold what intent, segment, region and season prefer, and how well a fact answers the
brief. A list of the best alone would tell the same concern again and again, and a second preference would never be
heard; so each further fact of a kind, and of a concern, weighs less.

The order of telling is another thing than the order of choice: a rule stands before its exception and the least before
the most, whichever of them answers the brief better, and fine print opens no message.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from ragmarket.generation.coupling import SLABS, coupled
from ragmarket.generation.task import Fact
from ragmarket.knowledge.angles import ASIDE, MAIN, Angles, leaning
from ragmarket.knowledge.catalogue import Theme
from ragmarket.schemas.evidence import Evidence, Figure, Slot

LEADING = 2
KIND_AGAIN = 0.5
CONCERN_AGAIN = 0.6
MOST = ("up_to", "below")
DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "week": 7.0, "month": 365 / 12, "year": 365.0}


def plan(
    facts: Sequence[Fact],
    worth: Mapping[str, float],
    needs: Mapping[str, frozenset[str]],
    most: int,
    concern: Callable[[str], str | None],
    apart: Callable[[Fact, Fact], bool] = lambda *_: False,
) -> tuple[Fact, ...]:
    """The facts to tell, in the order of choice; a companion that a fact needs follows it.

    Args:
        facts: Facts that may be told.
        worth: How much each is worth telling, by id; 1 is neutral.
        needs: Ids of which one must be told together with the key.
        most: How many may be told.
        concern: What a kind is about for the customer; None where nothing is known.
        apart: Whether two facts are of things that no message tells together, unless policy demands both.

    Returns:
        At most ``most`` facts, those that policy demands first; none when its demands do not fit.
    """
    by_id = {fact.id: fact for fact in facts}
    chosen: list[Fact] = []
    kinds, concerns = Counter[str](), Counter[str | None]()

    def now(fact: Fact) -> float:
        about = concern(fact.kind)
        again = CONCERN_AGAIN ** concerns[about] if about is not None else 1.0
        return worth.get(fact.id, 0.0) * KIND_AGAIN ** kinds[fact.kind] * again

    def whole(fact: Fact, told: frozenset[str]) -> list[Fact]:
        """A fact with the companions that it, and they in turn, still need."""
        found = [fact]
        group = needs.get(fact.id)
        if group and not group & (told | {fact.id}):
            there = [by_id[id_] for id_ in sorted(group) if id_ in by_id]
            best = max(there, key=lambda one: (not apart(fact, one), now(one)))
            found += whole(best, told | {fact.id})
        return found

    def tell(fact: Fact) -> bool:
        told = frozenset(one.id for one in chosen)
        if fact.id in told:
            return True
        group = whole(fact, told)
        if len(chosen) + len(group) > most:
            return False
        if not fact.must and any(apart(one, other) for one in group for other in (*chosen, *group)):
            return False
        for one in group:
            chosen.append(one)
            kinds[one.kind] += 1
            concerns[concern(one.kind)] += 1
        return True

    if not all(tell(fact) for fact in facts if fact.must):
        return ()
    waiting = [fact for fact in facts if fact not in chosen]
    while waiting and len(chosen) < most:
        best = max(waiting, key=now)
        tell(best)
        waiting = [fact for fact in waiting if fact is not best and fact not in chosen]
    return tuple(chosen)


def arranged(
    chosen: Sequence[Fact],
    needs: Mapping[str, frozenset[str]],
    angles: Angles,
    place: Mapping[str, tuple[float, ...]],
    opened: Mapping[str, int] | None = None,
    openers: Collection[str] = (),
) -> tuple[Fact, ...]:
    """Chosen facts in the order of telling.

    What a customer asks first opens the message, what customers ask of any such product follows, and fine print ends
    it; else the order of choice stays. Facts of one sequence, facts of one kind, a fact with its companion and facts
    that make one sentence stand side by side.

    Args:
        chosen: The facts, the best first.
        needs: Ids of which one must be told together with the key.
        angles: Knows the sequences and what is fine print.
        place: How facts of one kind follow one another, by id.
        opened: How often a kind has opened another message of the brief; the one that did so least opens this one.
        openers: Facts, by id, of which one opens the message before others if it is no fine print.

    Returns:
        The same facts.
    """
    standing = {fact.id: angles.standing(fact.kind) for fact in chosen}
    fit = [one for one in chosen if standing[one.id] == MAIN or (one.id in openers and standing[one.id] != ASIDE)]
    opener = min(fit, key=lambda fact: ((opened or {}).get(fact.kind, 0), fact.id not in openers), default=None)
    waiting = sorted(
        chosen,
        key=lambda fact: (
            fact is not opener,
            standing[fact.id] == ASIDE,
            fact.id not in openers,
            standing[fact.id],
        ),
    )

    def beside(fact: Fact) -> list[Fact]:
        """A fact and those that are told side by side with it."""
        row = angles.sequence(fact.kind)
        return sorted(
            (one for one in waiting if one.kind in row),
            key=lambda one: (row.index(one.kind), place.get(one.id, ())),
        )

    told: list[list[Fact]] = []
    while waiting:
        block = beside(waiting[0])
        for fact in tuple(block):
            group = needs.get(fact.id, frozenset())
            if not group & {one.id for others in (*told, block) for one in others}:
                companion = next((one for one in waiting if one.id in group), None)
                block += beside(companion) if companion else []
        told.append(block)
        waiting = [fact for fact in waiting if fact not in block]
    return coupled(told, angles.couples, openers)


def leading(weights: Mapping[Theme, float], there: Collection[Theme]) -> frozenset[Theme]:
    """The themes that a message leads with: the heaviest ones, and the heaviest of those that there are facts of.

    All that there are, where none weighs more than another.
    """
    if not leaning(weights):
        return frozenset(there)
    ranked = sorted(there, key=lambda theme: (-weights[theme], theme))
    return frozenset([*leaning(weights)[:LEADING], *ranked[:LEADING]])


def places_of(evidence: Sequence[Evidence], groups: Collection[str] = ()) -> dict[str, tuple[float, ...]]:
    """How facts of one kind follow one another.

    What holds for all stands before what holds for a group, the least before the most, and slabs (of time, amount, age
    and so on) from the lowest to the highest; what these leave open follows its document.

    Args:
        evidence: The facts.
        groups: Conditions under which a fact holds for a group of customers alone.
    """
    return {
        item.id: (
            int(any(condition.id in groups for condition in item.conditions)),
            int(any(slot.low.bound in MOST and not _divides(item, slot) for slot in item.slots)),
            *_slab(item),
            item.start,
        )
        for item in evidence
    }


def _slab(item: Evidence) -> tuple[float, float, float]:
    """For what a fact holds: which sort of slab, its lower and its upper end in one unit; none comes before any."""
    slots = [slot for slot in item.slots if _divides(item, slot)]
    if not slots:
        return (-1.0, 0.0, 0.0)
    slot = min(slots, key=lambda one: SLABS.index(_role(item, one)))
    low = _size(slot.low)
    open_below, open_above = slot.low.bound in (*MOST, "within"), slot.low.bound in ("from", "above", "after")
    high = _size(slot.high) if slot.high else math.inf if open_above else low
    return (float(SLABS.index(_role(item, slot))), 0.0 if open_below else low, high)


def _divides(item: Evidence, slot: Slot) -> bool:
    """Whether a slot says for what the fact holds, and is not the figure that the fact gives."""
    figures = sum(not _rides(item, one) for one in item.slots)
    return _role(item, slot) in SLABS and (_rides(item, slot) or figures > 1)


def _role(item: Evidence, slot: Slot) -> str:
    return next((condition.id for condition in item.conditions if condition.slot == slot.name), slot.role)


def _size(figure: Figure) -> float:
    return float(figure.value) * DAYS.get(figure.unit, 1.0)


def _rides(item: Evidence, slot: Slot) -> bool:
    return any(condition.slot == slot.name for condition in item.conditions)
