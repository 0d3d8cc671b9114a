"""Where segments are kept, which tables are read, and who reads sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House
from ragmarket.signals.feature_tables import Tables

if TYPE_CHECKING:
    from ragmarket.signals.segments.vectors import NarrativeVectors

Note = Callable[[str], None]


def tables(house: House, folder: Path | None) -> Tables:
    """The tables of a folder, or of the house's own published store."""
    return Tables(folder or house.settings.home / "signals" / "tables")


def home(house: House) -> Path:
    """Where fitted segments and their profiles are kept."""
    return house.settings.home / "segments"


def vectors(house: House) -> NarrativeVectors:
    """Sentence vectors of the house's encoder, kept between runs."""
    from ragmarket.signals.segments.vectors import NarrativeVectors

    return NarrativeVectors(house.encoder, home(house))
