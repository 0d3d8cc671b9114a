"""A table read at each of its cells: row label, column header, cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragmarket.retrieval.blocks import Block, Row
from ragmarket.retrieval.folding import Canvas, Folded, join
from ragmarket.retrieval.lines import TERMINAL

_NOTHING = frozenset({"", "-", "--", "—", "–", "na", "n/a", "n.a.", "not applicable", ".", "…"})
_SERIAL = re.compile(r"(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]?)$", re.IGNORECASE)
_SERIAL_HEADER = re.compile(r"(?:s\.?\s*(?:r|l)?\.?\s*(?:no|n)?\.?|sr\.?|no\.?|#|serial.*|क्र.*)$", re.IGNORECASE)
# Columns of these names narrow a row even where they hold figures.
_RANGE_HEADER = re.compile(
    r"\b(?:slab|amount|balance(?! transfer)|tenure|tenor|period|term|age|bucket|range|size)s?\b|^(?:from|to)\b",
    re.IGNORECASE,
)
_MONEY_RANGE = re.compile(r"\b(?:slab|amount|balance|bucket|range|size)s?\b|^(?:from|to)\b", re.IGNORECASE)
_KEY_HEADER = re.compile(
    r"\b(?:(?:type|location|plan|option|segment|customer|product|scheme|particular|item|service|mode|channel)s?"
    r"|categor(?:y|ies)|cit(?:y|ies)|branch(?:es)?|class(?:es)?|facilit(?:y|ies)|polic(?:y|ies))\b",
    re.IGNORECASE,
)
_VALUE_HEADER = re.compile(
    r"rate|fee|charge|cash\s?back|cap\b|limit|interest|premium|price|%|per\s?cent|apr|roi|yield|points|load|benefit|free"
    r"|min(?:imum|\.)|max(?:imum|\.)|share|ratio|payable|general|senior|value|tariff|brokerage|spread|commission",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[₹%]|\bRs\b|\bINR\b|\d", re.IGNORECASE)
# A figure by itself ("Rs. 299", "2.5% p.a.", "Nil"): what a table tells, not what it tells it of.
_VALUE = re.compile(
    r"(?:(?P<money>(?:₹|rs\.?|inr)\s*\d|\d[\d.,]*\s*/-)|(?P<share>\d[\d.,]*\s*(?:%|per\s?cent)|(?:nil|free|zero|waived|yes|no)\b)"
    r"|\d[\d.,]*$)(?!.*\b(?:to|and|less|more|above|below|upto|up|over|onwards|between)\b)",
    re.IGNORECASE,
)
_DIGIT_OR_MONEY = re.compile(r"[₹%]|\d")
_SLAB = re.compile(r"(?:less than|below|up ?to|above|more than|over|from|between|₹|rs\.?)\s", re.IGNORECASE)
_HEADER_WORDS = re.compile(
    r"^(?:particulars?|details?|description|charges?|amount|rates?|terms?|values?|features?|items?|limits?|fees?|service|conditions?"
    r"|criteria|requirement|benefit|remarks|figures?|heads?|nature|parameters?|specifications?|parameter)\b",
    re.IGNORECASE,
)
# A header that tells nothing of its column is neither read nor cited.
_SAYS_NOTHING = re.compile(
    r"(?:details?|particulars?|descriptions?|information|values?|specifications?)\W*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with what names it.

    ``labels`` are the parts of the row label, outermost first; ``headers`` those of the column header, top first.
    ``context`` are the same that stand outside the row.
    """

    row: Row
    labels: tuple[Folded, ...]
    headers: tuple[Folded, ...]
    cell: Folded
    context: tuple[Folded, ...]

    def view(self, cell: Folded | None = None) -> Folded:
        """How the cell is read: "row label; column header: cell"."""
        parts: list[Folded | str] = []
        for label in self.labels:
            parts += [label, "; "]
        for number, header in enumerate(self.headers):
            parts += [" " if number else "", header]
        if self.headers:
            parts.append(": ")
        elif parts:
            parts[-1] = ": "
        return join([*parts, cell or self.cell])


def cells(block: Block, canvas: Canvas) -> Iterator[Cell]:
    """All cells of a table that say something, row by row; a row of one cell names the section below it."""
    grid = [[canvas.fold(cell) for cell in row.cells] for row in block.rows]
    width = max((len(row) for row in grid), default=0)
    header = _header_rows(block, grid, width)
    headers = _column_headers(grid[:header], width)
    body = list(zip(block.rows[header:], grid[header:], strict=True))
    keys, first = _key_columns(headers, [row for _, row in body], width)
    section: Folded | None = None
    title: tuple[Folded, ...] = ()
    above: dict[int, Folded] = {}
    for row, cells_ in body:
        filled = [number for number, cell in enumerate(cells_) if cell.text.lower() not in _NOTHING]
        bare = [cell for number, cell in enumerate(cells_) if cell and number not in filled]
        if len(filled) == 1 and width > 1 and filled[0] <= first and not bare:
            alone = cells_[filled[0]]
            if len(cells_) == 1 or not _FIGURE.search(alone.text):
                # The first such row is the table's own title and says nothing of one part of it.
                if row is block.rows[0]:
                    title = (alone,)
                else:
                    section, above = (alone if len(alone.text.split()) <= 15 else None), {}
            if len(alone.text.split()) > 4 or _FIGURE.search(alone.text):
                yield Cell(row, (), (), alone, ())
            continue
        if width == 1:
            for number in filled:
                yield Cell(row, (), tuple(headers[0]), cells_[number], tuple(headers[0]))
            continue
        for key in keys:
            if key < len(cells_) and cells_[key]:
                above[key] = cells_[key]
        outside = [section] if section else []
        for number in filled:
            if number in keys or number < first:
                continue
            labels = [*outside]
            for key in keys:
                if key in above and above[key].text != cells_[number].text:
                    label = above[key]
                    labels.append(
                        _headed(label, headers[key]) if key != first and _FIGURE.search(label.text) else label
                    )
            own = tuple(part for part in headers[number] if part and not _SAYS_NOTHING.fullmatch(part.text))
            yield Cell(row, tuple(labels), own, cells_[number], (*title, *outside, *own))


def _headed(label: Folded, header: Sequence[Folded]) -> Folded:
    return join([header[-1], " ", label]) if header else label


def _header_rows(block: Block, grid: Sequence[Sequence[Folded]], width: int) -> int:
    if block.declared:
        # Markdown wants a header row even where the table has none.
        if block.header == 1 and width == 2 and len(grid[0]) == 2 and _FIGURE.search(grid[0][1].text):
            return 0 if not _HEADER_WORDS.match(grid[0][0].text) else 1
        return min(block.header, len(grid) - 1) if len(grid) > 1 else 0
    if len(grid) < 2 or len(grid[0]) < 2:
        return 0
    label, *values = [cell.text for cell in grid[0]]
    if width == 2:
        if _DIGIT_OR_MONEY.search(label + values[0]) or not values[0]:
            return 0
        below = [row[-1].text for row in grid[1:] if len(row) > 1]
        mostly_figures = sum(bool(_FIGURE.search(text)) for text in below) * 5 >= len(below) * 3
        # Slabs below a worded label, figures below a worded title: only a header stands so.
        slabs = sum(bool(_DIGIT_OR_MONEY.search(row[0].text)) for row in grid[1:]) * 5 >= len(below) * 3
        if slabs and mostly_figures and len(values[0].split()) <= 12 and not TERMINAL.search(values[0]):
            return 1
        named = _HEADER_WORDS.match(values[0]) or (_HEADER_WORDS.match(label) and len(values[0].split()) <= 3)
        return 1 if (named and len(label.split()) <= 4) or (_VALUE_HEADER.search(values[0]) and mostly_figures) else 0
    if any(_DIGIT_OR_MONEY.search(value) and not _SLAB.match(value) for value in values) or not any(values):
        return 0
    depth = 1
    # A first cell left blank belongs to a header set in two rows.
    while depth < len(grid) - 1 and not grid[depth][0] and not any(re.search(r"\d", cell.text) for cell in grid[depth]):
        depth += 1
    return depth


def _column_headers(rows: Sequence[Sequence[Folded]], width: int) -> list[list[Folded]]:
    headers: list[list[Folded]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        for number, cell in enumerate(row):
            # A title over several columns stands in the first of them.
            over = cell if cell or depth == len(rows) - 1 or number < 2 else row[number - 1]
            if over and over.text not in {part.text for part in headers[number]}:
                headers[number].append(over)
    return headers


def _key_columns(
    headers: Sequence[Sequence[Folded]], rows: Sequence[Sequence[Folded]], width: int
) -> tuple[list[int], int]:
    """The columns that name a row, and the first of them (a column of serial numbers names nothing)."""
    first = 0
    column = [row[0].text for row in rows if len(row) > 1 and row[0]]
    title = " ".join(part.text for part in headers[0]) if headers else ""
    if (
        width > 2
        and column
        and (all(_SERIAL.match(text) for text in column) or (title and _SERIAL_HEADER.match(title)))
    ):
        first = 1
    keys = [first]
    for number in range(first + 1, width - 1):
        name = " ".join(part.text for part in headers[number])
        texts = [row[number].text for row in rows if len(row) > number and row[number]]
        worded = bool(texts) and not any(_FIGURE.search(text) for text in texts) and len({*texts}) > 1
        ranges = _RANGE_HEADER.search(name)
        told = sum(_told(text, name if ranges else "") for text in texts) * 2 > len(texts)
        names = not told and (ranges or worded or _KEY_HEADER.search(name))
        if _VALUE_HEADER.search(name) or not names:
            break
        keys.append(number)
    return keys, first


def _told(text: str, name: str) -> bool:
    """Whether a cell is a value. Under the ``name`` of a range a bare number is none, nor money under one of money."""
    value = _VALUE.match(text)
    if value is None or (name and not value["share"] and not value["money"]):
        return False
    return not (name and value["money"] and _MONEY_RANGE.search(name))
