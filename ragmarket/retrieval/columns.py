"""Tables set with blanks, tabs, dot leaders or colons in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ragmarket.retrieval.folding import Range
from ragmarket.retrieval.lines import LABEL, LEADER, MARKER, MONEY_OR_SHARE, RULE, TERMINAL, Line, cells_of
from ragmarket.retrieval.sentences import is_fragment


@dataclass(frozen=True, slots=True)
class Row:
    """Same shape as ``blocks.Row``; the block parser reads the attributes alone."""

    start: int
    end: int
    cells: tuple[tuple[Range, ...], ...]
