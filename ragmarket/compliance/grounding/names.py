"""Names across scripts: is the product that the claim names the one that the evidence speaks of?

A name keeps its consonants from script to script ("सोनपरी", "சோன்பரி", "Sonpari"), so both sides are compared by classes
of consonants. Indian blocks of Unicode share one layout, so one table reads all of them.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import regex

_BLOCKS = (0x0900, 0x0980, 0x0A80, 0x0B80, 0x0C00, 0x0C80, 0x0D00)
_LETTERS = {
    **dict.fromkeys(range(0x15, 0x19), "k"), 0x19: "n", **dict.fromkeys(range(0x1A, 0x1E), "s"), 0x1E: "n",
    **dict.fromkeys(range(0x1F, 0x23), "t"), 0x23: "n", **dict.fromkeys(range(0x24, 0x28), "t"), 0x28: "n", 0x29: "n",
    **dict.fromkeys(range(0x2A, 0x2E), "p"), 0x2E: "n", 0x30: "r", 0x31: "r", 0x32: "l", 0x33: "l", 0x34: "l",
    0x35: "p", **dict.fromkeys(range(0x36, 0x39), "s"), 0x02: "n", 0x01: "n", 0x5B: "s", 0x5C: "r", 0x5D: "r",
}  # fmt: skip
_CHILLU = {"ൺ": "n", "ൻ": "n", "ർ": "r", "ൽ": "l", "ൾ": "l", "ൿ": "k", "ৎ": "t"}
_LATIN = dict(zip("bcdfgjklmnpqrstvwxz", "pktpkskl" + "nnpk" + "rstppks", strict=True))
_SPELLINGS = ((r"tion|sion", "sn"), (r"ch|sh|sch", "s"), (r"ck|kh|gh", "k"), (r"th|dh", "t"), (r"ph|bh", "p"),
              (r"c(?=[eiy])|g(?=[ei])", "s"), (r"x", "ks"))  # fmt: skip
_SPELLED = tuple((regex.compile(pattern), classes.upper()) for pattern, classes in _SPELLINGS)
_RUN, _OPENING = regex.compile(r"(.)\1+"), regex.compile(r"[.!?:;|(]\s*$")
WORD = regex.compile(r"[\p{L}\p{M}\u200c\u200d'’-]+")
_NAME = regex.compile(r"\b(?:\p{Lu}[\p{Ll}’']{2,}(?:[\s-]+(?=\p{Lu}\p{Ll}{2}))?)+")
NOUN = frozenset(
    [
        "card",
        "fund",
        "loan",
        "plan",
        "account",
        "deposit",
        "scheme",
        "policy",
        "pension",
        "insurance",
        "ulip",
        "khata",
        "bima",
        "yojana",
        "nivesh",
        "suraksha",
    ]
)
_COMMON = frozenset(
    [
        "the",
        "this",
        "that",
        "our",
        "your",
        "you",
        "for",
        "and",
        "with",
        "from",
        "get",
        "open",
        "bank",
        "customers",
        "customer",
        "senior",
        "citizens",
        "citizen",
        "interest",
        "rate",
        "minimum",
        "maximum",
        "monthly",
        "annual",
        "home",
        "gold",
        "personal",
        "credit",
        "debit",
        "savings",
        "current",
        "fixed",
        "recurring",
        "term",
        "life",
        "health",
        "mutual",
        "equity",
        "no",
        "yes",
        "if",
        "on",
        "in",
        "at",
        "processing",
        "fee",
        "fees",
        "charges",
        "charge",
        "premium",
        "sum",
        "assured",
        "key",
        "general",
        "public",
        "women",
        "indian",
        "india",
        "rupees",
        "government",
        "new",
        "all",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "regular",
        "direct",
        "growth",
        "tier",
    ]
)


@lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """The classes of a word's consonants, runs of one class told once; empty for vowels alone."""
    word = word.casefold()
    out: list[str] = []
    if word.isascii():
        for pattern, classes in _SPELLED:
            word = pattern.sub(classes, word)
        out = [char.lower() if char.isupper() else _LATIN.get(char, "") for char in word]
    else:
        for char in word:
            code = ord(char)
            base = next((block for block in _BLOCKS if block <= code < block + 0x80), None)
            out.append(_CHILLU.get(char) or (_LETTERS.get(code - base, "") if base is not None else ""))
    return _RUN.sub(r"\1", "".join(out))


def same_name(one: str, other: str) -> bool:
    """Whether two words, in any scripts, may be one name; an ending on either is let pass."""
    a, b = skeleton(one), skeleton(other)
    short, long = sorted((a, b), key=len)
    if len(short) < 2:
        return one.casefold() == other.casefold()
    return long.startswith(short) and len(long) - len(short) <= (2 if len(short) > 2 else 0)


def names_in(text: str) -> tuple[tuple[str, int, int], ...]:
    """Capitalised names of a text in Latin letters, without common words, with their places."""
    found: list[tuple[str, int, int]] = []
    for match in _NAME.finditer(text):
        parts = match[0].casefold().split()
        # Among native letters capitals open no sentence: a run that ends in a product's noun is a name.
        named = not text.isascii() and len(parts) > 1 and parts[-1] in NOUN
        for word in WORD.finditer(match[0]):
            plain = word[0].casefold().removesuffix("'s").removesuffix("’s")
            before = text[: match.start() + word.start()]
            # A capital that opens a sentence tells nothing.
            first = not named and (not before.strip() or _OPENING.search(before))
            if plain not in _COMMON and plain not in NOUN and not first:
                found.append((plain, match.start() + word.start(), match.start() + word.end()))
    return tuple(found)


def other_product(text: str, product: str, said: Collection[str]) -> str | None:
    """Another product of the same house than the one asked about: "Kosi Pension Khata" for "Kosi Niyamit Jama".

    Args:
        text: The claim.
        product: The name of the product asked about.
        said: Words of the evidence and of the product's name.
    """
    own = [word[0].casefold() for word in WORD.finditer(product)]
    known = {word.casefold() for word in said} | _COMMON
    for match in _NAME.finditer(text):
        words = [word[0].casefold() for word in WORD.finditer(match[0])]
        missing = [word for word in words[1:] if word not in known]
        if words[0] not in own[:1] or set(own) <= set(words):
            continue  # no name of this house, or the product's own with more behind it
        if len(missing) > 1 or any(word not in NOUN for word in missing):
            return match[0].strip()
    return None


def product_names(text: str) -> tuple[tuple[str, ...], ...]:
    """Runs of capitalised words that end in a product noun ("Kosi Sonpari Card"), without the noun."""
    runs = []
    for match in _NAME.finditer(text):
        words = [word[0].casefold() for word in WORD.finditer(match[0])]
        if len(words) > 1 and words[-1] in NOUN:
            own = tuple(word for word in words[:-1] if word not in _COMMON and word not in NOUN)
            if own:
                runs.append(own)
    return tuple(runs)
