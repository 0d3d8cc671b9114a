"""Folding: the same words in any disguise become the same letters, and every folded letter knows where it came from.

Undone here: full-width and mathematical letters, look-alikes of other alphabets, accents on Latin letters, invisible
characters, native digits and key caps, nukta, homorganic nasals, Malayalam chillus, case. What would damage honest
text if it were always undone is left to `disguise`. A text is folded word by word, and words that were seen before
cost nothing.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

import regex

from ragmarket.compliance.rules import lookalikes

_NUKTAS = frozenset("\u093c\u09bc\u0abc\u0cbc\u0a3c")
# Letters with a nukta that Unicode keeps composed.
_WITH_NUKTA = {"\u0929": "न", "\u0931": "र", "\u0934": "ळ"}
_CHILLUS = {"ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്", "ൎ": "ര്"}
# The homorganic nasal: a dot before whatever consonant it is spelled out for; before y it is a letter of its own.
_NASAL = regex.compile(r"([ङञणनम])(?=\u094d[क-मर-ह])|([ঙঞণনম])(?=\u09cd[ক-মর-হ])|([ઙઞણનમ])(?=\u0acd[ક-મર-હ])")
_DOTS = {1: "\u0902", 2: "\u0982", 3: "\u0a82"}
_CLUSTER = regex.compile(r"\X")
_ABBREVIATIONS = frozenset(
    """
    rs re mr mrs dr ltd pvt approx incl excl regn nrs रु डॉ টা ರೂ ரூ రూ രൂ રૂ
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
# These abbreviate only before a figure; elsewhere they may be an answer ("Is it safe? No.").
_NUMBERED = frozenset(("no.", "nos.", "नं.", "क्र.", "सं.", "নং.", "ನಂ.", "எண்.", "నం.", "നം.", "નં."))
_SENTENCE_ENDS = frozenset(".!?।॥\n;|¡¿‼⁉")
_CLAUSE_MARKS = frozenset(",:،–—―()[]{}")
_WORDISH = regex.compile(r"[\p{L}\p{M}\p{N}%₹&+$@/'-]")
_RUN = re.compile(r"\n|[^\s]+")
_RUN_OR_GAP = re.compile(r"\s+|\S+")
_LONGEST_NUMBERED = 6
_APOSTROPHES = frozenset("'’`´‘ʼ")

Pieces = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Folded:
    """Folded text, in which words are parted by one space.

    ``.`` or ``?`` ends a sentence and ``,`` a clause, each standing between spaces. ``runs`` gives, for each run of the
    original: where it begins in ``text`` and in the original, and where in it every folded character begins
    and ends.
    """

    text: str
    runs: tuple[tuple[int, int, tuple[int, ...], tuple[int, ...]], ...]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where in the original each folded character begins."""
        return tuple(base + offset for _, base, offsets, _ in self.runs for offset in offsets)

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Where in the original each folded character ends."""
        return tuple(base + offset for _, base, _, offsets in self.runs for offset in offsets)

    @cached_property
    def _firsts(self) -> list[int]:
        return [run[0] for run in self.runs]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span for ``text[start:end]`` (not empty)."""
        first, base, starts, _ = self.runs[bisect_right(self._firsts, start) - 1]
        opened = base + starts[start - first]
        first, base, _, ends = self.runs[bisect_right(self._firsts, end - 1) - 1]
        return opened, base + ends[end - 1 - first]


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    folded: list[str] = []
    if cluster[0] in lookalikes.EMOJI:
        return lookalikes.EMOJI[cluster[0]]
    alike = lookalikes.letters()
    for char in unicodedata.normalize("NFKC", cluster):
        if char.isdecimal():
            folded.append(str(unicodedata.decimal(char)))
            continue
        category = unicodedata.category(char)
        if category in ("Cf", "Cc", "Cs", "Co", "Cn", "Me") and char not in "\n\t\r":
            continue
        if char in _NUKTAS or 0xFE00 <= ord(char) <= 0xFE0F or char == "\u034f":
            continue
        if char in _CHILLUS:
            folded.append(_CHILLUS[char])
            continue
        if char in _WITH_NUKTA:
            folded.append(_WITH_NUKTA[char])
            continue
        if char == "ँ":
            folded.append("ं")
            continue
        if char == "ঁ":
            continue
        if char == "ৎ":
            folded.append("ত\u09cd")
            continue
        plain = char if char.isascii() else alike.get(char, char)
        plain = plain.casefold()
        plain = plain if plain.isascii() else "".join(alike.get(one, one) for one in plain)
        for part in unicodedata.normalize("NFD", plain) if plain and ord(plain[0]) < 0x0370 else plain:
            if not 0x0300 <= ord(part) <= 0x036F and part not in _NUKTAS:
                folded.append(part)
    return "".join(folded)


def characters(text: str) -> tuple[list[str], list[int], list[int]]:
    """Folded characters and the span of the original that each stands for; an empty one merged into its neighbour."""
    if text.isascii():
        lowered = text.lower()
        if lowered.isprintable() or not any(ord(char) < 32 and char not in "\n\t\r" for char in lowered):
            places = list(range(len(text)))
            return list(lowered), places, [place + 1 for place in places]
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    for cluster in _CLUSTER.findall(text):
        end = start + len(cluster)
        folded = _fold_cluster(cluster)
        chars += folded
        starts += [start] * len(folded)
        ends += [end] * len(folded)
        start = end
    _dot_nasals("".join(chars), chars)
    return chars, starts, ends


def _dot_nasals(joined: str, chars: list[str]) -> None:
    for nasal in _NASAL.finditer(joined):
        chars[nasal.start()] = _DOTS[next(index for index in (1, 2, 3) if nasal.group(index))]
        chars[nasal.end()] = ""


def letters(text: str) -> str:
    """The folded `characters` alone, for those who ask only whether there is anything to look for."""
    return "".join(map(_letters_of_run, _RUN_OR_GAP.findall(text)))


@lru_cache(maxsize=32_768)
def _letters_of_run(run: str) -> str:
    return "".join(characters(run)[0])


def _is_stop(chars: list[str], index: int) -> bool:
    """Whether a full stop closes a sentence rather than an abbreviation, a number or an address."""
    if index + 1 < len(chars) and not chars[index + 1].isspace() and chars[index + 1] not in "\"'”’)":
        return False
    word = ""
    for char in reversed(chars[:index]):
        if not char or not _WORDISH.match(char):
            break
        word = char + word
        if len(word) > 6:
            return True
    return word not in _ABBREVIATIONS and not (len(word) == 1 and word.isascii() and word.isalpha())


@lru_cache(maxsize=65536)
def _fold_run(run: str) -> Pieces:
    """A run without white space, folded: pieces of at most one character, spaces among them, and their offsets."""
    chars, starts, ends = characters(run)
    out: list[str] = []
    out_starts: list[int] = []
    out_ends: list[int] = []

    def put(piece: str, index: int) -> None:
        out.append(piece)
        out_starts.append(starts[index])
        out_ends.append(ends[index])

    def space(index: int) -> None:
        if not out or out[-1] != " ":
            put(" ", index)

    last = len(chars) - 1
    for index, char in enumerate(chars):
        if not char:
            continue
        before = chars[index - 1] if index else " "
        after = chars[index + 1] if index < last else " "
        if char.isalnum() or char == "%" or char == "₹" or unicodedata.category(char)[0] == "M":
            put(char, index)
        elif char in ".," and before.isdigit() and after.isdigit():
            if char == ".":
                put(char, index)
        elif char in _SENTENCE_ENDS and (char != "." or _is_stop(chars, index)):
            space(index)
            put("?" if char in "?⁉" else ".", index)
            put(" ", index)
        elif char in _CLAUSE_MARKS or (char == "-" and last == 0):
            space(index)
            put(",", index)
            put(" ", index)
        elif char in _APOSTROPHES and before.isalpha() and after.isalpha():
            continue
        else:
            space(index)
    return tuple(out), tuple(out_starts), tuple(out_ends)


@lru_cache(maxsize=65536)
def _spaced_run(run: str) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """A folded run that follows a space, or the text's beginning, and ends with a space."""
    pieces, starts, ends = _fold_run(run)
    first = 0
    while first < len(pieces) and pieces[first] == " ":
        first += 1
    if first == len(pieces):
        return "", (), ()
    if pieces[-1] == " ":
        return "".join(pieces[first:]), starts[first:], ends[first:]
    return "".join(pieces[first:]) + " ", (*starts[first:], ends[-1] - 1), (*ends[first:], ends[-1])


def _abbreviates(run: str, after: str) -> bool:
    """Whether a run such as "No." stands before a figure."""
    return after[:1] == " " and after[1:].isdecimal() and run.lstrip("([").casefold() in _NUMBERED


def fold(text: str) -> Folded:
    """Fold ``text`` for matching; offsets lead back to it, whatever normal form it is in."""
    out: list[str] = []
    runs = []
    length = 0
    for match in _RUN.finditer(text):
        run = match.group()
        if run[-1] == "." and len(run) <= _LONGEST_NUMBERED and _abbreviates(run, text[match.end() : match.end() + 2]):
            run = run[:-1]
        piece, starts, ends = _spaced_run(run)
        if piece:
            runs.append((length, match.start(), starts, ends))
            out.append(piece)
            length += len(piece)
    if runs:
        first, base, starts, ends = runs[-1]
        runs[-1] = (first, base, starts[:-1], ends[:-1])
        out[-1] = out[-1][:-1]
    return Folded("".join(out), tuple(runs))
