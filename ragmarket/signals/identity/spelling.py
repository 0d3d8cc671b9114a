"""How a name sounds, whichever of ten scripts it is written in and however it is spelt.

Native letters become Latin ones by the table of ``knowledge/identity/scripts.yaml``; a known variant stands for its row
of ``names.yaml``; the key of a token is coarse on purpose (see the rules there), as blocking needs recall and the
comparison looks at the spelling too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from pydantic import Field, model_validator

from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen

FOLDER = ROOT / "identity"
_LATIN_ODDITIES = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "’": "", "'": "", "`": "", "‘": ""}
)
_NOT_WORD = re.compile(r"[^a-z0-9]+")


class Block(Frozen):
    """One script: where it begins, and whether a final inherent vowel is not said."""

    base: int
    silent_end: bool


class Scripts(Frozen):
    """``scripts.yaml``."""

    blocks: dict[str, Block]
    consonants: dict[int, str]
    vowels: dict[int, str]
    signs: dict[int, str]
    nasals: tuple[int, ...]
    virama: int
    nukta: int
    nukta_sounds: dict[str, str]
    own: dict[str, str]
    sayings: tuple[tuple[str, str], ...]


class NameWords(Frozen):
    """``names.yaml``."""

    honorifics: dict[str, tuple[str, ...]]
    suffixes: tuple[str, ...]
    relations: dict[str, tuple[str, ...]]
    variants: tuple[tuple[str, ...], ...]
    sounds: tuple[tuple[str, str], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_row_per_spelling(self) -> NameWords:
        rows: dict[str, str] = {}
        for row in self.variants:
            for word in row:
                if rows.setdefault(word, row[0]) != row[0]:
                    raise ValueError(f"the variant {word!r} stands in two rows ({rows[word]}, {row[0]})")
        for pattern, _ in self.sounds:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"the sound rule {pattern!r} is no regular expression: {error}") from error
        return self


class Spelling:
    """Transliteration, variants and sound keys, from one pair of knowledge files.

    Args:
        scripts: Nine scripts to Latin.
        words: Variants and sound rules.
    """

    def __init__(self, scripts: Scripts, words: NameWords) -> None:
        self.words = words
        self._scripts = scripts
        self._blocks = sorted(scripts.blocks.values(), key=lambda block: block.base)
        self._variant = {word: row[0] for row in words.variants for word in row}
        self._sounds = [(re.compile(pattern), sound) for pattern, sound in words.sounds]
        self._key = lru_cache(maxsize=200_000)(self._make_key)

    def latin(self, text: str) -> str:
        """The text with every Indic letter in Latin ones and every decimal digit in ASCII; the rest as it stands."""
        if text.isascii():
            return text
        return " ".join(self._word(word) for word in unicodedata.normalize("NFC", text).split())

    def fold(self, text: str) -> str:
        """Lower-case Latin letters, digits and single blanks; nothing else is left."""
        plain = text if text.isascii() else unicodedata.normalize("NFKD", self.latin(text))
        plain = plain.lower().translate(_LATIN_ODDITIES)
        plain = "".join(char for char in plain if not unicodedata.combining(char))
        return _NOT_WORD.sub(" ", plain).strip()

    def canonical(self, token: str) -> str:
        """The spelling that stands for a folded token's known variants; the token itself where none is known."""
        return self._variant.get(token, token)

    def key(self, token: str) -> str:
        """The coarse sound of one folded token; empty for a token without letters."""
        return self._key(token)

    def _make_key(self, token: str) -> str:
        spelt = re.sub("[^a-z]", "", self.canonical(token))
        for pattern, sound in self._sounds:
            spelt = pattern.sub((lambda match: match.group()[0]) if sound == "<first>" else sound, spelt)
        return spelt

    def _block(self, char: str) -> Block | None:
        place = ord(char)
        return next((block for block in self._blocks if 0 <= place - block.base < 0x80), None)

    def _word(self, word: str) -> str:
        sounds: list[str] = []
        pending = False
        block: Block | None = None
        for char in word:
            own = self._scripts.own.get(char)
            here = self._block(char)
            if own is not None:
                sounds += ["a", own] if pending and own else [own]
                pending = pending and not own
                block = here or block
                continue
            if here is None:
                if not unicodedata.category(char).startswith("C"):
                    sounds += ["a", char] if pending else [char]
                    pending = False
                continue
            block = here
            place = ord(char) - here.base
            pending = self._letter(place, char, sounds, pending)
        if pending and not (block and block.silent_end):
            sounds.append("a")
        spelt = "".join(sounds)
        for written, said in self._scripts.sayings:
            spelt = spelt.replace(written, said)
        return spelt

    def _letter(self, place: int, char: str, sounds: list[str], pending: bool) -> bool:
        """Add one letter's sound; answers whether its inherent vowel is still to be said."""
        table = self._scripts
        if place in table.consonants:
            if pending:
                sounds.append("a")
            sounds.append(table.consonants[place])
            return True
        if place == table.nukta:
            if sounds:
                sounds[-1] = table.nukta_sounds.get(sounds[-1], sounds[-1])
            return pending
        if place in table.signs:
            sounds.append(table.signs[place])
            return False
        if place == table.virama:
            return False
        if place in table.nasals:
            sounds += ["a", "n"] if pending else ["n"]
            return False
        if pending:
            sounds.append("a")
        if place in table.vowels:
            sounds.append(table.vowels[place])
        elif char.isdecimal():
            sounds.append(str(unicodedata.decimal(char)))
        return False


def load_spelling(folder: Path = FOLDER) -> Spelling:
    """Read the tables.

    Raises:
        BadKnowledge: A file is wrong; names the line.
    """
    return Spelling(load(folder / "scripts.yaml", Scripts), load(folder / "names.yaml", NameWords))
