"""Passages as the sentences and rows that claims are held against."""

from __future__ import annotations

import regex

# "Min. Rs.20" is one phrase, and a line that goes on in small letters was only wrapped.
_SENTENCE = regex.compile(
    r"(?<=[।!?])\s+|(?<=\p{L}{2}[)”\"]?\.|\p{N}\.|%\.|\)\.)(?<!\b(?:[Mm]in|[Mm]ax|[Aa]pprox)\.)\s+(?=[\p{Lu}\p{Lo}₹(“\"])"
    r"|\n+(?!\p{Ll})"
)
_SLAB = regex.compile(r"[^:]*\p{Nd}[^:]*:\s*[^:]*\p{Nd}")
_CELL = regex.compile(r"[^;]+")


def sentences(passage: str) -> list[tuple[int, str]]:
    """The sentences or rows of a passage, each with its start."""
    found, at = [], 0
    for match in _SENTENCE.finditer(passage):
        found.append((at, passage[at : match.start()]))
        at = match.end()
    found.append((at, passage[at:]))
    return [cell for start, text in found if text.strip() for cell in _slabs(start, text)]


def _slabs(start: int, row: str) -> list[tuple[int, str]]:
    """A row that tells several slabs, each with its value ("12 to 23: 8.10%; 24 to 35: 8.35%"), as one row each."""
    cells = [(match.start(), match[0]) for match in _CELL.finditer(row)]
    if sum(1 for _, cell in cells if _SLAB.match(cell)) < 2:
        return [(start, row)]
    return [(start + at, cell) for at, cell in cells]
