"""The entries of a word file as patterns: endings, compounds, gaps between words."""

from __future__ import annotations

from collections.abc import Sequence

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


def compiled(entries: Sequence[str]) -> regex.Pattern[str] | None:
    """One pattern for any of the entries, longest first; None for none."""
    if not entries:
        return None
    ordered = sorted(set(entries), key=lambda entry: (-len(entry), entry))
    return regex.compile("|".join(f"(?:{_pattern(entry)})" for entry in ordered), regex.IGNORECASE)
