"""Which evidence a message gets: what policy demands first, then what the intent prefers, each fact once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ragmarket.knowledge.catalogue import Catalogue, Theme
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.evidence import Evidence, Figure

# Each further fact of one kind weighs less, so that a rate card does not crowd out everything else.
REPEAT = 0.55
# What can only support weighs a little less than a fact of the same score that can be put into words.
SUPPORT = 0.9
_DAYS = {
    "day": (Decimal(1), "day"),
    "week": (Decimal(7), "day"),
    "month": (Decimal(1), "month"),
    "year": (Decimal(12), "month"),
}

Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Evidence with its relevance to the query in [0, 1], and how well it suits whom the message is for.

    ``sign`` is the evidence's `signature`.
    """

    evidence: Evidence
    relevance: float
    fit: float
    sign: Signature


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A candidate with its score; what is chosen in the end gets it, what is not is never copied."""

    evidence: Evidence
    score: float
    sign: Signature
    stranded: bool = False

    @property
    def kind(self) -> str:
        """The kind of fact, "" for none."""
        return self.evidence.kind or ""

    @property
    def place(self) -> tuple[str, int, str]:
        """Where it stands, and how it reads there."""
        return self.evidence.sha256, self.evidence.start, self.evidence.text


def signature(evidence: Evidence) -> Signature:
    """What makes two facts the same: kind, figures by role, conditions; a year is twelve months."""
    conditions = sorted(condition.id for condition in evidence.conditions)
    slots = sorted(
        (slot.role, _value(slot.low), _value(slot.high) if slot.high else None, slot.range_kind if slot.high else "")
        for slot in evidence.slots
    )
    return (evidence.kind, tuple(map(repr, slots)), tuple(conditions))


def _value(figure: Figure) -> tuple[str, str]:
    factor, unit = (
        _DAYS.get(figure.unit, (Decimal(1), figure.unit)) if figure.type == "duration" else (Decimal(1), figure.unit)
    )
    return str((figure.value * factor).normalize()), unit


def weigh(candidates: Sequence[Candidate], catalogue: Catalogue, preference: Callable[[Theme], float]) -> list[Weighed]:
    """Give every candidate its score: theme of its kind, whom it suits, sureness of the kind, relevance."""
    weighed = []
    for one in candidates:
        kind = catalogue.kinds.get(one.evidence.kind or "")
        weight = one.fit * (preference(kind.theme) if kind else 0.5)
        sure = 0.5 + 0.5 * max(0.0, min(1.0, one.evidence.kind_score)) if kind else 0.5
        weighed.append(Weighed(one.evidence, round(weight * sure * (0.4 + 0.6 * one.relevance), 6), one.sign))
    return sorted(weighed, key=lambda one: (-one.score, *_order(one.evidence)))


def _order(one: Evidence) -> tuple[str, str, int, str]:
    return one.doc_id, one.version, one.start, one.text


def choose(evidence: Sequence[Weighed], policy: Policy, limit: int) -> list[Evidence]:
    """Pick the product evidence: as many phrasable facts as fit, then support, each in its place by score.

    Args:
        evidence: Weighed, best first.
        policy: What must, may not, and may only together be said.
        limit: Most to pick.
    """
    allowed = [one for one in evidence if one.evidence.kind is None or one.kind not in policy.must_not_say]
    facts = _distinct([one for one in allowed if one.evidence.phrasable and one.kind])
    kinds = {one.kind for one in facts}
    stranded = {
        kind for kind, companions in policy.must_say_with.items() if kind in kinds and not kinds & set(companions)
    }
    picked = _Picked(facts, policy, limit, stranded)
    for kind in policy.must_say:
        picked.best_of(kind)
    picked.fill()
    chosen = picked.chosen
    taken, told = {one.place for one in chosen}, {one.sign for one in chosen}
    rest = [one for one in allowed if one.place not in taken and not (one.evidence.phrasable and one.sign in told)]
    support = [
        replace(one, stranded=True) if one.kind in stranded else one
        for one in rest
        if not one.evidence.phrasable or one.kind in stranded
    ]
    merged = _merged(chosen, support[: max(0, limit - len(chosen))], len(policy.must_say))
    return [_scored(one, policy) for one in merged]


def _merged(chosen: Sequence[Weighed], support: Sequence[Weighed], head: int) -> list[Weighed]:
    """Facts for the writer in the order picked, with what only supports standing where its own score puts it.

    The first ``head`` facts are policy's and stay in front. Of a kind, each further piece of support weighs less.
    """
    merged, waiting, count = list(chosen[:head]), list(chosen[head:]), dict[str, int]()

    def weight(one: Weighed) -> float:
        return SUPPORT * one.score * REPEAT ** count.get(one.kind, 0)

    left = list(support)
    while waiting or left:
        best = max(left, key=weight, default=None)
        if best is None or (waiting and waiting[0].score >= weight(best)):
            merged.append(waiting.pop(0))
        else:
            left.remove(best)
            merged.append(best)
        kind = merged[-1].kind
        count[kind] = count.get(kind, 0) + 1
    return merged


def _distinct(facts: Sequence[Weighed]) -> list[Weighed]:
    best: dict[Signature, Weighed] = {}
    for one in facts:
        best.setdefault(one.sign, one)
    return list(best.values())


def _scored(one: Weighed, policy: Policy) -> Evidence:
    update: dict[str, object] = {"score": one.score}
    if one.stranded:
        companions = ", ".join(policy.must_say_with[one.kind])
        why = f"must be said together with one of {companions}, and no document in force holds it"
        update |= {"phrasable": False, "why_not": why}
    return one.evidence.model_copy(update=update)


class _Picked:
    def __init__(self, facts: Sequence[Weighed], policy: Policy, limit: int, stranded: set[str]) -> None:
        self.chosen: list[Weighed] = []
        self._left = [one for one in facts if one.kind not in stranded]
        self._policy = policy
        self._limit = limit
        self._count: dict[str, int] = {}

    def best_of(self, kind: str) -> None:
        """The best fact of a kind, with the companion that policy ties to it."""
        if not self._count.get(kind):
            found = next((one for one in self._left if one.kind == kind), None)
            if found:
                self._take(found)

    def fill(self) -> None:
        """The best of what is left, each repetition of a kind weighing less."""

        def now(one: Weighed) -> float:
            return one.score * REPEAT ** self._count.get(one.kind, 0)

        while self._left and len(self.chosen) < self._limit:
            best = max(self._left, key=now)
            if self._needs(best.kind) and len(self.chosen) + 2 > self._limit:
                self._left.remove(best)
                continue
            self._take(best)

    def _needs(self, kind: str) -> bool:
        companions = self._policy.must_say_with.get(kind, ())
        return bool(companions) and not any(self._count.get(one) for one in companions)

    def _take(self, one: Weighed) -> None:
        self._left.remove(one)
        self.chosen.append(one)
        kind = one.kind
        self._count[kind] = self._count.get(kind, 0) + 1
        if self._needs(kind):
            companions = self._policy.must_say_with[kind]
            found = next((other for other in self._left if other.kind in companions), None)
            if found:
                self._take(found)


def numbered(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Ids S1, S2 … in order, and slots named after them."""
    return tuple(_renamed(one, number) for number, one in enumerate(evidence, start=1))


def _renamed(one: Evidence, number: int) -> Evidence:
    def name(slot: str) -> str:
        return f"S{number}{slot[-1]}"

    return one.model_copy(
        update={
            "id": f"S{number}",
            "slots": tuple(slot.model_copy(update={"name": name(slot.name)}) for slot in one.slots),
            "conditions": tuple(
                condition.model_copy(update={"slot": name(condition.slot)}) if condition.slot else condition
                for condition in one.conditions
            ),
        }
    )
