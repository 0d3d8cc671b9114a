"""Native words in English, one by one: no translation, but enough to see whether two sentences speak of the same.

Words are found by their longest known stem (`knowledge/grounding/glosses/<language>.yaml`); Indian inflection stands at
the end of words. What is not known stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import regex

from ragmarket.compliance.grounding.word_patterns import JOINERS
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, line_of, read_yaml

FOLDER = ROOT / "grounding" / "glosses"
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\u200c\u200d]*")
_CLUSTER = regex.compile(r"\X")
# Endings are shorter than stems, or a word has only its beginning in common with the stem; so it is with short stems.
_LONGEST_ENDING, _SHORTEST = 6, 3


@dataclass(frozen=True, slots=True)
class Gloss:
    """A word of a text and what it means; ``english`` is empty for a native word that is not known."""

    start: int
    end: int
    english: str


class Glossary:
    """What the words of one language mean in English.

    Args:
        stems: English by stem.
    """

    def __init__(self, stems: Mapping[str, str]) -> None:
        self._stems = {JOINERS.sub("", stem): english for stem, english in stems.items()}

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """Every stem with each of its meanings."""
        return tuple((stem, one) for stem, english in self._stems.items() for one in english.split(" / "))

    def word(self, native: str) -> str:
        """The meaning of one word, empty where no stem of it is known."""
        native = JOINERS.sub("", native)
        known = self._stems.get(native)
        if known is not None:
            return known
        ends = [match.end() for match in _CLUSTER.finditer(native)]
        # A stem may end within a cluster: its last vowel sign belongs to the ending.
        for end in range(len(native) - 1, _SHORTEST - 1, -1):
            known = self._stems.get(native[:end])
            if known is not None and sum(1 for one in ends if one > end) <= _LONGEST_ENDING:
                return known
        return ""

    def glosses(self, text: str) -> list[Gloss]:
        """Every word of a text in NFC with its meaning; Latin words mean themselves."""
        found = []
        for match in _WORD.finditer(text):
            word = match[0]
            found.append(Gloss(match.start(), match.end(), word if word.isascii() else self.word(word)))
        return found

    def english(self, text: str) -> str:
        """The text with every known native word replaced by its meaning, and unknown ones left out."""
        out, at = [], 0
        for one in self.glosses(text):
            out += [text[at : one.start], one.english.split(" / ")[0]]
            at = one.end
        return " ".join("".join([*out, text[at:]]).split())


@lru_cache(maxsize=16)
def load_glossary(language: str, folder: Path = FOLDER) -> Glossary:
    """The glossary of a language; an empty one where nobody has written any.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    path = folder / f"{language}.yaml"
    if not path.exists():
        return Glossary({})
    stems, tree = read_yaml(path)
    if not isinstance(stems, dict) or not stems:
        raise BadKnowledge(path, 1, "holds no stems", hint="Write one line per stem: `stem: English`.")
    for stem, english in stems.items():
        if not isinstance(stem, str) or not isinstance(english, str) or not english.strip():
            line = line_of(tree, [stem])
            raise BadKnowledge(path, line, f"{stem!r} has no meaning", hint="Quote words such as no, yes and on.")
    return Glossary(stems)
