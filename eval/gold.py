"""Passages and figures that a person marked in a document, found again in its canonical text.

White space and the bars of tables are never significant, so a gold file can be written from the document as people
see it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_MARK = re.compile(r"\{(\??)([a-z/]+):([^{}]+)\}")
_GAP = r"[\s|]*"


class GoldError(ValueError):
    """The gold file speaks of something that its document does not hold."""


@dataclass(frozen=True)
class GoldFigure:
    """One marked figure: code-point span in the canonical text, its possible types, whether it may go unread."""

    start: int
    end: int
    types: tuple[str, ...]
    optional: bool = False


def _pattern(wanted: str) -> str:
    return _GAP.join(re.escape(word) for word in wanted.replace("|", " ").split())


def _search(wanted: str, pattern: str, text: str, start: int, end: int) -> re.Match[str]:
    # "75%" must not be found in "2.75%", nor "Rs. 500" in "Rs. 5000".
    match = re.compile(rf"(?<![\w.,])(?:{pattern})(?!\w|[.,]\d)" if wanted[0].isalnum() else pattern).search(
        text, start, end
    )
    if match is None:
        raise GoldError(f"not in the document: {wanted!r}")
    return match


def find(text: str, wanted: str, start: int = 0) -> tuple[int, int]:
    """The first span of ``wanted`` from ``start`` on.

    Raises:
        GoldError: It is not there.
    """
    return _search(wanted, _pattern(wanted), text, start, len(text)).span()


def gold_figures(text: str, passage: dict[str, Any]) -> tuple[tuple[int, int], list[GoldFigure]]:
    """The span of a passage ``{from, to, lines}`` and the figures marked in its lines, ``{type:text}``, in order.

    Raises:
        GoldError: The passage or one of its lines is not in the text.
    """
    start = find(text, passage["from"])[0]
    end = find(text, passage["to"], start)[1]
    at, figures = start, []
    for line in passage["lines"]:
        marks = list(_MARK.finditer(line))
        parts = _MARK.split(line)
        # The split holds, after each stretch of plain text, a mark's three groups.
        pieces = [
            f"({_pattern(part)})" if number % 4 == 3 else _pattern(part)
            for number, part in enumerate(parts)
            if number % 4 in {0, 3}
        ]
        match = _search(_MARK.sub(r"\3", line), _GAP.join(pieces), text, at, end)
        figures += [
            GoldFigure(*match.span(number), tuple(mark[2].split("/")), bool(mark[1]))
            for number, mark in enumerate(marks, 1)
        ]
        at = match.end()
    return (start, end), figures
