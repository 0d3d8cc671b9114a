"""Terms: a few words in a small notation, read strictly and matched in time linear in the text.

``*`` ends (or begins) a stem, ``a|b`` gives alternatives and ``_`` holds the words of one alternative together,
``<n>`` is any number, ``..`` is a gap of up to three words, and a word with ``?`` may be absent. Words may be written
together or apart. Terms are folded as texts are. There is nothing in the notation that could run away: a gap is
bounded, a stem ends with its word, and every place of a text is looked at once per word of a term.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import regex

from ragmarket.compliance.rules.normalise import fold

Tongue = Literal["en", "hi_latn", "hi", "mr", "bn", "gu", "ta", "te", "kn", "ml"]
Terms = dict[Tongue, tuple[str, ...]]

STEM, NUMBER, JOIN = MARKS = "*", "#", " "
MOST_WORDS, MOST_GAPS, MOST_ALTERNATIVES = 16, 6, 60
GAP_WORDS = 3
_VIRAMAS = "\u094d\u09cd\u0acd\u0bcd\u0c4d\u0ccd\u0d4d"
# The final short u of a Kannada, Telugu, Tamil or Malayalam word gives way to the vowel of whatever is joined to it.
_YIELDING = "\u0cc1\u0c41\u0bc1\u0d41"
_PART = regex.compile(r"\*|<n>|[^*<>]+")
_SIGNS = regex.compile(r"[^\p{L}\p{M}\p{N}\u200c\u200d %₹*|_?.'’-]")
_NUMBER = regex.compile(r"\d[\d.]*")

Atoms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """One place of a term: what may stand there, each as literals, `STEM`, `NUMBER` and `JOIN` in order."""

    alternatives: tuple[Atoms, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A term taken apart; None among the words is a gap."""

    source: str
    words: tuple[Word | None, ...]

    def ends(self, text: str, start: int) -> list[int]:
        """Where a match that begins at ``start`` of a padded text may end, always before a space."""
        places, joined, first = {start}, True, True
        for word in self.words:
            if word is None:
                places, joined = _over_gap(text, places), False
                continue
            openings = places if first else _next_words(text, places, joined)
            after = {end for place in openings for atoms in word.alternatives for end in _run(text, atoms, place)}
            places = after | places if word.optional else after
            if not places:
                return []
            joined, first = True, False
        return sorted(place for place in places if place > start and text[place] == " ")


def _next_words(text: str, places: set[int], joined: bool) -> set[int]:
    """Where the next word may begin: after a space, or at once where words may be written together."""
    apart = {place + 1 for place in places if text[place] == " " and place + 1 < len(text)}
    return apart | places if joined else apart


def _over_gap(text: str, places: set[int]) -> set[int]:
    """The ends of the up to three words that may follow; a gap never leaves its sentence."""
    reached = {place for place in places if text[place] == " "}
    edge = reached
    for _ in range(GAP_WORDS):
        edge = {
            end
            for place in edge
            if place + 1 < len(text)
            and (end := text.find(" ", place + 1)) >= 0
            and text[place + 1 : end] not in (".", "?")
        }
        reached = reached | edge
    return reached


def _run(text: str, atoms: Atoms, start: int) -> Collection[int]:
    first = atoms[0]
    places = {start}
    rest = atoms
    if first not in MARKS:
        # Most words are tried in vain at most places: nothing is built before the first literal stands there.
        if not text.startswith(first, start):
            return ()
        start += len(first)
        if len(atoms) == 1:
            return (start,)
        if len(atoms) == 2 and atoms[1] == STEM:
            return range(start, text.index(" ", start) + 1)
        places, rest = {start}, atoms[1:]
    for atom in rest:
        if atom == STEM:
            places = {end for place in places for end in range(place, text.index(" ", place) + 1)}
        elif atom == JOIN:
            places |= {place + 1 for place in places if text[place] == " " and place + 1 < len(text)}
        elif atom == NUMBER:
            found = [match.end() for place in places if (match := _NUMBER.match(text, place))]
            places = {*found, *(end + 1 for end in found if text.startswith("%", end))}
        else:
            places = {place + len(atom) for place in places if text.startswith(atom, place)}
        if not places:
            break
    return places


def _alternative(source: str, term: str) -> Atoms:
    atoms: list[str] = []
    for part in _PART.findall(source):
        if part == "*":
            atoms.append(STEM)
        elif part == "<n>":
            atoms.append(NUMBER)
        else:
            for number, piece in enumerate(" ".join(part.split("_")).split()):
                for inner, literal in enumerate(fold(piece).text.split()):
                    if number or inner:
                        atoms.append(JOIN)
                    atoms.append(literal)
    if atoms[:2] == [STEM, NUMBER] or STEM in atoms[1:-1]:
        raise ValueError(f"in the term {term!r} a * stands inside a word; it begins or ends one")
    if atoms and atoms[-1] == STEM and len(atoms) > 1 and atoms[-2] not in (STEM, NUMBER, JOIN):
        # A vowel sign takes the place of the virama when a stem is inflected.
        atoms[-2] = atoms[-2].rstrip(_VIRAMAS + _YIELDING)
    if not any(atom not in ("", STEM, JOIN) for atom in atoms):
        raise ValueError(f"the term {term!r} says nothing: {source!r} stands for any word")
    return tuple(atom for atom in atoms if atom)


def read_term(source: str) -> Term:
    """Take a term apart.

    Raises:
        ValueError: It says nothing, would match nearly everything, or is not in the notation.
    """
    strange = _SIGNS.search(source.replace("<n>", ""))
    if strange:
        raise ValueError(f"the term {source!r} holds {strange.group()!r}, which the notation does not know")
    words: list[Word | None] = []
    for part in source.split():
        if part == "..":
            words.append(None)
            continue
        alternatives = tuple(_alternative(one, source) for one in part.rstrip("?").split("|"))
        words.append(Word(alternatives, part.endswith("?")))
    said = [word for word in words if word is not None and not word.optional]
    if not said or all(any(set(one) <= {STEM, NUMBER, "%"} for one in word.alternatives) for word in said):
        raise ValueError(f"the term {source!r} says nothing: no word of it has to be there")
    if words[0] is None or words[-1] is None:
        raise ValueError(f"the term {source!r} begins or ends with a gap")
    if len(words) > MOST_WORDS or words.count(None) > MOST_GAPS:
        raise ValueError(f"the term {source!r} is too long: at most {MOST_WORDS} words and {MOST_GAPS} gaps")
    if any(len(word.alternatives) > MOST_ALTERNATIVES for word in words if word is not None):
        raise ValueError(f"the term {source!r} has a word of more than {MOST_ALTERNATIVES} alternatives")
    return Term(source, tuple(words))
