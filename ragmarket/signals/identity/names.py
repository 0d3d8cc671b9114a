"""Reading a name field: honorifics, relatives, initials and order aside, who is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ragmarket.signals.identity.spelling import Spelling

Gender = Literal["male", "female"]
_SLASHED = re.compile(r"\b([sdwch])\s*[/\\.]\s*o\b\.?", re.IGNORECASE)
_JOINED_INITIALS = re.compile(r"\b(?:[A-Za-z]\s*\.\s*){1,4}")


@dataclass(frozen=True, slots=True)
class NameReading:
    """One name, read.

    Attributes:
        tokens: Full tokens in their canonical spelling, sorted; order in Indian records carries nothing.
        keys: Their sounds, sorted, each once.
        initials: The first sounds of all tokens, single letters included; sorted, each once.
        abbreviated: Whether a single letter stands for a token.
        relative: Sounds of the tokens of a relative ("S/o Mohan Lal"), sorted.
        gender: What an honorific or a relation says, if anything.
    """

    tokens: tuple[str, ...]
    keys: tuple[str, ...]
    initials: tuple[str, ...]
    abbreviated: bool
    relative: tuple[str, ...]
    gender: Gender | None


class NameReader:
    """Reads names under one set of tables.

    Args:
        spelling: Scripts, variants and sounds.
    """

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        words = spelling.words
        self._honorifics = {word: kind for kind, row in words.honorifics.items() for word in row}
        self._suffixes = frozenset(words.suffixes)
        self._relations = [
            (tuple(spelling.fold(phrase.replace("/", "")).split()), kind)
            for kind, row in words.relations.items()
            for phrase in row
        ]
        self._relations.sort(key=lambda row: -len(row[0]))

    def read(self, name: str) -> NameReading:
        """Read one name field.

        Args:
            name: As a system holds it, in any of ten scripts.

        Returns:
            The reading; without tokens when nothing of a name is left.
        """
        latin = _SLASHED.sub(lambda match: f" {match.group(1)}o ", self._spelling.latin(name))
        latin = _JOINED_INITIALS.sub(lambda match: " " + " ".join(re.findall("[A-Za-z]", match.group())) + " ", latin)
        words = self._spelling.fold(latin).split()
        own, relative, gender = self._part(words)
        own, said = self._strip(own)
        gender = said or gender
        full = [self._spelling.canonical(word) for word in own if len(word) > 1 and not word.isdigit()]
        short = [word for word in own if len(word) == 1 and word.isalpha()]
        keys = [key for key in (self._spelling.key(word) for word in full) if key]
        initials = sorted({key[0] for key in [*keys, *(self._spelling.key(word) for word in short)] if key})
        kin = sorted(key for key in (self._spelling.key(word) for word in self._strip(relative)[0]) if key)
        return NameReading(
            tokens=tuple(sorted(full)),
            keys=tuple(sorted(set(keys))),
            initials=tuple(initials),
            abbreviated=bool(short),
            relative=tuple(kin),
            gender=gender,
        )

    def _part(self, words: list[str]) -> tuple[list[str], list[str], Gender | None]:
        """A person's own words and a relative's."""
        for place in range(1, len(words)):
            for phrase, kind in self._relations:
                if tuple(words[place : place + len(phrase)]) == phrase and place + len(phrase) < len(words):
                    gender: Gender | None = "male" if kind == "male" else "female" if kind == "female" else None
                    return words[:place], words[place + len(phrase) :], gender
        return words, [], None

    def _strip(self, words: list[str]) -> tuple[list[str], Gender | None]:
        """Without honorifics in front and behind; a word that is all there is stays."""
        words = list(words)
        gender: Gender | None = None
        while len(words) > 1 and words[0] in self._honorifics:
            # "Kumari" and "Md" are names too when nothing but one token would be left.
            kind = self._honorifics[words.pop(0)]
            gender = "male" if kind == "male" else "female" if kind == "female" else gender
        while len(words) > 1 and words[-1] in self._suffixes:
            words.pop()
        return words, gender
