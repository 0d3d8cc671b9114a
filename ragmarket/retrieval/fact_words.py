"""The words that a statement of a kind may hold without saying more than the kind says."""

from __future__ import annotations

from functools import lru_cache

import regex

from ragmarket.knowledge.catalogue import Catalogue, Kind

Span = tuple[int, int]
_WORD = regex.compile(r"\p{L}{2,}")
_TOKEN = regex.compile(r"(?<![\p{L}\p{M}\p{N}])\p{L}+(?:[-'’]\p{L}+)*")
_LETTERS = 3
_ENDING = regex.compile(r"(?:ing|ed|es|s|e|d)$")
_ASKED = regex.compile(
    r"\b(?:how (?:old|soon|early|often|much|many|long|quickly|fast)|what(?: happens)? if|what|when|where|which|who|whom"
    r"|whose|why|how|can|could|do|does|did|is|are|will|would|should|may|happens?)\b",
    regex.I,
)
_ASKS = regex.compile(r"\s*(?:who|what|how|when|where|which|why)\b(?!ever)", regex.I)


@lru_cache(maxsize=256)
def _words(texts: tuple[str, ...]) -> frozenset[str]:
    words = {w.lower() for text in texts for w in _WORD.findall(text)}
    return frozenset(words | {w + "s" for w in words} | {w.rstrip("s") for w in words})


def vocabulary(kind: Kind) -> frozenset[str]:
    """The words of a kind's definition and exemplars: what a statement of the kind may say without saying more."""
    return _words((kind.definition, *kind.exemplars))


@lru_cache(maxsize=32)
def _class_words(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(stem(w) for w in _words(texts))


def class_vocabulary(catalogue: Catalogue, product_class: str) -> frozenset[str]:
    """The stems of all words that the kinds of a product class use."""
    return _class_words(tuple(t for k in catalogue.of_class(product_class) for t in (k.definition, *k.exemplars)))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its inflection, so that "charged" and "charges" are one word."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    cut = _ENDING.sub("", word)
    return cut if len(cut) >= _LETTERS else word


def stems(text: str) -> frozenset[str]:
    """The stems of all words of a text, compounds also by their parts."""
    found = _TOKEN.findall(text)
    return frozenset(stem(part) for word in found for part in (word, word.replace("-", ""), *word.split("-")))


def narrowing_word(text: str, known: frozenset[str], narrowing: frozenset[str], spans: list[Span]) -> str | None:
    """The first word outside ``spans`` that narrows a fact and that neither the kind nor the title knows, or None."""
    for match in _TOKEN.finditer(text):
        outside = not any(s < match.end() and match.start() < e for s, e in spans)
        if outside and (stems(match[0]) & narrowing) - known:
            return match[0]
    return None


def unknown_word(text: str, known: frozenset[str], spans: list[Span]) -> str | None:
    """The first word of three or more letters outside ``spans`` whose stem is not known, or None."""
    for match in _TOKEN.finditer(text):
        if any(s < match.end() and match.start() < e for s, e in spans):
            continue
        word = match[0]
        if sum(c.isalpha() for c in word) < _LETTERS or stem(word) in known or stem(word.replace("-", "")) in known:
            continue
        parts = regex.split("[-'’]", word)
        if len(parts) > 1 and all(len(part) < _LETTERS or stem(part) in known for part in parts):
            continue
        return word
    return None


def asked(text: str) -> list[Span]:
    """The interrogative words of the questions in a text: they ask, they do not qualify."""
    if _ASKS.match(text) and "?" not in text:
        # "Who may apply; Terms: 18 to 75 years": the row label asks, the cell answers.
        row = len(text.partition(";")[0])
        end = row if row <= 60 else 0
    else:
        end = text.rfind("?") + 1
    return [m.span() for m in _ASKED.finditer(text, 0, end)]
