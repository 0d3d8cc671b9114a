"""One sentence beside the passages: what of its meaning, words, numbers and direction stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from ragmarket.compliance.grounding.passages.text import Place, names, stem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEDGE = re.compile(
    r"\b(?:may|might|could|perhaps|possibly|likely|generally|typically|usually|often|tends?|probably|appears?|seems?)\b",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"\b(?:however|additionally|in addition|it is important|it's important|note that|overall|in general|in summary|"
    r"in conclusion|therefore|furthermore|moreover|as an ai|based on my|knowledge|consult|recommend(?:ed)?)\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"\b(?:unable to|not (?:provided?|mention(?:ed)?|specif(?:y|ied)|explicitly|contain|clear|given|enough)|does not|"
    r"do not|no (?:information|mention|specific)|cannot|passages?|provided|context)\b",
    re.IGNORECASE,
)
_NOT = frozenset({"not", "no", "never", "none", "cannot", "without", "neither", "nor", "n't", "nothing", "hardly"})
_WHOLLY = frozenset({"only", "always", "all", "every", "never", "must", "none", "any", "exclusively", "entirely"})


@cache
def opposites() -> Mapping[str, frozenset[str]]:
    """Stems and what turns them round."""
    pairs = yaml.safe_load((Path(__file__).parent / "opposites.yaml").read_text(encoding="utf-8"))["opposites"]
    found: dict[str, set[str]] = {}
    for left, right in pairs:
        found.setdefault(stem(left), set()).add(stem(right))
        found.setdefault(stem(right), set()).add(stem(left))
    return {word: frozenset(others) for word, others in found.items()}


@dataclass(frozen=True)
class Sentence:
    """One sentence with all that is compared of it."""

    place: Place
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]
    pieces: tuple[str, ...]
    mean: NDArray[np.float32]
    words: tuple[str, ...]
    content: tuple[str, ...]
    values: tuple[float, ...]


class Surroundings:
    """The passages and the question, ready to be compared with one sentence after another."""

    def __init__(self, evidence: Sequence[Sentence], asked: Sequence[Sentence], raw: str) -> None:
        import numpy as np

        self.evidence = evidence
        self.width = len(evidence[0].mean) if evidence else 384
        self.tokens = np.concatenate([one.vectors for one in evidence]) if evidence else np.zeros((0, self.width))
        self.owner = np.repeat(np.arange(len(evidence)), [len(one.vectors) for one in evidence])
        self.means = np.stack([one.mean for one in evidence]) if evidence else np.zeros((0, self.width))
        self.content = {word for one in evidence for word in one.content}
        self.stems = {stem(word) for one in evidence for word in one.words}
        self.bigrams = {pair for one in evidence for pair in pairwise(one.content)}
        self.trigrams = {
            triple for one in evidence for triple in zip(one.words, one.words[1:], one.words[2:], strict=False)
        }
        self.fours = {four for one in evidence for four in _runs(one.words, 4)}
        flat = " ".join(raw.lower().split())
        self.grams = {flat[start : start + 5] for start in range(len(flat) - 4)}
        self.values = {value for one in evidence for value in one.values}
        self.names = set(re.findall(r"[a-z]+", flat))
        self.asked = asked
        self.asked_content = {word for one in asked for word in one.content}
        self.question = np.mean([one.mean for one in asked], axis=0) if asked else np.zeros(self.width)

    def row(self, one: Sentence, place: int, said: Sequence[Sentence]) -> list[float]:
        """The features of one sentence, in the order of ``NAMES``."""
        total = sum(len(other.words) for other in said)
        text = one.place.text
        return [
            len(one.words),
            place,
            len(said) - 1 - place,
            len(said),
            float(bool(re.match(r"\s*(?:[-*•]|\d+[.)])\s", text))),
            len(one.words) / max(1, total),
            *self._meaning(one),
            *self._alignment(one),
            *self._wording(one),
            *self._numbers_and_names(one),
            float(len(_HEDGE.findall(text))),
            float(len(_OUTSIDE.findall(text))),
            float(len(_ABSENT.findall(text))),
            *self._polarity(one),
            *self._asked(one),
            float(sum(weight for weight in self._new_weights(one))),
        ]

    def _near(self, one: Sentence) -> Sentence | None:
        import numpy as np

        return self.evidence[int(np.argmax(self.means @ one.mean))] if self.evidence else None

    def _meaning(self, one: Sentence) -> list[float]:
        import numpy as np

        if not self.evidence:
            return [0.0] * 5
        near = self.means @ one.mean
        pairs = self.means[:-1] + self.means[1:]
        paired = pairs @ one.mean / (np.linalg.norm(pairs, axis=1) + 1e-9) if len(pairs) else near
        whole = self.means.mean(axis=0)
        return [
            float(near.max()),
            float(np.sort(near)[-3:].mean()),
            float(max(near.max(), paired.max())),
            float(self.question @ one.mean),
            float(whole @ one.mean / (np.linalg.norm(whole) + 1e-9)),
        ]

    def _alignment(self, one: Sentence) -> list[float]:
        import numpy as np

        if not len(self.tokens) or not len(one.vectors):
            return [0.0] * 11
        similar = one.vectors @ self.tokens.T
        best = similar.max(axis=1)
        heavy = one.weights > 0
        kept = np.sort(best[heavy]) if heavy.any() else np.sort(best)
        nearest = self.owner == int(np.argmax(self.means @ one.mean))
        within = similar[:, nearest].max(axis=1) if nearest.any() else best
        new = [
            value
            for value, piece, weight in zip(best, one.pieces, one.weights, strict=True)
            if weight > 0 and stem(piece) not in self.stems and piece not in self.names
        ]
        weighted = float((best * one.weights).sum() / one.weights.sum()) if heavy.any() else float(best.mean())
        return [
            float(best.mean()),
            float(kept[0]),
            float(np.percentile(kept, 10)),
            float(np.percentile(kept, 25)),
            weighted,
            float(kept[min(1, len(kept) - 1)]),
            float(kept[min(2, len(kept) - 1)]),
            float(within.mean()),
            float(within[heavy].min() if heavy.any() else within.min()),
            float(np.mean(new)) if new else 1.0,
            float(np.min(new)) if new else 1.0,
        ]

    def _wording(self, one: Sentence) -> list[float]:
        near = self._near(one)
        new = [word not in self.content for word in one.content]
        close = [word not in near.content for word in one.content] if near else new
        grams = " ".join(one.place.text.lower().split())
        fives = [grams[start : start + 5] for start in range(len(grams) - 4)]
        pairs, triples = list(pairwise(one.content)), list(zip(one.words, one.words[1:], one.words[2:], strict=False))
        fours = _runs(one.words, 4)
        return [
            float(sum(new)),
            _share(new),
            _share(close),
            _share([pair not in self.bigrams for pair in pairs]),
            _share([triple not in self.trigrams for triple in triples]),
            _share([five not in self.grams for five in fives]),
            float(_longest(new)),
            float(_longest([triple in self.trigrams for triple in triples])),
            _share([four in self.fours for four in fours]),
        ]

    def _numbers_and_names(self, one: Sentence) -> list[float]:
        near = self._near(one)
        own = set(near.values) if near else set()
        said = names(one.place.text)
        new = [name not in self.names for name in said]
        return [
            float(len(one.values)),
            float(sum(value not in self.values for value in one.values)),
            float(sum(value not in own for value in one.values)),
            float(sum(new)),
            _share(new),
        ]

    def _polarity(self, one: Sentence) -> list[float]:
        near = self._near(one)
        there = set(near.words) if near else set()
        negations = _negations(one.words)
        turned = opposites()
        said, close = {stem(word) for word in one.words}, {stem(word) for word in there}
        return [
            float(bool(negations) != bool(_negations(tuple(there)))),
            float(negations),
            float(len((_WHOLLY & set(one.words)) - there)),
            float(sum(word not in close and bool(turned[word] & close) for word in said if word in turned)),
            float(sum(word not in self.stems and bool(turned[word] & self.stems) for word in said if word in turned)),
        ]

    def _asked(self, one: Sentence) -> list[float]:
        if not self.asked_content:
            return [0.0, 0.0]
        answered = len(self.asked_content & set(one.content)) / len(self.asked_content)
        return [answered, len(self.asked_content & self.content) / len(self.asked_content)]

    def _new_weights(self, one: Sentence) -> list[float]:
        return [
            float(weight)
            for weight, piece in zip(one.weights, one.pieces, strict=True)
            if weight > 0 and stem(piece) not in self.stems and piece not in self.names
        ]


def _negations(found: Sequence[str]) -> int:
    return sum(word in _NOT or word.endswith(("n't", "n’t")) for word in found)


def _runs(found: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(found[start : start + length]) for start in range(len(found) - length + 1)]


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0


def _longest(hits: Sequence[bool]) -> int:
    longest = current = 0
    for hit in hits:
        current = current + 1 if hit else 0
        longest = max(longest, current)
    return longest
