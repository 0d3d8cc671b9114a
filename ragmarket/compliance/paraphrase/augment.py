"""Variants of written copy as it comes in practice: disguised, misspelt, shouted, in Latin letters, with a neighbour.

Lawful and unlawful lines are varied alike, so that no variation is a sign of either.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ragmarket.compliance.paraphrase.samples import Sample

_LEET = str.maketrans({"a": "@", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"})
_ALIKE = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "i": "і"})
_WORD = re.compile(r"[^\W\d_][^\s.,;:!?।%]{3,}")
_CONSONANTS = "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h".split()  # noqa: SIM905
_VOWELS = {
    **dict(zip(range(0x05, 0x0C), ("a", "aa", "i", "ee", "u", "oo", "ri"), strict=True)),
    **dict(zip(range(0x0D, 0x15), ("e", "e", "e", "ai", "o", "o", "o", "au"), strict=True)),
    **dict(zip(range(0x3E, 0x44), ("a", "i", "i", "u", "oo", "ri"), strict=True)),
    **dict(zip(range(0x45, 0x4D), ("e", "e", "e", "ai", "o", "o", "o", "au"), strict=True)),
}
_VIRAMA = 0x4D
_SPOKEN_ENDS = frozenset(("ta", "te", "kn", "ml"))


def typed_in_latin(text: str, tongue: str) -> str:
    """Native letters as somebody types them in Latin ones; everything else stays."""
    out: list[str] = []
    for index, char in enumerate(text):
        point = ord(char)
        if not 0x0900 <= point <= 0x0D7F or point in (0x0964, 0x0965):
            out.append("" if char in "\u200c\u200d" else char)
            continue
        place, after = point % 0x80, ord(text[index + 1]) % 0x80 if index + 1 < len(text) else 0
        if 0x15 <= place <= 0x39:
            native = index + 1 < len(text) and 0x0900 <= ord(text[index + 1]) <= 0x0D7F
            carries = native and (0x3E <= after <= _VIRAMA)
            silent = not native and tongue not in _SPOKEN_ENDS
            out.append(_CONSONANTS[place - 0x15] + ("" if carries or silent else "a"))
        elif place in _VOWELS:
            out.append(_VOWELS[place])
        elif place in (0x01, 0x02):
            out.append("n")
        elif 0x66 <= place <= 0x6F:
            out.append(str(place - 0x66))
    return "".join(out)


def _in_one_word(change: Callable[[str, random.Random], str]) -> Callable[[Sample, random.Random], str]:
    def varied(sample: Sample, rng: random.Random) -> str:
        words = list(_WORD.finditer(sample.text))
        if not words:
            return sample.text
        chosen = rng.choice(words)
        return sample.text[: chosen.start()] + change(chosen.group(), rng) + sample.text[chosen.end() :]

    return varied


def _misspelt(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    return word[:place] + (word[place] * 2 if rng.random() < 0.5 else "") + word[place + 1 :]


def _set_apart(word: str, rng: random.Random) -> str:
    return rng.choice((" ", ".", "-", "\u200b", "*")).join(re.findall(r"\w[^\w\s]*|\S", word))


_CHANGES: tuple[Callable[[Sample, random.Random], str], ...] = (
    _in_one_word(_misspelt),
    _in_one_word(_set_apart),
    lambda sample, _: sample.text.translate(_LEET),
    lambda sample, _: sample.text.translate(_ALIKE),
    lambda sample, _: sample.text.upper(),
    lambda sample, _: typed_in_latin(sample.text, sample.tongue),
)


def variants(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """One variant of each sample, in their order; half of them have a neutral line of their tongue beside them."""
    rng = random.Random(seed)
    neutral: dict[str, list[str]] = {}
    for one in samples:
        if one.kind == "neutral":
            neutral.setdefault(one.tongue, []).append(one.text)
    found = []
    for one in samples:
        text = one.text
        if one.tongue in neutral and rng.random() < 0.5:
            other = rng.choice(neutral[one.tongue])
            text = f"{text} {other}" if rng.random() < 0.5 else f"{other} {text}"
        else:
            text = rng.choice(_CHANGES)(one, rng)
        found.append(replace(one, text=text))
    return found
