"""Number words as digits: "पाँच लाख", "साढ़े तीन", "half a per cent", with every character's place in the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from ragmarket.compliance.grounding.dates import day_first
from ragmarket.compliance.grounding.lexicon import Lexicon

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
_COUNTED = regex.compile(r"\p{Nd}[\s\u00a0-]*$")
_SPACE = regex.compile(r"[\s\u00a0-]+")
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


def _native(match: regex.Match[str], lexicon: Lexicon) -> str:
    pieces = _SPACE.split(match[0])
    total, extra, seen, at = 0.0, 0.0, False, 0
    while at < len(pieces):
        size = next(n for n in (3, 2, 1) if n == 1 or " ".join(pieces[at : at + n]) in lexicon.numbers)
        word = " ".join(pieces[at : at + size])
        at += size
        prefix = next(
            (one for one in lexicon.added if word.startswith(one) and word[len(one) :] in lexicon.numbers), None
        )
        if prefix:
            extra += lexicon.added[prefix]
            word = word[len(prefix) :]
        if word in lexicon.added:
            extra += lexicon.added[word]
            continue
        value = lexicon.numbers.get(word)
        if value is not None and " " in value:
            return value
        if word in lexicon.hundred or (value == "100" and seen):
            # "दो हज़ार पाँच सौ": the hundreds are those of the rest alone.
            whole = total - total % 1000 if total > 1000 else 0.0
            total, extra = whole + ((total - whole or 1) + extra) * 100, 0.0
        elif value == "1000" and (seen or extra):
            total, extra = ((total or 1) + extra) * 1000, 0.0
        elif value is not None:
            total += float(value)
        seen = True
    return _digits(total + extra if seen else 1 + extra)


def spell(text: str, lexicons: Sequence[Lexicon], language: str = "en") -> Spelled:
    """Write the number words of a text as digits, and its dates day first."""
    edits: list[tuple[int, int, str]] = [(m.start(), m.end(), _english(m)) for m in _FRACTION.finditer(text)]
    edits += day_first(text, language)
    for lexicon in lexicons:
        if lexicon.number is None:
            continue
        for m in lexicon.number.finditer(text):
            # In "5 हज़ार" the digits are there already.
            if lexicon.numbers.get(_SPACE.split(m[0])[0]) != "1000" or not _COUNTED.search(text[: m.start()]):
                edits.append((m.start(), m.end(), _native(m, lexicon)))
    edits.sort(key=lambda one: (one[0], -one[1]))
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, digits in edits:
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
