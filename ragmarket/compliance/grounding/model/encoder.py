"""The student: a sentence of any of the nine languages as a vector in the space of the English sentence encoder.

A bag of hashed words, letters and sounds, a hidden layer, and from it (1) the vector that the English encoder would
give the same statement, after Reimers and Gurevych 2020 (multilingual knowledge distillation), and (2) which kind of
fact the sentence states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.model.hashing import buckets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WIDTH, HIDDEN, SPACE = 96, 192, 384


@dataclass(frozen=True, slots=True)
class Student:
    """Weights of the student.

    ``table`` (2^BITS, 96) int8 in steps of ``steps`` (2^BITS,); ``norm`` (2, 96) scale and shift; ``inner`` (96, 192)
    and ``inner_bias``; ``outer`` (192, 384) and ``outer_bias``; ``kind`` (192, kinds + 1) and ``kind_bias``;
    ``evidence`` (384 + 192, kinds + 1) and ``evidence_bias``. The last kind is "none".
    """

    table: NDArray[np.int8]
    steps: Floats
    norm: Floats
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats
    kind: Floats
    kind_bias: Floats
    evidence: Floats
    evidence_bias: Floats

    def hidden(self, sentences: Sequence[Sequence[str]]) -> Floats:
        """Hidden layer of tokenised sentences, shape (n, 192)."""
        import numpy as np

        bags = np.zeros((len(sentences), WIDTH), dtype=np.float32)
        for row, words in enumerate(sentences):
            held = buckets(words)
            if len(held):
                bags[row] = self.steps[held] @ self.table[held].astype(np.float32) / np.sqrt(len(held))
        centred = bags - bags.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
        raw = (centred / spread * self.norm[0] + self.norm[1]) @ self.inner + self.inner_bias
        # GELU in its tanh form, as in training.
        curved = np.tanh(np.float32(0.7978845608) * (raw + np.float32(0.044715) * raw**3))
        return np.asarray(0.5 * raw * (1 + curved), dtype=np.float32)

    def vectors(self, hidden: Floats) -> Floats:
        """Unit vectors in the English encoder's space, shape (n, 384)."""
        return unit(hidden @ self.outer + self.outer_bias)

    def kinds(self, hidden: Floats) -> Floats:
        """Probabilities of the kinds and of none, shape (n, kinds + 1)."""
        return softmax(hidden @ self.kind + self.kind_bias)

    def evidence_kinds(self, encoded: Floats, hidden: Floats) -> Floats:
        """The same for English sentences whose own embeddings (n, 384) are known."""
        import numpy as np

        return softmax(np.concatenate([encoded, hidden], axis=1) @ self.evidence + self.evidence_bias)


def unit(vectors: Floats) -> Floats:
    """Rows of length one."""
    import numpy as np

    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def softmax(scores: Floats) -> Floats:
    """Rows of probabilities."""
    import numpy as np

    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)
