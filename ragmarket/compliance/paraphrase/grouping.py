"""Which texts say nearly the same, so that none of them is measured by a model that saw another."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmarket.compliance.paraphrase.features import passages
from ragmarket.compliance.paraphrase.samples import Sample
from ragmarket.compliance.paraphrase.skeleton import skeleton

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_ALIKE = 0.5


def groups_of(samples: Sequence[Sample], seed: int) -> npt.NDArray[np.int64]:
    """A number for each sample, shuffled; texts half of whose words (in the common spelling) they share, share it."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    known: dict[str, int] = {}
    rows, columns = [], []
    for index, sample in enumerate(samples):
        words = {skeleton(word) or word for passage in passages(sample.text) for word in passage.words}
        rows += [index] * len(words)
        columns += [known.setdefault(word, len(known)) for word in sorted(words)]
    held = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(samples), max(1, len(known))))
    sizes = np.asarray(held.sum(axis=1)).ravel()
    shared = (held @ held.T).tocoo()
    union = sizes[shared.row] + sizes[shared.col] - shared.data
    near = shared.data >= _ALIKE * union
    graph = csr_matrix((np.ones(int(near.sum())), (shared.row[near], shared.col[near])), shape=shared.shape)
    count, label = connected_components(graph, directed=False)
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return np.asarray(np.array(order)[label], dtype=np.int64)
