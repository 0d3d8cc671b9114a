"""Writing extracted text in the one form that the block parser reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_OPENS_MARKUP = re.compile(r"(?:[#|>]|[-*+](?=\s)|-{3,}|={3,}|`{3})")


class CanonicalText:
    """Blocks in reading order; what looks like markup but is text gets a backslash."""

    def __init__(self) -> None:
        self._blocks: list[str] = []

    def heading(self, text: str, level: int) -> None:
        """A heading of level 1 to 6."""
        line = " ".join(text.split())
        if line:
            self._blocks.append("#" * max(1, min(level, 6)) + " " + line)

    def paragraph(self, text: str) -> None:
        """Running text; line breaks in it were meant."""
        lines = [" ".join(line.split()) for line in text.split("\n")]
        body = "\n".join(
            _OPENS_MARKUP.sub(r"\\\g<0>", line, count=1) if _OPENS_MARKUP.match(line) else line
            for line in lines
            if line
        )
        if body:
            self._blocks.append(body)

    def preformatted(self, text: str) -> None:
        """Text whose blanks set columns."""
        if text.strip():
            self._blocks.append("\n".join(line.rstrip() for line in text.strip("\n").split("\n")))

    def items(self, items: Sequence[tuple[int, str, str]]) -> None:
        """List items as (depth, marker, text)."""
        lines = [f"{'  ' * depth}{marker} {' '.join(text.split())}" for depth, marker, text in items if text.strip()]
        if lines:
            self._blocks.append("\n".join(lines))

    def table(self, rows: Sequence[Sequence[str]], header: int = 0) -> None:
        """Rows of cells; ``header`` rows at the top are known to be headers."""
        lines = []
        for number, row in enumerate(rows):
            if number == header and header:
                lines.append("|" + " --- |" * len(rows[0]))
            lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |")
        if header and header >= len(rows):
            lines.append("|" + " --- |" * len(rows[0]))
        if lines:
            self._blocks.append("\n".join(lines))

    def text(self) -> str:
        """The whole, NFC, blank lines between the blocks."""
        return unicodedata.normalize("NFC", "\n\n".join(self._blocks) + "\n")
