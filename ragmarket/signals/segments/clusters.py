"""Density clusters of customer vectors: fitted once, saved whole, and applied to new customers without refitting.

HDBSCAN (Campello, Moulavi, Sander 2013) finds segments of differing density and leaves outliers as noise, label -1. A
customer joins the segment of the nearest fitted members, or is noise where these are much farther away than members of
that segment are from one another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.schemas.base import Frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOISE = -1
# A member farther from its neighbours than this share of all members marks the segment's rim.
RIM = 0.99


class ClusterConfig(Frozen):
    """How segments are found.

    ``components`` principal components are kept, each scaled to unit variance where ``whiten`` says so: the first ones
    tell rich from poor, and would drown what people do. A segment has at least ``min_cluster_size`` customers at its
    heart and a core customer ``min_samples`` neighbours; ``selection`` is HDBSCAN's. A segment takes in whoever
    is at most ``growth`` times as far away as its rim, provided that ``agreement`` of the nearest members are of
    one segment. Above ``most`` customers a seeded sample is fitted and the others assigned.
    """

    components: int = 10
    whiten: bool = True
    min_cluster_size: int = 50
    min_samples: int = 10
    selection: str = "leaf"
    growth: float = 1.5
    agreement: float = 0.7
    most: int = 20_000
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Assignment:
    """Segments of customers, each array of shape (customers,).

    Attributes:
        labels: Segment, -1 for noise.
        distances: Mean distance to the nearest fitted members, in units of the reduced space.
        closeness: 1 at the heart of a segment, 0 at its rim and beyond.
    """

    labels: NDArray[np.int64]
    distances: NDArray[np.float64]
    closeness: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Fitted segments.

    Attributes:
        config: How they were found.
        centre: Mean of the vectors, shape (width,).
        axes: Principal axes, orthonormal, shape (components, width).
        spread: What each component is divided by, shape (components,).
        beside: How far beside the axes a customer may lie, so that a behaviour nobody had is noise.
        points: Reduced vectors of the fitted members, noise left out, shape (members, components).
        labels: Segment of each member, shape (members,).
        rims: Mean neighbour distance at each segment's rim, shape (segments,).
        noise: Share of the fitted customers outside every segment's heart.
    """

    config: ClusterConfig
    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    spread: NDArray[np.float64]
    beside: float
    points: NDArray[np.float64]
    labels: NDArray[np.int64]
    rims: NDArray[np.float64]
    noise: float

    @property
    def count(self) -> int:
        """Number of segments."""
        return len(self.rims)

    def reduce(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Vectors of shape (customers, width) in the reduced space, shape (customers, components)."""
        import numpy as np

        if vectors.ndim != 2 or vectors.shape[1] != len(self.centre):
            raise InvalidInput(f"the vectors have the shape {vectors.shape}, not (customers, {len(self.centre)})")
        return np.asarray((vectors.astype(np.float64) - self.centre) @ self.axes.T / self.spread)

    def assign(self, vectors: NDArray[np.float32]) -> Assignment:
        """Segments of customers, fitted ones or new, by their nearest fitted members."""
        import numpy as np
        from sklearn.neighbors import NearestNeighbors

        reduced = self.reduce(vectors)
        neighbours = min(self.config.min_samples, len(self.points))
        if not neighbours or not len(reduced):
            empty = np.full(len(reduced), NOISE, dtype=np.int64)
            return Assignment(empty, np.full(len(reduced), np.inf), np.zeros(len(reduced)))
        distances, places = NearestNeighbors(n_neighbors=neighbours).fit(self.points).kneighbors(reduced)
        mean = distances.mean(axis=1)
        near = np.stack([np.bincount(self.labels[row], minlength=self.count) for row in places])
        best = near.argmax(axis=1)
        edge = np.maximum(self.config.growth * self.rims[best], 1e-12)
        closeness = np.clip(1.0 - mean / edge, 0.0, 1.0)
        inside = (mean <= edge) & (_beside(vectors, self.centre, self.axes) <= self.beside)
        inside &= near.max(axis=1) >= self.config.agreement * neighbours
        labels = np.where(inside, best, NOISE)
        return Assignment(labels.astype(np.int64), mean, np.where(labels == NOISE, 0.0, closeness))


def _beside(
    vectors: NDArray[np.float32], centre: NDArray[np.float64], axes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of each vector from the space that the axes span, shape (customers,)."""
    import numpy as np

    moved = vectors.astype(np.float64) - centre
    return np.asarray(np.linalg.norm(moved - moved @ axes.T @ axes, axis=1))


def principal_axes(
    vectors: NDArray[np.float32], components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, principal axes (components, width) and the share of variance of each axis."""
    import numpy as np

    data = vectors.astype(np.float64)
    centre = data.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov(data - centre, rowvar=False))
    order = values.argsort()[::-1][: min(components, len(values))]
    chosen = axes[:, order].T
    # An axis has no sign of its own; its largest part is made positive so that a refit gives the same numbers.
    signs = np.sign(chosen[np.arange(len(chosen)), np.abs(chosen).argmax(axis=1)])
    return centre, chosen * signs[:, None], values[order] / max(values.sum(), 1e-12)


def fit_clusters(vectors: NDArray[np.float32], config: ClusterConfig | None = None) -> Clusters:
    """Find segments.

    Args:
        vectors: Shape (customers, width).
        config: How; the defaults follow the campaign engine of seed 3.

    Raises:
        InvalidInput: There are fewer customers than a segment needs.
        MissingDependency: scikit-learn is not installed.
    """
    try:
        import numpy as np
        from sklearn.cluster import HDBSCAN
        from sklearn.neighbors import NearestNeighbors
    except ImportError as error:
        raise MissingDependency("scikit-learn", "signals") from error
    config = config or ClusterConfig()
    if len(vectors) < 2 * config.min_cluster_size:
        raise InvalidInput(
            f"{len(vectors)} customers are too few for segments of {config.min_cluster_size}",
            hint="Lower min_cluster_size or bring more customers.",
        )
    sample = vectors
    if len(vectors) > config.most:
        sample = vectors[np.random.default_rng(config.seed).choice(len(vectors), config.most, replace=False)]
    centre, axes, _ = principal_axes(sample, config.components)
    reduced = (sample.astype(np.float64) - centre) @ axes.T
    spread = np.maximum(reduced.std(axis=0), 1e-9) if config.whiten else np.ones(len(axes))
    reduced /= spread
    beside = config.growth * float(np.quantile(_beside(sample, centre, axes), RIM))
    found = HDBSCAN(
        min_cluster_size=config.min_cluster_size,
        min_samples=config.min_samples,
        cluster_selection_method=config.selection,
        copy=True,
    ).fit_predict(reduced)
    # Largest first, so that a refit numbers its segments alike.
    sizes = Counter(int(label) for label in found if label != NOISE)
    number = {label: place for place, (label, _) in enumerate(sorted(sizes.items(), key=lambda one: (-one[1], one[0])))}
    inside = found != NOISE
    points = reduced[inside]
    labels = np.array([number[int(label)] for label in found[inside]], dtype=np.int64)
    rims = np.zeros(len(number))
    if len(points):
        neighbours = min(config.min_samples + 1, len(points))
        distances, _ = NearestNeighbors(n_neighbors=neighbours).fit(points).kneighbors(points)
        mean = distances[:, 1:].mean(axis=1)
        rims = np.array([np.quantile(mean[labels == label], RIM) for label in range(len(number))])
    return Clusters(config, centre, axes, spread, beside, points, labels, rims, float(1 - inside.mean()))
