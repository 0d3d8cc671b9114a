"""The words of numbers as they stand in a text, with the endings, particles and units written on to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

_TOKEN = regex.compile(r"\p{Nd}+(?:[.,]\p{Nd}+)*|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")
_GAP = regex.compile(r"[\s\u00a0-]{1,3}")
# How long an ending on a round number's word may be ("हजारांपर्यंत").
_ENDING, _ROUND, _STEM = 9, 100, 3


@dataclass(frozen=True, slots=True)
class Numerals:
    """One language's number words.

    Args:
        values: Words with what they add; a value with a blank ("5 ஆண்டு") is written as it stands.
        added: Words that change what follows: "साढ़े" adds a half.
        hundred: Words that multiply by a hundred.
        scales: Words that multiply by a thousand, a lakh or a crore, and the first word of each.
        point: Words for the decimal point.
        glued: Units that may be written on to a number.
        currency: Words for money, behind which "ലക്ഷം" alone is one lakh.
        native: False for English, whose short numbers the figure reader knows by itself.
    """

    values: Mapping[str, str]
    added: Mapping[str, float]
    hundred: frozenset[str]
    scales: Mapping[str, float]
    point: frozenset[str]
    glued: tuple[str, ...]
    currency: tuple[str, ...]
    native: bool = True

    def scale_word(self, scale: float) -> str:
        """The word by which figures of a scale are written."""
        return next(word for word, value in self.scales.items() if value == scale)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a number: what it does (``role``) and its size; ``last`` where nothing may follow."""

    start: int
    end: int
    role: str
    value: float = 0.0
    text: str = ""
    last: bool = False


def joined_words(values: Mapping[str, str], joined: Mapping[str, str]) -> dict[str, str]:
    """Words that grow out of small numbers: "ஏழரை" of "ஏழு" and "-ரை", "বারোশো" of "বারো" and "শো".

    Args:
        values: Words with their values.
        joined: What is written on to a word, with what it does: "+0.5" adds, "*1000" multiplies. A leading ``-``, or
            a vowel sign, takes the place of the word's last sign.
    """
    found: dict[str, str] = {}
    for word, value in values.items():
        if not value.replace(".", "").isdecimal() or not 0 < float(value) < _ROUND:
            continue
        for tail, effect in joined.items():
            amount = float(effect[1:])
            if effect[0] == "+" and amount and float(value) % 1:
                continue
            stem = word
            if tail[0] == "-" or regex.match(r"\p{M}", tail):
                if regex.search(r"\p{M}$", word):
                    stem = word[:-1]
                elif tail[0] == "-":
                    continue
            result = float(value) + amount if effect[0] == "+" else float(value) * amount
            found.setdefault(stem + tail.removeprefix("-"), f"{result:.2f}".rstrip("0").rstrip("."))
    return found


def _word(text: str, start: int, end: int, of: Numerals) -> Token | None:
    word = text[start:end]
    if word in of.added:
        return Token(start, end, "added", of.added[word])
    if word in of.point:
        return Token(start, end, "point")
    if word in of.hundred:
        return Token(start, end, "hundred")
    if word in of.scales:
        return Token(start, end, "scale", of.scales[word])
    if word in of.values:
        return _valued(start, end, of.values[word])
    for prefix, more in of.added.items():  # "साडेसात" is one word, "साढ़े सात" two
        rest = word.removeprefix(prefix)
        if rest != word and rest in of.values:
            return _valued(start, end, str(float(of.values[rest]) + more))
    for at in range(len(word) - 1, 1, -1):
        head, tail = word[:at], word[at:]
        value, ended = of.values.get(head), at >= _STEM and len(tail) <= _ENDING
        if value is not None and " " not in value:
            if tail.startswith(of.glued):
                return Token(start, start + at, "value", float(value), last=True)
            if float(value) >= _ROUND and ended:
                return Token(start, end, "value", float(value), last=True)
        if head in of.scales and ended:
            return Token(start, end, "scale", of.scales[head], last=True)
    return None


def _valued(start: int, end: int, value: str) -> Token:
    if " " in value:
        return Token(start, end, "written", text=value)
    return Token(start, end, "value", float(value))


def token_runs(text: str, of: Numerals) -> Iterator[list[Token]]:
    """Runs of tokens with nothing but a blank or hyphen between."""
    run: list[Token] = []
    text = text if of.native else text.lower()
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        token: Token | None
        if match[0][0].isdecimal():
            digits = "".join(str(int(char)) if char.isdecimal() else char for char in match[0]).replace(",", "")
            whole = digits.count(".") <= 1
            token = Token(start, end, "digits", float(digits) if whole else 0.0) if whole else None
        else:
            token = _word(text, start, end, of)
        if match[0] == "and" and run and run[-1].role in ("hundred", "scale"):
            continue
        if token is not None and token.role == "scale" and token.last and not run:
            token = None  # "వేలం" is an auction, not a thousand
        between = text[run[-1].end : start].replace(" and ", " ") if run else ""
        if run and (token is None or run[-1].last or not _GAP.fullmatch(between)):
            yield run
            run = []
        if token is not None:
            run.append(token)
    if run:
        yield run
