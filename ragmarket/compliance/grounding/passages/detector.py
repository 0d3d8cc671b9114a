"""A detector trained on answers with labels: which of them, and which of their sentences, the passages do not hold.

Where sentences are labelled, an ensemble of trees judges each sentence in its context and a linear model judges the
answer by what its sentences come to; where only answers are labelled, trees and a linear model judge the answer by the
most, the least and the mean of every feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ragmarket.compliance.grounding.passages.features import NAMES, AnswerFeatures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Aim = Literal["f1", "balanced"]
_FOLDS = 5
# What of a sentence's neighbours and of the whole answer says something about the sentence.
_NEIGHBOURLY = (
    "alignment 25th percentile",
    "alignment weighted",
    "new content words",
    "share of new content words",
    "new 5-grams of characters",
    "longest new run",
    "nearest sentence",
    "share copied in runs of four",
    "question",
    "speaks of absence",
    "outside knowledge",
)


@dataclass(frozen=True)
class Labelled:
    """Answers to learn from.

    Attributes:
        features: Of each answer.
        wrong: Whether the passages do not hold it, shape (answers,).
        groups: Answers of one group are never on both sides of a split.
        sentences: For each answer whether each sentence is wrong; None where only answers are labelled.
    """

    features: Sequence[AnswerFeatures]
    wrong: NDArray[np.bool_]
    groups: Sequence[str]
    sentences: Sequence[NDArray[np.bool_]] | None = None

    def rows(self, places: NDArray[np.int64]) -> Labelled:
        """Some of them."""
        return Labelled(
            [self.features[place] for place in places],
            self.wrong[places],
            [self.groups[place] for place in places],
            [self.sentences[place] for place in places] if self.sentences is not None else None,
        )


def sentence_labels(features: AnswerFeatures, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Which sentences touch a span that the passages do not hold."""
    import numpy as np

    return np.asarray(
        [any(start < end_ and start_ < end for start_, end_ in spans) for start, end in features.spans], dtype=bool
    )


def folds(groups: Sequence[str], wrong: NDArray[np.bool_], seed: int, count: int = _FOLDS) -> NDArray[np.int64]:
    """A fold for every row: whole groups, right and wrong ones spread evenly."""
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold

    found = np.zeros(len(groups), dtype=np.int64)
    splitter = StratifiedGroupKFold(n_splits=count, shuffle=True, random_state=seed)
    for number, (_, held) in enumerate(splitter.split(np.zeros(len(groups)), wrong, groups)):
        found[held] = number
    return found


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
        fitted = _answer_models if inside is None else _summing_models
        unseen = np.zeros(len(data.wrong))
        for number in range(fold.max() + 1):
            known, held = fold != number, fold == number
            unseen[held] = _vote(fitted(table[known], data.wrong[known], self._seed), table[held])
        self._scale = LogisticRegression(C=10.0).fit(unseen[:, None], data.wrong)
        self.threshold = best_threshold(self._scale.predict_proba(unseen[:, None])[:, 1], data.wrong, self._aim)
        self._models = fitted(table, data.wrong, self._seed)
        if data.sentences is not None:
            matrix = np.concatenate([in_context(one.matrix) for one in data.features])
            self._sentence = _sentence_models(matrix, np.concatenate(list(data.sentences)), self._seed)
        return self

    def _sentences_unseen(self, data: Labelled, fold: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """Sentence probabilities from models that have not seen the answer's group."""
        import numpy as np

        assert data.sentences is not None  # noqa: S101 (asked by the caller)
        found: list[NDArray[np.float64]] = [np.zeros(len(one.matrix)) for one in data.features]
        for number in range(fold.max() + 1):
            known, held = np.flatnonzero(fold != number).tolist(), np.flatnonzero(fold == number).tolist()
            models = _sentence_models(
                np.concatenate([in_context(data.features[place].matrix) for place in known]),
                np.concatenate([data.sentences[place] for place in known]),
                self._seed,
            )
            for place in held:
                found[place] = _mean(models, in_context(data.features[place].matrix))
        return found

    def sentences(self, features: Sequence[AnswerFeatures]) -> list[NDArray[np.float64]]:
        """Probability that the passages do not hold each sentence; only where it was trained on sentences."""
        return [_mean(self._sentence, in_context(one.matrix)) for one in features]

    def score(self, features: Sequence[AnswerFeatures]) -> NDArray[np.float64]:
        """Calibrated probability that the passages do not hold each answer, shape (answers,)."""
        import numpy as np

        table = summed(self.sentences(features)) if self._sentence is not None else aggregated(features)
        found: NDArray[np.float64] = np.asarray(self._scale.predict_proba(_vote(self._models, table)[:, None])[:, 1])
        return found


def in_context(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each sentence's features with those of its neighbours, the answer's mean, and its rank in the answer.

    Args:
        matrix: Shape (sentences, features).

    Returns:
        Shape (sentences, features + 4 * len(_NEIGHBOURLY)).
    """
    import numpy as np

    chosen = matrix[:, [NAMES.index(name) for name in _NEIGHBOURLY]]
    mean = np.repeat(chosen.mean(axis=0)[None], len(chosen), axis=0)
    before, after = np.vstack([mean[:1], chosen[:-1]]), np.vstack([chosen[1:], mean[:1]])
    rank = np.argsort(np.argsort(chosen, axis=0, kind="stable"), axis=0, kind="stable") / max(1, len(chosen) - 1)
    return np.hstack([matrix, mean, before, after, rank.astype(np.float32)])


def aggregated(features: Sequence[AnswerFeatures]) -> NDArray[np.float64]:
    """One row per answer: the most, the least and the mean of every feature, shape (answers, 3 * features)."""
    import numpy as np

    return np.asarray(
        [np.concatenate([one.matrix.max(axis=0), one.matrix.min(axis=0), one.matrix.mean(axis=0)]) for one in features],
        dtype=np.float64,
    )


def summed(inside: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One row per answer from its sentences' probabilities: most, top two, mean, any, how many, of how many."""
    import numpy as np

    ranked = [np.sort(own)[::-1] for own in inside]
    return np.asarray(
        [[own[0], own[:2].mean(), own.mean(), 1 - np.prod(1 - own), (own > 0.5).sum(), len(own)] for own in ranked],
        dtype=np.float64,
    )


def best_threshold(scores: NDArray[np.float64], wrong: NDArray[np.bool_], aim: Aim) -> float:
    """The threshold with the best F1 of wrong answers, or the best balanced accuracy, in the middle of its plateau."""
    import numpy as np

    order = np.argsort(-scores)
    hits = np.cumsum(wrong[order])
    flagged = np.arange(1, len(scores) + 1)
    if aim == "f1":
        value = 2 * hits / (flagged + wrong.sum())
    else:
        value = hits / wrong.sum() - (flagged - hits) / max(1, (~wrong).sum())
    # A single row more or less moves the best place; the neighbourhood does not.
    width = max(1, len(scores) // 40)
    smooth = np.convolve(value, np.ones(2 * width + 1) / (2 * width + 1), mode="same")
    smooth[:width] = smooth[-width:] = -1
    best = int(np.argmax(smooth))
    ranked = scores[order]
    return float((ranked[best] + ranked[min(best + 1, len(ranked) - 1)]) / 2)


def _trees(seed: int, rounds: int, leaves: int) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        n_estimators=rounds,
        num_leaves=leaves,
        learning_rate=0.04,
        min_child_samples=15,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.4,
        reg_lambda=5.0,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_col_wise=True,
        verbose=-1,
    )


def _linear(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2_000))


def extra_trees(seed: int, leaf: int) -> Any:
    """Two hundred extremely randomised trees, unfitted, with at least ``leaf`` rows a leaf."""
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(200, min_samples_leaf=leaf, max_features=0.25, random_state=seed, n_jobs=1)


def _answer_models(table: NDArray[np.float64], wrong: NDArray[np.bool_], seed: int) -> list[Any]:
    return [model.fit(table, wrong) for model in (_trees(seed, 150, 7), extra_trees(seed, 3), _linear(0.01))]


def _summing_models(table: NDArray[np.float64], wrong: NDArray[np.bool_], seed: int) -> list[Any]:  # noqa: ARG001
    return [_linear(0.1).fit(table, wrong)]


def _sentence_models(matrix: NDArray[np.float32], wrong: NDArray[np.bool_], seed: int) -> list[Any]:
    return [model.fit(matrix, wrong) for model in (_trees(seed, 150, 7), extra_trees(seed, 4))]


def _mean(models: Sequence[Any], matrix: NDArray[Any]) -> NDArray[np.float64]:
    import numpy as np

    found: NDArray[np.float64] = np.mean([model.predict_proba(matrix)[:, 1] for model in models], axis=0)
    return found


def _vote(models: Sequence[Any], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log-odds of the models."""
    import numpy as np

    shares = [np.clip(model.predict_proba(table)[:, 1], 3e-3, 1 - 3e-3) for model in models]
    found: NDArray[np.float64] = np.mean([np.log(one / (1 - one)) for one in shares], axis=0)
    return found
