"""The words around figures, by language, as `knowledge/figure_words.yaml` holds them."""

from __future__ import annotations

from functools import lru_cache

from pydantic import RootModel

from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen


class FigureWords(Frozen, extra="ignore"):
    """The words of one language beside its figures."""

    currency: tuple[str, ...]
    scale: dict[str, tuple[str, ...]]
    percent: tuple[str, ...]
    units: dict[str, tuple[str, ...]]
    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]]
    joins: tuple[str, ...]
    age: dict[str, tuple[str, ...]]


class _File(RootModel[dict[str, FigureWords]]):
    """Language to words."""


@lru_cache(maxsize=1)
def figure_words() -> dict[str, FigureWords]:
    """The words around figures, by language.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(ROOT / "figure_words.yaml", _File).root
