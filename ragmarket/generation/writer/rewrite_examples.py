"""Training examples of rewriting: sentences that a rule flags, each with the lawful one that shares most with it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmarket.generation.tasks.rewrites import (
    TONGUES,
    Rewrites,
    RewriteTask,
    build_rewrite_prompt,
    nearest,
    rewrite_task,
)
from ragmarket.generation.writer.examples import Example, compact
from ragmarket.knowledge.files import ROOT, read_yaml


@dataclass(frozen=True, slots=True)
class Flagged:
    """A sentence that a rule flags, in a message about one product class."""

    tongue: str
    product_class: str
    rule: str
    sentence: str


def flagged_sentences(rewrites: Rewrites, root: Path = ROOT) -> tuple[Flagged, ...]:
    """Flagged sentences from ``copy/<tongue>.yaml`` and from the rules' own examples; none from files not there.

    Raises:
        BadKnowledge: A file cannot be read.
    """
    found: dict[Flagged, None] = {}
    for tongue in TONGUES:
        for rule, product_class, text in (*_copy(rewrites, root, tongue), *_examples(root, tongue)):
            if product_class in rewrites.products.get(rule, ()) and rewrites.of(tongue, rule, product_class):
                found[Flagged(tongue, product_class, rule, text)] = None
    return tuple(found)


def _rows(path: Path) -> Mapping[str, Any]:
    return read_yaml(path)[0] or {} if path.is_file() else {}


def _copy(rewrites: Rewrites, root: Path, tongue: str) -> Iterable[tuple[str, str, str]]:
    """Rows ``[product_class, difficulty, text]`` per class number; a number may belong to several rules."""
    for number, rows in (_rows(root / "copy" / f"{tongue}.yaml").get("unlawful") or {}).items():
        rules = [rule for rule, own in rewrites.numbers.items() if own == int(number)]
        yield from ((rule, str(row[0]), str(row[-1])) for row in rows for rule in rules)


def _examples(root: Path, tongue: str) -> Iterable[tuple[str, str, str]]:
    for rule, words in (_rows(root / "rules" / "words" / f"{tongue}.yaml").get("rules") or {}).items():
        for product_class, examples in ((words or {}).get("examples") or {}).items():
            yield from ((rule, str(product_class), str(text)) for text in (examples or {}).get("fail") or ())


class RewriteSampler:
    """Flagged sentences, each with the lawful rewrite that shares most with it.

    Args:
        rewrites: The lawful sentences of all rules.
        flagged: Flagged sentences, at least one.
    """

    def __init__(self, rewrites: Rewrites, flagged: Sequence[Flagged]) -> None:
        self.rewrites = rewrites
        self._by_tongue: dict[str, list[tuple[Flagged, RewriteTask]]] = {}
        for item in flagged:
            task = rewrite_task(rewrites, item.tongue, item.product_class, item.rule, item.sentence)
            if task is not None:
                self._by_tongue.setdefault(item.tongue, []).append((item, task))

    def every(self) -> Iterator[tuple[RewriteTask, Example]]:
        """Each flagged sentence once, for the product that it was flagged for."""
        for item, task in (pair for pairs in self._by_tongue.values() for pair in pairs):
            yield task, self._example(item, task)

    def _example(self, item: Flagged, task: RewriteTask) -> Example:
        return Example(build_rewrite_prompt(task), self.answer(task), task.tongue, self.key(item))

    def task(self, rng: random.Random) -> tuple[Flagged, RewriteTask]:
        """A flagged sentence and its task; every tongue is as frequent as any other."""
        item, task = rng.choice(self._by_tongue[rng.choice(list(self._by_tongue))])
        scope = [name for name in self.rewrites.products[item.rule] if name != item.product_class]
        # The same words are flagged for any product of the rule: half of the time another one stands beside them.
        if scope and rng.random() < 0.5:
            other = rewrite_task(self.rewrites, item.tongue, rng.choice(scope), item.rule, item.sentence)
            task = other or task
        return item, task

    def answer(self, task: RewriteTask) -> str:
        """The nearest lawful sentence as the writer writes it."""
        return compact({"text": nearest(task.sentence, task.choices)})

    def key(self, item: Flagged) -> str:
        """The sentence with its tongue, whatever flags it."""
        return f"rewrite/{item.tongue}/{item.sentence}"

    def sample(self, rng: random.Random) -> tuple[RewriteTask, Example]:
        """A rewrite to be made and its example."""
        item, task = self.task(rng)
        return task, self._example(item, task)

    def draw(self, rng: random.Random) -> Example:
        """One flagged sentence and its rewrite."""
        return self.sample(rng)[-1]
