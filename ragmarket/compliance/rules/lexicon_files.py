"""Rule files and word files read strictly, held against one another and joined to whole rules."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import get_args

from ragmarket.compliance.places import Placed, read_placed
from ragmarket.compliance.rules.claim_rule import (
    ClaimRule,
    ConceptFile,
    Examples,
    Negation,
    RuleFile,
    RuleHead,
    RuleWords,
    WordFile,
)
from ragmarket.compliance.rules.terms import Terms, Tongue, read_term
from ragmarket.errors import BadKnowledge

TERM_LISTS = ("phrases", "denials", "lawful", "excuses")
NEGATION_LISTS = (
    "before", "after", "through", "then", "never", "turns", "without", "others", "labels", "answers",
    "warnings", "indefinites", "tellers", "cautions", "own", "impostors", "quotatives",
    "verdicts", "corrections", "referrals", "affirms", "askers",
)  # fmt: skip
_CONCEPTS = "concepts.yaml"


def read_words(root: Path) -> tuple[Placed[WordFile], ...]:
    """The word files of ``root/words``, each checked by itself.

    Raises:
        BadKnowledge: The first mistake, with file and line.
    """
    files = []
    for path in sorted((root / "words").glob("*.yaml")):
        placed = read_placed(path, WordFile)
        if placed.value.tongue != path.stem:
            raise placed.wrong(["tongue"], f"the file of {path.stem} says it is {placed.value.tongue}")
        _check_words(placed)
        files.append(placed)
    missing = sorted({*get_args(Tongue)} - {placed.value.tongue for placed in files})
    if missing:
        raise BadKnowledge(root / "words", None, f"there are no words for {missing[0]}")
    return tuple(files)


def read_rules(root: Path) -> tuple[tuple[ClaimRule, ...], dict[str, Terms], dict[Tongue, Negation]]:
    """Whole rules, the words of every concept, and how each tongue denies.

    Raises:
        BadKnowledge: The first mistake, with file and line.
    """
    described = read_placed(root / _CONCEPTS, ConceptFile).value.concepts
    heads: dict[str, tuple[Placed[RuleFile], int, RuleHead]] = {}
    for path in sorted(root.glob("*.yaml")):
        if path.name == _CONCEPTS:
            continue
        placed = read_placed(path, RuleFile)
        for index, head in enumerate(placed.value.rules):
            _check_head(placed, index, head, described.keys(), heads.keys())
            heads[head.id] = (placed, index, head)
    words = read_words(root)
    for file in words:
        for name in file.value.concepts:
            if name not in described:
                raise file.wrong(["concepts", name], f"there is no concept {name} in {_CONCEPTS}")
        for id_, part in file.value.rules.items():
            if id_ not in heads:
                raise file.wrong(["rules", id_], f"there is no rule {id_}")
            _check_scope(file, id_, heads[id_][2], part)
    rules = []
    for id_, (placed, index, head) in heads.items():
        rule = _join(head, words)
        if not (rule.near or rule.phrases or rule.denials):
            problem = f"{id_} can never match: it has neither near nor, in any tongue, phrases or denials"
            raise placed.wrong(["rules", index, "id"], problem)
        rules.append(rule)
    concepts: dict[str, Terms] = {
        name: {file.value.tongue: file.value.concepts[name] for file in words if name in file.value.concepts}
        for name in described
    }
    return tuple(rules), concepts, {file.value.tongue: file.value.negation for file in words}


def _join(head: RuleHead, words: tuple[Placed[WordFile], ...]) -> ClaimRule:
    parts = {file.value.tongue: file.value.rules[head.id] for file in words if head.id in file.value.rules}
    lists = {
        name: {tongue: getattr(part, name) for tongue, part in parts.items() if getattr(part, name)}
        for name in (*TERM_LISTS, "rewrites")
    }
    examples = tuple(
        Examples.model_validate({"product": product, "tongue": tongue, "fail": pair.fail, "pass": pair.passes})
        for tongue, part in parts.items()
        for product, pair in part.examples.items()
    )
    return ClaimRule.model_validate({**head.model_dump(), **lists, "examples": examples})


def _check_head(
    placed: Placed[RuleFile], index: int, head: RuleHead, concepts: Collection[str], known: Collection[str]
) -> None:
    at: list[str | int] = ["rules", index]
    if head.id in known:
        raise placed.wrong([*at, "id"], f"the rule {head.id} stands twice")
    if head.effective_to is not None and head.effective_to < head.effective_from:
        raise placed.wrong([*at, "effective_to"], "effective_to is before effective_from")
    if not head.explanation.strip():
        raise placed.wrong([*at, "id"], f"{head.id} has no explanation of why it is unlawful and what to say instead")
    for field in ("near", "unless"):
        for name in (name for group in getattr(head, field) for name in group):
            if name not in concepts:
                raise placed.wrong([*at, field], f"there is no concept {name}")


def _check_scope(file: Placed[WordFile], id_: str, head: RuleHead, part: RuleWords) -> None:
    for product in part.rewrites:
        if product != "all" and product not in head.products:
            raise file.wrong(["rules", id_, "rewrites", product], f"{id_} does not bind {product}")
    for product, pair in part.examples.items():
        if pair.fail and product not in head.products:
            raise file.wrong(
                ["rules", id_, "examples", product], f"{id_} does not bind {product}; nothing can fail there"
            )


def _check_words(placed: Placed[WordFile]) -> None:
    for name, words in placed.value.concepts.items():
        _check_terms(placed, ["concepts", name], words)
    for name in NEGATION_LISTS:
        _check_terms(placed, ["negation", name], getattr(placed.value.negation, name))
    for id_, part in placed.value.rules.items():
        for name in TERM_LISTS:
            _check_terms(placed, ["rules", id_, name], getattr(part, name))


def _check_terms(placed: Placed[WordFile], at: list[str | int], terms: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for number, term in enumerate(terms):
        if term in seen:
            raise placed.wrong([*at, number], f"the term {term!r} stands twice")
        seen.add(term)
        try:
            read_term(term)
        except ValueError as error:
            raise placed.wrong([*at, number], str(error)) from error
