"""Which facts a message tells, and in which order: what policy demands, then the best, and few of one concern.

The scores are retrieval's: they hold what intent, segment, region and season prefer, and how well a fact answers the
brief. A list of the best alone would tell the same concern again and again, and a second preference would never be
heard; so each further fact of a kind, and of a concern, weighs less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from ragmarket.generation.task import Fact
from ragmarket.knowledge.angles import leaning
from ragmarket.knowledge.catalogue import Theme

LEADING = 2
KIND_AGAIN = 0.5
CONCERN_AGAIN = 0.6


def plan(
    facts: Sequence[Fact],
    worth: Mapping[str, float],
    needs: Mapping[str, frozenset[str]],
    most: int,
    concern: Callable[[str], str | None],
) -> tuple[Fact, ...]:
    """The facts to tell, in the order of telling; a companion that a fact needs follows it.

    Args:
        facts: Facts that may be told.
        worth: How much each is worth telling, by id; 1 is neutral.
        needs: Ids of which one must be told together with the key.
        most: How many may be told.
        concern: What a kind is about for the customer; None where nothing is known.

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
            best = max((by_id[id_] for id_ in sorted(group) if id_ in by_id), key=now)
            found += whole(best, told | {fact.id})
        return found

    def tell(fact: Fact) -> bool:
        told = frozenset(one.id for one in chosen)
        if fact.id in told:
            return True
        group = whole(fact, told)
        if len(chosen) + len(group) > most:
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


def leading(weights: Mapping[Theme, float], there: Collection[Theme]) -> frozenset[Theme]:
    """The themes that a message leads with: the heaviest ones, and the heaviest of those that there are facts of.

    All that there are, where none weighs more than another.
    """
    if not leaning(weights):
        return frozenset(there)
    ranked = sorted(there, key=lambda theme: (-weights[theme], theme))
    return frozenset([*leaning(weights)[:LEADING], *ranked[:LEADING]])
