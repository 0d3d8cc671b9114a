"""What a page is made of, as ranges of its canonical text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ragmarket.retrieval.folding import Range


@dataclass(frozen=True, slots=True)
class Row:
    """A table row: its range in the text and the ranges of its cells (several where a cell was wrapped)."""

    start: int
    end: int
    cells: tuple[tuple[Range, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a page.

    Attributes:
        form: What it is. A ``note`` is a footnote, a ``question`` opens an answer.
        ranges: Where its words stand, without markers; empty for a table.
        level: Depth of a heading, indent of a list item.
        mark: The mark of a footnote, and in ``mark_start`` where it stands.
        rows: The rows of a table.
        header: How many of them the source declares to be headers, where ``declared``.
    """

    form: Literal["heading", "paragraph", "item", "question", "table", "note"]
    ranges: tuple[Range, ...] = ()
    level: int = 0
    mark: str = ""
    mark_start: int = -1
    rows: tuple[Row, ...] = ()
    header: int = 0
    declared: bool = False
