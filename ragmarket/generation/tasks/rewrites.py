"""Rewriting a flagged sentence: choosing, among the lawful sentences that the bank keeps for a rule, the nearest one.

The figures of the flagged sentence are masked and the answer is one of the rule's `rewrites`, so that nothing the
sentence claimed can come back by it. Nearness is measured on character trigrams, which no script needs rules for.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ragmarket.errors import BadKnowledge, InvalidInput, UndecodableOutput
from ragmarket.generation.tasks.notation import literal, one_of
from ragmarket.knowledge.files import ROOT, line_of, read_yaml
from ragmarket.protocols import Engine
from ragmarket.schemas.base import PRODUCT_CLASSES

TONGUES = ("en", "hi", "hi_latn", "ta", "te", "kn", "ml", "bn", "mr", "gu")
MAX_SENTENCE = 200
MAX_TOKENS = 160
ALL = "all"
NEAR = 0.8
_PLAIN = re.compile(r"[^\d\n]+")
_DIGITS = re.compile(r"\d[\d.,]*(?<![.,])")


@dataclass(frozen=True, slots=True)
class RewriteTask:
    """A flagged sentence, its digits masked, with what flagged it and the lawful sentences that may stand instead."""

    tongue: str
    product_class: str
    rule: str
    sentence: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Lawful sentences by (tongue, rule), each for one product class or for ``all``; and what each rule is about.

    ``products`` and ``numbers`` are the scope and the class number of each rule.
    """

    sentences: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]
    products: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]

    def of(self, tongue: str, rule: str, product_class: str) -> tuple[str, ...]:
        """The lawful sentences of a rule for one product, those kept for it alone first; none when none is kept."""
        kept = self.sentences.get((tongue, rule), {})
        return tuple(dict.fromkeys([*kept.get(product_class, ()), *kept.get(ALL, ())]))


def mask(sentence: str) -> str:
    """A sentence as the prompt holds it: one line, NFC, every number a ``#``, cut to 200 characters."""
    flat = " ".join(unicodedata.normalize("NFC", sentence).split())
    return _DIGITS.sub("#", flat)[:MAX_SENTENCE].strip()


def trigrams(text: str) -> frozenset[str]:
    """The character trigrams of a text's words, case folded."""
    padded = (f" {word} " for word in re.findall(r"[^\W\d_][\w\u0900-\u0dff\u200c\u200d]*", text.casefold()))
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))


def nearest(sentence: str, choices: Iterable[str]) -> str:
    """The choice that shares most trigrams with a sentence (Dice); the first of equals."""
    return near(sentence, choices, least=1.0)[0]


def near(sentence: str, choices: Iterable[str], least: float = NEAR) -> tuple[str, ...]:
    """The choices that share almost as many trigrams with a sentence as the nearest one does, in their order.

    Args:
        sentence: What they are held against.
        choices: At least one.
        least: Share of the nearest one's likeness (Dice) that a choice must reach.
    """
    own = trigrams(sentence)
    found = {choice: trigrams(choice) for choice in choices}
    likeness = {choice: 2 * len(own & one) / max(1, len(own) + len(one)) for choice, one in found.items()}
    best = max(likeness.values())
    return tuple(choice for choice, value in likeness.items() if value >= least * best)


def _mistake(path: Path, node: Any, place: list[str | int], problem: str) -> BadKnowledge:
    return BadKnowledge(path, line_of(node, place), problem)


def _by_product(kept: Any, scope: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """``rewrites:`` is a list for all products of the rule's scope, or maps product classes (or ``all``) to lists."""
    if isinstance(kept, Mapping):
        for key, texts in kept.items():
            if key != ALL and key not in scope:
                raise ValueError(f"{key!r} is no product class of the rule")
            yield str(key), list(texts)
    else:
        yield ALL, list(kept)


@lru_cache(maxsize=4)
def load_rewrites(root: Path = ROOT / "rules") -> Rewrites:
    """Read every rule's ``rewrites`` without a figure from ``words/<tongue>.yaml``; a tongue without a file has none.

    Raises:
        BadKnowledge: A file is wrong or a rule is unknown; names the line.
    """
    products: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}
    for path in sorted(root.glob("*.yaml")):
        for rule in (read_yaml(path)[0] or {}).get("rules") or ():
            products[rule["id"]] = tuple(rule.get("products") or PRODUCT_CLASSES)
            numbers[rule["id"]] = int(rule["number"])
    sentences: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
    for tongue in TONGUES:
        path = root / "words" / f"{tongue}.yaml"
        if not path.is_file():
            continue
        data, node = read_yaml(path)
        for id_, words in ((data or {}).get("rules") or {}).items():
            place: list[str | int] = ["rules", id_, "rewrites"]
            kept = (words or {}).get("rewrites")
            if not kept:
                continue
            if id_ not in products:
                raise _mistake(path, node, ["rules", id_], f"there is no rule {id_!r}")
            try:
                grouped = {
                    key: tuple(str(text).strip() for text in texts) for key, texts in _by_product(kept, products[id_])
                }
            except (ValueError, TypeError) as error:
                raise _mistake(path, node, place, str(error)) from error
            # The writer sets no figure, not even a section of an act; such a sentence is left to the phrasebook.
            plain = {key: tuple(text for text in texts if _PLAIN.fullmatch(text)) for key, texts in grouped.items()}
            sentences[tongue, id_] = {key: texts for key, texts in plain.items() if texts}
    return Rewrites(sentences, products, numbers)


def rewrite_task(rewrites: Rewrites, tongue: str, product_class: str, rule: str, sentence: str) -> RewriteTask | None:
    """The task for a flagged sentence, or None when no lawful sentence is kept for this rule, tongue and product.

    Raises:
        InvalidInput: Tongue, product class or rule is unknown, or the sentence is empty.
    """
    if tongue not in TONGUES:
        raise InvalidInput(f"the tongue {tongue!r} is not one of {', '.join(TONGUES)}")
    if product_class not in PRODUCT_CLASSES:
        raise InvalidInput(f"there is no product class {product_class!r}")
    if rule not in rewrites.products:
        raise InvalidInput(f"there is no rule {rule!r}")
    masked = mask(sentence)
    if not masked:
        raise InvalidInput("the sentence is empty")
    choices = rewrites.of(tongue, rule, product_class)
    return RewriteTask(tongue, product_class, rule, masked, choices) if choices else None


def build_rewrite_prompt(task: RewriteTask) -> str:
    """The prompt of a rewrite; the sentence stands last."""
    return "\n".join(
        [
            f"<task> rewrite <lang> {task.tongue}",
            f"<class> {task.product_class} <rule> {task.rule}",
            f"<sentence> {task.sentence}",
            "<write>\n",
        ]
    )


def build_rewrite_grammar(task: RewriteTask) -> str:
    """The grammar of a rewrite: one of the task's lawful sentences."""
    quoted = one_of(json.dumps(choice, ensure_ascii=False) for choice in task.choices)
    return f"root ::= {literal('{' + json.dumps('text') + ':')} ({quoted}) {literal('}')}\n"


def parse_rewrite(raw: str, task: RewriteTask) -> str:
    """Read an engine's answer back.

    Raises:
        UndecodableOutput: The text is cut short, has another shape, or is none of the task's lawful sentences.
    """
    try:
        text = json.loads(raw)["text"]
    except (ValueError, KeyError, TypeError) as error:
        raise UndecodableOutput(f"the engine's answer is not a rewrite: {error!r}") from error
    if text not in task.choices:
        raise UndecodableOutput("the rewrite is none of the rule's lawful sentences")
    return str(text)


class TrainedRewriter:
    """Rewrites flagged sentences with any engine.

    Args:
        engine: Continues the prompt.
        rewrites: The lawful sentences of all rules.
    """

    def __init__(self, engine: Engine, rewrites: Rewrites) -> None:
        self._engine = engine
        self._rewrites = rewrites

    def rewrite(self, tongue: str, product_class: str, rule: str, sentence: str) -> str | None:
        """A lawful sentence in place of a flagged one, or None when none is kept for it.

        The writer chooses among those that are nearest to the flagged sentence, or as good as.

        The answer is lawful under the rule that it is kept for; the caller still holds it against all others.

        Raises:
            InvalidInput: Tongue, product class or rule is unknown, or the sentence is empty.
            UndecodableOutput: The engine did not follow the grammar.
        """
        task = rewrite_task(self._rewrites, tongue, product_class, rule, sentence)
        if task is None:
            return None
        task = replace(task, choices=near(task.sentence, task.choices))
        if len(task.choices) == 1:
            return task.choices[0]
        generation = self._engine.generate(
            build_rewrite_prompt(task), build_rewrite_grammar(task), seed=0, max_tokens=MAX_TOKENS, temperature=0.0
        )
        return parse_rewrite(generation.raw, task)
