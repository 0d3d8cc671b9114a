"""The entries of a word file as patterns: endings, compounds, gaps between words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

JOINERS = regex.compile(r"[\u200c\u200d]")
_GAP = r"[\s\u00a0-]{1,3}"
_LETTER = r"[\p{L}\p{M}\u200c\u200d]"
# A short word inside another is chance; a long one is a compound or sandhi.
_INSIDE = 5
_SHORT = 3
_YIELDING = "\u0bcd\u0c4d\u0ccd\u0d4d\u0c02\u0c82\u0d02"


def split(words: str) -> tuple[str, ...]:
    """The entries of a comma-separated line."""
    return tuple(entry.strip() for entry in JOINERS.sub("", words).split(",") if entry.strip())


def stem(word: str) -> str:
    """The word without a last sign that gives way to a case ending."""
    return word[:-1] if len(word) > _SHORT and word[-1] in _YIELDING else word


def _joined(pieces: Sequence[str]) -> str:
    """Words in a row: `…` is up to two words between, a later word may begin with `*`."""
    out = regex.escape(pieces[0])
    for piece in pieces[1:]:
        if piece == "…":
            out += _LETTER + "*" + _GAP + rf"(?:{_LETTER}+{_GAP}){{0,2}}?"
        elif out.endswith("}?"):
            out += (_LETTER + "*" if piece.startswith("*") else "") + regex.escape(piece.removeprefix("*"))
        else:
            lead = _LETTER + "*" if piece.startswith("*") else ""
            out += _LETTER + "*" + _GAP + lead + regex.escape(piece.removeprefix("*"))
    return out


def _pattern(entry: str) -> str:
    exact, inside = entry.startswith("="), entry.startswith("*")
    word = entry.removeprefix("=").removeprefix("*")
    if word.isascii():
        # `~` alone opens an ending; otherwise a plural or possessive may follow.
        body = _GAP.join(regex.escape(piece).replace("\\~", "~") for piece in word.split())
        body = body.replace("~", _LETTER + "*")
        right = "" if word.endswith("~") else r"(?:['’]?s|es)?"
        return (
            rf"(?<![\p{{L}}\p{{M}}]){body}{right}(?![\p{{L}}\p{{M}}])" if word[0] != "n" or word != "n't" else "n['’]t"
        )
    # A final virama or anusvara gives way to a case ending: கிளெய்ம், கிளெய்மில்.
    pieces = [word_ if exact else stem(word_) for word_ in word.split()]
    inner = _joined(pieces)
    left = "" if inside or (not exact and len(pieces[0]) >= _INSIDE) else r"(?<![\p{L}\p{M}\u200c\u200d])"
    if exact:  # "2.15%ના" is a case ending, not the word
        left = r"(?<![\p{L}\p{M}\p{N}%])"
    return left + inner + (r"(?![\p{L}\p{M}])" if exact else _LETTER + "*")


def _needle(entry: str) -> str:
    """Letters that stand in every text which the entry is found in: its longest unbroken piece."""
    exact = entry.startswith("=")
    word = entry.removeprefix("=").removeprefix("*")
    if word.isascii():
        pieces = word.replace("~", " ").replace("'", " ").split()
    else:
        pieces = [(one if exact else stem(one)).removeprefix("*") for one in word.split() if one != "…"]
    return max(pieces, key=len).casefold()


@dataclass(frozen=True, slots=True)
class Wording:
    """Any of some entries, the longest first.

    Most texts hold hardly any entry, and looking for plain letters is far cheaper than trying every alternative.

    Attributes:
        pattern: Finds the entries.
        needles: Letters, case-folded; a text without any of them holds no entry.
    """

    pattern: regex.Pattern[str]
    needles: tuple[str, ...]

    def spans(self, text: str, letters: str) -> Iterator[tuple[int, int]]:
        """Where entries stand in a text; ``letters`` is the text case-folded."""
        if any(needle in letters for needle in self.needles):
            yield from (match.span() for match in self.pattern.finditer(text))


def compiled(entries: Sequence[str]) -> Wording | None:
    """The wording of any of the entries; None for none."""
    if not entries:
        return None
    ordered = sorted(set(entries), key=lambda entry: (-len(entry), entry))
    pattern = regex.compile("|".join(f"(?:{_pattern(entry)})" for entry in ordered), regex.IGNORECASE)
    needles: list[str] = []
    for needle in sorted({_needle(entry) for entry in ordered}, key=len):
        if not any(shorter in needle for shorter in needles):
            needles.append(needle)
    return Wording(pattern, tuple(needles))
