"""The fact catalogue: which kinds of fact exist, and which figures each must hold."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen, ProductClass
from ragmarket.schemas.evidence import Bound, FigureType, Period

Theme = Literal["growth", "cost", "access", "flexibility", "protection", "eligibility", "tax"]


class Role(Frozen):
    """A figure that a sentence of the kind must hold.

    ``bound`` and ``period`` are what every phrasing of the kind already says; the renderer adds only what is missing.
    """

    type: FigureType
    bound: Bound | None = None
    period: Period | None = None


class Kind(Frozen):
    """One kind of fact, with the English sentences by which the encoder knows it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    definition: str
    classes: tuple[ProductClass, ...]
    roles: dict[str, Role]
    theme: Theme
    conditions: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()
    counter_exemplars: tuple[str, ...] = ()


class Catalogue(Frozen):
    """All kinds, by id; ``none`` holds sentences that state no fact of any kind."""

    kinds: dict[str, Kind]
    none: tuple[str, ...] = ()

    def of_class(self, product_class: str) -> tuple[Kind, ...]:
        """The kinds that a product class can have, in catalogue order."""
        return tuple(kind for kind in self.kinds.values() if product_class in kind.classes)


class _File(Frozen):
    kinds: tuple[Kind, ...]
    none: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [kind.id for kind in self.kinds]
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            raise ValueError(f"kinds stand twice: {', '.join(twice)}")
        return self


@lru_cache(maxsize=4)
def load_catalogue(path: Path = ROOT / "kinds.yaml") -> Catalogue:
    """Read the catalogue.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    file = load(path, _File)
    return Catalogue(kinds={kind.id: kind for kind in file.kinds}, none=file.none)
