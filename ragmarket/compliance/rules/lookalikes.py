"""Characters that stand for others: letters of other alphabets that look Latin, enclosed letters, telling emoji.

The look-alikes are Unicode's own confusables as `confusable_homoglyphs` carries them, for alphabets in which nobody
here writes; the letters of India's scripts are never taken for Latin ones.
"""

from __future__ import annotations

import string
import unicodedata
from contextlib import suppress
from functools import lru_cache

# What Unicode does not count as confusable, though a reader takes it for the Latin letter within a word.
_BY_SHAPE = {
    **dict(zip("вкмнтзабѡьяи", "bkmht3a6wbrn", strict=True)),
    **dict(zip("κτηεωμςπ", "ktnewuc" + "n", strict=True)),
    **dict(zip("ℓ∕ɐəɘɛɔʇɥʍɹ", "l/aeeecthwr", strict=True)),
}
_ALPHABETS = ("CYRILLIC", "GREEK", "COPTIC", "CHEROKEE", "ARMENIAN", "LISU", "GEORGIAN", "TIFINAGH", "LATIN", "RUNIC")
# The word an emoji stands for in copy; what only decorates stands for nothing.
EMOJI = {"💯": "100%", "🔟": "10", "🆓": "free", "🥇": "no 1", "🏆": "", "🅾": "o", "⭕": "o", "℅": "%", "×": "x"}


@lru_cache(maxsize=1)
def letters() -> dict[str, str]:
    """Every look-alike of a Latin letter or digit, with the character it is taken for."""
    from confusable_homoglyphs import confusables  # here, since it reads its tables when imported

    found: dict[str, str] = {}
    for plain in string.ascii_letters:
        for entry in confusables.confusables_data.get(plain, ()):
            other = entry["c"]
            if len(other) == 1 and not other.isascii() and unicodedata.name(other, "").startswith(_ALPHABETS):
                found.setdefault(other, "i" if other in "ӏӀІΙ" else plain)
    found.update(_BY_SHAPE)
    for place, letter in enumerate(string.ascii_lowercase):
        with suppress(KeyError):
            found[unicodedata.lookup(f"LATIN LETTER SMALL CAPITAL {letter}")] = letter
        # Negative circled and squared letters, and the regional indicators that flags are made of.
        for first in (0x1F150, 0x1F170, 0x1F1E6):
            found[chr(first + place)] = letter
    return found
