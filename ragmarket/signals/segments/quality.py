"""How good segments are, independent of any campaign: coherence, separation, density validity, stability, drift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.int64]

NOISE = -1


def coherence(points: Floats, labels: Labels) -> Floats:
    """Mean cosine of each segment's members to their mean direction, about the mean of all; 1 is best."""
    import numpy as np

    centred = points - points.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    found = []
    for label in range(_count(labels)):
        members = centred[labels == label]
        middle = members.mean(axis=0)
        found.append(float((members @ middle / max(float(np.linalg.norm(middle)), 1e-12)).mean()))
    return np.array(found)


def silhouette(points: Floats, labels: Labels, *, most: int = 5_000, seed: int = 0) -> float:
    """Mean silhouette of the clustered customers (Rousseeuw 1987), on a seeded sample; NaN below two segments."""
    from sklearn.metrics import silhouette_score

    kept, own = _clustered(points, labels, most, seed)
    return float(silhouette_score(kept, own)) if len(set(own.tolist())) > 1 else float("nan")


def separation(points: Floats, labels: Labels) -> Floats:
    """Each segment's distance to the nearest other one's centre over its own mean radius; above 1 is apart."""
    import numpy as np

    count = _count(labels)
    if count < 2:
        return np.full(count, np.nan)
    centres = np.stack([points[labels == label].mean(axis=0) for label in range(count)])
    radii = [float(np.linalg.norm(points[labels == label] - centres[label], axis=1).mean()) for label in range(count)]
    between = np.linalg.norm(centres[:, None] - centres[None], axis=2) + np.diag(np.full(count, np.inf))
    return np.asarray(between.min(axis=1) / np.maximum(radii, 1e-12))


def dbcv(points: Floats, labels: Labels, *, most: int = 2_000, seed: int = 0) -> float:
    """Density-based clustering validation, -1 to 1 (Moulavi et al. 2014, eqs. 1 to 5), on a seeded sample.

    Noise counts through the weight of each segment's share of all customers, as in eq. 5.
    """
    import numpy as np
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial.distance import cdist

    dice = np.random.default_rng(seed)
    chosen = dice.permutation(len(points))[:most]
    points, labels = points[chosen], labels[chosen]
    names = [label for label in np.unique(labels[labels != NOISE]) if (labels == label).sum() > 2]
    if len(names) < 2:
        return float("nan")
    core: dict[int, Floats] = {}
    inner: dict[int, NDArray[np.int64]] = {}
    sparseness: dict[int, float] = {}
    for label in names:
        own = points[labels == label]
        distances = cdist(own, own)
        core[label] = _core_distances(distances, own.shape[1])
        reach = np.maximum(distances, np.maximum(core[label][:, None], core[label][None]))
        np.fill_diagonal(reach, 0.0)
        tree = minimum_spanning_tree(reach).tocoo()
        degree = np.bincount(np.concatenate([tree.row, tree.col]), minlength=len(own))
        inside = (degree[tree.row] > 1) & (degree[tree.col] > 1)
        sparseness[label] = float((tree.data[inside] if inside.any() else tree.data).max())
        nodes = np.flatnonzero(degree > 1)
        inner[label] = nodes if len(nodes) else np.arange(len(own))
    total = 0.0
    for label in names:
        own = points[labels == label]
        apart = np.inf
        for other in names:
            if other == label:
                continue
            theirs = points[labels == other]
            a, b = inner[label], inner[other]
            reach = np.maximum(cdist(own[a], theirs[b]), np.maximum(core[label][a][:, None], core[other][b][None]))
            apart = min(apart, float(reach.min()))
        validity = (apart - sparseness[label]) / max(apart, sparseness[label], 1e-12)
        total += len(own) / len(points) * validity
    return float(total)


def _core_distances(distances: Floats, width: int) -> Floats:
    """All-points core distance of each member (eq. 1), computed in logarithms: width powers overflow."""
    import numpy as np

    count = len(distances)
    off = distances[~np.eye(count, dtype=bool)].reshape(count, count - 1)
    logs = -width * np.log(np.maximum(off, 1e-12))
    top = logs.max(axis=1, keepdims=True)
    mean = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1)) - np.log(count - 1)
    return np.asarray(np.exp(-mean / width))


def stability(
    vectors: NDArray[np.float32],
    fit: Callable[[NDArray[np.float32]], Callable[[NDArray[np.float32]], Labels]],
    *,
    rounds: int = 10,
    share: float = 0.8,
    seed: int = 0,
) -> Floats:
    """Adjusted Rand index between the whole fit and refits on resamples, over all customers, shape (rounds,).

    Args:
        vectors: Shape (customers, width).
        fit: Fits on vectors and returns what labels others.
        rounds: Number of resamples.
        share: Customers in each, drawn without replacement.
        seed: Seed of the resamples.
    """
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    if not 0 < share < 1:
        raise InvalidInput("share must lie between 0 and 1")
    dice = np.random.default_rng(seed)
    whole = fit(vectors)(vectors)
    found = []
    for _ in range(rounds):
        chosen = dice.permutation(len(vectors))[: int(share * len(vectors))]
        again = fit(vectors[chosen])(vectors)
        both = (whole != NOISE) & (again != NOISE)
        found.append(adjusted_rand_score(whole[both], again[both]) if both.any() else 0.0)
    return np.array(found)


def population_stability(before: Sequence[int], after: Sequence[int]) -> float:
    """Population stability index between two assignments: below .1 steady, above .25 another population.

    Shares are smoothed by half a customer, so that a segment that vanished gives a finite number.
    """
    import numpy as np

    labels = sorted({*before, *after})
    old, new = (
        (np.array([list(rows).count(label) for label in labels]) + 0.5) / (len(rows) + 0.5 * len(labels))
        for rows in (before, after)
    )
    return float(((new - old) * np.log(new / old)).sum())


def _count(labels: Labels) -> int:
    return int(labels.max(initial=NOISE)) + 1


def _clustered(points: Floats, labels: Labels, most: int, seed: int) -> tuple[Floats, Labels]:
    import numpy as np

    inside = np.flatnonzero(labels != NOISE)
    chosen = np.random.default_rng(seed).permutation(inside)[:most]
    return points[chosen], labels[chosen]
