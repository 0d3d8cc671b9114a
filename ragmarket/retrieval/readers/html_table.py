"""HTML tables as rows of text: spans repeated, header rows counted."""

from __future__ import annotations

from typing import Any

from ragmarket.retrieval.readers.html_inline import hidden, inline


def is_layout(cells: list[Any]) -> bool:
    """Whether cells that hold tables hold little else, so that the outer table only lays out the page."""
    own = sum(len(inline(cell, skip=("table",)).split()) for cell in cells)
    return own <= 4 * len(cells) and sum(1 for cell in cells if cell.find("table")) * 2 >= len(cells)


def grid_of(rows: list[Any]) -> tuple[list[list[str]], int]:
    """Cells with row spans repeated, and column spans repeated in header rows; and how many rows are headers."""
    grid: list[list[str]] = []
    held: dict[int, tuple[int, str]] = {}
    header = 0
    for number, row in enumerate(rows):
        cells = [cell for cell in row.find_all(["td", "th"], recursive=False) if not hidden(cell)]
        heads = bool(cells) and (row.find_parent("thead") is not None or all(cell.name == "th" for cell in cells))
        whole = len(cells) == 1 and len(rows) > 1 and not held
        if heads and header == number and not whole:
            header = number + 1
        line: list[str] = []
        for cell in cells:
            while len(line) in held:
                line.append(_carry(held, len(line)))
            text = " ".join(inline(cell, skip=("table",)).split())
            across, down = _number(cell.get("colspan")), _number(cell.get("rowspan"))
            for step in range(1 if whole else across):
                if down > 1:
                    held[len(line)] = (down - 1, text)
                line.append(text if step == 0 or heads else "")
        while len(line) in held:
            line.append(_carry(held, len(line)))
        if any(line):
            grid.append(line)
        elif heads:
            header -= 1
    return grid, header if header < len(grid) else 0


def _carry(held: dict[int, tuple[int, str]], column: int) -> str:
    left, text = held.pop(column)
    if left > 1:
        held[column] = (left - 1, text)
    return text


def _number(value: Any) -> int:
    return min(int(value), 50) if str(value or "").isdigit() and int(value) > 0 else 1
