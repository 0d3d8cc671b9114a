"""Claim and evidence in English words and lettered figures: what the cross-encoder reads.

Every native word gives way to its English meaning where a glossary has one, with what its ending says (may, if, not,
to, in), else to the word of the other text, or the English banking word, that sounds like it, else to its own coarse
Latin spelling: word by word, in the order of the sentence, no translation.
Every figure gives way to its kind and a letter, the same letter for the same size on both sides and an earlier one for
a smaller size, so that no model has to read numbers.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import regex

from ragmarket.compliance.grounding.glosses import borrowed_words, endings, meanings
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import Quantity, same_size
from ragmarket.compliance.grounding.tongue import tongue_of
from ragmarket.compliance.paraphrase.skeleton import skeleton

VERSION = 1
_WORD = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+")
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_KINDS = {
    "amount": "rupees", "percent": "percent", "rate": "percent", "months": "period", "days": "period",
    "working_days": "working days", "date": "date", "month": "date", "day": "date", "ratio": "ratio",
}  # fmt: skip
_SOUND, _SHORT = 3, 2
_DENIAL = re.compile(r"\b(?:no|not|without|cannot)\b")
# Words of evidence that are read together with a claim; what is farther from it is left out.
_MOST_WORDS = 90


class Figures:
    """A letter for each size, in order of size among figures of one kind: a before b says that it is less.

    Args:
        quantities: Every figure of the claim and of the evidence that is read with it.
    """

    def __init__(self, quantities: Iterable[Quantity]) -> None:
        sizes: list[list[Quantity]] = []
        for one in quantities:
            own = next((same for same in sizes if same_size(same[0], one)), None)
            if own is None:
                sizes.append([one])
            else:
                own.append(one)
        self._letters: dict[tuple[str, float], str] = {}
        ranks: Counter[str] = Counter()
        for same in sorted(sizes, key=lambda one: one[0].value):
            kind = _kind(same[0])
            letter = string.ascii_lowercase[ranks[kind] % len(string.ascii_lowercase)]
            ranks[kind] += 1
            self._letters |= {(one.kind, one.value): letter for one in same}

    def named(self, quantity: Quantity) -> str:
        """A figure's kind and letter."""
        return f"{_kind(quantity)} {self._letters[quantity.kind, quantity.value]}"


def _kind(quantity: Quantity) -> str:
    return _KINDS.get(quantity.kind, "number")


def rendered(
    claim: Statement, evidence: Sequence[Statement], language: str, best: Statement | None = None
) -> tuple[str, str]:
    """The claim and its evidence as English words and lettered figures.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        language: The claim's language; a passage may be in another.
        best: The statement that exact comparison has found nearest.
    """
    near = nearest(claim, evidence, best)
    figures = Figures(one for statement in (*near, claim) for one in statement.quantities)
    said = _english_words(claim.text)
    held = " ; ".join(_rendered(one, tongue_of(one.text, language), figures, said) for one in near)
    return _rendered(claim, tongue_of(claim.text, language), figures, _english_words(held)), held


def nearest(claim: Statement, evidence: Sequence[Statement], best: Statement | None) -> list[Statement]:
    """All statements where they are few, else those that share most with the claim, in the passages' order."""
    if sum(len(one.text.split()) for one in evidence) <= _MOST_WORDS:
        return list(evidence)
    ranked = sorted(evidence, key=lambda one: (one is not best, -len(one.concepts & claim.concepts)))
    chosen: list[int] = []
    words = 0
    for one in ranked:
        words += len(one.text.split())
        if chosen and words > _MOST_WORDS:
            break
        chosen.append(one.index)
    return [one for one in evidence if one.index in chosen]


def _rendered(one: Statement, language: str, figures: Figures, other: Collection[str]) -> str:
    pieces, at = [], 0
    for quantity in sorted(one.quantities, key=lambda found: (found.start, -found.end)):
        if quantity.start < at:
            continue
        pieces += [
            _glossed(one.text[at : quantity.start], language, other),
            figures.named(quantity),
        ]
        at = quantity.end
    pieces.append(_glossed(one.text[at:], language, other))
    return re.sub(r"\s+", " ", " ".join(pieces)).strip()


def _english_words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text) if word.isascii())


def _glossed(text: str, language: str, other: Collection[str]) -> str:
    if text.isascii():
        return text
    sounds = {sound: word for word in sorted(other) if len(sound := skeleton(word)) >= _SOUND}
    return _WORD.sub(lambda found: _meaning(found[0], language, other, sounds), text)


def _meaning(word: str, language: str, other: Collection[str], sounds: dict[str, str]) -> str:
    if word.isascii():
        return word
    known, ending = _stem(word.translate(_JOINERS), language)
    if known:
        # Of several meanings the one that the other text speaks of is meant.
        own = next((one for one in known if any(part in other for part in one.lower().split())), known[0])
        return f"{own} {ending}" if ending else own
    sound = skeleton(word.translate(_JOINERS))
    sizes = range(len(sound), _SOUND - 1, -1)
    near = (sounds[sound[:size]] for size in sizes if sound[:size] in sounds)
    return next(near, None) or borrowed_words().get(sound) or sound or "something"


@lru_cache(maxsize=65_536)
def _stem(word: str, language: str) -> tuple[tuple[str, ...], str]:
    """The meanings of the longest stem that a word begins with, and what its ending says, "" where nothing."""
    known, last = meanings(language), endings(language)
    for size in range(len(word), 0, -1):
        whole, short = size == len(word), size > 1 and len(word) - size <= _SHORT
        if word[:size] in known and (whole or short or size >= _SOUND):
            said = "" if whole else next((last[word[at:]] for at in range(1, len(word)) if word[at:] in last), "")
            # "Fee-not" with an ending that denies once more is denied once.
            twice = _DENIAL.search(said) and any(_DENIAL.search(one) for one in known[word[:size]])
            return known[word[:size]], "" if twice else said
    return (), ""
