"""Number words as digits: "पाँच लाख", "साढ़े तीन", "half a per cent", with every character's place in the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from ragmarket.compliance.grounding.dates import day_first
from ragmarket.compliance.grounding.lexicon import Lexicon
from ragmarket.compliance.grounding.numerals import numeral_edits

_SMALL = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_FRACTION = regex.compile(
    r"(?i)\b(?:(?P<whole>" + "|".join(_SMALL) + r"|\d+)\s+and\s+(?:a\s+)?(?P<part>half|quarter|three[- ]quarters?)"
    r"|(?P<alone>half|quarter|three[- ]quarters?)(?:\s+of)?\s+(?:a|an|one)\s+"
    r"(?=per|percent|lakh|crore|year|month|point)"
    r"|(?P<left>" + "|".join(_SMALL[:9]) + r"|ten|zero)\s+point\s+(?P<right>" + "|".join(_SMALL[:9]) + r"|zero)"
    r"|a\s+(?P<bare>half|quarter)\s+(?=per|percent)"
    r"|(?P<a>a|one)\s+(?=(?:lakh|crore|hundred|thousand)\b)"
    r"|(?P<fortnight>a\s+fortnight|fortnight)|(?P<dozen>a\s+dozen))\b"
)
_MIXED = regex.compile(r"(?<=[A-Za-z])(?=[\u0900-\u0dff])")
_PARTS = {"half": 0.5, "quarter": 0.25, "three quarter": 0.75}


@dataclass(frozen=True, slots=True)
class Spelled:
    """A text with its number words as digits; character i stands for ``starts[i]`` to ``ends[i]`` of the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of this text, in the original."""
        return self.starts[start], self.ends[end - 1]


def _digits(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _part(word: str) -> float:
    return _PARTS[" ".join(word.lower().replace("-", " ").split()).removesuffix("s")]


def _english(match: regex.Match[str]) -> str:
    if match["whole"]:
        whole = match["whole"].lower()
        return _digits((int(whole) if whole.isdecimal() else _SMALL.index(whole) + 1) + _part(match["part"]))
    if match["left"]:
        ones = ["zero", *_SMALL]
        return f"{ones.index(match['left'].lower())}.{ones.index(match['right'].lower())}"
    if match["alone"]:
        return _digits(_part(match["alone"])) + " "
    if match["bare"]:
        return _digits(_part(match["bare"])) + " "
    if match["a"]:
        return "1 "
    return "14 days" if match["fortnight"] else "12"


def spell(text: str, lexicons: Sequence[Lexicon], language: str = "en") -> Spelled:
    """Write the number words of a text as digits, and its dates day first."""
    edits = [(m.start(), m.end(), _english(m)) for m in _FRACTION.finditer(text)]
    for lexicon in lexicons:
        if lexicon.numerals is not None:
            edits += numeral_edits(text, lexicon.numerals)
    # "₹10 lakhનો": the ending is not part of the English word.
    edits += [(m.start(), m.start(), " ") for m in _MIXED.finditer(text)]
    numbered = _edited(text, edits)
    dates = day_first(numbered.text, language)
    if not dates:
        return numbered
    dated = _edited(numbered.text, dates)
    return Spelled(
        dated.text,
        tuple(numbered.starts[at] for at in dated.starts),
        tuple(numbered.ends[at - 1] for at in dated.ends),
    )


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> Spelled:
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, digits in sorted(edits, key=lambda one: (one[0], -one[1])):
        if start < at:
            continue
        out.append(text[at:start])
        starts.extend(range(at, start))
        ends.extend(range(at + 1, start + 1))
        out.append(digits)
        # Every digit stands for all of the words.
        starts.extend([start] * len(digits))
        ends.extend([end] * len(digits))
        at = end
    out.append(text[at:])
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return Spelled("".join(out), tuple(starts), tuple(ends))
