"""One coarse Latin spelling for all scripts, so that "loan", "लोन" and "லோன்" give evidence for one another."""

from __future__ import annotations

from functools import lru_cache

from ragmarket.compliance.rules.romanised import of_latin

# The blocks of India's scripts are laid out alike: Devanagari to Malayalam, 0x80 apart.
_FIRST, _LAST, _BLOCK = 0x0900, 0x0D7F, 0x80
_CONSONANTS = dict(zip(range(0x15, 0x3A), "kkkknssssnttttnttttnnppppnyrrlllpsssh", strict=True))
_VOWELS = {
    **dict.fromkeys((0x07, 0x08, 0x0D, 0x0E, 0x0F, 0x10, 0x3F, 0x40, 0x45, 0x46, 0x47, 0x48), "i"),
    **dict.fromkeys((0x09, 0x0A, 0x11, 0x12, 0x13, 0x14, 0x41, 0x42, 0x49, 0x4A, 0x4B, 0x4C), "u"),
    **dict.fromkeys((0x0B, 0x43), "ri"),
    **dict.fromkeys((0x01, 0x02), "n"),
}


def _table() -> dict[int, str]:
    table = {}
    for point in range(_FIRST, _LAST + 1):
        if chr(point).isalpha() or not chr(point).isprintable() or point % _BLOCK in _VOWELS or point % _BLOCK >= 0x3A:
            place = point % _BLOCK
            table[point] = _CONSONANTS.get(place) or _VOWELS.get(place, "")
    return table


_TABLE = _table()


@lru_cache(maxsize=65536)
def skeleton(word: str) -> str:
    """The coarse spelling of a folded word: no a, long and short, voiced and breathed letters fallen together."""
    spelt = of_latin(word) if word.isascii() else word.translate(_TABLE)
    kept = [char for place, char in enumerate(spelt) if char != "a" and spelt[place - 1 : place] != char]
    return "".join(kept)
