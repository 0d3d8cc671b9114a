"""How far apart the segments lie, beside RFM's on the same customers, with intervals over customers.

RFM is judged twice: in the space of the segments, which it was not made in, and in its own (recency, frequency, money,
each scaled to unit deviation), which is the fair one. The segments leave noise out; a figure that counts every noise
customer as 0 stands beside, since RFM gives everybody a segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eval.clusters.lift import Interval
from ragmarket.signals.segments.clusters import NOISE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.int64]

ROUNDS, SEED = 500, 0
MOST = 5_000  # customers between whom every distance is taken
SEGMENTS, OWN, SHARED = "segments", "RFM in its own space", "RFM in the segments' space"


def separations(points: Floats, labels: Labels, rfm_points: Floats, rfm_labels: Labels) -> dict[str, Interval]:
    """Silhouette and centroid separation of the segments and of RFM, and the gain of the former.

    Labels stand as fitted; customers are drawn again and again, the same for both of a difference.

    Args:
        points: In the segments' space, shape (customers, components).
        labels: Segments, `NOISE` for noise.
        rfm_points: Recency, frequency and money, scaled, shape (customers, 3).
        rfm_labels: RFM's segments.
    """
    import numpy as np

    spaces = {SEGMENTS: (points, labels), OWN: (rfm_points, rfm_labels), SHARED: (points, rfm_labels)}
    dice = np.random.default_rng(SEED)
    chosen = dice.permutation(len(points))[:MOST]
    drawn = dice.multinomial(len(chosen), np.full(len(chosen), 1 / len(chosen)), size=ROUNDS)
    weights = np.vstack([np.ones(len(chosen), dtype=np.int64), drawn])
    found: dict[str, Interval] = {}
    for measure, values in {
        "silhouette": {name: _silhouettes(*space, chosen, weights) for name, space in spaces.items()},
        "separation of centres, mean over customers": {
            name: _centres(*space, chosen, weights) for name, space in spaces.items()
        },
    }.items():
        found |= {f"{measure}: {name}": _interval(rows) for name, rows in values.items()}
        if measure == "silhouette":
            share = weights @ (labels[chosen] != NOISE) / weights.sum(axis=1)
            values[f"{SEGMENTS}, noise as 0"] = values[SEGMENTS] * share
            found[f"{measure}: {SEGMENTS}, noise as 0"] = _interval(values[f"{SEGMENTS}, noise as 0"])
        found |= _gains(measure, values)
    return found


def _gains(measure: str, values: Mapping[str, Floats]) -> dict[str, Interval]:
    return {
        f"{measure}: {name} less {other}": _interval(values[name] - values[other])
        for name in values
        if name.startswith(SEGMENTS)
        for other in (OWN, SHARED)
    }


def _interval(rows: Floats) -> Interval:
    """The figure itself, first of the rows, with the percentiles of the resamples behind it.

    The resamples are moved by their bias: customers drawn twice pull a small segment's centre away from the others.
    """
    import numpy as np

    figure, drawn = float(rows[0]), rows[1:]
    if not np.isfinite(rows).all():
        return figure, float("nan"), float("nan")
    low, high = np.quantile(drawn - drawn.mean() + figure, [0.025, 0.975])
    return figure, float(low), float(high)


def _silhouettes(points: Floats, labels: Labels, chosen: Labels, weights: NDArray[np.int64]) -> Floats:
    """Mean silhouette (Rousseeuw 1987) of the clustered among ``chosen``, in each resample."""
    import numpy as np
    from sklearn.metrics import silhouette_samples

    inside = labels[chosen] != NOISE
    own = labels[chosen][inside]
    if len(set(own.tolist())) < 2:
        return np.full(len(weights), np.nan)
    values = silhouette_samples(points[chosen][inside], own)
    return np.asarray((weights[:, inside] @ values) / np.maximum(weights[:, inside].sum(axis=1), 1))


def _centres(points: Floats, labels: Labels, chosen: Labels, weights: NDArray[np.int64]) -> Floats:
    """Distance of a segment's centre to the nearest other over its mean radius, averaged over customers."""
    import numpy as np

    inside = labels[chosen] != NOISE
    names, place = np.unique(labels[chosen][inside], return_inverse=True)
    if len(names) < 2:
        return np.full(len(weights), np.nan)
    rows, members = points[chosen][inside], np.eye(len(names))[place]
    found = []
    for weight in weights[:, inside]:
        sizes = weight @ members
        there = sizes > 0
        centres = (members * weight[:, None]).T @ rows / np.maximum(sizes, 1)[:, None]
        radii = (weight * np.linalg.norm(rows - centres[place], axis=1)) @ members / np.maximum(sizes, 1)
        between = np.linalg.norm(centres[:, None] - centres[None], axis=2)
        between[:, ~there] = np.inf
        np.fill_diagonal(between, np.inf)
        apart = between.min(axis=1) / np.maximum(radii, 1e-12)
        found.append(float((apart[there] * sizes[there]).sum() / sizes[there].sum()))
    return np.array(found)
