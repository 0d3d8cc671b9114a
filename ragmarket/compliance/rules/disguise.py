"""Disguises that would damage honest text if they were always undone: letters set apart, and signs in their place."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache

import regex

from ragmarket.compliance.rules.normalise import Folded, characters, fold, letters

Span = tuple[int, int]
_LEET = dict(zip("0345789+@$€£¢¥6", "oeastbgtaselcyg", strict=True))
_ONES = "1!|"
_SIGN = r"[^\s\p{L}\p{M}\p{N}%₹&,;:()\[\]\"“”]"
_UNIT = r"[\p{L}\p{N}]\p{M}*(?:(?<=[\u094d\u09cd\u0acd\u0bcd\u0c4d\u0ccd\u0d4d])\p{L}\p{M}*)*"
# At least four letters with signs or single spaces between them; twice as wide a gap parts words.
_SPELLED = regex.compile(
    rf"(?<![^\s\p{{P}}\p{{S}}])(?:{_UNIT}(?:{_SIGN}| ){{1,3}}+){{3,}}{_UNIT}(?![\p{{L}}\p{{M}}\p{{N}}])"
)
_MIXED = regex.compile(
    r"(?<![\p{L}\p{N}@$!+€£¢|])(?=[0-9@$!+€£¢¥|]*[a-z])(?=[a-z]*[0-9@$!+€£¢¥|])[a-z0-9@$!+€£¢¥|]{2,}"
)
_ORDINARY_MIX = regex.compile(
    r"\d+(?:st|nd|rd|th|x\d*|d|m|y|k|l|cr|lakh|crore|hrs?|min|mins|days?|yrs?|years?|months?|am|pm|gm?|kg|mb|gb|c?c?d?)!*"
    r"|(?!n0$)[a-z]{1,6}(?=\d*[2689])\d+[a-z]?!*|(?![a-z]0$)[a-z]\d|[a-z][2689][a-z]|\d{2}ccd|[a-z]+!+|\d+[x+]\d*|[a-z]+\|[a-z]+"
)
# Figures among letters apart, and figures in which letters stand for a nought or a one.
_NUMERAL = regex.compile(r"(?<!\S)\d++(?:[.,]\d++)++(?![^\s%.,])|(?<!\S)(?<!\d )\d++(?: \d++)*+(?= ?%)")
_FIGURE = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}@$|])(?:(?=[oil|]*\d|[il|]oo)(?=\d*[oil|])[\doil|]++(?= ?(?:%|per ?cent))"
    r"|(?=[\d,]*o)\d(?:[\do]|,(?=[\do]{2,3}))*+)(?![\p{L}\p{M}\p{N}])"
)
_ROUND = {"o": "0", "i": "1", "l": "1", "|": "1"}
# Three letters of an Indian script apart: a word only if their word is known, as many words are of one letter.
_NATIVE_UNIT = rf"(?![a-z\d]){_UNIT}"
_THREE = regex.compile(
    rf"(?<![^\s\p{{P}}]){_NATIVE_UNIT}(?: {_NATIVE_UNIT}){{2}}(?![\p{{L}}\p{{M}}\p{{N}}]| {_UNIT}(?!\S))"
)
_INSERTED = regex.compile(rf"(?<=[\p{{L}}\p{{M}}])(?:(?![@$!+€£¢¥|?]){_SIGN})+(?=[\p{{L}}\p{{M}}])")
_STRETCHED = regex.compile(r"([a-z])\1{2,}|(\p{M})\2+")
# Abbreviations with their stops or spaces, and words cut into scraps of a letter or two; first what is cheap to see.
_SCRAPS = regex.compile(
    r"(?=[a-z]{1,2}[. ])(?:(?<![\p{L}\p{M}\p{N}])(?:[a-z](?:[. ]|\. )){1,2}[a-z](?![\p{L}\p{M}\p{N}])"
    r"|(?<![^\s])(?:[a-z]{1,2} ){3,}[a-z]{1,3}(?![\p{L}\p{M}\p{N}]))"
)
# Figures set apart.
_DIGITS_APART = regex.compile(r"(?<![\d.,])(?<!\d )\d(?: \d)*+(?: %|(?<= \d)%)|(?<![\d.,])\d[\d.]*+ %")
_EDGE = regex.compile(r"(?<!(?<![\p{L}\p{M}])[a-z])[.!?।]\s|\n")


def readings(text: str, known: Callable[[str], bool] = lambda _: False) -> tuple[Folded, ...]:
    """All readings of ``text``: as written and, of sentences that look disguised, with the disguise undone.

    ``known`` says which folded words are worth looking for where only three letters stand apart.
    """
    joined, words = _of_three(text)
    return _readings(text, joined, tuple(span for span, word in words if known(word)))


# Several rules read one message; the next one is another.
@lru_cache(maxsize=64)
def _of_three(text: str) -> tuple[str, tuple[tuple[Span, str], ...]]:
    """The folded letters of a text, and the words that three letters apart would make."""
    joined = letters(text)
    return joined, tuple((match.span(), match.group().replace(" ", "")) for match in _THREE.finditer(joined))


@lru_cache(maxsize=64)
def _readings(text: str, joined: str, three: tuple[Span, ...]) -> tuple[Folded, ...]:
    plain = fold(text)
    spelled = [match.span() for match in _SPELLED.finditer(joined)]
    figures = [match.span() for match in _FIGURE.finditer(joined)]
    of_figures = {place for start, end in figures for place in range(start, end)}
    mixed = [
        (match.start(), match.start() + len(match.group().rstrip("!")))
        for match in _MIXED.finditer(joined)
        if match.start() not in of_figures and not _ORDINARY_MIX.fullmatch(match.group())
    ]
    inserted = [match.span() for match in _INSERTED.finditer(joined)]
    stretched = [match.span() for match in _STRETCHED.finditer(joined)]
    scraps = sorted(match.span() for scrap in (_SCRAPS, _DIGITS_APART) for match in scrap.finditer(joined))
    if not (spelled or mixed or inserted or stretched or scraps or figures or three):
        return (plain,)
    chars, (merged, all_starts, all_ends) = list(joined), characters(text)
    # A sign may stand for several letters; each of them is of its place.
    kept = [index for index, char in enumerate(merged) for _ in char]
    starts = [all_starts[index] for index in kept]
    ends = [all_ends[index] for index in kept]
    windows = _sentences(joined, sorted((*spelled, *mixed, *inserted, *stretched, *scraps, *figures, *three)))
    # A one stands for i or for l, and a stretched letter for one or two; both are read.
    doubtful = stretched or any(sign in joined[s:e] for s, e in mixed + spelled for sign in _ONES)
    found = [plain]
    for first in (True, False) if doubtful else (True,):
        undone = _undo(chars, joined, first, spelled, mixed, inserted, stretched)
        for start, end in figures:
            undone[start:end] = ["" if char == "," else _ROUND.get(char, char) for char in chars[start:end]]
        for start, end in three:
            undone[start:end] = ["" if char == " " else char for char in chars[start:end]]
        _join(undone, joined, scraps)
        back: list[int] = []
        copy: list[str] = []
        for start, end in windows:
            back += [index for index in range(start, end) if undone[index]]
            copy += undone[start:end]
            # Sentences that were not neighbours must not become so.
            back.append(end - 1)
            copy.append("\n")
        again = fold("".join(copy))
        found.append(_led_back(again, back, starts, ends))
    return tuple(found)


def _led_back(again: Folded, back: list[int], starts: list[int], ends: list[int]) -> Folded:
    """A folded copy whose offsets lead to the text that the copy was made of."""
    firsts = tuple(starts[back[start]] for start in again.starts)
    return Folded(again.text, ((0, 0, firsts, tuple(ends[back[end - 1]] for end in again.ends)),))


def _sentences(joined: str, spans: Iterable[Span]) -> list[Span]:
    """The sentences that hold any of ``spans``, apart from one another."""
    edges = [0, *(match.end() for match in _EDGE.finditer(joined)), len(joined)]
    found: list[Span] = []
    for start, end in spans:
        opened = edges[bisect_right(edges, start) - 1]
        after = bisect_left(edges, end)
        # A question and its answer belong together.
        after += after + 1 < len(edges) and "?" in joined[edges[after] - 2 : edges[after]]
        closed = edges[after]
        if found and opened < found[-1][1]:
            found[-1] = (found[-1][0], max(closed, found[-1][1]))
        else:
            found.append((opened, closed))
    return found


def _undo(
    chars: list[str],
    joined: str,
    first: bool,
    spelled: list[Span],
    mixed: list[Span],
    inserted: list[Span],
    stretched: list[Span],
) -> list[str]:
    undone = list(chars)
    one = "i" if first else "l"

    def letter(char: str) -> str:
        return one if char in _ONES else _LEET.get(char, char)

    for start, end in mixed:
        undone[start:end] = [letter(char) for char in chars[start:end]]
    for start, end in inserted:
        undone[start:end] = [""] * (end - start)
    for start, end in stretched:
        kept = 1 if first or not chars[start].isalpha() else 2
        undone[start + kept : end] = [""] * (end - start - kept)
    for start, end in spelled:
        digits_only = not any(char.isalpha() for char in chars[start:end])
        numerals = {
            place
            for match in _NUMERAL.finditer(joined, max(0, joined.rfind(" ", 0, start)), end + 2)
            # The space before a figure parts it from the letters.
            for place in range(match.start() - 1, match.end())
        }
        # Where signs part the letters, a space parts words; where spaces do, two in a row.
        signs = any(
            not (char.isalnum() or char == " " or unicodedata.category(char)[0] == "M")
            for place, char in enumerate(chars[start:end], start)
            if place not in numerals
        )
        for index in range(start, end):
            char = chars[index]
            if index in numerals:
                undone[index] = char
            elif char.isalnum() or unicodedata.category(char)[0] == "M":
                undone[index] = char if digits_only else letter(char)
            else:
                wide = char == " " if signs else joined[index : index + 2] == "  "
                undone[index] = char if digits_only else " " if wide else ""
    return undone


def _join(undone: list[str], joined: str, scraps: list[Span]) -> None:
    """Close up abbreviations, scraps of words and figures set apart, in place."""
    for start, end in scraps:
        figure = joined[end - 1] == "%"
        # The last stop of an abbreviation ends no sentence.
        stop = end + (not figure and "." in joined[start:end] and joined[end : end + 1] == ".")
        for place in range(start, stop):
            if joined[place] == " " or (joined[place] == "." and not figure):
                undone[place] = ""
