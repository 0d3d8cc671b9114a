"""What a segment's members do more than everybody: its card, and the reasons that a member's own deeds give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.schemas.segments import SegmentCard, SegmentTrait, TypicalBehaviour
from ragmarket.signals.narratives import traits
from ragmarket.signals.segments.vectors import Behaviour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TOLD = 5
# A sentence must be this share of a segment's transactions before it may speak for it.
_LEAST_SHARE = 0.01
_MOST_SENTENCES, _MOST_TRAITS = 12, 12


def shares_of(seen: Behaviour, inside: NDArray[np.bool_] | None) -> list[float]:
    """Share of each sentence among all transactions, or among those of the customers inside (shape (customers,))."""
    import numpy as np

    counts = seen.counts if inside is None else seen.counts * inside[seen.rows]
    totals = np.bincount(seen.columns, weights=counts, minlength=len(seen.sentences))
    return [float(value) for value in totals / max(totals.sum(), 1.0)]


def cards_of(seen: Behaviour, labels: NDArray[np.int64], count: int) -> tuple[SegmentCard, ...]:
    """A card per segment; its sentences are those that its members show more than everybody.

    Raises:
        InvalidInput: There is no segment.
    """
    overall = shares_of(seen, None)
    cards = []
    for number in range(count):
        inside = labels == number
        own = shares_of(seen, inside)
        lines = [
            TypicalBehaviour(narrative=sentence, share=share, overall=before, lift=share / before)
            for sentence, share, before in zip(seen.sentences, own, overall, strict=True)
            if share >= _LEAST_SHARE and before > 0 and share > before
        ]
        lines.sort(key=lambda line: -line.share * line.lift)
        cards.append(
            SegmentCard(
                number=number,
                size=int(inside.sum()),
                share=float(inside.mean()),
                typical=tuple(lines[:_MOST_SENTENCES]),
                traits=_apart(_traits(seen.sentences, own), _traits(seen.sentences, overall)),
            )
        )
    if not cards:
        raise InvalidInput("no segment was found: everybody is noise", hint="Lower min_cluster_size or min_samples.")
    return tuple(cards)


def reasons(
    own: Mapping[str, float], card: SegmentCard, overall: Mapping[str, float], *, distance: float, rim: float
) -> tuple[str, ...]:
    """Why a customer belongs to a segment.

    What the customer does more than others, told where the segment does so too. Where they share no such sentence, the
    nearest statistics: in what the customer resembles the segment more than everybody. Where there is none either, how
    near the members are.

    Args:
        own: Transactions by sentence.
        card: The segment's.
        overall: Share of each sentence among all transactions when the segments were fitted.
        distance: Mean distance to the nearest members.
        rim: Distance up to which the segment takes customers in.
    """
    total = sum(own.values())
    typical = {line.narrative for line in card.typical}
    shared = sorted(
        (name for name in own if name in typical),
        key=lambda name: -(own[name] / total) / max(overall.get(name, 0.0), 1e-6),
    )
    if shared:
        return tuple(f"{name}: {own[name] / total:.0%} of transactions" for name in shared[:_TOLD])
    told = _traits(tuple(own), [count / total for count in own.values()])
    near = [
        (abs(told.get(one.trait, 0.0) - one.overall) - abs(told.get(one.trait, 0.0) - one.share), one)
        for one in card.traits
    ]
    resembling = sorted((pair for pair in near if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].trait))
    if resembling:
        return tuple(
            f"{one.trait}: {told.get(one.trait, 0.0):.0%} of transactions"
            f" (the segment {one.share:.0%}, everybody {one.overall:.0%})"
            for _, one in resembling[:_TOLD]
        )
    return (f"members are {distance:.2f} away on average, the segment reaches {rim:.2f}",)


def _traits(sentences: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
    """Share of transactions that tell each part of a sentence."""
    found: defaultdict[str, float] = defaultdict(float)
    for sentence, share in zip(sentences, shares, strict=True):
        for trait in traits(sentence):
            found[trait] += share
    return {trait: min(share, 1.0) for trait, share in found.items()}


def _apart(own: Mapping[str, float], overall: Mapping[str, float]) -> tuple[SegmentTrait, ...]:
    """The parts by which a segment differs most, in standard deviations of one transaction."""

    def deviations(trait: str) -> float:
        share = overall[trait]
        return float(abs(own.get(trait, 0.0) - share) / max(share * (1 - share), 1e-9) ** 0.5)

    ranked = sorted(overall, key=lambda trait: (-deviations(trait), trait))
    return tuple(
        SegmentTrait(trait=trait, share=own.get(trait, 0.0), overall=overall[trait]) for trait in ranked[:_MOST_TRAITS]
    )
