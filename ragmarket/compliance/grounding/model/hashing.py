"""Buckets of a sentence: words, their stems and letters, their sounds, and pairs of neighbours.

A word's coarse Latin spelling makes "loan", "लोन" and "லோன்" share buckets, which is most of what two languages have in
common in a bank's copy. The hash is CRC-32, the same on every machine.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ragmarket.compliance.paraphrase.skeleton import skeleton

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BITS = 16
VERSION = 1
_SIZES = (3, 4)
_STEM = 5
_MOST_WORDS = 120


def bucket(feature: str) -> int:
    """The bucket of one feature, below 2^BITS."""
    return zlib.crc32(feature.encode()) & ((1 << BITS) - 1)


@lru_cache(maxsize=65_536)
def word_buckets(word: str) -> tuple[int, ...]:
    """The word, its beginning, its letters in threes and fours, its sound and the sound's threes."""
    if word.startswith("#"):
        return (bucket(f"f{word}"),)
    framed = f"<{word}>"
    found = [f"w{word}", f"p{word[:_STEM]}"]
    found += [f"c{framed[at : at + size]}" for size in _SIZES for at in range(len(framed) - size + 1)]
    sound = skeleton(word)
    if len(sound) > 1:
        heard = f"<{sound}>"
        found += [f"s{sound}", f"t{sound[:3]}", *(f"k{heard[at : at + 3]}" for at in range(len(heard) - 2))]
    return tuple(bucket(one) for one in found)


@lru_cache(maxsize=65_536)
def _pair(left: str, right: str) -> int:
    return bucket(f"b{left[:_STEM]} {right[:_STEM]}")


def buckets(words: Sequence[str]) -> NDArray[np.int64]:
    """The buckets of a sentence's words, in order; empty for no words."""
    import numpy as np

    words = words[:_MOST_WORDS]
    found = [one for word in words for one in word_buckets(word)]
    found += [_pair(left, right) for left, right in pairwise(("<", *words, ">"))]
    return np.array(found if words else [], dtype=np.int64)
