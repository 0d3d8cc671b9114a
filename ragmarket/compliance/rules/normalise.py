"""Folding: the same words in any disguise become the same letters, and every folded letter knows where it came from.

Undone here: full-width and mathematical letters, look-alikes of other alphabets, accents on Latin letters, invisible
characters, native digits, nukta, homorganic nasals, Malayalam chillus, case. Two further readings undo what would damage
honest text if it were always done: digits and signs in the place of letters, and letters set apart.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

import regex

_HOMOGLYPHS = str.maketrans(
    "аеорсухіјѕԁһԛԝвкмнтзбАВЕКМНОРСТУХІЈЅ" + "αοερνικτυηγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "ɑɡıȷℓ∕",
    "aeopcyxijsdhqwbkmht36ABEKMHOPCTYXIJS" + "aoepviktunyABEZHIKMNOPTYX" + "agijl/",
)
_NUKTAS = frozenset("\u093c\u09bc\u0abc\u0cbc\u0a3c")
_CHILLUS = {"ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്"}
_NASAL = regex.compile(r"([ङञणनम])(?=\u094d[क-ह])|([ঙঞণনম])(?=\u09cd[ক-হ])|([ઙઞણનમ])(?=\u0acd[ક-હ])")
_CLUSTER = regex.compile(r"\X")
_ABBREVIATIONS = frozenset("rs re no nos mr mrs dr ltd pvt approx incl excl regn nrs नं क्र सं रु डॉ নং টা ರೂ ನಂ ரூ எண் రూ നം രൂ નં રૂ".split())
_SENTENCE_ENDS = ".!?।॥\n;|"
_CLAUSE_MARKS = ",:،–—―()[]{}\"“”«»"
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "+": "t"}
_WORDISH = regex.compile(r"[\p{L}\p{M}\p{N}%₹&+$@/'-]")


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text: ``starts[i]:ends[i]`` is the stretch of the original that folded character ``i`` stands for.

    In ``text`` words are parted by one space; ``.`` ends a sentence and ``,`` a clause, each standing between spaces.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span for ``text[start:end]`` (not empty)."""
        return self.starts[start], self.ends[end - 1]


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    folded: list[str] = []
    for char in unicodedata.normalize("NFKC", cluster):
        if char.isdecimal():
            folded.append(str(unicodedata.decimal(char)))
            continue
        category = unicodedata.category(char)
        if category in ("Cf", "Cc", "Cs", "Co", "Cn") and char not in "\n\t\r":
            continue
        if char in _NUKTAS or 0xFE00 <= ord(char) <= 0xFE0F or char == "\u034f":
            continue
        if char in _CHILLUS:
            folded.append(_CHILLUS[char])
            continue
        if char == "ँ":
            folded.append("ं")
            continue
        if char == "ঁ":
            continue
        plain = char.translate(_HOMOGLYPHS).casefold()
        for part in unicodedata.normalize("NFD", plain) if plain and ord(plain[0]) < 0x0370 else plain:
            if not 0x0300 <= ord(part) <= 0x036F and part not in _NUKTAS:
                folded.append(part)
    return "".join(folded)


def _characters(text: str) -> tuple[list[str], list[int], list[int]]:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        for char in _fold_cluster(match.group()):
            chars.append(char)
            starts.append(match.start())
            ends.append(match.end())
    joined = "".join(chars)
    for nasal in _NASAL.finditer(joined):
        script = next(index for index in (1, 2, 3) if nasal.group(index))
        chars[nasal.start()] = {1: "\u0902", 2: "\u0982", 3: "\u0a82"}[script]
        chars[nasal.end()] = ""
    return chars, starts, ends


def _is_stop(chars: list[str], index: int) -> bool:
    """Whether a full stop closes a sentence rather than an abbreviation, a number or an address."""
    after = chars[index + 1] if index + 1 < len(chars) else " "
    if not after.isspace() and after not in "\"'”’)":
        return False
    word = ""
    for char in reversed(chars[:index]):
        if not char or not _WORDISH.match(char):
            break
        word = char + word
    return word not in _ABBREVIATIONS and not (len(word) == 1 and word.isascii() and word.isalpha())


def fold(text: str) -> Folded:
    """Fold ``text`` for matching; offsets lead back to it, whatever normal form it is in."""
    chars, starts, ends = _characters(text)
    out: list[str] = []
    out_starts: list[int] = []
    out_ends: list[int] = []

    def put(piece: str, index: int) -> None:
        out.append(piece)
        out_starts.append(starts[index])
        out_ends.append(ends[index])

    def space(index: int) -> None:
        if out and out[-1] != " ":
            put(" ", index)

    for index, char in enumerate(chars):
        if not char:
            continue
        before = chars[index - 1] if index else " "
        after = chars[index + 1] if index + 1 < len(chars) else " "
        if char in ".," and before.isdigit() and after.isdigit():
            if char == ".":
                put(char, index)
        elif char in _SENTENCE_ENDS and (char != "." or _is_stop(chars, index)):
            space(index)
            put(".", index)
            put(" ", index)
        elif char in _CLAUSE_MARKS or (char == "-" and before.isspace() and after.isspace()):
            space(index)
            put(",", index)
            put(" ", index)
        elif char == "%" or (char.isalnum() or unicodedata.category(char)[0] in "M") or char == "₹":
            put(char, index)
        elif char in "'’`´" and before.isalpha() and after.isalpha():
            continue
        else:
            space(index)
    return Folded("".join(out), tuple(out_starts), tuple(out_ends))


def _substitute(text: str, positions: list[int], pieces: list[str], source: Folded) -> Folded:
    return Folded(
        "".join(pieces), tuple(source.starts[p] for p in positions), tuple(source.ends[p] for p in positions)
    )


_SPELLED = regex.compile(r"(?<![^\s])(?:[\p{L}\p{N}]\p{M}*[ .*_·•|/\\~-]{1,3}){3,}[\p{L}\p{N}]\p{M}*(?![^\s.,!?।])")
_MIXED = regex.compile(r"(?<![\p{L}\p{N}@$!+])(?=[\p{L}\p{N}@$!+]*[a-z])(?=[\p{L}\p{N}@$!+]*[0-9@$!+])[a-z0-9@$!+]{3,}")
_ORDINARY_MIX = regex.compile(r"\d+(?:st|nd|rd|th|x\d*|d|m|y|k|l|cr|c?c?d?)|[a-z]{1,6}\d+[a-z]?|\d{2}ccd|[a-z]+!+")
_INSERTED = regex.compile(r"(?<=[a-z])[._*·•~^'`-]+(?=[a-z])")


def readings(text: str) -> tuple[Folded, ...]:
    """All readings of ``text``: as written, and, only where something looks disguised, with the disguise undone."""
    plain = fold(text)
    found = [plain]
    lowered = [*_characters(text)]
    joined = "".join(lowered[0])
    if any(not char for char in lowered[0]):
        keep = [i for i, char in enumerate(lowered[0]) if char]
        lowered = [[part[i] for i in keep] for part in lowered]  # type: ignore[misc]
        joined = "".join(lowered[0])
    spelled = list(_SPELLED.finditer(joined))
    mixed = [m for m in _MIXED.finditer(joined) if not _ORDINARY_MIX.fullmatch(m.group())]
    inserted = list(_INSERTED.finditer(joined))
    if not (spelled or mixed or inserted):
        return tuple(found)
    for one in ("i", "l") if any("1" in m.group() or "!" in m.group() for m in mixed) else ("i",):
        chars, starts, ends = ([*part] for part in lowered)
        for match in mixed:
            for index in range(match.start(), match.end()):
                letter = chars[index]
                chars[index] = one if letter in "1!" else _LEET.get(letter, letter)
        for match in inserted:
            for index in range(match.start(), match.end()):
                chars[index] = ""
        for match in spelled:
            for index in range(match.start(), match.end()):
                if not (chars[index] and (chars[index].isalnum() or unicodedata.category(chars[index])[0] == "M")):
                    chars[index] = ""
                elif match.start() <= index and chars[index] in _LEET and not match.group().isdigit():
                    chars[index] = one if chars[index] == "1" else _LEET[chars[index]]
        rebuilt, back = "", []
        for index, char in enumerate(chars):
            rebuilt += char
            back += [index] * len(char)
        again = fold(rebuilt)
        found.append(
            Folded(
                again.text,
                tuple(starts[back[s]] for s in again.starts),
                tuple(ends[back[e - 1]] for e in again.ends),
            )
        )
    return tuple(found)


def sentence_bounds(folded: str) -> tuple[int, ...]:
    """Offsets at which sentences of a folded text end, the text's end included."""
    return tuple(index for index, char in enumerate(folded) if _closes(folded, index)) + (len(folded),)


def _closes(folded: str, index: int) -> bool:
    return folded[index] == "." and (index == 0 or folded[index - 1] == " ")


def clause_of(folded: str, start: int, end: int, breaks: tuple[int, ...]) -> tuple[int, int]:
    """The clause around ``folded[start:end]``; ``breaks`` are the sorted offsets of clause and sentence marks."""
    left = bisect_right(breaks, start)
    right = next((b for b in breaks[left:] if b >= end), len(folded))
    return (breaks[left - 1] + 1 if left else 0), right


def clause_breaks(folded: str) -> tuple[int, ...]:
    """Offsets of the marks that part clauses."""
    return tuple(i for i, c in enumerate(folded) if c in ".," and (i == 0 or folded[i - 1] == " "))
