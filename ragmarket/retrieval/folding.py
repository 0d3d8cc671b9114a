"""The visible text of a document, with the canonical offset of every character."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ragmarket.retrieval.units import GLUE

Range = tuple[int, int]

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNSEEN_ELEMENT = re.compile(
    r"<(script|style|template|noscript)\b.*?(?:</\1\s*>|\Z)"
    r"|<(\w+)\b[^>]*(?:\shidden\b|display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0)[^>]*>.*?(?:</\2\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)\b[^<>\n]{0,300}>")
_SUPERSCRIPT = re.compile(r"<sup>\s*(\d{1,2})\s*</sup>", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_LINK = re.compile(r"(?<!!)(\[)([^\]\n]+)(\]\([^)\n]*\))")
_ESCAPE = re.compile(r"\\(?=[\\`*_{}\[\]()#+\-.!|>~])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_EMPHASIS = re.compile(
    r"(?:(?<=[\s(\[\"'>|:/-])|(?<=\A)|(?<=^))(?<!\\)(\*{1,3}|_{1,3})"
    r"(?=[^\s*_])((?:(?!\n[ \t]*\n).)+?)(?<=[^\s\\])\1(?![\w*])",
    re.DOTALL | re.MULTILINE,
)
_CODE = re.compile(r"`+")
_BLANK_LOOKALIKES = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_SUPERSCRIPT_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def superscript(digits: str) -> str:
    """ASCII digits as superscript digits, so that a footnote mark never grows onto a figure."""
    return digits.translate(_SUPERSCRIPT_DIGITS)


def invisible(text: str, at: int) -> bool:
    """Whether a reader sees nothing at ``at``: controls, bidi marks, zero-width and tag characters.

    The joiners U+200C and U+200D stay between Indic letters, where they choose the shape of a conjunct.
    """
    char = text[at]
    if char in "\t\n\r" or (char.isascii() and char.isprintable()):
        return False
    if char in "\u200c\u200d":
        beside = text[at - 1 : at] + text[at + 1 : at + 2]
        return not any("\u0900" <= other <= "\u0d7f" for other in beside)
    if char in _BLANK_LOOKALIKES or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return True
    return unicodedata.category(char) in {"Cf", "Cc", "Cs", "Co", "Cn"}


@dataclass(frozen=True, slots=True)
class Folded:
    """Visible text and, per code point, its canonical offset (``GLUE`` where inserted)."""

    text: str
    origin: tuple[int, ...]

    def cut(self, start: int, end: int) -> Folded:
        """A stretch without the blanks around it."""
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return Folded(self.text[start:end], self.origin[start:end])

    @property
    def span(self) -> Range:
        """The canonical range from the first to the last character of its own."""
        own = [offset for offset in self.origin if offset != GLUE]
        return min(own), max(own) + 1

    def __bool__(self) -> bool:
        return bool(self.text)


def join(parts: Iterable[Folded | str]) -> Folded:
    """Concatenate; plain strings are glue."""
    text: list[str] = []
    origin: list[int] = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            origin.extend([GLUE] * len(part))
        else:
            text.append(part.text)
            origin.extend(part.origin)
    return Folded("".join(text), tuple(origin))


class Canvas:
    """A canonical text with everything masked that a reader of the page does not see.

    Attributes:
        text: The canonical text.
        shadow: The same length; unseen characters are blanks, so that offsets agree.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._skip = bytearray(len(text))
        self._swap: dict[int, str] = {}
        front = _FRONT_MATTER.match(text)
        if front:
            self._mask(front.start(), front.end())
        for pattern in (_COMMENT, _UNSEEN_ELEMENT):
            for match in pattern.finditer(text):
                self._mask(match.start(), match.end())
        for at in range(len(text)):
            if invisible(text, at):
                self._skip[at] = 1
        self.shadow = "".join(char if not self._skip[at] or char in "\r\n" else " " for at, char in enumerate(text))
        self._mask_markup()

    def _mask(self, start: int, end: int) -> None:
        self._skip[start:end] = b"\x01" * (end - start)

    def _mask_markup(self) -> None:
        shadow = self.shadow
        for match in _SUPERSCRIPT.finditer(shadow):
            self._mask(match.start(), match.start(1))
            self._mask(match.end(1), match.end())
            for at in range(match.start(1), match.end(1)):
                self._swap[at] = superscript(shadow[at])
        for match in _TAG.finditer(shadow):
            self._mask(match.start(), match.end())
            if match.group(1).lower() == "br":
                self._skip[match.start()] = 0
                self._swap[match.start()] = " "
        for match in _IMAGE.finditer(shadow):
            self._mask(match.start(), match.end())
        for match in _LINK.finditer(shadow):
            self._mask(*match.span(1))
            self._mask(*match.span(3))
        # Twice, because emphasis nests: ***a** b*.
        for _ in range(2):
            for match in _EMPHASIS.finditer(shadow):
                length = len(match.group(1))
                if not self._skip[match.start()]:
                    self._mask(match.start(), match.start() + length)
                    self._mask(match.end() - length, match.end())
            shadow = "".join(" " if self._skip[at] else char for at, char in enumerate(shadow))
        for pattern in (_CODE, _ESCAPE):
            for match in pattern.finditer(shadow):
                self._mask(match.start(), match.end())
        for match in _ENTITY.finditer(shadow):
            char = html.unescape(match.group())
            if char != match.group() and len(char) == 1:
                self._mask(match.start() + 1, match.end())
                self._swap[match.start()] = " " if char.isspace() else char

    def fold(self, ranges: Sequence[Range]) -> Folded:
        """The visible text of some ranges, blanks and line breaks folded to one space each."""
        chars: list[str] = []
        origin: list[int] = []
        for number, (start, end) in enumerate(ranges):
            if number and chars and chars[-1] != " ":
                chars.append(" ")
                origin.append(GLUE)
            for at in range(start, end):
                if self._skip[at]:
                    continue
                char = self._swap.get(at, self.text[at])
                if char.isspace():
                    if not chars or chars[-1] == " ":
                        continue
                    char = " "
                chars.append(char)
                origin.append(at)
        return Folded("".join(chars), tuple(origin)).cut(0, len(chars))
