"""Names of products: they stand in messages as the document gives them, so they may claim nothing."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

LONGEST = 60

_TITLE_TAIL = re.compile(r"\s*(?::|\s[-–—|]\s).*$", re.DOTALL)
_PROMISE = re.compile(
    r"\bguarant|\bassured\b|\bassurance of\b|\brisk[\s-]*(?:free|less)\b|\b(?:zero|no)[\s-]+risk\b|\bsure[\s-]?shot\b"
    r"|\bbest\b|\b(?:no\.?|number|#)\s*(?:1\b|one\b)"
    r"|गारंटी|गॅरंटी|গ্যারান্টি|ગેરંટી|ગૅરંટી|உத்தரவாத|గ్యారంటీ|ಗ್ಯಾರಂಟಿ|ഗ്യാരണ്ടി|ഗ്യാരന്റി",
    re.IGNORECASE,
)
# "3-in-1", "24x7", a section of the tax act, or a mark after letters ("V2"); never a figure with its unit.
_TOKEN = re.compile(
    r"\d{1,2}-in-\d{1,2}|24[x×]7|80(?:C|CCC|CCD|D|TTA|TTB)|(?!(?:rs|inr|re|upto|at)-?\d)[A-Za-z]{1,12}-?\d{1,3}",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"\b(?:(?:nifty(?:\s+(?:next|midcap|smallcap))?|sensex|bse|nse)\s+\d{2,3}|\d in \d)\b", re.IGNORECASE
)
_PUNCTUATION = frozenset(" '’&.,()/+-–:®™")
_JOINERS = "\u200c\u200d"
_SCRIPTS = frozenset(
    ["LATIN", "DEVANAGARI", "BENGALI", "GUJARATI", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "GURMUKHI", "ORIYA"]
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"[\s,(\[]*\b(?:(?:with\s+)?(?:effect(?:ive)?(?:\s+from)?|w\.?\s?e\.?\s?f\.?|as\s+(?:on|of|at)|dated?|from|since|until|till|fy|f\.y\.)\s*)?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[\s-]+{_MONTH}[\s,-]*(?:\d{{4}})?|{_MONTH}\s+(?:\d{{1,2}},?\s+)?\d{{4}}"
    r"|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|(?:19|20)\d{2}(?:[-–/]\d{2,4})?)\b[)\]]*",
    re.IGNORECASE,
)


def name_fault(name: str) -> str | None:
    """Why a text cannot be a product's name; None where it can."""
    text = unicodedata.normalize("NFKC", name)
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not any(char.isalpha() for char in text):
        return "holds no letter"
    for before, char in pairwise(" " + name):
        if not _seen(before, char):
            return f"holds U+{ord(char):04X}" + (f" ({char!r})" if char.isprintable() else "")
    promise = _PROMISE.search(text)
    if promise:
        return f"promises ({promise.group()!r})"
    for word in _PHRASE.sub(" ", text).split():
        bare = word.strip("'’&.,()/+-–:")
        if any(unicodedata.category(char)[0] == "N" for char in bare) and not _TOKEN.fullmatch(bare):
            return f"holds a figure ({bare!r})"
    return None


def _seen(before: str, char: str) -> bool:
    """Whether a character is an ordinary one of a name: nothing invisible, no look-alike of another alphabet."""
    category = unicodedata.category(char)[0]
    if char in _JOINERS or category == "M":
        # Indian scripts are written with joiners and marks, Latin in NFC with neither.
        return not before.isascii() and (char in _JOINERS or unicodedata.name(char, "?").split()[0] in _SCRIPTS)
    if category == "L":
        return unicodedata.name(char, "?").split()[0] in _SCRIPTS
    return category == "N" or char in _PUNCTUATION


def name_from_title(title: str) -> str | None:
    """The name that a title begins with, dates left out; None where what is left is no plain name."""
    name = " ".join(_DATE.sub(" ", _TITLE_TAIL.sub("", title)).split()).strip(" ,-–:")
    return name if name and name_fault(name) is None else None
