"""Which facts make one sentence, and where a message's first breath ends.

A person tells the least and the most, a rate and its fee, in one breath. Which kinds belong together is knowledge
(angles.yaml); whether two facts at hand may be told so depends on the conditions under which they hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise, takewhile

from ragmarket.generation.task import Fact, Unit

# Figures that say for what a fact holds, where they stand beside the one that it gives.
SLABS = ("duration", "age", "cover", "amount_slab", "balance_slab", "outstanding_slab", "credit_score")
# Conditions that say how a charge is made up, not where a fact holds.
OF_A_CHARGE = frozenset({"gst_extra", "min_charge", "max_charge", "per_packet", "per_property"})


def coupled(
    blocks: Sequence[Sequence[Fact]], couples: Collection[tuple[str, str]], openers: Collection[str] = ()
) -> tuple[Fact, ...]:
    """Facts in the order of telling, those that make one sentence brought together where the first of them stands.

    Args:
        blocks: Facts that stand side by side already, which nothing parts.
        couples: Pairs of kinds that one sentence tells, in its order.
        openers: Facts, by id, before which nothing is brought to the message's beginning.
    """
    waiting, found = list(blocks), list[Fact]()
    while waiting:
        block, *waiting = waiting
        stays = not found and block[0].id in openers
        ways = [(other, [block, other]) for other in waiting]
        ways += [] if stays else [(other, [other, block]) for other in waiting]
        other, pair = next(
            ((other, pair) for other, pair in ways if (pair[0][-1].kind, pair[1][0].kind) in couples), (None, [block])
        )
        found += [fact for one in pair for fact in one]
        waiting = [one for one in waiting if one is not other]
    return tuple(found)


def couples_of(told: Sequence[Fact], couples: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The facts, by id, that follow each other and make one sentence; each stands in one sentence alone.

    What follows in a sentence seems to hold where its beginning does. So a fact that holds for some amounts alone keeps
    to itself, and so do two that hold for different things: at our own cash machines, at those of others. Of a kind
    that is told more than once, none stands with another kind: its facts are read against each other.

    Args:
        told: The facts, in the order of telling.
        couples: Pairs of kinds that one sentence tells; where a fact has a choice, the pair that stands first.
    """
    times = Counter(fact.kind for fact in told)

    def fit(one: Fact, other: Fact) -> bool:
        here, there = ({id_ for id_, _ in fact.conditions} - OF_A_CHARGE for fact in (one, other))
        alike = not here or not there or here == there
        alone = one.kind == other.kind or times[one.kind] == times[other.kind] == 1
        return here.isdisjoint(SLABS) and alike and alone and (one.kind, other.kind) in couples

    pairs = [(place, pair) for place, pair in enumerate(pairwise(told)) if fit(*pair)]
    taken: dict[int, tuple[str, str]] = {}
    for place, (one, other) in sorted(pairs, key=lambda pair: couples.index((pair[1][0].kind, pair[1][1].kind))):
        if taken.keys().isdisjoint((place - 1, place + 1)):
            taken[place] = (one.id, other.id)
    return tuple(taken[place] for place in sorted(taken))


def told_first(units: Sequence[Unit]) -> int:
    """How many facts are told before a bridge: those of the first sentence, and of its kinds where they follow it."""
    kinds = {fact.kind for fact in units[0]} if units else set()
    first = takewhile(lambda unit: kinds.issuperset(fact.kind for fact in unit), units)
    return sum(map(len, first))
