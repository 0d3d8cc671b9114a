"""The unit of reading: one sentence, or one table cell with its headers, with exact offsets into its document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ragmarket.schemas.evidence import Span

GLUE = -1


@dataclass(frozen=True, slots=True)
class Unit:
    """What is read, embedded and cited as one.

    Attributes:
        form: A sentence of prose (or list item), or a table row read at one cell.
        start: First code point of the unit in the canonical text; for a cell, of its whole row.
        end: One past the last; ``document.text[start:end] == quote``.
        quote: The exact source text.
        view: The text as it is read: line breaks and runs of blanks folded; for a cell
            "row label; column header: cell".
        origin: For each code point of ``view``, its offset in the canonical text, or ``GLUE`` where it was inserted.
        heading: Headings above the unit, outermost first, joined by " > ".
        context: Other spans the reading rests on: column headers, the sentence that introduces a list, footnotes.
    """

    form: Literal["sentence", "cell"]
    start: int
    end: int
    quote: str
    view: str
    origin: tuple[int, ...]
    heading: str = ""
    context: tuple[Span, ...] = ()

    def source_span(self, view_start: int, view_end: int) -> tuple[int, int] | None:
        """Map a span of ``view`` to the canonical text; None where it has no character of its own there."""
        own = [offset for offset in self.origin[view_start:view_end] if offset != GLUE]
        return (min(own), max(own) + 1) if own else None
