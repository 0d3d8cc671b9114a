"""Samples as a table of weighted features: what training fits on is what `model.weigh` makes of a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.paraphrase.features import BITS, features, passages
from ragmarket.compliance.paraphrase.samples import Sample
from ragmarket.errors import MissingDependency

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Places = npt.NDArray[np.int64]

_FLOOR = 0.3  # what a feature counts that stands in every passage


@dataclass(frozen=True, slots=True)
class Table:
    """Passages of samples: ``counts`` (passages, 2^BITS) and ``owner``, the place of each passage's sample."""

    counts: csr_matrix
    owner: Places


def tabulate(samples: Sequence[Sample]) -> Table:
    """The features of every passage of every sample.

    Raises:
        MissingDependency: numpy or scikit-learn is not installed.
    """
    try:
        import numpy as np
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise MissingDependency("scikit-learn", "prediction") from error
    places, ends, owner = [], [0], []
    for index, sample in enumerate(samples):
        for passage in passages(sample.text):
            found = features(passage.words, sample.product_class)
            places.append(found)
            ends.append(ends[-1] + len(found))
            owner.append(index)
    every = np.concatenate(places)
    counts = csr_matrix((np.ones(len(every), dtype=np.float32), every, ends), shape=(len(owner), 1 << BITS))
    counts.sum_duplicates()
    return Table(counts, np.array(owner))


def inverse_frequency(counts: csr_matrix) -> Any:
    """How much each feature counts: the rarer, the more; (2^BITS,)."""
    import numpy as np

    met = np.asarray((counts > 0).sum(axis=0)).ravel()
    raw = np.log((counts.shape[0] + 1) / (met + 1)) + _FLOOR
    # As it will be shipped, so that training sees what the reader of the weights sees.
    return raw.astype(np.float16).astype(np.float32)


def weighted(counts: csr_matrix, idf: Any) -> csr_matrix:
    """Rows as `model.weigh` makes them."""
    import numpy as np
    from scipy.sparse import diags

    rows = counts.copy()
    rows.data = 1 + np.log(rows.data)
    rows = (rows @ diags(idf)).tocsr()
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (diags((1 / np.maximum(norms, 1e-6)).astype(np.float32)) @ rows).tocsr()
