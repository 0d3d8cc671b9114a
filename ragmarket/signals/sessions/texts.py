"""What visitors typed, as vectors: by the sentence encoder at hand, or by hashed pieces of words without one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WORD = re.compile(r"[^\W\d_]+")
_PIECE = 4


@lru_cache(maxsize=65_536)
def pieces(text: str) -> tuple[str, ...]:
    """Words of a query and their four-letter pieces; figures are left out, they are nobody's intent."""
    found: list[str] = []
    for word in _WORD.findall(text.casefold()):
        found.append(word)
        if len(word) > _PIECE:
            found += [word[place : place + _PIECE] for place in range(len(word) - _PIECE + 1)]
    return tuple(found)


@lru_cache(maxsize=65_536)
def bucket(piece: str, width: int) -> int:
    """Where a piece is counted."""
    return int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big") % width


class HashedEncoder:
    """A `TextEncoder` without weights: hashed words and pieces of words, unit length.

    Args:
        width: Length of a vector.
    """

    def __init__(self, width: int = 128) -> None:
        self.width = width

    @property
    def name(self) -> str:
        """A short name for records."""
        return f"hashed-{self.width}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of how texts are hashed."""
        return hashlib.sha256(f"hashed pieces {_PIECE} {self.width} 1".encode()).hexdigest()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, width); zero for a text without letters."""
        import numpy as np

        found = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            for piece in pieces(text):
                row[bucket(piece, self.width)] += 1.0
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32)
