"""Folding: the same words in any disguise become the same letters, and every folded letter knows where it came from.

Undone here: full-width and mathematical letters, look-alikes of other alphabets, accents on Latin letters, invisible
characters, native digits, nukta, homorganic nasals, Malayalam chillus, case. What would damage honest text if it were
always undone is left to `disguise`.
"""

from __future__ import annotations

import unicodedata
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
_ABBREVIATIONS = frozenset(
    """
    rs re no nos mr mrs dr ltd pvt approx incl excl regn nrs नं क्र सं रु डॉ নং টা ರೂ ನಂ ரூ எண் రూ നം രൂ નં રૂ
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
_SENTENCE_ENDS = ".!?।॥\n;|"
_CLAUSE_MARKS = ',:،–—―()[]{}"“”«»'
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


def characters(text: str) -> tuple[list[str], list[int], list[int]]:
    """Folded characters and the span of the original that each stands for; an empty one merged into its neighbour."""
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
    chars, starts, ends = characters(text)
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


def sentence_bounds(folded: str) -> tuple[int, ...]:
    """Offsets at which sentences of a folded text end, the text's end included."""
    return (*(index for index in range(len(folded)) if _closes(folded, index)), len(folded))


def _closes(folded: str, index: int) -> bool:
    return folded[index] == "." and (index == 0 or folded[index - 1] == " ")


def clause_breaks(folded: str) -> tuple[int, ...]:
    """Offsets of the marks that part clauses."""
    return tuple(i for i, c in enumerate(folded) if c in ".," and (i == 0 or folded[i - 1] == " "))
