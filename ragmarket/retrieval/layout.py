"""Canonical text to blocks (headings, paragraphs, items, questions, tables, footnotes): one parser for all formats."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from ragmarket.retrieval.blocks import Block, Row
from ragmarket.retrieval.columns import column_table
from ragmarket.retrieval.lines import (
    ANSWER_MARK,
    FENCE,
    HEADING,
    LABEL,
    MARKER,
    NOTE_MARK,
    NOTE_USE,
    PIPE_SEPARATOR,
    QUESTION_MARK,
    RULE,
    TERMINAL,
    Line,
    breaks_on_purpose,
    lines_of,
    pipe_cells,
    shouted,
    title_like,
)


@dataclass
class _Parser:
    lines: list[Line]
    marks: frozenset[str]
    width: int
    blocks: list[Block] = field(default_factory=list)
    held: list[Line] = field(default_factory=list)
    holding: Literal["paragraph", "item"] = "paragraph"
    asked: bool = False

    def run(self) -> list[Block]:
        at = 0
        while at < len(self.lines):
            at = self._step(at)
        self._flush()
        return self.blocks

    def _step(self, at: int) -> int:
        line = self.lines[at]
        if line.blank:
            self._flush()
            return at + 1
        if FENCE.match(line.text):
            self._flush()
            return at + 1
        if RULE.match(line.text) and not line.text.startswith("|"):
            if len(self.held) == 1 and line.text[0] in "-=~─═" and self.holding == "paragraph":
                self._heading(self.held.pop(), 1 if line.text[0] in "=═" else 2)
            self._flush()
            return at + 1
        heading = HEADING.match(line.text)
        if heading and not (heading.group(1) in self.marks and len(line.text.split()) > 8):
            self._flush()
            self._heading(
                Line(line.start + heading.end(), line.end, line.text[heading.end() :], 0), len(heading.group(1))
            )
            return at + 1
        for table in (self._pipe_table, self._column_table):
            after = table(at)
            if after > at:
                return after
        return self._text_line(at)

    def _text_line(self, at: int) -> int:
        line = self.lines[at]
        asked, answered = QUESTION_MARK.match(line.text), ANSWER_MARK.match(line.text)
        if asked and (line.text.rstrip("* ").endswith("?") or not self.held) and len(line.text) > asked.end():
            self._flush()
            self.asked = True
            end = at + 1
            while not self.lines[end - 1].text.rstrip("* ").endswith("?") and end < len(self.lines) and end - at < 4:
                following = self.lines[end]
                if following.blank or ANSWER_MARK.match(following.text):
                    break
                end += 1
            first = (line.start + asked.end(), line.end)
            self.blocks.append(
                Block("question", (first, *((more.start, more.end) for more in self.lines[at + 1 : end])))
            )
            return end
        if answered and self.asked and not self.held and len(line.text) > answered.end():
            self.asked = False
            self.held = [Line(line.start + answered.end(), line.end, line.text[answered.end() :], line.indent)]
            self.holding = "paragraph"
            return at + 1
        marker = MARKER.match(line.text)
        if marker and self._opens_item(line, marker):
            self._flush()
            self.held = [Line(line.start + marker.end(), line.end, line.text[marker.end() :], line.indent)]
            self.holding = "item"
            return at + 1
        if self.held and self._opens_paragraph(line):
            self._flush()
        self.held.append(line)
        return at + 1

    def _opens_item(self, line: Line, marker: re.Match[str]) -> bool:
        if marker.group().strip() in self.marks and marker.group().strip() in "**#":
            return False
        if not self.held:
            return True
        before = self.held[-1]
        if TERMINAL.search(before.text) or self.holding == "item":
            # "8.50%\n- 12%" is one range, not a list.
            return not (
                line.text[0] in "-–"
                and line.text[marker.end() : marker.end() + 1].isdigit()
                and "%" in before.text[-3:]
            )
        return line.text[0] in "•◦▪■□●○‣⁃➢➤→✓✔" or breaks_on_purpose(before, line, self.width)

    def _opens_paragraph(self, line: Line) -> bool:
        before = self.held[-1]
        if NOTE_MARK.match(line.text) and (TERMINAL.search(before.text) or breaks_on_purpose(before, line, self.width)):
            return True
        if self.holding == "item" and line.indent < self.held[0].indent and TERMINAL.search(before.text):
            return True
        if LABEL.match(line.text) and len(LABEL.match(line.text)[1].split()) <= 8:  # type: ignore[index]
            return bool(TERMINAL.search(before.text) or LABEL.match(before.text)) or breaks_on_purpose(
                before, line, self.width
            )
        if len(self.held) == 1:
            text = before.text
            if text.rstrip("* ").endswith("?"):
                return True
            deeper = line.indent >= before.indent + 2 and self.holding == "paragraph"
            if title_like(text) and not line.text[:1].islower():
                titled = deeper or shouted(text) or breaks_on_purpose(before, line, self.width)
                if titled and self.holding == "item" and not MARKER.match(line.text):
                    # "1. Instalment" over its text: a numbered heading.
                    self.held, self.holding = [], "paragraph"
                    self._heading(before, 5)
                return titled
        return breaks_on_purpose(before, line, self.width)

    def _heading(self, line: Line, level: int) -> None:
        form: Literal["question", "heading"] = "question" if line.text.rstrip("* #").endswith("?") else "heading"
        end = line.start + len(line.text.rstrip("# ")) if level else line.end
        if end > line.start:
            self.blocks.append(Block(form, ((line.start, end),), level=level))

    def _flush(self) -> None:
        held, self.held = self.held, []
        if not held:
            return
        holding, self.holding = self.holding, "paragraph"
        first = held[0]
        bare = first.text.strip("*_ ")
        ranges = tuple((line.start, line.end) for line in held)
        note = NOTE_MARK.match(first.text)
        emphasised = first.text.startswith(("*", "_")) and held[-1].text.rstrip().endswith(first.text[0])
        if note and holding == "paragraph" and not emphasised:
            mark = re.sub(r"</?sup>|\s", "", note.group(1))
            words = ((first.start + note.end(), first.end), *ranges[1:])
            self.blocks.append(Block("note", words, mark=mark, mark_start=first.start + note.start(1)))
            return
        joined = " ".join(line.text for line in held)
        if (bare.endswith("?") and (len(held) == 1)) or (
            joined.rstrip("*_ ").endswith("?") and len(joined.split()) <= 30 and joined.count(".") == 0
        ):
            self.blocks.append(Block("question", ranges))
            self.asked = True
            return
        if len(held) == 1 and holding == "paragraph" and title_like(first.text):
            level = 2 if shouted(bare) else 6
            self.blocks.append(Block("heading", ranges, level=level))
            return
        if holding == "item" and bare.endswith("?"):
            self.blocks.append(Block("question", ranges[:1]))
            holding, ranges, held = "paragraph", ranges[1:], held[1:]
        elif holding == "item" and len(held) > 1 and title_like(first.text, 6) and held[1].text[:1].isupper():
            self.blocks.append(Block("heading", ranges[:1], level=5))
            holding, ranges, held = "paragraph", ranges[1:], held[1:]
        if ranges:
            self.blocks.append(Block(holding, ranges, level=first.indent if holding == "item" else 0))

    def _pipe_table(self, at: int) -> int:
        line = self.lines[at]
        starts = line.text.startswith("|")
        if not starts and not (
            "|" in line.text
            and at + 1 < len(self.lines)
            and "|" in self.lines[at + 1].text
            and PIPE_SEPARATOR.match(self.lines[at + 1].text)
        ):
            return at
        rows: list[Row] = []
        header, declared, end = 0, False, at
        while end < len(self.lines) and not self.lines[end].blank:
            current = self.lines[end]
            if RULE.match(current.text) and "|" not in current.text:
                end += 1
                continue
            if "|" not in current.text:
                break
            if PIPE_SEPARATOR.match(current.text):
                if not declared:
                    header, declared = len(rows), True
            else:
                rows.append(Row(current.start, current.end, tuple((cell,) for cell in pipe_cells(current))))
            end += 1
        self._flush()
        if rows:
            self.blocks.append(Block("table", rows=tuple(rows), header=header, declared=declared))
        return end

    def _column_table(self, at: int) -> int:
        open_sentence = bool(self.held) and not TERMINAL.search(self.held[-1].text)
        found = column_table(self.lines, at, inside=open_sentence)
        if found is None:
            return at
        table, end = found
        self._flush()
        self.blocks.append(table)
        return end


def parse(shadow: str) -> list[Block]:
    """All blocks of a text, in order.

    Args:
        shadow: The canonical text with unseen characters blanked (``Canvas.shadow``).
    """
    lines = list(lines_of(shadow))
    widths = sorted(line.indent + len(line.text) for line in lines if line.words() > 5 and "|" not in line.text)
    # Lines of an extracted page vary in width; the 80th percentile is the margin they were wrapped at.
    width = widths[int(len(widths) * 0.8)] if widths else 80
    marks = frozenset(match.group(1) for line in lines for match in NOTE_USE.finditer(line.text))
    return _Parser(lines, marks, min(width, 120)).run()
