"""Native words as people type them in Latin letters: both sides are brought to one coarse phonetic spelling.

India's scripts are laid out alike, so one table serves all of them. The spelling is coarse on purpose: long and short
vowels, voiced and voiceless, plain and breathed consonants fall together, as they do in what people type.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ragmarket.compliance.rules.normalise import Folded
from ragmarket.compliance.rules.terms import MARKS, STEM, Atoms, Term, Tongue, Word
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen

# Hindi in Latin letters has a lexicon of its own.
TONGUES: tuple[Tongue, ...] = ("mr", "bn", "gu", "ta", "te", "kn", "ml")
_BASES = {"mr": 0x0900, "bn": 0x0980, "gu": 0x0A80, "ta": 0x0B80, "te": 0x0C00, "kn": 0x0C80, "ml": 0x0D00}
_DELETING = frozenset(("mr", "gu", "bn"))  # tongues that do not say the vowel a letter ends in
_CONSONANTS = dict(zip(range(0x15, 0x3A), "kkkknssssnttttnttttnnppppnyrrlllpsssh", strict=True))
_VOWELS = {
    **dict.fromkeys((0x05, 0x06, 0x3E), "a"),
    **dict.fromkeys((0x07, 0x08, 0x0D, 0x0E, 0x0F, 0x10, 0x3F, 0x40, 0x45, 0x46, 0x47, 0x48), "i"),
    **dict.fromkeys((0x09, 0x0A, 0x11, 0x12, 0x13, 0x14, 0x41, 0x42, 0x49, 0x4A, 0x4B, 0x4C), "u"),
    **dict.fromkeys((0x0B, 0x43), "ri"),
}
_INHERENT, _VIRAMA, _NASALS = "@", 0x4D, (0x01, 0x02)
_SOUNDS = (
    (re.compile("zh"), "l"),
    (re.compile("chh?|sh|jh|[sjzx]"), "s"),
    (re.compile("[tdkgbp]h"), lambda match: match.group()[0]),
    (re.compile("[ckgq]"), "k"),
    (re.compile("[td]"), "t"),
    (re.compile("[pbfvw]h?"), "p"),
    (re.compile("[mn]"), "n"),
    (re.compile("a[iy](?![aeiou])|e[iey]?|ii|y(?![aeiou])"), "i"),
    (re.compile("au|o[uow]?"), "u"),
)
# A vowel that is written nowhere and, between two others, not said.
_SCHWA = re.compile("([aiu@][knstpyrlh])@([knstpyrlh][aiu@])")
_DOUBLED = re.compile(r"(.)\1+")
# Marks a word that is plainly English, so that no native word is read into it.
_PLAIN = "="
_LEAST_STEM = 4
_SENTENCE = re.compile(r"[^.?]+[.?]?")
_LATIN = re.compile(r"(?<!\S)[a-zA-Z]+(?!\S)")


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    return frozenset(load(ROOT / "rules" / "english" / "vocabulary.yaml", _Vocabulary).words.split())


@lru_cache(maxsize=1)
def _english_stems() -> frozenset[str]:
    return frozenset(word[:end] for word in _english() for end in range(_LEAST_STEM, len(word) + 1))


class _Vocabulary(Frozen):
    words: str


@lru_cache(maxsize=65536)
def of_latin(word: str) -> str:
    """The coarse spelling of a folded Latin word."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return _DOUBLED.sub(r"\1", word)


def of_native(literal: str, tongue: Tongue, whole: bool) -> str:
    """The coarse spelling of a folded native literal; ``whole`` when it is a word's end too."""
    base = _BASES[tongue]
    sounds: list[str] = []
    for char in literal:
        place = ord(char) - base
        if place in _CONSONANTS:
            sounds += [_CONSONANTS[place], _INHERENT]
        elif place in _VOWELS or place == _VIRAMA:
            if sounds and sounds[-1] == _INHERENT and place >= 0x3A:
                sounds.pop()
            sounds.append(_VOWELS.get(place, ""))
        elif place in _NASALS:
            sounds.append("n")
        elif 0 <= place < 0x80:
            continue
        else:
            sounds.append(of_latin(char) if char.isalpha() else char)
    spelt = "".join(sounds)
    if tongue in _DELETING:
        spelt = _SCHWA.sub(r"\1\2", re.sub("@$", "", spelt) if whole else spelt)
    elif not whole:
        spelt = re.sub("[@u]$", "", spelt)
    if not whole:
        spelt = spelt.rstrip("@")
    return _DOUBLED.sub(r"\1", spelt.replace(_INHERENT, "u" if tongue == "bn" else "a"))


def romanise(term: Term, tongue: Tongue, *, least: int) -> Term | None:
    """A native term in the coarse spelling; None when too little is left of it to tell it from other words.

    ``least`` letters have to be left. Words that only deny, or that claim only beside others, may be shorter.
    """
    words: list[Word | None] = []
    weight = 0
    for word in term.words:
        if word is None:
            words.append(None)
            continue
        spelt = tuple(dict.fromkeys(one for atoms in word.alternatives for one in _spellings(atoms, tongue)))
        words.append(Word(spelt, word.optional))
        if not word.optional:
            weight += min(_weight(atoms) for atoms in spelt)
    return Term(term.source, tuple(words)) if weight >= least else None


def _spellings(atoms: Atoms, tongue: Tongue) -> tuple[Atoms, ...]:
    """How a text's reading may spell a word: coarsely or, where a Hindi list takes it from English, plainly."""
    coarse = _spell(atoms, tongue)
    if tongue != "hi_latn" or not any(_is_english(atoms, place) for place in range(len(atoms))):
        return (coarse,)
    plainly = tuple(_PLAIN + atom if _is_english(atoms, place) else coarse[place] for place, atom in enumerate(atoms))
    return (coarse, plainly)


def _is_english(atoms: Atoms, place: int) -> bool:
    """Whether an atom is an English word, or a stem of one."""
    stem = atoms[place + 1 : place + 2] == (STEM,) and len(atoms[place]) >= _LEAST_STEM
    return atoms[place] in (_english_stems() if stem else _english())


def _spell(atoms: Atoms, tongue: Tongue) -> Atoms:
    return tuple(
        atom if atom in MARKS else _literal(atom, tongue, whole=atoms[place + 1 : place + 2] != (STEM,)) or atom
        for place, atom in enumerate(atoms)
    )


def _weight(atoms: Atoms) -> int:
    # The end of a word alone is the end of many words.
    return sum(len(atom) for atom in atoms if atom not in MARKS) - 2 * (atoms[0] == STEM)


def _literal(atom: str, tongue: Tongue, whole: bool) -> str:
    if tongue == "en":
        return atom if atom.isdigit() else _PLAIN + atom
    return of_native(atom, tongue, whole) if tongue in _BASES else of_latin(atom)


@lru_cache(maxsize=64)  # several rules read one message; the next one is another
def reading_of(folded: Folded) -> Folded | None:
    """The coarse spelling of the sentences that are in Latin letters and yet not English; None when there is none."""
    text = folded.text
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    english = _english()
    asked = False
    for match in _SENTENCE.finditer(text):
        latin = _LATIN.findall(match.group())
        strange = sum(word not in english for word in latin)
        # The answer belongs to its question, however short it is.
        if not asked and (len(latin) < 2 or not strange or 3 * strange < len(latin)):
            continue
        asked = match.group().endswith("?")
        place = match.start()
        for word in match.group().split():
            place = text.index(word, place)
            spelt = (_PLAIN + word if word in english else of_latin(word)) if word.isascii() else word
            start, end = folded.span(place, place + len(word))
            pieces.append(spelt + " ")
            starts += [start] * (len(spelt) + 1)
            ends += [end] * (len(spelt) + 1)
            place += len(word)
    if not pieces:
        return None
    return Folded("".join(pieces)[:-1], ((0, 0, tuple(starts[:-1]), tuple(ends[:-1])),))


def holds_native(stretch: str) -> bool:
    """Whether any word of a stretch of a `reading_of` is not plainly English."""
    return any(word[0].isalpha() for word in stretch.split())
