"""Terms: a few words in a small notation, compiled to expressions over folded text.

``*`` ends (or begins) a stem, ``a|b`` gives alternatives and ``_`` holds the words of one alternative together,
``<n>`` is any number, ``..`` is a gap of up to three words, and a word with ``?`` may be absent. Words may be written
together or apart. Terms are folded as texts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import regex

from ragmarket.compliance.rules.normalise import fold
from ragmarket.compliance.rules.scripts import NATIVE_SCRIPT

Tongue = Literal["en", "hi_latn", "hi", "mr", "bn", "gu", "ta", "te", "kn", "ml"]
Terms = dict[Tongue, tuple[str, ...]]
_SCRIPT = {**NATIVE_SCRIPT, "hi_latn": "Latn"}
_WORD = r"[^\s]"
_VIRAMAS = "\u094d\u09cd\u0acd\u0bcd\u0c4d\u0ccd\u0d4d"
# The final short u of a Kannada, Telugu, Tamil or Malayalam word gives way to the vowel of whatever is joined to it.
_YIELDING = "\u0cc1\u0c41\u0bc1\u0d41"
_PART = regex.compile(r"\*|<n>|(?:(?!<n>)[^*])+")


def _word_pattern(word: str) -> str:
    alternatives = []
    for alternative in word.split("|"):
        pieces = []
        for part in _PART.findall(alternative):
            if part == "*":
                pieces.append(f"{_WORD}*")
            elif part == "<n>":
                pieces.append(r"\d[\d.]*%?")
            else:
                words = [fold(piece).text.strip().replace(" ", "") for piece in part.split("_")]
                literal = r"\s?".join(regex.escape(word) for word in words)
                # A vowel sign takes the place of the virama when a stem is inflected.
                pieces.append(literal.rstrip(_VIRAMAS + _YIELDING) if alternative.endswith("*") else literal)
        alternatives.append("".join(pieces))
    return f"(?:{'|'.join(alternatives)})"


def term_pattern(term: str) -> str:
    """The regular expression of one term, without boundaries.

    Raises:
        ValueError: The term folds to nothing or to a bare stem mark.
    """
    pattern, glue = "", ""
    for word in term.split():
        if word == "..":
            pattern += f"(?:\\s{_WORD}+){{0,3}}?"
            glue = r"\s"
            continue
        optional = word.endswith("?")
        body = _word_pattern(word.rstrip("?"))
        pattern += f"(?:{glue}{body})?" if optional else f"{glue}{body}"
        glue = r"\s?"
    if len(regex.sub(r"[^\w]", "", pattern.replace(_WORD, ""))) < 1:
        raise ValueError(f"the term {term!r} says nothing")
    return pattern


def compile_terms(terms: tuple[str, ...]) -> regex.Pattern[str] | None:
    """One expression for all terms of a list, on word boundaries of a folded text."""
    if not terms:
        return None
    body = "|".join(sorted((term_pattern(term) for term in terms), key=len, reverse=True))
    return regex.compile(rf"(?<!{_WORD})(?:{body})(?!{_WORD})")


@dataclass(frozen=True, slots=True)
class CompiledTerms:
    """Expressions per script, so that a text is searched only in the scripts it is written in."""

    by_script: dict[str, regex.Pattern[str]]

    def find(self, text: str, scripts: frozenset[str]) -> list[tuple[int, int]]:
        """Spans of all matches, in order."""
        spans = {
            match.span()
            for script, pattern in self.by_script.items()
            if script in scripts
            for match in pattern.finditer(text, overlapped=True)
        }
        return sorted(spans)

    def anywhere(self, text: str, scripts: frozenset[str]) -> bool:
        """Whether anything matches."""
        return any(script in scripts and pattern.search(text) for script, pattern in self.by_script.items())


def compile_tongues(terms: Terms) -> CompiledTerms:
    """Compile the lists of all tongues, joined by script."""
    joined: dict[str, tuple[str, ...]] = {}
    for tongue, words in terms.items():
        joined[_SCRIPT[tongue]] = joined.get(_SCRIPT[tongue], ()) + words
    patterns = {script: compile_terms(words) for script, words in joined.items()}
    return CompiledTerms({script: pattern for script, pattern in patterns.items() if pattern is not None})
