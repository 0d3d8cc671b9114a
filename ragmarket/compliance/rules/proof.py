"""Whether the claim rules do what their own examples say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ragmarket.compliance.rules.claim_rule import ClaimRule
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import Lexicon, build_lexicon
from ragmarket.compliance.rules.lexicon_files import read_rules, read_words
from ragmarket.errors import BadKnowledge


def broken_examples(root: Path) -> Iterator[BadKnowledge]:
    """Every example of ``root/words/*.yaml`` that does not come out as its file says, with file and line.

    A ``fail`` must be found by its rule; a ``pass`` and a rewrite must not be blocked by any rule.

    Raises:
        BadKnowledge: The files themselves are wrong.
    """
    lexicon = build_lexicon(*read_rules(root))
    rules = {rule.id: rule for rule in lexicon.sources}
    for file in read_words(root):
        for id_, part in file.value.rules.items():
            rule = rules[id_]
            at: list[str | int] = ["rules", id_]
            for product, pair in part.examples.items():
                for number, text in enumerate(pair.fail):
                    if id_ not in _found(lexicon, rule, product, text):
                        place = [*at, "examples", product, "fail", number]
                        yield file.wrong(place, f"{id_} does not find {text!r} on {product}")
                for number, text in enumerate(pair.passes):
                    for other in _blocked(lexicon, rule, product, text):
                        place = [*at, "examples", product, "pass", number]
                        yield file.wrong(place, f"{other} blocks {text!r} on {product}")
            for scope, sentences in part.rewrites.items():
                for number, text in enumerate(sentences):
                    for product in rule.products if scope == "all" else (scope,):
                        for other in _blocked(lexicon, rule, product, text):
                            place = [*at, "rewrites", scope, number]
                            yield file.wrong(place, f"{other} blocks the rewrite {text!r} on {product}")


def _findings(lexicon: Lexicon, rule: ClaimRule, product: str, text: str) -> dict[str, str]:
    day = max(one.effective_from for one in lexicon.sources)
    if rule.effective_to is not None:
        day = min(day, rule.effective_to)
    channel = "email" if "email" in rule.channels else rule.channels[0]
    found = check_claims(text, lexicon, product_class=product, channel=channel, as_of=day)
    return {finding.rule: finding.severity for finding in found}


def _found(lexicon: Lexicon, rule: ClaimRule, product: str, text: str) -> set[str]:
    return set(_findings(lexicon, rule, product, text))


def _blocked(lexicon: Lexicon, rule: ClaimRule, product: str, text: str) -> list[str]:
    return [id_ for id_, severity in _findings(lexicon, rule, product, text).items() if severity == "block"]
