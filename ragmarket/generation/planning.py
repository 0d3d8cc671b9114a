"""Which facts a message tells: what policy demands, then the best, and few of one concern; and in which order.

The scores are retrieval's: they hold what intent, segment, region and season prefer, and how well a fact answers the
brief. A list of the best alone would tell the same concern again and again, and a second preference would never be
heard; so each further fact of a kind, and of a concern, weighs less.

The order of telling is another thing than the order of choice: a rule stands before its exception and the least before
the most, whichever of them answers the brief better, and fine print opens no message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from ragmarket.generation.task import Fact
from ragmarket.knowledge.angles import ASIDE, MAIN, Angles, leaning
from ragmarket.knowledge.catalogue import Theme
from ragmarket.schemas.evidence import Evidence, Slot

LEADING = 2
KIND_AGAIN = 0.5
CONCERN_AGAIN = 0.6


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
    place: Mapping[str, tuple[int, ...]],
    opened: Mapping[str, int] | None = None,
    openers: Collection[str] = (),
) -> tuple[Fact, ...]:
    """Chosen facts in the order of telling.

    What a customer asks first opens the message and fine print ends it; between them the order of choice stays. Facts
    of one sequence, facts of one kind and a fact with its companion stand side by side.

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
    waiting = sorted(chosen, key=lambda fact: (fact is not opener, standing[fact.id] == ASIDE, fact.id not in openers))

    def beside(fact: Fact) -> list[Fact]:
        """A fact and those that are told side by side with it."""
        row = angles.sequence(fact.kind)
        return sorted(
            (one for one in waiting if one.kind in row),
            key=lambda one: (row.index(one.kind), place.get(one.id, ())),
        )

    told: list[Fact] = []
    while waiting:
        block = beside(waiting[0])
        for fact in tuple(block):
            group = needs.get(fact.id, frozenset())
            if not group & {one.id for one in (*told, *block)}:
                companion = next((one for one in waiting if one.id in group), None)
                block += beside(companion) if companion else []
        told += block
        waiting = [fact for fact in waiting if fact not in block]
    return tuple(told)


def leading(weights: Mapping[Theme, float], there: Collection[Theme]) -> frozenset[Theme]:
    """The themes that a message leads with: the heaviest ones, and the heaviest of those that there are facts of.

    All that there are, where none weighs more than another.
    """
    if not leaning(weights):
        return frozenset(there)
    ranked = sorted(there, key=lambda theme: (-weights[theme], theme))
    return frozenset([*leaning(weights)[:LEADING], *ranked[:LEADING]])


def places_of(evidence: Sequence[Evidence]) -> dict[str, tuple[int, ...]]:
    """How facts of one kind follow one another: the least before the most, else as their document has them."""
    return {
        item.id: (
            int(any(slot.low.bound in ("up_to", "below") for slot in item.slots if not _rides(item, slot))),
            item.start,
        )
        for item in evidence
    }


def _rides(item: Evidence, slot: Slot) -> bool:
    return any(condition.slot == slot.name for condition in item.conditions)
