"""The segments of one bank, fitted and judged beside RFM on the same customers, with what they typically do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eval.clusters.apart import separations
from ragmarket.errors import InvalidInput
from ragmarket.signals.narratives import with_narratives
from ragmarket.signals.segments import quality
from ragmarket.signals.segments.clusters import NOISE, ClusterConfig, fit_clusters
from ragmarket.signals.segments.rfm import RfmSegments, rfm_values
from ragmarket.signals.segments.selection import choose, refit
from ragmarket.signals.segments.vectors import NarrativeVectors, behaviour

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


def segments_of(
    transactions: pl.DataFrame, vectors: NarrativeVectors, note: Callable[[str], None], rounds: int
) -> dict[str, Any]:
    """Fit, assign and judge the segments of one bank."""
    seen = behaviour(transactions)
    points = seen.mean(vectors.of(seen.sentences))
    began = time.perf_counter()
    config, trials = choose(points, ClusterConfig(), progress=note)
    model = fit_clusters(points, config)
    if not model.count:
        hint = f"It has {len(points):,} customers; segments need {config.min_cluster_size} alike, so bring more."
        raise InvalidInput("no segment was found: everybody is noise", hint=hint)
    labels = model.assign(points).labels
    reduced = model.reduce(points)
    agreed = quality.stability(points, refit(config), rounds=rounds, seed=1)
    rfm_ids, values = rfm_values(transactions)
    names = list(RfmSegments.fit(values).names(values))
    rfm = dict(zip(rfm_ids, names, strict=True))
    ordered = sorted(set(names))
    import numpy as np

    rfm_labels = np.array([ordered.index(rfm[id_]) for id_ in seen.customers])
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    place = {id_: row for row, id_ in enumerate(rfm_ids)}
    own_space = scaled[[place[id_] for id_ in seen.customers]]
    inside = labels[labels != NOISE]
    shares = np.bincount(inside) / max(len(inside), 1)
    return {
        "customers": seen.customers,
        "labels": labels,
        "rfm_labels": rfm_labels,
        "model": model,
        "points": points,
        "figures": {
            "customers": len(seen.customers),
            "transactions": int(seen.counts.sum()),
            "different sentences": len(seen.sentences),
            "components": config.components,
            "segments": model.count,
            "effective number": float(np.exp(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())),
            "noise": float((labels == NOISE).mean()),
            "stability (ARI), mean": float(agreed.mean()),
            "stability (ARI), least": float(agreed.min()),
            "DBCV": quality.dbcv(reduced, labels),
            "DBCV of RFM in its own space": quality.dbcv(own_space, rfm_labels),
            "coherence, mean": float(quality.coherence(reduced[labels != NOISE], inside).mean()),
            "separation, least": float(quality.separation(reduced[labels != NOISE], inside).min()),
            "seconds to choose, fit and assign": time.perf_counter() - began,
        },
        "separation": separations(reduced, labels, own_space, rfm_labels),
        "sizes": {f"segment {number}": int((labels == number).sum()) for number in range(model.count)}
        | {"noise": int((labels == NOISE).sum())},
        "map": _map(reduced * model.spread, labels),
        "trials": [(one.config.components, one.segments, one.stability, one.noise, one.silhouette) for one in trials],
    }


def _map(points: NDArray[np.float64], labels: NDArray[np.int64], most: int = 3_000) -> list[tuple[float, float, str]]:
    """The two directions in which customers differ most (PCA), of a seeded sample, each with its segment."""
    import numpy as np
    from sklearn.decomposition import PCA

    flat = PCA(n_components=2, random_state=0).fit_transform(points)
    chosen = np.random.default_rng(0).permutation(len(flat))[:most]
    names = ["noise" if label == NOISE else f"segment {label}" for label in labels[chosen].tolist()]
    return [(round(x, 3), round(y, 3), name) for (x, y), name in zip(flat[chosen].tolist(), names, strict=True)]


def typical(transactions: pl.DataFrame, fitted: dict[str, Any]) -> dict[str, list[str]]:
    """The sentences that each segment shows most beyond everybody."""
    import polars as pl

    told = with_narratives(transactions).select("customer_id", "narrative")
    labels = pl.DataFrame({"customer_id": list(fitted["customers"]), "label": fitted["labels"]})
    joined = told.join(labels, on="customer_id")
    overall = joined.group_by("narrative").agg((pl.len() / joined.height).alias("overall"))
    found = {}
    for number in range(fitted["model"].count):
        own = joined.filter(pl.col("label") == number)
        rows = (
            own.group_by("narrative")
            .agg((pl.len() / own.height).alias("share"))
            .join(overall, on="narrative")
            .with_columns((pl.col("share") * (pl.col("share") / pl.col("overall"))).alias("weight"))
            .sort("weight", descending=True)
            .head(3)
        )
        found[f"segment {number}"] = [
            f"{row['narrative']} ({row['share']:.1%}, everybody {row['overall']:.1%})" for row in rows.to_dicts()
        ]
    return found
