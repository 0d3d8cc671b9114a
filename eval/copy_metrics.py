"""How varied is copy, and whose words does it use? Figures and product names are masked before anything is counted."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import regex

from ragmarket.knowledge.language import LanguagePack

WORD = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+")
DIGITS = re.compile(r"\d[\d,.]*")


def words(text: str, product: str = "") -> list[str]:
    """The words of a text without figures and the product's name."""
    return [word.casefold() for word in WORD.findall(DIGITS.sub(" ", text.replace(product, " ") if product else text))]


def ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All n-grams, in order."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    """Distinct-n (Li et al. 2016): different n-grams per n-gram; 0 when there is none."""
    found = [gram for text in texts for gram in ngrams(text, n)]
    return len(set(found)) / len(found) if found else 0.0


def repeated(tokens: Sequence[str], n: int = 4) -> float:
    """Share of a text's n-grams that stood in it before."""
    found = ngrams(tokens, n)
    return 1 - len(set(found)) / len(found) if found else 0.0


def bleu(candidate: Sequence[str], references: Sequence[Sequence[str]], order: int = 4) -> float:
    """BLEU (Papineni et al. 2002) with add-one smoothing of higher orders (Lin and Och 2004), from 0 to 1."""
    if not candidate or not references:
        return 0.0
    logs = []
    for n in range(1, order + 1):
        own = Counter(ngrams(candidate, n))
        most: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            most |= Counter(ngrams(reference, n))
        hits, total = sum((own & most).values()), sum(own.values())
        hits, total = (hits, total) if n == 1 else (hits + 1, total + 1)
        if not hits or not total:
            return 0.0
        logs.append(math.log(hits / total))
    nearest = min((abs(len(one) - len(candidate)), len(one)) for one in references)[1]
    brevity = 1.0 if len(candidate) >= nearest else math.exp(1 - nearest / len(candidate))
    return brevity * math.exp(sum(logs) / order)


def self_bleu(texts: Sequence[Sequence[str]]) -> float:
    """Mean BLEU of each text against all others (Zhu et al. 2018): high means that the texts repeat one another."""
    if len(texts) < 2:
        return 0.0
    scores = [bleu(text, [*texts[:place], *texts[place + 1 :]]) for place, text in enumerate(texts)]
    return sum(scores) / len(scores)


def overlap(texts: Sequence[Sequence[str]]) -> float:
    """Mean share of words that two of the texts have in common, counted with repetition (multiset Jaccard)."""
    shares = []
    for one, two in combinations(texts, 2):
        left, right = Counter(one), Counter(two)
        union = sum((left | right).values())
        shares.append(sum((left & right).values()) / union if union else 1.0)
    return sum(shares) / len(shares) if shares else 0.0


class TermUse:
    """Which of the bank's terms a text uses, and which forms it should not.

    Args:
        pack: The language; longer forms are looked for first, so that a part of one is not counted again.
    """

    def __init__(self, pack: LanguagePack) -> None:
        approved = {form.casefold() for term in pack.terms for form in (*term.customer, *term.formal)}
        avoided = {one.form.casefold() for term in pack.terms for one in term.avoid}
        self._approved = self._pattern(approved)
        self._avoided = self._pattern(avoided)

    @staticmethod
    def _pattern(forms: set[str]) -> regex.Pattern[str]:
        alternatives = "|".join(regex.escape(form) for form in sorted(forms, key=len, reverse=True))
        # A form may carry a case ending; it must begin where a word begins.
        return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{alternatives or '(?!)'})", regex.IGNORECASE)

    def approved(self, text: str) -> list[str]:
        """Approved forms in a text, in order."""
        return [match.group() for match in self._approved.finditer(text.casefold())]

    def avoided(self, text: str) -> list[str]:
        """Forms to avoid in a text, in order."""
        return [match.group() for match in self._avoided.finditer(text.casefold())]
