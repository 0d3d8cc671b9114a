"""Segments nobody labelled: shrinkage principal components of what customers are and do, and density in them.

Ledoit and Wolf's estimate (2004) shrinks the sample covariance towards a multiple of the identity, so that components
of few customers with many columns do not follow noise. Customers in no dense region are left without a segment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ragmarket.errors import InvalidInput
from ragmarket.prediction.temporal.hmm import IntentHmm
from ragmarket.prediction.temporal.sequences import Sequences

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
NOISE = -1


@dataclass(frozen=True, slots=True)
class ShrunkPca:
    """``mean`` (p,), ``components`` (k, p), ``variance`` (k,), ``shrinkage`` in [0, 1]."""

    mean: Floats
    components: Floats
    variance: Floats
    shrinkage: float

    @staticmethod
    def fit(rows: Floats, count: int) -> ShrunkPca:
        """The leading eigenvectors of the shrunk covariance.

        Raises:
            InvalidInput: There are fewer than two rows, or fewer columns than components.
        """
        from sklearn.covariance import ledoit_wolf

        if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] < count:
            raise InvalidInput(f"segments: {rows.shape} rows and columns are too few for {count} components")
        covariance, shrinkage = ledoit_wolf(rows)
        values, vectors = np.linalg.eigh(covariance)
        order = np.argsort(-values)[:count]
        return ShrunkPca(rows.mean(axis=0), vectors[:, order].T, values[order], float(shrinkage))

    def transform(self, rows: Floats) -> Floats:
        """(n, p) to (n, k)."""
        return np.asarray((rows - self.mean) @ self.components.T)


def portraits(sequences: Sequences, hmm: IntentHmm) -> Floats:
    """(n, p): logs of each customer's types by customs, and the mean of the columns, all months together."""
    kinds = [customs.kind(sequences.streams[name], sequences.size)[:, -1] for name, customs in hmm.customs.items()]
    logs = [np.log(np.maximum(one, 1e-4)) for one in kinds]
    return np.hstack([*(one - one.mean(axis=1, keepdims=True) for one in logs), sequences.columns.mean(axis=1)])


def density_segments(rows: Floats, *, components: int = 8, smallest: int = 60) -> tuple[ShrunkPca, Indices]:
    """Components and each row's segment by HDBSCAN, `NOISE` for none.

    Args:
        rows: (n, p), from `portraits`.
        components: How many components are kept.
        smallest: Customers that make a segment.

    Raises:
        InvalidInput: There are too few rows.
    """
    from sklearn.cluster import HDBSCAN

    if len(rows) < smallest:
        raise InvalidInput(f"segments: {len(rows)} customers are fewer than one segment's {smallest}")
    pca = ShrunkPca.fit(rows, components)
    found = HDBSCAN(min_cluster_size=smallest, min_samples=10, copy=True).fit_predict(pca.transform(rows))
    return pca, np.asarray(found, dtype=np.int64)
