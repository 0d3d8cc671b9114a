"""Tables set with blanks, tabs, dot leaders or colons in plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from ragmarket.retrieval.blocks import Block, Row
from ragmarket.retrieval.folding import Range
from ragmarket.retrieval.lines import LABEL, LEADER, MARKER, RULE, TERMINAL, Line, cells_of, runs_over
from ragmarket.retrieval.sentences import is_fragment

Cells = list[list[Range]]


def column_table(lines: Sequence[Line], at: int, *, inside: bool) -> tuple[Block, int] | None:
    """The table that begins at a line, and the index of the line after it; None where there is none.

    Args:
        lines: All lines of the text.
        at: Where to look.
        inside: Whether a sentence of running text is still open, so that only a clear table counts.
    """
    line = lines[at]
    if line.blank or line.text.startswith(("#", "|", ">")):
        return None
    if LEADER.match(line.text) or (not inside and _opens_label(lines, at, _leader)):
        return _pairs(lines, at, _leader)
    if not inside and _colon(line) is not None and not _runs_on(lines, at):
        return _pairs(lines, at, _colon)
    return _columns(lines, at, inside=inside)


def _body_start(line: Line) -> int:
    marker = MARKER.match(line.text)
    return marker.end() if marker else 0


def _leader(line: Line) -> tuple[Range, Range] | None:
    match = LEADER.match(line.text)
    if match is None:
        return None
    left = min(_body_start(line), match.start(1) + len(match.group(1)))
    return (line.start + left, line.start + match.end(1)), (line.start + match.start(2), line.start + match.end(2))


def _colon(line: Line) -> tuple[Range, Range] | None:
    match = LABEL.match(line.text)
    if match is None or len(match.group(1).split()) > 9:
        return None
    value = match.group(2)
    if len(value.split()) > 20 or not is_fragment(value) or (TERMINAL.search(value) and len(value.split()) > 8):
        return None
    return (line.start + match.start(1), line.start + match.end(1)), (
        line.start + match.start(2),
        line.start + match.end(2),
    )


def _runs_on(lines: Sequence[Line], at: int) -> bool:
    """Whether the value of a "Label: value" line goes on in the next line like running text."""
    line = lines[at]
    following = lines[at + 1] if at + 1 < len(lines) else None
    if following is None or following.blank or TERMINAL.search(line.text) or following.indent >= line.indent + 4:
        return False
    return following.text[0].islower() or (line.words() > 9 and LABEL.match(following.text) is None)


def _pairs(lines: Sequence[Line], at: int, read: Callable[[Line], tuple[Range, Range] | None]) -> tuple[Block, int]:
    rows: list[Row] = []
    opened: list[Range] = []
    end = at
    while end < len(lines) and not lines[end].blank:
        line = lines[end]
        pair = read(line)
        if pair is None:
            if not (rows and runs_over(lines[end - 1])) and _opens_label(lines, end, read):
                opened.append((line.start, line.end))
                end += 1
                continue
            # The value goes on below itself.
            if not rows or line.indent < lines[at].indent + 4 or LABEL.match(line.text):
                break
            last = rows[-1]
            rows[-1] = Row(last.start, line.end, (last.cells[0], (*last.cells[1], (line.start, line.end))))
        else:
            label = (*opened, pair[0])
            rows.append(Row(label[0][0], line.end, (label, (pair[1],))))
            opened = []
        end += 1
    return Block("table", rows=tuple(rows), declared=True), end


def _opens_label(lines: Sequence[Line], at: int, read: Callable[[Line], tuple[Range, Range] | None]) -> bool:
    """Whether a line holds nothing but the beginning of the label that the next line goes on with."""
    line = lines[at]
    following = lines[at + 1] if at + 1 < len(lines) else None
    if following is None or following.blank or read(following) is None or TERMINAL.search(line.text):
        return False
    if MARKER.match(following.text) or line.words() > 12:
        return False
    return following.text[0].islower() or following.text[0] == "(" or runs_over(line)


def _segments(line: Line) -> list[Range]:
    segments = cells_of(line)
    marker = MARKER.match(line.text)
    if marker and len(segments) > 1:
        body = line.start + marker.end()
        # A list number and its text are one thing, however wide the gap between them.
        segments = [(max(start, body), end) for start, end in segments if end > body]
    return segments


def _position(line: Line, offset: int) -> int:
    return line.indent + offset - line.start


def _aligned(line: Line, segments: list[Range], other: Line) -> bool:
    theirs = _segments(other)
    if len(theirs) < 2:
        return False
    starts = [_position(other, start) for start, _ in theirs[1:]] + [_position(other, end) for _, end in theirs[1:]]
    return any(
        abs(_position(line, edge) - place) <= 1
        for start, end in segments[1:]
        for edge in (start, end)
        for place in starts
    )


def _clear(line: Line, segments: list[Range]) -> bool:
    gaps = [line.text[left[1] - line.start : right[0] - line.start] for left, right in pairwise(segments)]
    return bool(gaps) and all("\t" in gap or len(gap) >= 3 for gap in gaps)


def _columns(lines: Sequence[Line], at: int, *, inside: bool) -> tuple[Block, int] | None:
    first = _segments(lines[at])
    if len(first) < 2:
        return None
    found: list[tuple[Line, list[Range]]] = []
    header = 0
    end = at
    while end < len(lines) and not lines[end].blank:
        line = lines[end]
        if RULE.match(line.text):
            if found and not header and len(found) <= 3:
                header = len(found)
            end += 1
            continue
        segments = _segments(line)
        if len(segments) < 2 and not _belongs(lines, end, found):
            break
        found.append((line, segments))
        end += 1
    table_rows = [(line, segments) for line, segments in found if len(segments) >= 2]
    clear = [(line, segments) for line, segments in table_rows if _clear(line, segments)]
    if len(table_rows) < 2:
        line, segments = table_rows[0]
        if inside or not clear or len(segments) > 4 or not any(char.isdigit() for char in line.text):
            return None
    elif len(clear) < len(table_rows) and not _aligned(*table_rows[0], table_rows[1][0]):
        return None
    return Block("table", rows=tuple(_rows(found)), header=header, declared=header > 0), end


def _belongs(lines: Sequence[Line], at: int, found: list[tuple[Line, list[Range]]]) -> bool:
    """Whether a line of one segment is a wrapped cell or a section row of the table so far."""
    line = lines[at]
    wide = [(other, segments) for other, segments in found if len(segments) >= 2]
    if not wide:
        return False
    other, segments = wide[-1]
    if line.indent >= _position(other, segments[1][0]) - 2 or line.text[0] in "(" or line.text[0].islower():
        return True
    following = lines[at + 1] if at + 1 < len(lines) else None
    return (
        following is not None
        and not following.blank
        and len(_segments(following)) >= 2
        and len(line.text.split()) <= 8
        and not TERMINAL.search(line.text)
    )


def _rows(found: list[tuple[Line, list[Range]]]) -> list[Row]:
    model_line, model = max(found, key=lambda pair: len(pair[1]))
    edges = [(_position(model_line, start), _position(model_line, end)) for start, end in model]
    rows: list[tuple[int, int, Cells]] = []
    for line, segments in found:
        cells: Cells = [[] for _ in edges]
        by_order = len(segments) == len(edges) or "\t" in line.text
        for number, (start, end) in enumerate(segments):
            left, right = _position(line, start), _position(line, end)
            nearest = min(range(len(edges)), key=lambda c: min(abs(left - edges[c][0]), abs(right - edges[c][1])))
            cells[min(number, len(edges) - 1) if by_order else nearest].append((start, end))
        text = line.text
        wrapped = bool(rows) and (
            (not cells[0] and not any(char.isdigit() for char in text))
            or (len(segments) == 1 and (text[0] in "(" or text[0].islower() or not cells[0]))
        )
        if wrapped:
            start, _, above = rows[-1]
            rows[-1] = (start, line.end, [old + new for old, new in zip(above, cells, strict=True)])
        else:
            rows.append((line.start, line.end, cells))
    return [Row(start, end, tuple(tuple(cell) for cell in cells)) for start, end, cells in rows]
