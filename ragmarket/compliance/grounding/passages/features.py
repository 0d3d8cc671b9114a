"""What is counted on a sentence of an answer: how well words, numbers, names and meaning stand in the passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ragmarket.compliance.grounding.passages.surroundings import Sentence, Surroundings
from ragmarket.compliance.grounding.passages.text import STOPWORDS, Place, content, sentences, values, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.compliance.grounding.passages.tokens import TokenVectors

# Raised whenever a feature changes its meaning: kept features of another edition are not read.
EDITION = 2
_CHUNK = 900  # characters: about 200 word pieces, so that sentences are read in their context
NAMES: tuple[str, ...] = (
    "words", "place", "place from the end", "sentences", "is a list item", "share of the answer",
    "nearest sentence", "top three sentences", "nearest pair of sentences", "question", "all passages",
    "alignment mean", "alignment least", "alignment 10th percentile", "alignment 25th percentile",
    "alignment weighted", "alignment second least", "alignment third least", "alignment within nearest",
    "alignment within nearest, least", "alignment of new words, mean", "alignment of new words, least",
    "new content words", "share of new content words", "new against nearest", "new bigrams", "new trigrams",
    "new 5-grams of characters", "longest new run", "longest copied run", "share copied in runs of four",
    "numbers", "new numbers", "numbers new against nearest", "new names", "share of new names", "hedge",
    "outside knowledge", "speaks of absence", "negation differs", "negations", "whole-claims differ",
    "opposites against nearest", "opposites against all", "question words answered", "question words in passages",
    "rare new words",
)  # fmt: skip


class TokenReader(Protocol):
    """What a text means, piece by piece; `tokens.TokenEncoder` keeps it."""

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Vectors of each text."""
        ...


@dataclass(frozen=True)
class AnswerFeatures:
    """Features of an answer's sentences.

    Attributes:
        spans: Places of the sentences in the answer, shape (sentences, 2).
        matrix: Shape (sentences, len(NAMES)).
    """

    spans: NDArray[np.int32]
    matrix: NDArray[np.float32]


class FeatureReader:
    """Reads the features of answers; passages read once are kept, because many answers share them.

    Args:
        tokens: Vectors of word pieces.
    """

    def __init__(self, tokens: TokenReader) -> None:
        self._tokens = tokens
        self._kept: dict[str, list[Sentence]] = {}

    def read(self, question: str, passages: Sequence[str], answer: str) -> AnswerFeatures:
        """The features of one answer.

        Args:
            question: What was asked; empty where nothing was.
            passages: What the answer may rest on.
            answer: The text that is judged.

        Raises:
            ValueError: The answer holds no sentence.
        """
        import numpy as np

        said = self._sentences(answer)
        if not said:
            raise ValueError("the answer holds no sentence")
        evidence = [one for passage in passages for one in self._remembered(passage)]
        asked = self._remembered(question) if question else []
        surroundings = Surroundings(evidence, asked, " ".join(passages))
        rows = [surroundings.row(one, place, said) for place, one in enumerate(said)]
        spans = np.asarray([(one.place.start, one.place.end) for one in said], dtype=np.int32)
        return AnswerFeatures(spans, np.asarray(rows, dtype=np.float32))

    def _remembered(self, text: str) -> list[Sentence]:
        if text not in self._kept:
            if len(self._kept) > 4_000:
                self._kept.clear()
            self._kept[text] = self._sentences(text)
        return self._kept[text]

    def _sentences(self, text: str) -> list[Sentence]:
        import numpy as np

        places = sentences(text)
        if not places:
            return []
        chunks: list[list[Place]] = [[]]
        for place in places:
            if chunks[-1] and place.end - chunks[-1][0].start > _CHUNK:
                chunks.append([])
            chunks[-1].append(place)
        encoded = self._tokens.encode([text[chunk[0].start : chunk[-1].end] for chunk in chunks])
        found = []
        for chunk, tokens in zip(chunks, encoded, strict=True):
            base = chunk[0].start
            for place in chunk:
                inside = (tokens.starts >= place.start - base) & (tokens.ends <= place.end - base)
                vectors, ids = tokens.vectors[inside], tokens.ids[inside]
                pieces = tuple(
                    text[base + start : base + end].lower()
                    for start, end in zip(tokens.starts[inside], tokens.ends[inside], strict=True)
                )
                # BERT's vocabulary is ordered by frequency: a late id is a rare piece.
                weights = np.log1p(np.maximum(ids - 1_900, 0)).astype(np.float32)
                weights *= np.asarray([piece[0].isalnum() and piece not in STOPWORDS for piece in pieces], np.float32)
                mean = vectors.mean(axis=0) if len(vectors) else np.zeros(tokens.vectors.shape[1], np.float32)
                mean /= np.linalg.norm(mean) + 1e-9
                found.append(
                    Sentence(
                        place,
                        vectors,
                        weights,
                        pieces,
                        mean,
                        tuple(words(place.text)),
                        tuple(content(place.text)),
                        tuple(values(place.text)),
                    )
                )
        return found
