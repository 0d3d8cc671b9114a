"""Reading an address: PIN code, house number, landmark and the words that tell one street from another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ragmarket.knowledge.files import load
from ragmarket.schemas.base import Frozen
from ragmarket.signals.identity.spelling import FOLDER, Spelling

_PIN = re.compile(r"(?<!\d)([1-9]\d{2})\s?(\d{3})(?!\d)")
_HOUSE = re.compile(r"\d+(?:\s*[-/]\s*\d+)*(?:\s*[-/]?\s*[a-zA-Z](?![a-zA-Z]))?")


class AddressWords(Frozen):
    """``addresses.yaml``."""

    nearness: tuple[str, ...]
    landmarks: dict[str, tuple[str, ...]]
    abbreviations: dict[str, tuple[str, ...]]
    house_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressReading:
    """One address, read.

    Attributes:
        pin: Six digits, of the field itself or of the text; None where there are none.
        house: The first number of the address without separators ("12-3/4" is "12 3 4"); None where there is none.
        places: Sounds of the words that name a place, and ``@landmark`` for each landmark, sorted.
    """

    pin: str | None
    house: str | None
    places: tuple[str, ...]


class AddressReader:
    """Reads addresses under one set of tables.

    Args:
        spelling: Scripts and sounds.
        words: Landmarks, abbreviations and words that carry nothing.
    """

    def __init__(self, spelling: Spelling, words: AddressWords) -> None:
        self._spelling = spelling
        self._skipped = frozenset(words.nearness) | frozenset(words.house_words)
        self._landmark = {word: name for name, row in words.landmarks.items() for word in row}
        self._meaning = {word: name for name, row in words.abbreviations.items() for word in row}

    def read(self, address: str | None, pin: str | None = None) -> AddressReading:
        """Read one address.

        Args:
            address: The free text.
            pin: The PIN code's own field, where the system has one; a valid one wins over the text's.
        """
        latin = self._spelling.latin(address or "")
        found = _PIN.search(latin)
        code = pin_code(pin) or (found.group(1) + found.group(2) if found else None)
        if found:
            latin = latin[: found.start()] + " " + latin[found.end() :]
        number = _HOUSE.search(latin)
        house = " ".join(re.findall(r"\d+|[a-z]+", number.group().lower())) if number else None
        places = set()
        for word in self._spelling.fold(latin).split():
            if word in self._landmark:
                places.add(f"@{self._landmark[word]}")
            elif word not in self._skipped and len(word) > 1 and not word[0].isdigit():
                key = self._spelling.key(self._meaning.get(word, word))
                if len(key) > 1:
                    places.add(key)
        return AddressReading(pin=code, house=house, places=tuple(sorted(places)))


def pin_code(text: str | None) -> str | None:
    """A PIN code field as six digits; None when it is none (a PIN never begins with zero)."""
    digits = re.sub(r"\D", "", text or "")
    return digits if len(digits) == 6 and digits[0] != "0" else None


def load_addresses(spelling: Spelling, folder: Path = FOLDER) -> AddressReader:
    """Read the table.

    Raises:
        BadKnowledge: The file is wrong; names the line.
    """
    return AddressReader(spelling, load(folder / "addresses.yaml", AddressWords))
