"""What every step needs: where models are kept, who reads texts, the closed words, lines of progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.knowledge.profiles import Sessions as Vocabularies
    from ragmarket.protocols import TextEncoder

Note = Callable[[str], None]
Progress = Callable[[str, int, int], None]


class KeptTexts:
    """The house's sentence encoder, each different text read once and kept between runs.

    Args:
        encoder: Reads texts.
        folder: Where vectors are kept; None keeps them in memory.
    """

    def __init__(self, encoder: TextEncoder, folder: Path | None = None) -> None:
        from ragmarket.signals.segments.vectors import NarrativeVectors

        self._encoder = encoder
        self._vectors = NarrativeVectors(encoder, folder)

    @property
    def name(self) -> str:
        """The encoder's name."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """The encoder's fingerprint."""
        return self._encoder.fingerprint

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, width)."""
        return self._vectors.of(list(texts))


def home(house: House) -> Path:
    """Where session models, the taxonomy and links are kept."""
    return house.settings.home / "sessions"


def texts(house: House) -> KeptTexts:
    """The reader of queries and definitions."""
    return KeptTexts(house.encoder, home(house) / "texts")


def vocabularies() -> Vocabularies:
    """The closed words of sessions and the seed intents."""
    from ragmarket.knowledge.angles import load_angles
    from ragmarket.knowledge.profiles import load_sessions

    return load_sessions(load_angles())
