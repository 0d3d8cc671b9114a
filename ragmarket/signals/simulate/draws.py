"""Drawing from many distributions at once, and the log of what was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]


def pick(rng: np.random.Generator, table: Any, rows: Codes) -> Codes:
    """One code per entry of ``rows``, from the distribution in that row of ``table``.

    Args:
        rng: Source of chance.
        table: (rows, codes) weights; need not be normalised.
        rows: Any shape.
    """
    import numpy as np

    width = table.shape[-1]
    steps = np.cumsum(table.reshape(-1, width), axis=1)
    steps /= steps[:, -1:]
    flat = (steps + np.arange(len(steps))[:, None]).ravel()
    found = np.searchsorted(flat, rows + rng.random(rows.shape), side="right") - rows * width
    codes: Codes = np.minimum(found, width - 1).astype(np.int64)
    return codes


def logs(table: Any) -> Floats:
    """Natural logarithm; what cannot be drawn stays finite, far below anything that can."""
    import numpy as np

    return np.asarray(np.log(np.maximum(table, 1e-12)))


def logistic(odds: Any) -> Any:
    """The logistic function."""
    import numpy as np

    return 1.0 / (1.0 + np.exp(-odds))


def poisson_log(counts: Codes, rates: Floats) -> Floats:
    """Log probability of Poisson counts; the shapes broadcast."""
    import numpy as np

    lookup = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, int(counts.max(initial=0)) + 2)))])
    return np.asarray(counts * np.log(rates) - rates - lookup[counts])


def overdispersed_log(counts: Codes, means: Floats, shape: float) -> Floats:
    """Log probability of counts whose rate is gamma distributed, up to what does not depend on ``means``."""
    import numpy as np

    return np.asarray(counts * np.log(means / (means + shape)) - shape * np.log(means + shape))


def total(exponents: Floats, axis: int) -> Floats:
    """Log of the sum of exponentials along one axis."""
    import numpy as np

    top = exponents.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(exponents - top).sum(axis=axis)) + top.squeeze(axis))
