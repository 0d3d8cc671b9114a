"""What a sampled draft is worth: the validators' verdict first, then guards against pleasing them cheaply.

A writer that is rewarded for acceptance alone learns to say little, to repeat what is safe, and to cite what is easy.
So a draft is also held to the number of facts asked for (length floor), to the facts that the angle prefers (citation
precision and recall), and to claims that do not repeat one another (overlap cap).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import regex

from ragmarket.errors import UndecodableOutput
from ragmarket.generation.decoding import parse_draft
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.draft import Draft

OVERLAP_CAP = 0.6
WEIGHTS = {"supported": 0.5, "aim": 0.2, "length": 0.15, "lines": 0.15}
_WORD = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+")


@dataclass(frozen=True, slots=True)
class Score:
    """A draft's worth and its parts, each from 0 to 1.

    Attributes:
        supported: Share of claims that review would release.
        aim: F1 of the facts told against those the angle prefers.
        length: Claims told of claims asked for.
        lines: Share of opening, bridges, subject and call to action that are the bank's.
        overlap: Largest share of their words that two claims have in common (Jaccard); above `OVERLAP_CAP` the whole
            counts half.
    """

    supported: float
    aim: float
    length: float
    lines: float
    overlap: float

    @property
    def total(self) -> float:
        """The weighted sum, halved when claims repeat one another."""
        sum_ = sum(weight * float(getattr(self, name)) for name, weight in WEIGHTS.items())
        return sum_ / 2 if self.overlap > OVERLAP_CAP else sum_


class Reward:
    """Scores drafts.

    Args:
        packs: Language packs by language.
        supported: Whether review would release a claim's words for a fact: (language, text, fact).
        preferred: The facts that the angle prefers.
    """

    def __init__(
        self,
        packs: Mapping[str, LanguagePack],
        supported: Callable[[str, str, Fact], bool],
        preferred: Callable[[WritingTask], tuple[Fact, ...]],
    ) -> None:
        self._packs = packs
        self._supported = supported
        self._preferred = preferred

    def score(self, task: WritingTask, raw: str) -> Score:
        """Score one answer of an engine; what is no draft is worth nothing."""
        try:
            draft = parse_draft(raw)
        except UndecodableOutput:
            return Score(0.0, 0.0, 0.0, 0.0, 0.0)
        facts = {fact.id: fact for fact in task.facts}
        said = [(claim.text, facts.get(claim.cites[0])) for claim in draft.claims]
        kept = sum(fact is not None and self._supported(task.language, text, fact) for text, fact in said)
        told = {fact.id for _, fact in said if fact}
        wanted = {fact.id for fact in self._preferred(task)}
        return Score(
            supported=kept / max(1, len(said)),
            aim=2 * len(told & wanted) / max(1, len(told) + len(wanted)),
            length=min(1.0, len(said) / max(1, min(task.max_claims, len(task.facts)))),
            lines=self._lines(task.language, draft),
            overlap=max((_overlap(one, two) for (one, _), (two, _) in combinations(said, 2)), default=0.0),
        )

    def _lines(self, language: str, draft: Draft) -> float:
        parts: list[tuple[Literal["opening", "bridge", "cta", "subject"], str | None]] = [
            ("opening", draft.opening),
            ("cta", draft.cta),
            ("subject", draft.subject),
            *(("bridge", claim.bridge) for claim in draft.claims),
        ]
        known = [said in self._packs[language].lines(field) for field, said in parts if said]
        return sum(known) / len(known) if known else 1.0


def _overlap(one: str, two: str) -> float:
    left, right = set(_WORD.findall(one.casefold())), set(_WORD.findall(two.casefold()))
    return len(left & right) / max(1, len(left | right))
