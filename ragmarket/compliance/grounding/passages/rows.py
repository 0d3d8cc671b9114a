"""Features of sentences as rows to learn from: in their context, or summed up over an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.passages.features import NAMES, AnswerFeatures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
