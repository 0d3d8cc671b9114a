"""Which script a character and a language belong to."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

NATIVE_SCRIPT = {
    "en": "Latn",
    "hi": "Deva",
    "mr": "Deva",
    "bn": "Beng",
    "gu": "Gujr",
    "ta": "Taml",
    "te": "Telu",
    "kn": "Knda",
    "ml": "Mlym",
}
# The Indic blocks of one script each; the danda and double danda are shared punctuation and belong to none.
_BLOCKS = (
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"),
    (0x0A80, 0x0AFF, "Gujr"),
    (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"),
    (0x0C80, 0x0CFF, "Knda"),
    (0x0D00, 0x0D7F, "Mlym"),
    (0xA8E0, 0xA8FF, "Deva"),
)
JOINERS = frozenset("\u200c\u200d")


@lru_cache(maxsize=8192)
def script_of(char: str) -> str | None:
    """ISO 15924 code of a letter or mark; None for digits, punctuation, spaces, joiners; ``Zyyy`` for other letters."""
    point = ord(char)
    if point < 0x80:
        return "Latn" if char.isalpha() else None
    category = unicodedata.category(char)
    if category[0] not in "LM" or char in JOINERS:
        return None
    for low, high, script in _BLOCKS:
        if low <= point <= high:
            return script
    if category[0] == "M":
        return None
    return "Latn" if unicodedata.name(char, "").startswith("LATIN") else "Zyyy"


@lru_cache(maxsize=8192)
def scripts_of(word: str) -> frozenset[str]:
    """The scripts of a word's letters and marks."""
    return frozenset(script for char in word if (script := script_of(char)))


def script_shares(text: str) -> dict[str, float]:
    """Share of each script among the letters of ``text`` (marks are not counted); empty when there is no letter."""
    counts: dict[str, int] = {}
    for char, number in Counter(text).items():
        script = script_of(char)
        if script is not None and unicodedata.category(char)[0] == "L":
            counts[script] = counts.get(script, 0) + number
    total = sum(counts.values())
    return {script: count / total for script, count in counts.items()} if total else {}


def foreign_letter(text: str, language: str) -> tuple[int, str] | None:
    """Offset and script of the first letter that is neither in the language's script nor Latin; None when all fit."""
    allowed = {NATIVE_SCRIPT[language], "Latn"}
    for offset, char in enumerate(text):
        script = script_of(char)
        if script is not None and script not in allowed:
            return offset, script
    return None


def hidden_character(text: str) -> int | None:
    """Offset of the first character that cannot be seen: controls, direction marks, soft hyphens, stray joiners.

    A joiner that follows a letter or mark of an Indic script belongs to that script's spelling and is allowed.
    """
    for offset, char in enumerate(text):
        if char in "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Cn"):
            continue
        before = script_of(text[offset - 1]) if offset else None
        if char in JOINERS and before is not None and before not in ("Latn", "Zyyy"):
            continue
        return offset
    return None
