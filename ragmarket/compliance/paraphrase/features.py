"""From a text to hashed features: its passages, and what characters and words each is made of.

Hashes are sums of powers modulo 2^64, so all n-grams of a word cost a few array operations, and the same text gives the
same features on every machine. Most of what a passage shows is what each of its words shows, and is kept by word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ragmarket.compliance.paraphrase.skeleton import skeleton
from ragmarket.compliance.rules.disguise import readings
from ragmarket.errors import MissingDependency

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]
    Places = npt.NDArray[np.int64]

VERSION = 2
BITS = 18
_GROUPS = {
    **dict.fromkeys(("mutual_fund", "securities", "nps", "ulip"), "market"),
    "insurance": "cover",
    **dict.fromkeys(("loan", "gold_loan", "home_loan", "credit_card"), "credit"),
    **dict.fromkeys(("deposit", "savings"), "deposit"),
}
# Longer messages are read in passages of this many sentences, each beginning a sentence after the one before.
_PASSAGE = 2
_MOST_WORDS = 400
_FIGURE = re.compile(r"\d[\d.]*")
_TELLING = frozenset(("0", "1", "2", "100"))
_BASE, _INVERSE = 0x9E3779B97F4A7C15, pow(0x9E3779B97F4A7C15, -1, 1 << 64)
_MASK = (1 << 64) - 1
_CHAR_SIZES, _SKELETON_SIZES = (3, 4, 5), (3, 4, 5)
# Of a longer word no more is read; one beyond the second length is not kept.
_LONGEST, _LONGEST_KEPT = 32_000, 64
(_CHARS, _SKELETON, _WORD, _PAIR, _SKIP, _SPELT, _SPELT_PAIR, _OF_GROUP, _SPELT_OF_GROUP, _GROUP) = range(1, 11)


@dataclass(frozen=True, slots=True)
class Passage:
    """Folded words of one or two sentences, and the span of the original that they stand for."""

    words: tuple[str, ...]
    start: int
    end: int


def passages(text: str) -> tuple[Passage, ...]:
    """The passages of ``text`` in every reading of it; spans are code points of ``text``."""
    found: dict[tuple[str, ...], Passage] = {}
    for folded in readings(text):
        sentences: list[tuple[list[str], int, int]] = []
        words: list[str] = []
        opened = place = 0
        for word in (*folded.text.split(" "), "."):
            if word in (".", "?"):
                if any(one not in ("", ",") for one in words):
                    sentences.append((words, opened, place - 1))
                words = []
            else:
                if not words:
                    opened = place
                words.append(word)
            place += len(word) + 1
        for first in range(max(1, len(sentences) - _PASSAGE + 1)):
            chosen = sentences[first : first + _PASSAGE]
            if not chosen:
                continue
            joined = tuple(_plain(word) for part, _, _ in chosen for word in part)[:_MOST_WORDS]
            start, end = folded.span(chosen[0][1], min(chosen[-1][2], len(folded.text)))
            found.setdefault(joined, Passage(joined, start, end))
    return tuple(found.values())


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    """A word whose figures say no more than that there are some, but for those that claims are made of."""
    return word if word.isalpha() else _FIGURE.sub(lambda match: _telling(match.group()), word)


@lru_cache(maxsize=65536)
def _says_nothing(word: str) -> bool:
    return "7" in word and not any(char.isalpha() for char in word)


def _telling(figure: str) -> str:
    bare = figure.rstrip(".")
    return bare if bare in _TELLING else "7"


@lru_cache(maxsize=1)
def _powers() -> tuple[Hashes, Hashes]:
    import numpy as np

    forth, back = [1], [1]
    for _ in range(32_767):
        forth.append(forth[-1] * _BASE & _MASK)
        back.append(back[-1] * _INVERSE & _MASK)
    return np.array(forth, dtype=np.uint64), np.array(back, dtype=np.uint64)


def _mixed(values: Hashes) -> Hashes:
    """Values spread over all bits (the finaliser of splitmix64)."""
    import numpy as np

    spread = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    spread = (spread ^ (spread >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return spread ^ (spread >> np.uint64(31))


def _apart(values: Hashes, kind: int) -> Hashes:
    """Values moved before they are mixed, differently for each kind of feature."""
    import numpy as np

    return values + np.uint64(kind * 0xD1B54A32D192ED03 & _MASK)


def _hashed(text: str) -> tuple[Hashes, Hashes]:
    """Sums before each character, and the characters' codes."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint64(1)) * _powers()[0][: len(codes)], out=sums[1:])
    return sums, codes


def _between(sums: Hashes, starts: Places, ends: Places) -> Hashes:
    _, back = _powers()
    return (sums[ends] - sums[starts]) * back[starts]


def _grams(sums: Hashes, length: int, sizes: tuple[int, ...], kind: int) -> list[Hashes]:
    """The n-grams of a word with a space on either side; no two words share one but those spaces."""
    import numpy as np

    found = []
    for size in sizes:
        starts = np.arange(max(0, length - size + 1))
        found.append(_apart(_between(sums, starts, starts + size), kind + 16 * size))
    return found


@lru_cache(maxsize=64)
def _single(value: str, kind: int) -> Hashes:
    import numpy as np

    number = 0
    for char in value:
        number = (number * _BASE + ord(char) + 1) & _MASK
    return _mixed(_apart(np.array([number], dtype=np.uint64), kind))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one word shows by itself: its hash, that of its coarse spelling, and the buckets of all that it shows."""

    word: int
    spelt: int
    places: Places


@lru_cache(maxsize=16_384)
def _kept(word: str) -> _Shown:
    import numpy as np

    hashes: list[int] = []
    grams: list[Hashes] = []
    for text, sizes, of_grams, of_word in (
        (word, _CHAR_SIZES, _CHARS, _WORD),
        (skeleton(word) or "_", _SKELETON_SIZES, _SKELETON, _SPELT),
    ):
        line = f" {text[:_LONGEST]} "
        sums, codes = _hashed(line)
        whole = _between(sums, np.array([1]), np.array([len(codes) - 1]))
        hashes.append(int(whole[0]))
        grams += [*_grams(sums, len(codes), sizes, of_grams), _apart(whole, of_word)]
    return _Shown(hashes[0], hashes[1], _buckets(grams))


def _shown(word: str) -> _Shown:
    """What a word shows, kept for the next time unless it is so long that no language has it."""
    return _kept(word) if len(word) <= _LONGEST_KEPT else _kept.__wrapped__(word)


@lru_cache(maxsize=1)
def _silence() -> _Shown:
    import numpy as np

    nothing = np.zeros(1, dtype=np.uint64)
    return _Shown(0, 0, _buckets([_apart(nothing, _WORD), _apart(nothing, _SPELT)]))


def _buckets(hashes: list[Hashes]) -> Places:
    import numpy as np

    return (_mixed(np.concatenate(hashes)) & np.uint64((1 << BITS) - 1)).astype(np.int64)


def features(words: tuple[str, ...], product_class: str) -> Places:
    """Buckets, below 2^BITS, of everything that a passage's words show; a bucket stands as often as it is met.

    Raises:
        MissingDependency: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "compliance") from error
    # Neither a figure as such nor the product alone says anything, whatever they go with in the copy learnt from.
    shown = [_shown(word) for word in words if word != "," and not _says_nothing(word)] or [_silence()]
    tokens = np.array([one.word for one in shown], dtype=np.uint64)
    spelt = np.array([one.spelt for one in shown], dtype=np.uint64)
    of_group = _single(_GROUPS[product_class], _GROUP)
    twist = np.uint64(_INVERSE)
    together = [
        _apart(tokens[:-1] * twist + tokens[1:], _PAIR),
        _apart(tokens[:-2] * twist + tokens[2:], _SKIP),
        _apart(spelt[:-1] * twist + spelt[1:], _SPELT_PAIR),
        _apart(tokens + of_group, _OF_GROUP),
        _apart(spelt + of_group, _SPELT_OF_GROUP),
    ]
    return np.concatenate([*(one.places for one in shown), _buckets(together)])
