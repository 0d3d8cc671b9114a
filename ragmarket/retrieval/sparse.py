"""Words as sparse vectors, for BM25-like search that is right in nine scripts.

The weight of a term is BM25's saturated frequency; the inverse document frequency is Qdrant's (``Modifier.IDF``), which
follows the collection as it grows.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import regex

# Combining marks and joiners belong to the word: splitting at a virama shreds every Indian script.
_WORD = regex.compile(r"\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{M}]+(?:[\u200c\u200d'’][\p{L}\p{M}]+)*")
_JOINERS = str.maketrans("", "", "\u200c\u200d'’")

K1 = 1.2
B = 0.75
# Units are sentences; a fixed mean keeps a stored vector valid whatever is indexed after it.
MEAN_LENGTH = 18.0


def words(text: str) -> list[str]:
    """Search terms: NFC, folded case, ASCII digits without grouping, English plurals folded."""
    terms = []
    for match in _WORD.finditer(unicodedata.normalize("NFC", text)):
        word = match.group()
        if word[0].isnumeric():
            digits = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in word).replace(",", "")
            terms.append(digits.rstrip("0").rstrip(".") if "." in digits else digits)
            continue
        word = unicodedata.normalize("NFC", word.casefold().translate(_JOINERS))
        terms.append(_singular(word) if word.isascii() else word)
    return terms


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=65536)
def term_id(term: str) -> int:
    """A stable 32-bit id of a term."""
    return int.from_bytes(blake2b(term.encode("utf-8"), digest_size=4).digest(), "big")


def encode_documents(texts: Sequence[str]) -> tuple[list[list[int]], list[list[float]]]:
    """Indices and weights of texts to be stored."""
    indices: list[list[int]] = []
    values: list[list[float]] = []
    for text in texts:
        terms = words(text)
        norm = K1 * (1 - B + B * len(terms) / MEAN_LENGTH)
        # Two terms with one id share its place; Qdrant wants ids once each.
        counts = Counter(term_id(term) for term in terms)
        indices.append(list(counts))
        values.append([count * (K1 + 1) / (count + norm) for count in counts.values()])
    return indices, values


def encode_queries(texts: Sequence[str]) -> tuple[list[list[int]], list[list[float]]]:
    """Indices and weights of queries: each term once."""
    ids = [list(dict.fromkeys(term_id(term) for term in words(text))) for text in texts]
    return ids, [[1.0] * len(one) for one in ids]
