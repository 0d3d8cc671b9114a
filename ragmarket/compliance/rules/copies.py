"""Altered copies: the stretch of a text that says a wording's words but not its bytes, and what was changed in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

import regex

from ragmarket.compliance.rules.normalise import fold

Word = tuple[str, int, int]
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}%\u200b-\u200d\u2060\u00ad]+")
_STOP = regex.compile(r"[.!?।॥\n]")
_NEAR_SHARE = 0.7
_FEWEST_WORDS = 3
_LONGEST_TAIL = 4
# The most widespread wrong form of the fund warning adds "please" or "before investing"; naming it helps to mend it.
_PLEASE = "please kripya कृपया অনুগ্রহ দয়া தயவுசெய்து దయచేసి ದಯವಿಟ್ಟು ദയവായി કૃપા મહેરબાની"
_BEFORE = "before पहले पूर्वी आधी আগে முன் முன்பு ముందు ಮುನ್ನ ಮೊದಲು മുമ്പ് પહેલાં પહેલા"


@lru_cache(maxsize=32_768)
def plain(word: str) -> str:
    """The word without case, disguise or variant spelling."""
    return fold(word).text.strip()


@lru_cache(maxsize=1)
def _classic() -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(map(plain, _PLEASE.split())), frozenset(map(plain, _BEFORE.split()))


def words_of(text: str) -> list[Word]:
    """The words of a text, folded, with their spans."""
    found = ((plain(match.group()), *match.span()) for match in _WORD.finditer(text))
    return [word for word in found if word[0]]


@lru_cache(maxsize=2048)
def wanted(wording: str) -> tuple[str, ...]:
    """The folded words of a wording."""
    return tuple(word for word, _, _ in words_of(wording))


@lru_cache(maxsize=2048)
def _wanted_set(wording: str) -> frozenset[str]:
    return frozenset(wanted(wording))


@dataclass(frozen=True, slots=True)
class AlteredCopy:
    """Where a copy stands, and which folded words were added to it or left out."""

    start: int
    end: int
    added: tuple[str, ...]
    missing: tuple[str, ...]


class Stretch:
    """The words of a text in which copies are looked for.

    Args:
        text: The whole text.
        words: Those of its words that stand in no exact wording.
    """

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self._text = text
        self._words = words
        self._have = [word for word, _, _ in words]
        self._set = frozenset(self._have)

    def altered_copy(self, wording: str) -> AlteredCopy | None:
        """The stretch that holds most of the wording's words in its order, but not its bytes."""
        goal, goal_set = wanted(wording), _wanted_set(wording)
        if len(goal) < _FEWEST_WORDS or len(self._set & goal_set) < _NEAR_SHARE * len(goal_set):
            return None
        words, have = self._words, self._have
        blocks = [b for b in SequenceMatcher(None, have, goal, autojunk=False).get_matching_blocks() if b.size]
        if sum(block.size for block in blocks) < _NEAR_SHARE * len(goal):
            return None
        first, last = blocks[0].a, blocks[-1].a + blocks[-1].size
        if last - first > 2 * len(goal) + 2:
            return None
        last = self._with_tail(last)
        in_have = {i for b in blocks for i in range(b.a, b.a + b.size)}
        in_goal = {i for b in blocks for i in range(b.b, b.b + b.size)}
        return AlteredCopy(
            start=words[first][1],
            end=words[last - 1][2],
            added=tuple(have[i] for i in range(first, last) if i not in in_have),
            missing=tuple(goal[i] for i in range(len(goal)) if i not in in_goal),
        )

    def _with_tail(self, last: int) -> int:
        """Words added behind the copy belong to it as long as its sentence goes on."""
        words, text = self._words, self._text
        for index in range(last, min(last + _LONGEST_TAIL, len(words))):
            if _STOP.search(text[words[last - 1][2] : words[index][1]]):
                break
            if index + 1 == len(words) or _STOP.search(text[words[index][2] : words[index + 1][1]]):
                return index + 1
        return last


def describe(copy: AlteredCopy, text: str, wording: str) -> str:
    """What was changed, in words."""
    please, before = _classic()
    if please & set(copy.added) or before & set(copy.added):
        return "the well-known wrong form (“Please …” or “… before investing”); no word may be added"
    parts = []
    if copy.added:
        parts.append(f"added: {', '.join(copy.added[:6])}")
    if copy.missing:
        parts.append(f"missing: {', '.join(copy.missing[:6])}")
    at = text.find(wording, max(copy.start - 1, 0))
    if not parts and 0 <= at <= copy.start:
        beside = text[at - 1 : at] + text[at + len(wording) : at + len(wording) + 1]
        return f"{_named(beside.strip(' ').strip()[:1])} stands directly beside its words"
    return "; ".join(parts) or _first_difference(text[copy.start : copy.start + len(wording) + 1], wording)


def _first_difference(piece: str, wording: str) -> str:
    if unicodedata.normalize("NFC", piece).startswith(wording):
        return "the letters are composed otherwise (not in Unicode form NFC)"
    for index, approved in enumerate(wording):
        found = piece[index] if index < len(piece) else ""
        if found != approved:
            if found and found.casefold() == approved.casefold():
                return f"character {index + 1} is {found!r}, not {approved!r}: upper and lower case differ"
            return f"character {index + 1} is {_named(found)}, not {_named(approved)}"
    return "the words are the same, but not the characters between them"


def _named(char: str) -> str:
    if not char:
        return "missing"
    shown = f"“{char}” " if char.isprintable() and not unicodedata.combining(char) else ""
    return f"{shown}U+{ord(char):04X} ({unicodedata.name(char, 'unnamed')})"
