"""How many dimensions to cluster in: the choice whose segments come back when some customers are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.signals.segments.clusters import NOISE, ClusterConfig, fit_clusters
from ragmarket.signals.segments.quality import silhouette, stability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COMPONENTS = (4, 6, 8, 10, 12, 15)
MOST_NOISE = 0.3


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration as tried: segments, noise share, mean and least stability, silhouette."""

    config: ClusterConfig
    segments: int
    noise: float
    stability: float
    least: float
    silhouette: float

    @property
    def worth(self) -> float:
        """Stability times the share that is no noise times the silhouette on a scale of 0 to 1."""
        return self.stability * (1 - self.noise) * (1 + self.silhouette) / 2


def refit(config: ClusterConfig) -> Callable[[NDArray[np.float32]], Callable[[NDArray[np.float32]], NDArray[np.int64]]]:
    """Fit on vectors and return what labels others, as `ragmarket.signals.segments.quality.stability` wants it."""

    def fit(vectors: NDArray[np.float32]) -> Callable[[NDArray[np.float32]], NDArray[np.int64]]:
        clusters = fit_clusters(vectors, config)
        return lambda others: clusters.assign(others).labels

    return fit


def choose(
    vectors: NDArray[np.float32],
    base: ClusterConfig | None = None,
    *,
    components: Sequence[int] = COMPONENTS,
    rounds: int = 4,
    most: int = 4_000,
    progress: Callable[[str], None] = lambda _line: None,
) -> tuple[ClusterConfig, tuple[Trial, ...]]:
    """The number of components to cluster in, tried on a seeded sample without any label.

    Args:
        vectors: Shape (customers, width).
        base: Everything but the number of components.
        components: Numbers to try.
        rounds: Resamples for each.
        most: Customers in the sample.
        progress: Receives one line per trial.

    Returns:
        The configuration, and all trials for the record.
    """
    import numpy as np

    base = base or ClusterConfig()
    dice = np.random.default_rng(base.seed)
    sample = vectors[dice.permutation(len(vectors))[:most]]
    trials = []
    for number in components:
        config = base.model_copy(update={"components": number})
        clusters = fit_clusters(sample, config)
        labels = clusters.assign(sample).labels
        agreed = stability(sample, refit(config), rounds=rounds, seed=base.seed)
        trial = Trial(
            config,
            clusters.count,
            float((labels == NOISE).mean()),
            float(agreed.mean()),
            float(agreed.min()),
            silhouette(clusters.reduce(sample), labels),
        )
        trials.append(trial)
        progress(
            f"{number} components: {trial.segments} segments, stability {trial.stability:.2f}, noise {trial.noise:.0%}"
        )
    usable = [one for one in trials if one.segments > 1 and one.noise <= MOST_NOISE] or [
        one for one in trials if one.segments > 1
    ]
    return (max(usable, key=lambda one: one.worth).config if usable else base), tuple(trials)
