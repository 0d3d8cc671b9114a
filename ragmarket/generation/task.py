"""One writing task: what the prompt, the grammar and the training data are all made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ragmarket.knowledge.catalogue import Theme
from ragmarket.knowledge.customers import Register, Style
from ragmarket.schemas.base import ProductClass
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Fact:
    """A phrasable piece of evidence, reduced to what the writer needs.

    Attributes:
        id: Evidence id, "S1".
        kind: Fact kind.
        roles: Role of the kind to slot name ("rate" -> "S1a").
        conditions: Qualifications in order: (condition id, slot name or None).
        must: Whether policy demands this fact.
    """

    id: str
    kind: str
    roles: Mapping[str, str]
    conditions: tuple[tuple[str, str | None], ...] = ()
    must: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        """All slot names, each of which the claim holds exactly once."""
        return tuple(sorted([*self.roles.values(), *(slot for _, slot in self.conditions if slot)]))


# The facts of one sentence.
Unit = tuple[Fact] | tuple[Fact, Fact]


@dataclass(frozen=True, slots=True)
class WritingTask:
    """Everything that decides the text.

    Attributes:
        angle: Themes of fact to prefer, heaviest first.
        style: Whether facts are told briefly or in full.
        tone: Warm or plain words; ``any`` is warm.
        own_lines: Whether the bank's lines for the intent speak of this product.
        own_aim: Whether the aim is that of the group the message is for, and goes before the intent's own lines.
        needs: Groups of fact ids: when the key is told, at least one of its values must be told too.
        turns: How many variants before have told a fact in this register, by id; none: all its words may be chosen.
        rotation: Which of the bank's lines are this message's turn; None: all may be chosen, of phrasings too.
        begins: Where the turns of a fact's phrasings begin; the same in all variants of a brief.
        couples: Facts, by id, that follow each other and are told in one sentence; only where all facts are told.
    """

    language: str
    channel: str
    product_class: ProductClass
    intent: str
    aim: str
    angle: tuple[Theme, ...]
    style: Style
    min_claims: int
    max_claims: int
    facts: tuple[Fact, ...]
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tone: Register = "any"
    own_lines: bool = True
    own_aim: bool = False
    turns: Mapping[str, int] = field(default_factory=dict)
    rotation: int | None = None
    begins: int = 0
    couples: tuple[tuple[str, str], ...] = ()

    @property
    def units(self) -> tuple[Unit, ...]:
        """The facts of each sentence, in the order of telling."""
        second = dict(self.couples)
        by_id = {fact.id: fact for fact in self.facts}
        behind = set(second.values())
        return tuple(
            (fact, by_id[second[fact.id]]) if fact.id in second else (fact,)
            for fact in self.facts
            if fact.id not in behind
        )


def facts_of(evidence: Sequence[Evidence], must: Sequence[str]) -> tuple[Fact, ...]:
    """Reduce retrieved evidence to the facts that can be put into words."""
    facts: list[Fact] = []
    owed = set(must)
    for item in evidence:
        if not item.phrasable or item.kind is None:
            continue
        conditions = tuple((condition.id, condition.slot) for condition in item.conditions)
        conditional = {slot for _, slot in conditions if slot}
        roles = {slot.role: slot.name for slot in item.slots if slot.name not in conditional}
        # One telling of a demanded kind is enough: the best evidence of it is the one that cannot be left out.
        facts.append(Fact(item.id, item.kind, roles, conditions, must=item.kind in owed))
        owed.discard(item.kind)
    return tuple(facts)


def needs_of(facts: Sequence[Fact], policy: Policy) -> dict[str, frozenset[str]]:
    """Policy's "never without" groups as fact ids."""
    needs: dict[str, frozenset[str]] = {}
    for fact in facts:
        companions = policy.must_say_with.get(fact.kind)
        if companions:
            needs[fact.id] = frozenset(other.id for other in facts if other.kind in companions)
    return needs


def tellable(
    facts: Sequence[Fact], needs: Mapping[str, frozenset[str]]
) -> tuple[tuple[Fact, ...], dict[str, frozenset[str]]]:
    """Drop facts whose companion was not found, again and again until nothing changes."""
    kept = list(facts)
    while True:
        ids = {fact.id for fact in kept}
        rest = [fact for fact in kept if fact.id not in needs or needs[fact.id] & ids]
        if len(rest) == len(kept):
            return tuple(kept), {key: group & ids for key, group in needs.items() if key in ids}
        kept = rest
