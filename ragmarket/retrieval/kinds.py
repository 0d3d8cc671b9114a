"""Which kind of fact a statement states: MiniLM embeddings, cheap word features, and the right to say none.

A sentence is seen with its figures masked by type ("Processing fee; Charges: RATE of loan amount plus GST"), so the
kind cannot depend on the numbers. Only kinds of the product class whose roles the statement's figures can fill compete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import regex

from ragmarket.knowledge.catalogue import Catalogue, Kind
from ragmarket.retrieval.figures_context import label_end
from ragmarket.schemas.evidence import Figure

Embed = Callable[[Sequence[str]], np.ndarray[Any, np.dtype[np.float32]]]
NONE = "none"
# Chosen on the dev half of tests/retrieval/held_out_kinds.yaml; the test half is only measured.
THRESHOLD = 0.40
# "none" has many more examples than any kind; without this its prior would drown unusual phrasings.
_NONE_SHIFT = 2.0
_PENALTY = 40.0
_WORD_WEIGHT = 0.55
_HINT_WEIGHT = 0.6
# Pairs that MiniLM places side by side; the words that part them, as features like any other.
_HINTS = tuple(
    regex.compile(pattern, regex.I)
    for pattern in (
        r"\bsenior|elder|\b60 years|AGE (?:and|or) (?:above|older)",
        r"\bjoin|issu|enrol",
        r"\bannual|renew|year|p\.a",
        r"intra-?day|same[- ]day|square",
        r"deliver",
        r"premature|pre-mature|before maturity|break|early|clos|midway|before due",
        r"\b(?:min|at least|least|smallest|not below|start|from|as little|only)\b|minimum|starting|onwards|and above",
        r"\bmax|up to|upto|not more|no more|highest|biggest|largest|not exceed|as much|ceiling|going up",
        r"\bsip\b|systematic|instal",
        r"additional|subsequent|existing|add\b|further|top[- ]up",
        r"lump ?sum|one[- ]time|first|initial",
        r"\bdirect\b|\bregular\b|expense|\bTER\b",
        r"\bmonthly\b|month",
        r"quarter",
        r"extra|additional|over and above|more than the|higher than",
        r"\bnil\b|\bno\b|\bzero\b|free|nothing|without|\bnone\b",
        r"bullet|one sum|at once|at the end|one[- ]shot",
        r"\bapr\b|annual percentage|annuali[sz]ed",
        r"repo|benchmark|spread|margin|eblr",
        r"penal|overdue|late|delay|missed",
        r"bounc|return|dishono|fail",
        r"lock",
        r"after\b|beyond|once",
        r"within|before|\bif\b",
        r"own|self",
        r"lounge",
        r"fuel|petrol",
        r"foreign|abroad|overseas|forex|international",
        r"withdraw|cash",
        r"overdraft|loan against|borrow",
        r"pre-?existing|\bped\b|already have|ailment|existing",
        r"free[- ]?look|review|return the policy|cancel",
        r"grace|miss",
        r"term|tenure|period",
        r"\bpay",
    )
)
_TOKEN = regex.compile(r"\p{L}+(?:'\p{L}+)?")
_MASKS = {
    "amount": "AMOUNT",
    "rate": "RATE",
    "duration": "DURATION",
    "age": "AGE",
    "count": "COUNT",
    "date": "DATE",
    "ratio": "RATIO",
}


def masked(text: str, figures: Sequence[Figure]) -> str:
    """``text`` with every figure replaced by its type in capitals."""
    parts, at = [], 0
    for figure in sorted(figures, key=lambda f: f.start):
        parts += [text[at : figure.start], _MASKS[figure.type]]
        at = figure.end
    return "".join([*parts, text[at:]])


def mask_types(text: str) -> tuple[str, ...]:
    """The types of the masks in a masked text, in order."""
    names = {mask: type_ for type_, mask in _MASKS.items()}
    return tuple(names[word] for word in regex.findall(r"\b(?:AMOUNT|RATE|DURATION|AGE|COUNT|DATE|RATIO)\b", text))


def compatible(kind: Kind, types: Sequence[str]) -> bool:
    """Whether figures of these types can fill all roles of the kind; kinds without roles allow only side figures."""
    if not kind.roles:
        return not set(types) - {"duration", "count", "date"}
    have = Counter(types)
    need = Counter(role.type for role in kind.roles.values())
    return all(have[type_] >= number for type_, number in need.items())


def cell_types(view: str, figures: Sequence[Figure]) -> frozenset[str]:
    """The types of the figures in the cell itself ("row label; column: cell"); none where there is no cell."""
    stop = label_end(view)
    return frozenset(f.type for f in figures if f.start >= stop) if ";" in view[:stop] else frozenset()


def _tokens(text: str) -> list[str]:
    # Plurals and cases fall together, so that "charges" and "charge" are one word.
    words = [w if w.isupper() and w in _MASKS.values() else w.lower().rstrip("s") for w in _TOKEN.findall(text)]
    return words + [f"{a}_{b}" for a, b in pairwise(words)]


class KindClassifier:
    """Tells the kind of a statement, or None where no kind is sure enough.

    Args:
        catalogue: The kinds with their exemplars, and the sentences of no kind.
        embed: Texts to L2-normalised embeddings of shape (n, 384).
        threshold: Least probability, among the competing kinds and "none", at which a kind is given.
    """

    def __init__(self, catalogue: Catalogue, embed: Embed, threshold: float = THRESHOLD) -> None:
        self._catalogue = catalogue
        self._embed = embed
        self._threshold = threshold
        self._labels = [*catalogue.kinds, NONE]
        self._vocabulary: dict[str, int] = {}
        self._idf: np.ndarray[Any, Any] = np.zeros(0)
        self._weights: np.ndarray[Any, Any] | None = None
        self._bias: np.ndarray[Any, Any] = np.zeros(0)

    def warm_up(self) -> None:
        """Embed the exemplars and fit the classifier (a few seconds, once, deterministic)."""
        if self._weights is not None:
            return
        from sklearn.linear_model import (
            LogisticRegression,
        )  # a second of import that reading a catalogue should not pay

        texts: list[str] = []
        labels: list[int] = []
        for number, kind in enumerate(self._catalogue.kinds.values()):
            texts += [*kind.exemplars, *kind.counter_exemplars]
            labels += [number] * len(kind.exemplars) + [len(self._labels) - 1] * len(kind.counter_exemplars)
        texts += self._catalogue.none
        labels += [len(self._labels) - 1] * len(self._catalogue.none)
        self._learn_words(texts)
        model = LogisticRegression(C=_PENALTY, max_iter=400)
        model.fit(self._features(texts), labels)
        self._weights, self._bias = model.coef_, model.intercept_

    def classify(
        self,
        masked_texts: Sequence[str],
        figure_types: Sequence[Sequence[str]],
        product_class: str | None,
        cells: Sequence[frozenset[str]] | None = None,
    ) -> list[tuple[str | None, float]]:
        """The kind and its probability for each statement.

        Args:
            masked_texts: Statements with figures masked by type (`masked`).
            figure_types: The types of each statement's figures.
            product_class: The document's class; None lets every kind compete.
            cells: The types of the figures in each statement's own cell (`cell_types`), one of which must be of a role.
        """
        if not masked_texts:
            return []
        self.warm_up()
        logits = self._features(masked_texts) @ self._weights.T + self._bias  # type: ignore[union-attr]
        logits[:, -1] -= _NONE_SHIFT
        kinds = list(self._catalogue.kinds.values())
        answers: list[tuple[str | None, float]] = []
        own = cells or [frozenset[str]()] * len(masked_texts)
        for row, types, cell in zip(logits, figure_types, own, strict=True):
            allowed = [
                i
                for i, kind in enumerate(kinds)
                if (product_class is None or product_class in kind.classes)
                and compatible(kind, types)
                and (not cell or not kind.roles or cell & {role.type for role in kind.roles.values()})
            ]
            if not allowed:
                answers.append((None, 0.0))
                continue
            competing = row[[*allowed, len(kinds)]]
            odds = np.exp(competing - competing.max())
            odds /= odds.sum()
            best = int(np.argmax(odds[:-1]))
            score = float(odds[best])
            sure = score >= self._threshold and score > odds[-1]
            answers.append((kinds[allowed[best]].id if sure else None, round(score, 4)))
        return answers

    def _learn_words(self, texts: Sequence[str]) -> None:
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(set(_tokens(text)))
        words = sorted(word for word, number in seen.items() if number >= 2)
        self._vocabulary = {word: i for i, word in enumerate(words)}
        self._idf = np.log(len(texts) / np.array([seen[word] for word in words]))

    def _features(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        vectors = np.asarray(self._embed(list(texts)), dtype=np.float64)
        words = np.zeros((len(texts), len(self._vocabulary)))
        hints = np.zeros((len(texts), len(_HINTS)))
        for i, text in enumerate(texts):
            for token in set(_tokens(text)):
                if token in self._vocabulary:
                    words[i, self._vocabulary[token]] = self._idf[self._vocabulary[token]]
            hints[i] = [bool(pattern.search(text)) for pattern in _HINTS]
        words /= np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-9)
        hints /= np.maximum(np.linalg.norm(hints, axis=1, keepdims=True), 1e-9)
        return np.hstack([vectors, _WORD_WEIGHT * words, _HINT_WEIGHT * hints])
