"""What simulated people may be called and where they may live: ``knowledge/identity/people.yaml``."""

from __future__ import annotations

from functools import lru_cache

from ragmarket.knowledge.files import load
from ragmarket.schemas.base import Frozen
from ragmarket.signals.identity.spelling import FOLDER


class NamePool(Frozen):
    """Names of one language: each a native spelling (if they are ``native``) and its Latin ones, blanks between."""

    native: bool = True
    male: tuple[str, ...]
    female: tuple[str, ...]
    last: tuple[str, ...]


class Place(Frozen):
    """One city: its state, the first three digits of its PIN codes, what is spoken, its localities."""

    city: str
    state: str
    pin: int
    language: str
    localities: tuple[str, ...]


class Population(Frozen):
    """``people.yaml``."""

    names: dict[str, NamePool]
    places: tuple[Place, ...]
    streets: tuple[str, ...]
    buildings: tuple[str, ...]
    landmarks: tuple[str, ...]
    nearness: tuple[str, ...]


@lru_cache(maxsize=1)
def load_population() -> Population:
    """The names and places.

    Raises:
        BadKnowledge: The file is wrong; names the line.
    """
    return load(FOLDER / "people.yaml", Population)
