"""Segments against themselves half a history later, and against the simulated bank's hidden segments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.signals.segments import quality
from ragmarket.signals.segments.clusters import NOISE
from ragmarket.signals.segments.vectors import NarrativeVectors, behaviour

if TYPE_CHECKING:
    import polars as pl


def drift(transactions: pl.DataFrame, vectors: NarrativeVectors, fitted: dict[str, Any]) -> dict[str, float]:
    """Assignments from the first and from the last half of the months: the same customers, the same model."""
    import numpy as np
    import polars as pl
    from sklearn.metrics import adjusted_rand_score

    middle = transactions["at"].dt.truncate("1mo").unique().sort()
    if len(middle) < 4:
        return {}
    cut = middle[len(middle) // 2]
    halves = []
    for part in (transactions.filter(pl.col("at") < cut), transactions.filter(pl.col("at") >= cut)):
        seen = behaviour(part)
        labels = fitted["model"].assign(seen.mean(vectors.of(seen.sentences))).labels
        halves.append(dict(zip(seen.customers, labels.tolist(), strict=True)))
    both = sorted(set(halves[0]) & set(halves[1]))
    before, after = ([half[id_] for id_ in both] for half in halves)
    kept = [(a, b) for a, b in zip(before, after, strict=True) if NOISE not in (a, b)]
    return {
        "PSI of sizes, first half to second": quality.population_stability(before, after),
        "ARI of halves, noise left out": float(adjusted_rand_score(*np.array(kept).T)) if kept else float("nan"),
    }


def truth_agreement(bank: Path, fitted: dict[str, Any]) -> dict[str, float]:
    """Against the simulated bank's hidden segments, which nothing was fitted on."""
    from sklearn.metrics import normalized_mutual_info_score

    from ragmarket.signals.simulate.store import read

    hidden = read(bank, "truth_customers").select("customer_id", "segment").collect()
    truth = dict(zip(hidden["customer_id"].to_list(), hidden["segment"].cast(str).to_list(), strict=True))
    labels = fitted["labels"].tolist()
    inside = [(truth[id_], label) for id_, label in zip(fitted["customers"], labels, strict=True) if label != NOISE]
    everybody = [truth[id_] for id_ in fitted["customers"]]
    return {
        "NMI with the hidden segments, noise left out": float(normalized_mutual_info_score(*zip(*inside, strict=True))),
        "NMI with the hidden segments, noise as a segment": float(normalized_mutual_info_score(everybody, labels)),
        "NMI of RFM with the hidden segments": float(
            normalized_mutual_info_score(everybody, fitted["rfm_labels"].tolist())
        ),
    }
