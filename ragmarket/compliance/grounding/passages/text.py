"""Sentences, words and numbers of running English text, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?![\s\"”’)\]]))+[.!?]*[\"”’)\]]*")
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?|\d[\d,]*(?:\.\d+)?%?")
NUMBER = re.compile(r"(?<![\w.])[-(]?\$?\d[\d,]*(?:\.\d+)?")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|vs|etc|Inc|Co|Corp|Ltd|No|e\.g|i\.e|U\.S|a\.m|p\.m)\.$")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "edly", "ed", "es", "ly", "s", "'s", "’s")

STOPWORDS = frozenset((Path(__file__).parent / "stopwords.txt").read_text(encoding="utf-8").split())


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a text: ``text[start:end]``."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Place]:
    """Sentences in order; lines end sentences, usual abbreviations do not, and pieces without a letter are left out."""
    found: list[Place] = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        if found and _ABBREVIATION.search(found[-1].text) and "\n" not in text[found[-1].end : start]:
            start = found.pop().start
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        piece = piece.strip()
        if any(char.isalnum() for char in piece):
            found.append(Place(piece, start, start + len(piece)))
    return found


def words(text: str) -> list[str]:
    """Words and numbers, lower-cased, grouping commas left out."""
    return [found.replace(",", "").lower() for found in _WORD.findall(text)]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word without a usual English ending; short words stay as they are."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [stem(word) for word in words(text) if word not in STOPWORDS]


def values(text: str) -> list[float]:
    """Numbers as values; a bracketed or hyphenated one is taken as positive."""
    found = []
    for match in NUMBER.finditer(text):
        digits = re.sub(r"[^\d.]", "", match.group())
        if digits.strip("."):
            found.append(float(digits))
    return found


def names(text: str) -> list[str]:
    """Capitalised words that do not begin the text, lower-cased."""
    return [
        match.group().lower()
        for match in re.finditer(r"(?<![.!?]\s)(?<!^)\b[A-Z][A-Za-z]+", text)
        if match.group().lower() not in STOPWORDS
    ]
