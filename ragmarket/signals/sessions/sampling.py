"""Which sessions to show to a language model: some of every kind, not only of the commonest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def diverse(vectors: NDArray[np.float32], count: int, *, clusters: int = 40, seed: int = 0) -> NDArray[np.int64]:
    """Places of sessions, evenly over clusters of their vectors (k-means), in random order.

    Args:
        vectors: Shape (sessions, width).
        count: How many; all of them where there are fewer.
        clusters: How many kinds to look for.
        seed: Of everything random.

    Returns:
        Shape (at most ``count``,).
    """
    import numpy as np
    from sklearn.cluster import MiniBatchKMeans

    total = len(vectors)
    if total <= count:
        return np.arange(total, dtype=np.int64)
    dice = np.random.default_rng(seed)
    spread = (vectors - vectors.mean(axis=0)) / np.maximum(vectors.std(axis=0), 1e-6)
    labels = MiniBatchKMeans(min(clusters, count), random_state=seed, n_init=3).fit_predict(spread)
    order = dice.permutation(total)
    turns = np.empty(total, dtype=np.int64)
    for label in np.unique(labels):
        own = order[labels[order] == label]
        turns[own] = np.arange(len(own))
    # First one of each cluster, then a second of each, and so on.
    chosen = order[np.argsort(turns[order], kind="stable")][:count]
    return np.asarray(dice.permutation(chosen), dtype=np.int64)
