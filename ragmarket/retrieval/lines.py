"""The lines of a canonical text and what one line looks like by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

HEADING = re.compile(r"(#{1,6})\s+(?=\S)")
RULE = re.compile(r"\s*([-=_*~•·—─═#])(?:\s*\1){2,}\s*$|\s*\+[-=+]+\+\s*$")
FENCE = re.compile(r"\s*(?:```|~~~)")
PIPE_SEPARATOR = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$")
MARKER = re.compile(
    r"(?:[-*+•◦▪■□●○‣⁃➢➤→✓✔·–]|\(?(?:\d{1,2}|[०-९০-৯૦-૯௦-௯౦-౯೦-೯൦-൯]{1,2}|[a-z]|[ivx]{1,4})[.)]"
    r"|\d{1,2}(?:\.\d{1,2}){1,3}\.?(?=\s+[^\W\d_]))\s+(?=\S)"
)
QUESTION_MARK = re.compile(
    r"(?:\*\*)?(?:Q(?:uestion|ues)?\s*\.?\s*\d*\s*[.):\-–]|प्रश्न\s*\d*\s*[:.)-])\s*", re.IGNORECASE
)
ANSWER_MARK = re.compile(
    r"(?:\*\*)?(?:A(?:ns(?:wer)?)?\s*\.?\s*\d*\s*[.):\-–]|उत्तर\s*\d*\s*[:.)-])(?:\*\*)?\s*", re.IGNORECASE
)
NOTE_MARK = re.compile(
    r"(?:\\)?(\*{1,3}|†{1,2}|‡|#{1,2}|\^(?:\d{1,2})?|@|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\[\d{1,2}\]|<sup>\s*[^<]{1,3}\s*</sup>)\s*(?=[^\s*#|])"
)
NOTE_USE = re.compile(
    r"(?<=[\w%)\"”।.,])(\*{1,3}|†{1,2}|‡|#{1,2}|\^(?:\d{1,2})?|@(?!\w)|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\[\d{1,2}\])(?![\w*#])"
)
LEADER = re.compile(r"(.{2,100}?)\s*(?:\.{4,}|\s\.{3,}\s|…{2,}|(?:\s\.){3,}|_{3,})\s*([^\s._…].*)$")
LABEL = re.compile(r"(?:\*\*)?([^\W\d_][^:.?!।|]{1,70}?)\s*:(?:\*\*)?\s+(\S.*)$")
GAP = re.compile(r"\s*\t\s*|(?<![.?!:;।])\s{2,}|\s{3,}")
TERMINAL = re.compile(r"[.?!।॥:][\"'”’)\]*_]*\s*$")
MONEY_OR_SHARE = re.compile(r"[₹%$]|\bRs\b|\bINR\b|\bp\.?a\b", re.IGNORECASE)
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``start``/``end`` bound its visible content, ``indent`` counts the blanks before it (a tab is four)."""

    start: int
    end: int
    text: str
    indent: int

    @property
    def blank(self) -> bool:
        """Whether nothing is to be seen."""
        return self.start == self.end

    def words(self) -> int:
        """How many words."""
        return len(_WORD.findall(self.text))


def lines_of(shadow: str) -> Iterator[Line]:
    """The lines of a text, LF, CRLF, CR or form feed between them."""
    for match in re.finditer(r"[^\r\n\x0c\x0b\u2028\u2029\x85]*(?:\r\n|[\r\n\x0c\x0b\u2028\u2029\x85]|\Z)", shadow):
        raw = match.group().rstrip("\r\n\x0c\x0b\u2028\u2029\x85")
        if not match.group():
            continue
        body = raw.strip()
        left = len(raw) - len(raw.lstrip())
        start = match.start() + (left if body else 0)
        yield Line(start, start + len(body), body, len(raw[:left].expandtabs(4)))


def title_like(text: str, limit: int = 9) -> bool:
    """Whether a line is short, unfinished and without a money amount or rate: a heading rather than a statement."""
    bare = text.strip("*_ ")
    words = bare.split()
    if not words or len(words) > limit or len(bare) > 80 or not any(char.isalpha() for char in bare):
        return False
    if TERMINAL.search(bare) or bare[-1] in ",;–-" or MONEY_OR_SHARE.search(bare):
        return False
    return not bare[0].islower() and not NOTE_MARK.match(bare)


def shouted(text: str) -> bool:
    """Whether a line is set in capitals."""
    letters = [char for char in text if char.isalpha() and char.isascii()]
    return len(letters) >= 4 and len(text.split()) <= 14 and all(char.isupper() for char in letters)


def cells_of(line: Line) -> list[tuple[int, int]]:
    """Ranges of the segments of a line set in columns by tabs or runs of blanks; one segment when it is not."""
    ranges: list[tuple[int, int]] = []
    at = 0
    for match in GAP.finditer(line.text):
        ranges.append((line.start + at, line.start + match.start()))
        at = match.end()
    ranges.append((line.start + at, line.end))
    return [(start, end) for start, end in ranges if end > start]


def pipe_cells(line: Line) -> list[tuple[int, int]]:
    """Ranges of the cells of a row written with pipes; a blank cell is an empty range."""
    text = line.text
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", text)]
    edges = ([] if text.startswith("|") else [-1]) + bars + ([] if bars and bars[-1] == len(text) - 1 else [len(text)])
    ranges = []
    for left, right in pairwise(edges):
        cell = text[left + 1 : right]
        lead = len(cell) - len(cell.lstrip())
        start = line.start + left + 1 + (lead if cell.strip() else 0)
        ranges.append((start, start + len(cell.strip())))
    return ranges


def runs_over(line: Line) -> bool:
    """Whether a line ends in the middle of what it says."""
    return line.text[-1:] in ",;(–&/" or line.text.split()[-1].lower() in _JOINING


def breaks_on_purpose(line: Line, following: Line, width: int) -> bool:
    """Whether the break after ``line`` was meant: the next word would still have fitted into ``width``."""
    if following.text[:1].islower() or runs_over(line):
        return False
    if TERMINAL.search(line.text):
        return False
    first = following.text.split()[0]
    return line.indent + len(line.text) + 1 + len(first) < 0.8 * width


_JOINING = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "by",
        "with",
        "from",
        "and",
        "or",
        "per",
        "is",
        "are",
        "was",
        "be",
        "as",
        "than",
        "up",
        "not",
        "upto",
        "that",
        "which",
        "your",
        "our",
        "any",
        "rs",
        "rs.",
        "₹",
    ]
)
