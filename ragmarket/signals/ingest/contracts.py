"""What each source delivers: columns, kinds, vocabularies and the names that extracts give them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import RootModel, model_validator

from ragmarket.errors import InvalidInput
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES, Frozen
from ragmarket.schemas.ingestion import Source
from ragmarket.signals import vocabulary
from ragmarket.signals.features import CITY_TIERS, INCOME_BANDS

SOURCES: tuple[Source, ...] = get_args(Source)
Kind = Literal["text", "number", "integer", "date", "time", "flag", "choice", "dates"]
VOCABULARIES: dict[str, tuple[str, ...]] = {
    "products": PRODUCT_CLASSES,
    "languages": LANGUAGES,
    "income_bands": INCOME_BANDS,
    "city_tiers": CITY_TIERS,
    "states": vocabulary.STATES,
    "occupations": vocabulary.OCCUPATIONS,
    "txn_channels": vocabulary.TXN_CHANNELS,
    "txn_types": vocabulary.TXN_TYPES,
    "categories": vocabulary.CATEGORIES,
    "note_kinds": vocabulary.NOTE_KINDS,
    "pages": vocabulary.PAGES,
    "referrers": vocabulary.REFERRERS,
    "devices": vocabulary.DEVICES,
}


class SourceColumn(Frozen):
    """One column.

    ``dates`` are dates of words, WORD:YYYY-MM-DD; ``many`` values are joined by |; ``free`` text is cleared of
    identifiers; ``personal`` values go to the identity store and nowhere else.
    """

    kind: Kind
    required: bool = False
    personal: bool = False
    free: bool = False
    many: bool = False
    aliases: tuple[str, ...] = ()
    values: str | tuple[str, ...] = ()
    synonyms: dict[str, str] = {}
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _values_are_known(self) -> SourceColumn:
        if self.kind in {"choice", "dates"} and not self.values:
            raise ValueError(f"a column of kind {self.kind} needs values")
        if self.kind == "dates" and not self.many:
            raise ValueError("a column of kind dates holds many")
        if isinstance(self.values, str) and self.values not in VOCABULARIES:
            raise ValueError(f"no vocabulary is called {self.values!r}; known: {', '.join(sorted(VOCABULARIES))}")
        if unknown := set(self.synonyms.values()) - set(self.words):
            raise ValueError(f"a synonym stands for {sorted(unknown)[0]!r}, which is no value")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The values of a choice."""
        return VOCABULARIES[self.values] if isinstance(self.values, str) else self.values

    @property
    def is_product(self) -> bool:
        """Whether its values are product classes."""
        return self.kind == "choice" and self.values == "products"


class Contract(Frozen):
    """One source; see ``knowledge/ingest/sources.yaml`` for what the fields say."""

    meaning: str
    key: tuple[str, ...]
    clock: str
    subject: str
    subject_of: Source | None = None
    columns: dict[str, SourceColumn]

    @model_validator(mode="after")
    def _names_are_columns(self) -> Contract:
        for name in (*self.key, self.clock, self.subject):
            if name not in self.columns:
                raise ValueError(f"{name!r} is no column")
        seen: dict[str, str] = {}
        for name, column in self.columns.items():
            for alias in (name, *column.aliases):
                if seen.setdefault(alias, name) != name:
                    raise ValueError(f"the alias {alias!r} stands for {seen[alias]!r} and {name!r}")
        return self

    def mapping(self, header: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
        """Which delivered column is which; names are compared without case, blanks count as underscores.

        Returns:
            Contract's name by delivered name, and the delivered names that mean nothing here.

        Raises:
            InvalidInput: A required column is missing, or two delivered columns mean the same.
        """
        names = {alias: name for name, column in self.columns.items() for alias in (name, *column.aliases)}
        found: dict[str, str] = {}
        ignored = []
        for delivered in header:
            plain = delivered.strip().lower().lstrip("\ufeff").replace(" ", "_").replace("-", "_")
            name = names.get(plain)
            if name is None:
                ignored.append(delivered)
            elif name in found.values():
                raise InvalidInput(f"two columns mean {name!r}", hint="Deliver one of them.")
            else:
                found[delivered] = name
        for name, column in self.columns.items():
            if column.required and name not in found.values():
                said = ", ".join((name, *column.aliases))
                raise InvalidInput(f"the column {name!r} is missing", hint=f"Deliver it under one of: {said}.")
        return found, tuple(ignored)


class Contracts(RootModel[dict[Source, Contract]]):
    """``sources.yaml``."""

    @model_validator(mode="after")
    def _all_sources(self) -> Contracts:
        if missing := [name for name in SOURCES if name not in self.root]:
            raise ValueError(f"the source {missing[0]!r} is missing")
        return self


@lru_cache(maxsize=4)
def load_contracts(path: Path = ROOT / "ingest" / "sources.yaml") -> dict[Source, Contract]:
    """The contracts.

    Raises:
        BadKnowledge: The file is wrong; names the line.
    """
    return load(path, Contracts).root
