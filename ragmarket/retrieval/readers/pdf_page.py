"""One page of a PDF: its ruled tables, and its other words as lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ragmarket.retrieval.folding import superscript

# A glyph without a character, as many fonts set their bullets.
_NO_CHARACTER = re.compile(r"\(cid:\d+\)")


@dataclass(frozen=True)
class PageLine:
    """A line of text with its place and size in points."""

    page: int
    top: float
    bottom: float
    left: float
    size: float
    bold: bool
    text: str


@dataclass(frozen=True)
class PageTable:
    """A ruled table; ``top`` is its distance from the top of the page in points."""

    page: int
    top: float
    rows: list[list[str]]


def page_pieces(page: Any, number: int, shows: Callable[[dict[str, Any]], bool]) -> list[PageLine | PageTable]:
    """The tables and lines of a page, in reading order.

    Args:
        page: Of pdfplumber's.
        number: The page's number.
        shows: Whether an item of the page is seen.
    """
    upright = page.filter(lambda item: shows(item) and item.get("upright", True))
    found = [
        table
        for table in upright.find_tables()
        if len(table.rows) > 1 and max(len(row.cells) for row in table.rows) > 1
    ]
    pieces: list[PageLine | PageTable] = []
    for table in found:
        rows = [[(cell or "").replace("\n", " ") for cell in row] for row in table.extract() if any(row)]
        pieces.append(PageTable(number, table.bbox[1], _joined_rows(rows)))
    boxes = [table.bbox for table in found]
    outside = upright.filter(lambda item: not any(_within(item, box) for box in boxes)) if boxes else upright
    for column in _columns(outside):
        # Overprinted characters are how some writers set bold.
        pieces += _lines(column.dedupe_chars(tolerance=0.5), number)
    # A page of one column is read from the top; columns are already in order.
    return sorted(pieces, key=lambda piece: piece.top) if len(_columns(outside)) == 1 else pieces


def _within(item: dict[str, Any], box: Sequence[float]) -> bool:
    across, down = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return bool(box[0] <= across <= box[2] and box[1] <= down <= box[3])


def _joined_rows(rows: list[list[str]]) -> list[list[str]]:
    """A row that only continues the cells above (no first cell, no digit) is part of the row above."""
    joined: list[list[str]] = []
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        if joined and not cells[0] and not any(char.isdigit() for cell in cells for char in cell):
            joined[-1] = [f"{old} {new}".strip() for old, new in zip(joined[-1], cells, strict=False)]
        else:
            joined.append(cells)
    keep = [
        column
        for column in range(max(map(len, joined), default=0))
        if any(column < len(row) and row[column] for row in joined)
    ]
    return [[row[column] for column in keep if column < len(row)] for row in joined]


def _columns(page: Any) -> list[Any]:
    """The page, or its two columns where a gutter runs through most of its lines."""
    words = page.extract_words(use_text_flow=False)
    if len(words) < 80:
        return [page]
    left, right = page.bbox[0], page.bbox[2]
    middle = (left + right) / 2
    best, width = None, 0.0
    for step in range(-8, 9):
        x = middle + step * (right - left) / 60
        crossing = [word for word in words if word["x0"] < x < word["x1"]]
        gap = min((word["x0"] for word in words if word["x0"] >= x), default=right) - max(
            (word["x1"] for word in words if word["x1"] <= x), default=left
        )
        if not crossing and gap > width:
            best, width = x, gap
    if best is None or width < 12:
        return [page]
    halves = [[word for word in words if (word["x1"] <= best) == side] for side in (True, False)]
    # Tables have short cells; columns of prose have many words to a line.
    for half in halves:
        tops = {round(word["top"] / 3) for word in half}
        if len(half) < 40 or len(half) / max(len(tops), 1) < 4:
            return [page]
    top, bottom = page.bbox[1], page.bbox[3]
    return [page.crop((left, top, best, bottom)), page.crop((best, top, right, bottom))]


def _lines(page: Any, number: int) -> list[PageLine]:
    words = page.extract_words(
        x_tolerance_ratio=0.2,
        y_tolerance=3,
        keep_blank_chars=False,
        extra_attrs=["size", "fontname"],
        use_text_flow=False,
    )
    rows: list[list[dict[str, Any]]] = []
    for word in sorted(words, key=lambda item: (item["bottom"], item["x0"])):
        row = rows[-1] if rows else None
        tall = max((item["bottom"] - item["top"] for item in row), default=0) if row else 0
        if row and min(abs(word["bottom"] - item["bottom"]) for item in row) <= max(2.5, 0.45 * tall):
            row.append(word)
        else:
            rows.append([word])
    lines = []
    for row in rows:
        row.sort(key=lambda item: item["x0"])
        size = median(item["size"] for item in row)
        lines.append(
            PageLine(
                number,
                min(item["top"] for item in row),
                max(item["bottom"] for item in row),
                row[0]["x0"],
                size,
                all("bold" in item["fontname"].lower() or "black" in item["fontname"].lower() for item in row),
                _set(row, size),
            )
        )
    return lines


def _set(row: Sequence[dict[str, Any]], size: float) -> str:
    """The words of a line; a gap wider than two characters becomes three blanks, which set a column."""
    text = ""
    before: dict[str, Any] | None = None
    for word in row:
        piece = word["text"]
        raised = word["size"] < 0.8 * size and re.fullmatch(r"\d{1,2}|[*#†‡]+", piece)
        if raised and piece.isdigit():
            piece = superscript(piece)
        if before is not None:
            gap = word["x0"] - before["x1"]
            text += "   " if gap > 1.6 * size else "" if gap < 0.12 * size or (raised and gap < 0.4 * size) else " "
        text += piece
        before = word
    if _NO_CHARACTER.match(text):
        text = _NO_CHARACTER.sub("•", text, count=1)
    return _NO_CHARACTER.sub("", text)
