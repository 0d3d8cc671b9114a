"""A detector trained on answers with labels: which of them, and which of their sentences, the passages do not hold.

Where sentences are labelled, an ensemble of trees judges each sentence in its context and a linear model judges the
answer by what its sentences come to; where only answers are labelled, trees and a linear model judge the answer by the
most, the least and the mean of every feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.passages.features import AnswerFeatures
from ragmarket.compliance.grounding.passages.labels import Aim, Labelled, best_threshold, folds
from ragmarket.compliance.grounding.passages.models import (
    answer_models,
    mean_chance,
    mean_log_odds,
    sentence_models,
    summing_models,
)
from ragmarket.compliance.grounding.passages.rows import aggregated, in_context, summed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class AnswerDetector:
    """Judges answers, and their sentences where it was trained on labelled ones.

    Args:
        aim: What the threshold serves: F1 of wrong answers, or balanced accuracy.
        seed: Of trees and folds.
    """

    def __init__(self, aim: Aim = "f1", seed: int = 0) -> None:
        self._aim = aim
        self._seed = seed
        self._sentence: Any = None
        self._models: list[Any] = []
        self._scale: Any = None
        self.threshold = 0.5

    def fit(self, data: Labelled) -> AnswerDetector:
        """Learn; calibration and threshold come from answers that the models behind them have not seen.

        Raises:
            ValueError: All answers are right, or all are wrong.
        """
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        if data.wrong.all() or not data.wrong.any():
            raise ValueError("answers of both kinds are needed")
        fold = folds(data.groups, data.wrong, self._seed)
        inside = self._sentences_unseen(data, fold) if data.sentences is not None else None
        table = aggregated(data.features) if inside is None else summed(inside)
        fitted = answer_models if inside is None else summing_models
        unseen = np.zeros(len(data.wrong))
        for number in range(fold.max() + 1):
            known, held = fold != number, fold == number
            unseen[held] = mean_log_odds(fitted(table[known], data.wrong[known], self._seed), table[held])
        self._scale = LogisticRegression(C=10.0).fit(unseen[:, None], data.wrong)
        self.threshold = best_threshold(self._scale.predict_proba(unseen[:, None])[:, 1], data.wrong, self._aim)
        self._models = fitted(table, data.wrong, self._seed)
        if data.sentences is not None:
            matrix = np.concatenate([in_context(one.matrix) for one in data.features])
            self._sentence = sentence_models(matrix, np.concatenate(list(data.sentences)), self._seed)
        return self

    def _sentences_unseen(self, data: Labelled, fold: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """Sentence probabilities from models that have not seen the answer's group."""
        import numpy as np

        assert data.sentences is not None  # noqa: S101 (asked by the caller)
        found: list[NDArray[np.float64]] = [np.zeros(len(one.matrix)) for one in data.features]
        for number in range(fold.max() + 1):
            known, held = np.flatnonzero(fold != number).tolist(), np.flatnonzero(fold == number).tolist()
            models = sentence_models(
                np.concatenate([in_context(data.features[place].matrix) for place in known]),
                np.concatenate([data.sentences[place] for place in known]),
                self._seed,
            )
            for place in held:
                found[place] = mean_chance(models, in_context(data.features[place].matrix))
        return found

    def sentences(self, features: Sequence[AnswerFeatures]) -> list[NDArray[np.float64]]:
        """Probability that the passages do not hold each sentence; only where it was trained on sentences."""
        return [mean_chance(self._sentence, in_context(one.matrix)) for one in features]

    def score(self, features: Sequence[AnswerFeatures]) -> NDArray[np.float64]:
        """Calibrated probability that the passages do not hold each answer, shape (answers,)."""
        import numpy as np

        table = summed(self.sentences(features)) if self._sentence is not None else aggregated(features)
        found: NDArray[np.float64] = np.asarray(
            self._scale.predict_proba(mean_log_odds(self._models, table)[:, None])[:, 1]
        )
        return found
