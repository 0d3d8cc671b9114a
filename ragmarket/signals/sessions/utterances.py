"""What a sentence asks for: intents of utterances by a light head over the sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder


@dataclass(frozen=True, slots=True)
class UtteranceStudent:
    """A fitted head.

    Attributes:
        intents: Names, in the order of the columns.
        weights: Shape (width, intents).
        bias: Shape (intents,).
        fingerprint: SHA-256 of the sentence encoder.
    """

    intents: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    fingerprint: str

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[str], encoder: TextEncoder, *, regularity: float = 20.0
    ) -> UtteranceStudent:
        """Learn from labelled utterances.

        Args:
            texts: Utterances.
            labels: The intent of each.
            encoder: Reads them.
            regularity: Inverse strength of the L2 penalty.

        Raises:
            InvalidInput: The lists differ in length, or there are fewer than two intents.
        """
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        if len(texts) != len(labels):
            raise InvalidInput(f"{len(texts)} texts, but {len(labels)} labels")
        if len(set(labels)) < 2:
            raise InvalidInput("fewer than two intents are labelled")
        model = LogisticRegression(C=regularity, max_iter=300).fit(encoder.embed(texts), np.array(labels))
        weights, bias = model.coef_.T.astype(np.float64), model.intercept_.astype(np.float64)
        if weights.shape[1] == 1:
            weights, bias = np.concatenate([-weights, weights], axis=1) / 2, np.array([-bias[0], bias[0]]) / 2
        return cls(tuple(model.classes_.tolist()), weights, bias, encoder.fingerprint)

    def label(self, texts: Sequence[str], encoder: TextEncoder) -> list[tuple[str, float]]:
        """The intent of each utterance and its probability.

        Raises:
            ModelMissing: The encoder is not the one that it was fitted with.
        """
        import numpy as np

        if encoder.fingerprint != self.fingerprint:
            raise ModelMissing("the utterances were learned with another sentence encoder", hint="Fit again.")
        if not texts:
            return []
        scores = encoder.embed(texts) @ self.weights + self.bias
        power = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances = power / power.sum(axis=1, keepdims=True)
        best = chances.argmax(axis=1)
        return [(self.intents[place], float(chances[row, place])) for row, place in enumerate(best)]
