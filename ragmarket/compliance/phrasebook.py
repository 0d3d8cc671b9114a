"""The phrasebook: for a flagged sentence, the nearest of the lawful sentences that the rule keeps in its tongue."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from ragmarket.compliance.rules.claim_rule import ClaimRule
from ragmarket.compliance.rules.scripts import script_shares
from ragmarket.compliance.rules.terms import Tongue
from ragmarket.schemas.base import Language
from ragmarket.schemas.compliance import Finding, Policy

_WORD = re.compile(r"[^\W\d_]+")
_MOSTLY = 0.8


def tongue_of(sentence: str, language: Language) -> Tongue:
    """The tongue of a sentence: Hindi in Latin letters is one of its own, every other is its language's."""
    if language == "hi" and script_shares(sentence).get("Latn", 0.0) > _MOSTLY:
        return "hi_latn"
    return language


def _trigrams(text: str) -> frozenset[str]:
    words = (f" {word} " for word in _WORD.findall(text.casefold()))
    return frozenset(word[at : at + 3] for word in words for at in range(len(word) - 2))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(1, len(one) + len(other))


class Phrasebook:
    """Keeps the `Rewriter` promise with the rules' own ``rewrites``.

    Args:
        rules: The claim rules.
        lawful: Says whether a sentence may stand by itself under a policy; what may not is never proposed.
    """

    source: Literal["phrasebook", "writer"] = "phrasebook"

    def __init__(self, rules: Sequence[ClaimRule], lawful: Callable[[str, Policy], bool]) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._lawful = lawful

    def rewrite(self, finding: Finding, text: str, policy: Policy, language: Language) -> str | None:
        """A lawful sentence for the flagged one, or None when the rule keeps none that may be used.

        Sentences kept for the product go before those for all; among them the likest goes first. One that stands in the
        text already is passed over.
        """
        rule = self._rules.get(finding.rule)
        if rule is None or finding.start is None or finding.end is None:
            return None
        flagged = text[finding.start : finding.end]
        kept = rule.rewrites.get(tongue_of(flagged, language)) or rule.rewrites.get(language) or {}
        own = _trigrams(flagged)
        for group in (kept.get(policy.product_class, ()), kept.get("all", ())):
            for sentence in sorted(group, key=lambda one: -_likeness(own, _trigrams(one))):
                if sentence not in text and self._lawful(sentence, policy):
                    return sentence
        return None
