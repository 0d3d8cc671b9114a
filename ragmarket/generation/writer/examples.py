"""Training examples: writing tasks drawn at random and the copy that a bank's copywriter would answer with.

A task lists facts as retrieval would hand them over (any subset of a product class's kinds, in any order, with any
conditions, slots lettered in document order). The answer chooses the facts that the intent prefers and says each with
one of the language pack's phrasings, slots in place. No figure and no product name is ever part of an example.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ragmarket.generation.phrasing import phrase_claim
from ragmarket.generation.prompt import build_prompt, fact_body, register_of
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.knowledge.angles import Angles
from ragmarket.knowledge.catalogue import Catalogue, Kind
from ragmarket.knowledge.language import FIGURE_CONDITIONS, LanguagePack
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES

MAX_FACTS = 12
CLAIMS_PER_CHANNEL = {"sms": (1, 2), "push": (1, 1), "whatsapp": (1, 4), "email": (2, 6)}
NEED_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the completion to learn."""

    prompt: str
    completion: str
    language: str
    channel: str
    product_class: str
    intent: str

    @property
    def held_out(self) -> bool:
        """Whether this combination of language, class and intent is kept for evaluation (about one in twelve)."""
        key = f"{self.language}/{self.product_class}/{self.intent}"
        return sum(ord(char) * (position + 1) for position, char in enumerate(key)) % 12 == 0


def claim_of(fact: Fact, text: str) -> dict[str, str]:
    """A claim as the writer writes it."""
    return {"cite": fact.id, "fact": fact_body(fact), "text": text}


class ExampleSampler:
    """An endless, seeded stream of examples.

    Args:
        catalogue: The fact catalogue.
        packs: Language packs by language.
        angles: What intents and segments prefer.
    """

    def __init__(self, catalogue: Catalogue, packs: Mapping[str, LanguagePack], angles: Angles) -> None:
        self._catalogue = catalogue
        self._packs = packs
        self._angles = angles

    def stream(self, seed: int, *, held_out: bool = False) -> Iterator[Example]:
        """Examples for training, or (``held_out``) only those of the combinations kept for evaluation."""
        rng = random.Random(seed)
        while True:
            example = self._draw(rng)
            if example.held_out == held_out:
                yield example

    def _conditions(self, rng: random.Random, kind: Kind, pack: LanguagePack) -> list[str]:
        usual = [id_ for id_ in kind.conditions if id_ in pack.conditions]
        chosen = [id_ for id_ in usual if rng.random() < 0.3]
        if rng.random() < 0.08:
            chosen.append(rng.choice(sorted(pack.conditions)))
        return list(dict.fromkeys(chosen))[:2]

    def _fact(self, rng: random.Random, number: int, kind: Kind, pack: LanguagePack, *, must: bool) -> Fact:
        conditions = self._conditions(rng, kind, pack)
        figured = [id_ for id_ in conditions if id_ in FIGURE_CONDITIONS]
        letters = list("abcdef"[: len(kind.roles) + len(figured)])
        rng.shuffle(letters)
        roles = {role: f"S{number}{letters.pop()}" for role in kind.roles}
        return Fact(
            f"S{number}",
            kind.id,
            roles,
            tuple((id_, f"S{number}{letters.pop()}" if id_ in FIGURE_CONDITIONS else None) for id_ in conditions),
            must=must,
        )

    def _draw(self, rng: random.Random) -> Example:
        language = rng.choice(sorted(self._packs))
        pack = self._packs[language]
        channel = rng.choice(CHANNELS)
        product_class = rng.choice(PRODUCT_CLASSES)
        intent = rng.choice(sorted(self._angles.intents))
        segment = rng.choice(sorted(self._angles.segments))
        kinds = list(self._catalogue.of_class(product_class))
        rng.shuffle(kinds)
        count = min(rng.randint(2, MAX_FACTS), len(kinds))
        low, high = CLAIMS_PER_CHANNEL[channel]
        wanted = rng.randint(low, high)
        facts = tuple(
            self._fact(rng, number, kind, pack, must=rng.random() < 0.06)
            for number, kind in enumerate(kinds[:count], start=1)
        )
        task = WritingTask(
            language, channel, product_class, intent, segment, self._angles.intents[intent].aim, 1, wanted, facts
        )
        return Example(build_prompt(task), self._answer(rng, task, pack), language, channel, product_class, intent)

    def _answer(self, rng: random.Random, task: WritingTask, pack: LanguagePack) -> str:
        def preference(fact: Fact) -> tuple[bool, float]:
            theme = self._catalogue.kinds[fact.kind].theme
            return fact.must, self._angles.weight(task.intent, task.segment, theme)

        best = sorted(task.facts, key=preference, reverse=True)[: max(task.max_claims, 1)]
        chosen = [fact for fact in task.facts if fact in best]
        answer: dict[str, object] = {}
        if task.channel == "email":
            answer["subject"] = rng.choice(pack.subjects)
        if task.channel == "push":
            answer["subject"] = rng.choice(pack.titles)
        if task.channel in {"whatsapp", "email"}:
            answer["opening"] = rng.choice(pack.openings[task.channel])  # type: ignore[index]
        claims = []
        for fact in chosen:
            phrasings = pack.kinds[fact.kind]
            own = phrasings.formal if register_of(task.channel) == "formal" else phrasings.customer
            claims.append(claim_of(fact, phrase_claim(pack, fact, rng.choice(own))))
        answer["claims"] = claims
        if task.channel in {"whatsapp", "email"}:
            answer["cta"] = rng.choice(pack.ctas[task.aim])
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
