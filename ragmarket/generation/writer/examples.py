"""Training examples of drafting: writing tasks drawn at random and the copy that a copywriter would answer with.

A task lists facts as retrieval would hand them over: any subset of a product class's kinds in any order, kinds that
stand twice (slabs, other terms), any conditions, slots lettered in document order. The answer chooses the facts that
the angle prefers and says each with one of the language pack's phrasings, slots in place. No figure and no product
name is ever part of an example.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, get_args

from ragmarket.generation.coupling import coupled, couples_of, told_first
from ragmarket.generation.grammar import BRIDGED_FROM
from ragmarket.generation.lines import ctas_of, openings_of, subjects_of
from ragmarket.generation.phrasing import phrase_unit
from ragmarket.generation.prompt import build_prompt, fact_body
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import phrasings_of
from ragmarket.knowledge.angles import THEMES, Angles, leaning
from ragmarket.knowledge.catalogue import Catalogue, Kind, Theme
from ragmarket.knowledge.customers import Register, Style
from ragmarket.knowledge.language import FIGURE_CONDITIONS, LanguagePack
from ragmarket.schemas.base import CHANNELS, ProductClass

MAX_FACTS = 12
CLAIMS_PER_CHANNEL = {"sms": (1, 2), "push": (1, 1), "whatsapp": (1, 4), "email": (2, 6)}
STYLES: tuple[Style, ...] = ("any", "short", "full")
TONES: tuple[Register, ...] = ("any", "any", "customer", "formal")
# How often the facts are those of a plan, all of them to be told, and how often the aim is a group's own.
PLANNED_SHARE, OWN_AIM_SHARE = 0.7, 0.4
REPEAT_SHARE, MUST_SHARE, RARE_CONDITION_SHARE, BRIDGE_SHARE = 0.25, 0.06, 0.08, 0.6


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the completion to learn; ``key`` names the combination by which examples are held out."""

    prompt: str
    completion: str
    language: str
    key: str

    @property
    def held_out(self) -> bool:
        """Whether this combination is kept for evaluation (about one in twelve)."""
        return sum(ord(char) * (position + 1) for position, char in enumerate(self.key)) % 12 == 0


class Sampler(Protocol):
    """A source of examples of one task."""

    def draw(self, rng: random.Random) -> Example:
        """One example."""
        ...


class Mixture:
    """An endless, seeded stream of examples of several tasks.

    Args:
        parts: Each task's sampler with its share.
    """

    def __init__(self, parts: Sequence[tuple[Sampler, float]]) -> None:
        self._samplers = [sampler for sampler, _ in parts]
        self._shares = [share for _, share in parts]

    @property
    def names(self) -> list[str]:
        """The tasks, by the names of their samplers."""
        return [type(sampler).__name__.removesuffix("Sampler").lower() for sampler in self._samplers]

    @property
    def first(self) -> Mixture:
        """The first task alone."""
        return Mixture([(self._samplers[0], 1.0)])

    def stream(self, seed: int, *, held_out: bool = False) -> Iterator[Example]:
        """Examples for training, or (``held_out``) only those of the combinations kept for evaluation."""
        rng = random.Random(seed)
        while True:
            example = rng.choices(self._samplers, self._shares)[0].draw(rng)
            if example.held_out == held_out:
                yield example


def claim_of(fact: Fact, text: str, bridge: str | None = None, *, joins: bool = False) -> dict[str, object]:
    """A claim as the writer writes it."""
    lead: dict[str, object] = {"bridge": bridge} if bridge else {"joins": True} if joins else {}
    return lead | {"cite": fact.id, "fact": fact_body(fact), "text": text}


def compact(answer: object) -> str:
    """JSON as the writer writes it: no blanks, letters as they are."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


class DraftSampler:
    """Drafting tasks with the answers of the language packs.

    Args:
        catalogue: The fact catalogue.
        packs: Language packs by language.
        angles: What intents, segments and regions prefer.
    """

    def __init__(self, catalogue: Catalogue, packs: Mapping[str, LanguagePack], angles: Angles) -> None:
        self._catalogue = catalogue
        self._packs = packs
        self._angles = angles

    def _conditions(self, rng: random.Random, kind: Kind, pack: LanguagePack) -> list[str]:
        usual = [id_ for id_ in kind.conditions if id_ in pack.conditions]
        chosen = [id_ for id_ in usual if rng.random() < 0.3]
        if rng.random() < RARE_CONDITION_SHARE:
            chosen.append(rng.choice(sorted(pack.conditions)))
        return list(dict.fromkeys(chosen))[:2]

    def _fact(self, rng: random.Random, number: int, kind: Kind, pack: LanguagePack) -> Fact:
        conditions = self._conditions(rng, kind, pack)
        figured = [id_ for id_ in conditions if id_ in FIGURE_CONDITIONS]
        letters = list("abcdef"[: len(kind.roles) + len(figured)])
        rng.shuffle(letters)
        roles = {role: f"S{number}{letters.pop()}" for role in kind.roles}
        said = tuple((id_, f"S{number}{letters.pop()}" if id_ in FIGURE_CONDITIONS else None) for id_ in conditions)
        return Fact(f"S{number}", kind.id, roles, said, must=rng.random() < MUST_SHARE)

    def _angle(self, rng: random.Random, intent: str, product_class: str) -> tuple[Theme, ...]:
        """An angle that the bank's data give, or, half the time, any: so new intents need no new training."""
        if rng.random() < 0.5:
            return tuple(rng.sample(THEMES, rng.randint(0, 4)))
        segment = rng.choice(sorted(self._angles.segments))
        region = rng.choice([None, *sorted(self._angles.regions)])
        return leaning(self._angles.weights(intent, segment, product_class, region))

    def task(self, rng: random.Random) -> WritingTask:
        """One writing task, without its answer."""
        language = rng.choice(sorted(self._packs))
        pack = self._packs[language]
        channel = rng.choice(CHANNELS)
        product_class: ProductClass = rng.choice(get_args(ProductClass))
        intent = rng.choice(sorted(self._angles.intents))
        kinds = list(self._catalogue.of_class(product_class))
        rng.shuffle(kinds)
        kinds = kinds[: rng.randint(2, MAX_FACTS)]
        while len(kinds) < MAX_FACTS and rng.random() < REPEAT_SHARE:
            kinds.insert(rng.randrange(len(kinds) + 1), rng.choice(kinds))
        facts = [self._fact(rng, number, kind, pack) for number, kind in enumerate(kinds, start=1)]
        most = rng.randint(*CLAIMS_PER_CHANNEL[channel])
        demanded = [fact.id for fact in facts if fact.must][:most]
        own_aim = rng.random() < OWN_AIM_SHARE
        aims = ["learn", "branch", "app", *(["chat"] if channel == "whatsapp" else [])]
        task = WritingTask(
            language=language,
            channel=channel,
            product_class=product_class,
            intent=intent,
            aim=rng.choice(aims) if own_aim else self._angles.intents[intent].aim,
            angle=self._angle(rng, intent, product_class),
            style=rng.choice(STYLES),
            min_claims=1,
            max_claims=most,
            # Policy never demands more facts than the channel holds.
            facts=tuple(replace(fact, must=fact.id in demanded) for fact in facts),
            tone=rng.choice(TONES),
            own_lines=self._angles.has_lines(intent, product_class),
            own_aim=own_aim,
        )
        if rng.random() >= PLANNED_SHARE:
            return task
        planned = list(self.choose(task))
        rng.shuffle(planned)
        told = coupled([[fact] for fact in planned], self._angles.couples)
        return replace(
            task,
            facts=told,
            min_claims=len(told),
            max_claims=len(told),
            couples=couples_of(told, [pair for pair in self._angles.couples if pair in pack.joined.by_kinds]),
        )

    def draw(self, rng: random.Random) -> Example:
        """One task and its answer."""
        task = self.task(rng)
        key = f"{task.language}/{task.product_class}/{task.intent}"
        return Example(build_prompt(task), self.answer(rng, task), task.language, key)

    def choose(self, task: WritingTask) -> tuple[Fact, ...]:
        """The facts that the angle prefers, in the order of the task; a kind twice only when nothing else is left."""
        places = {theme: place for place, theme in enumerate(task.angle)}

        def preference(fact: Fact) -> tuple[bool, int]:
            return not fact.must, places.get(self._catalogue.kinds[fact.kind].theme, len(places))

        ranked = sorted(task.facts, key=preference)
        first = {fact.kind: fact for fact in reversed(ranked)}
        ranked = [fact for fact in ranked if fact.must or first[fact.kind] is fact] + [
            fact for fact in ranked if not fact.must and first[fact.kind] is not fact
        ]
        best = ranked[: task.max_claims]
        return tuple(fact for fact in task.facts if fact in best)

    def answer(self, rng: random.Random, task: WritingTask) -> str:
        """The copy that the language pack has for a task, as JSON."""
        pack = self._packs[task.language]
        units = task.units if task.couples else [(fact,) for fact in self.choose(task)]
        answer: dict[str, object] = {}
        if task.channel in {"email", "push"}:
            answer["subject"] = rng.choice(subjects_of(task, pack))
        if task.channel in {"whatsapp", "email"}:
            answer["opening"] = rng.choice(openings_of(task, pack))
        bridged = task.channel == "email" and task.max_claims >= BRIDGED_FROM and sum(map(len, units)) >= BRIDGED_FROM
        opening = told_first(units) if task.min_claims >= len(task.facts) else 1
        claims: list[dict[str, object]] = []
        for unit in units:
            texts = phrase_unit(pack, unit, rng.choice(phrasings_of(task, pack, unit[0].id)))
            lead = len(claims) == opening and bridged and bool(pack.bridges) and rng.random() < BRIDGE_SHARE
            claims.append(claim_of(unit[0], texts[0], bridge=rng.choice(pack.bridges) if lead else None))
            claims += [claim_of(fact, text, joins=True) for fact, text in zip(unit[1:], texts[1:], strict=True)]
        answer["claims"] = claims
        if task.channel in {"whatsapp", "email"}:
            answer["cta"] = rng.choice(ctas_of(task, pack))
        return compact(answer)
