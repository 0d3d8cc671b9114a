"""What native words of bank copy and their endings mean in English, from `knowledge/grounding/`: no translation."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import RootModel

from ragmarket.compliance.grounding.word_patterns import JOINERS
from ragmarket.compliance.paraphrase.skeleton import skeleton
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml

FOLDER = ROOT / "grounding" / "glosses"
_SOUND = 3
ENDINGS = ROOT / "grounding" / "endings.yaml"


def load_glossary(language: str, folder: Path = FOLDER) -> tuple[tuple[str, str], ...]:
    """Every stem of a language with each of its meanings, in the file's order; none where nobody has written any.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    path = folder / f"{language}.yaml"
    if not path.exists():
        return ()
    stems, tree = read_yaml(path)
    if not isinstance(stems, dict) or not stems:
        raise BadKnowledge(path, 1, "holds no stems", hint="Write one line per stem: `stem: English`.")
    for stem, english in stems.items():
        if not isinstance(stem, str) or not isinstance(english, str) or not english.strip():
            line = line_of(tree, [stem])
            raise BadKnowledge(path, line, f"{stem!r} has no meaning", hint="Quote words such as no, yes and on.")
    return tuple((JOINERS.sub("", stem), one) for stem, english in stems.items() for one in english.split(" / "))


@lru_cache(maxsize=16)
def meanings(language: str) -> Mapping[str, tuple[str, ...]]:
    """Every stem of a language, in NFC, with its meanings, the usual one first.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    found: dict[str, tuple[str, ...]] = {}
    for stem, english in load_glossary(language):
        key = unicodedata.normalize("NFC", stem)
        found[key] = (*found.get(key, ()), english)
    return found


class _Endings(RootModel[dict[str, dict[str, str]]]):
    """Language to ending to English."""


@lru_cache(maxsize=16)
def endings(language: str) -> Mapping[str, str]:
    """What the endings of a language's words say, in NFC; empty for a language that the file does not hold.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    held = load(ENDINGS, _Endings).root.get(language, {})
    return {unicodedata.normalize("NFC", ending): english for ending, english in held.items()}


@lru_cache(maxsize=1)
def borrowed_words() -> Mapping[str, str]:
    """The English words of all glossaries by their sound, for those that a language writes in its own script.

    Of words that sound alike the one that most glossaries hold is meant.
    """
    counts = Counter(
        word.lower()
        for path in sorted(FOLDER.glob("*.yaml"))
        for _, english in load_glossary(path.stem)
        for word in english.split()
        if word.isascii() and word.isalpha()
    )
    ranked = sorted(counts, key=lambda word: (counts[word], word))
    return {sound: word for word in ranked if len(sound := skeleton(word)) >= _SOUND}
