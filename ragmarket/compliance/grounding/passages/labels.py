"""Answers with labels: what is learned from, its folds, and the threshold that labels ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ragmarket.compliance.grounding.passages.features import AnswerFeatures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Aim = Literal["f1", "balanced"]
_FOLDS = 5


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
