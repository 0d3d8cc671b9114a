"""Two facts in one sentence, in the words of a language: a bar stands where the words of the first fact end.

A person tells the least and the most in one breath. Each side of the bar stays a claim of its own, with its own
citation, so a reader of the record still sees which words rest on which place in the documents.
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from ragmarket.knowledge.files import load
from ragmarket.schemas.base import Frozen

BAR = " | "
_DIGIT = re.compile(r"\d")

Sides = tuple[str, str]


def sides_of(line: str) -> Sides:
    """The words of the first and of the second fact of a joined line."""
    first, _, second = line.partition(BAR)
    return first, second


class Joined(Frozen):
    """The sentences that tell a fact of one kind and then one of another, warm (``customer``) and plain (``formal``).

    Each holds one bar, with exactly the roles of each kind on its side.
    """

    kinds: tuple[str, str]
    customer: tuple[str, ...] = Field(min_length=1)
    formal: tuple[str, ...] = Field(min_length=1)

    @property
    def all(self) -> tuple[str, ...]:
        """Both registers, customer first."""
        return self.customer + self.formal

    def of(self, register: str) -> tuple[str, ...]:
        """The sentences of a register (``customer``, ``formal``)."""
        return self.formal if register == "formal" else self.customer

    @model_validator(mode="after")
    def _one_bar(self) -> Self:
        for line in self.all:
            if line.count("|") != 1 or line.count(BAR) != 1:
                raise ValueError(f"a joined line needs one bar with a blank on either side of it: {line}")
            if _DIGIT.search(line):
                raise ValueError(f"a joined line holds a digit: {line}")
        return self


class JoinedBook(RootModel[tuple[Joined, ...]]):
    """All joined lines of a language."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _once(self) -> Self:
        kinds = [one.kinds for one in self.root]
        twice = sorted({" ".join(pair) for pair in kinds if kinds.count(pair) > 1})
        if twice:
            raise ValueError(f"pairs of kinds stand twice: {', '.join(twice)}")
        return self

    @cached_property
    def by_kinds(self) -> dict[tuple[str, str], Joined]:
        """The lines of each pair of kinds, in the order of telling."""
        return {one.kinds: one for one in self.root}

    @cached_property
    def firsts(self) -> dict[str, frozenset[str]]:
        """The words that begin a sentence of two facts, by the kind that they tell."""
        return self._words(0)

    @cached_property
    def seconds(self) -> dict[str, frozenset[str]]:
        """The words that end a sentence of two facts, by the kind that they tell."""
        return self._words(1)

    @cached_property
    def _warm(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            pair for one in self.root for line in one.customer for pair in zip(one.kinds, sides_of(line), strict=True)
        )

    def _words(self, side: Literal[0, 1]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for one in self.root:
            found.setdefault(one.kinds[side], set()).update(sides_of(line)[side] for line in one.all)
        return {kind: frozenset(words) for kind, words in found.items()}

    @cached_property
    def _sides(self) -> dict[str, tuple[str, ...]]:
        kinds = {*self.firsts, *self.seconds}
        none = frozenset[str]()
        return {kind: tuple(sorted(self.firsts.get(kind, none) | self.seconds.get(kind, none))) for kind in kinds}

    def sides(self, kind: str) -> tuple[str, ...]:
        """All words that tell a kind in sentences of two facts, sorted."""
        return self._sides.get(kind, ())

    def plainly(self, kind: str, words: str) -> bool:
        """Whether these are words for a kind in the plain register alone."""
        return words in self.sides(kind) and (kind, words) not in self._warm


def load_joined(path: Path) -> JoinedBook:
    """Read one language's joined lines; none where there is no such file, as in knowledge kept from earlier years.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(path, JoinedBook) if path.is_file() else JoinedBook(())
