"""What each of several messages on one brief tells, and in which words, so that no two say the same.

Variants are told apart before anything is written. Each plan knows the plans before it: it prefers facts that they have
left, then another fact to open with, then words that they have not used. All of it follows from the brief and its
evidence, so that a variant written alone, or replayed years later, is the one that was written among others.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ragmarket.generation.prompt import register_of
from ragmarket.generation.task import Fact
from ragmarket.knowledge.angles import Angles
from ragmarket.knowledge.customers import Register, Segment, Style

# Most variants of one brief; the next seed begins anew.
VARIANTS = 5
# What a fact weighs that a variant before has told: less and less, until the variant tells something of its own.
TOLD_BEFORE = (0.55, 0.3, 0.1, 0.01)
# Style of variants in turn, where the segment asks for none.
VARIED: tuple[Style, ...] = ("any", "any", "full")
# Tones to choose from with their registers, where the segment asks for none, the preferred one first.
TONES: tuple[tuple[Register, str], ...] = (("any", register_of("any")), ("formal", "formal"))

Told = tuple[Fact, ...]
# Facts to tell by their worth, in the order of telling; the counter says how often a kind has opened a message.
Plan = Callable[[Mapping[str, float], Counter[str]], Told]


@dataclass(frozen=True, slots=True)
class Manner:
    """In which words a variant tells its facts; ``turns`` counts, by fact, the variants before that told it alike."""

    tone: Register
    style: Style
    turns: Mapping[str, int] = field(default_factory=dict)


def place_among_variants(seed: int) -> int:
    """The place of a seed among the variants of one brief, from 0: their seeds follow each other."""
    return seed % VARIANTS


def rotation(product_code: str, language: str, channel: str) -> int:
    """Where the rotation of the bank's lines begins for a product: a number that stays the same over the years."""
    return zlib.crc32(f"{product_code} {language} {channel}".encode())


def told_apart(number: int, worth: Mapping[str, float], plan: Plan, angles: Angles) -> list[Told]:
    """The facts of the first ``number + 1`` variants, in the order of telling.

    No two tell the same set of facts where the evidence leaves a choice; where it leaves none, they open with another
    fact if policy and the sequences of kinds allow it.
    """
    earlier: list[Told] = []
    for _ in range(number + 1):
        times = Counter(fact.id for told in earlier for fact in told)
        opened = Counter(kind for told in earlier if told for kind in angles.sequence(told[0].kind))
        known = {frozenset(fact.id for fact in told) for told in earlier}
        found: Told = ()
        for weight in TOLD_BEFORE:
            found = plan({id_: value * weight ** times[id_] for id_, value in worth.items()}, opened)
            if frozenset(fact.id for fact in found) not in known:
                break
        earlier.append(found)
    return earlier


def manner_of(tellings: Sequence[Told], segment: Segment, ways: Callable[[str, str], int]) -> Manner:
    """In which words the last of some variants tells its facts.

    Args:
        tellings: The facts of the variants up to this one.
        segment: The manner that the message's group asks for; it is the same in all variants.
        ways: In how many words of a register a kind can be told without the product's name: ``ways(kind, register)``.
    """
    used = Counter[tuple[str, str]]()
    found = Manner(segment.tone, segment.style)
    for number, told in enumerate(tellings):
        tone, style = segment.tone, segment.style
        if tone == "any":
            style = VARIED[number % len(VARIED)] if style == "any" else style
            tone = _fresher(told, used, ways)
        register = register_of(tone)
        found = Manner(tone, style, {fact.id: used[fact.kind, register] for fact in told})
        used.update((kind, register) for kind in {fact.kind for fact in told})
    return found


def _fresher(
    told: Told,
    used: Counter[tuple[str, str]],
    ways: Callable[[str, str], int],
) -> Register:
    """The tone in which fewer facts would be told in the words of a variant before; the first where all are alike."""

    def again(register: str) -> int:
        return sum(used[fact.kind, register] >= max(1, ways(fact.kind, register)) for fact in told)

    return min(TONES, key=lambda tone: again(tone[1]))[0]
