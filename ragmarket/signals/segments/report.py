"""A bank's segments judged on its own customers: no truth and no campaign is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ragmarket.schemas.segment_report import Exemplar, MapPoint, SegmentQuality, SegmentReport
from ragmarket.signals.segments import quality
from ragmarket.signals.segments.clusters import NOISE
from ragmarket.signals.segments.model import SegmentModel
from ragmarket.signals.segments.rfm import RfmSegments, rfm_values
from ragmarket.signals.segments.selection import refit
from ragmarket.signals.segments.targeting import counted, why_not
from ragmarket.signals.segments.vectors import NarrativeVectors

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

EXEMPLARS = 3
# Customers of the resamples and points of the map; figures of quality come from everybody.
RESAMPLED, DRAWN = 4_000, 3_000
SEED = 7


def report(
    model: SegmentModel,
    transactions: pl.DataFrame,
    vectors: NarrativeVectors,
    *,
    differences: Mapping[int, Sequence[str]],
    names: Mapping[int, str],
    barred: Mapping[str, str],
    rounds: int = 10,
    note: Callable[[str], None] = lambda _line: None,
) -> SegmentReport:
    """Judge fitted segments.

    Args:
        model: The segments.
        transactions: Of everybody to be judged by.
        vectors: Sentence vectors of the model's encoder.
        differences: Sentences that tell each segment from everybody.
        names: Of segments that have one.
        barred: The rule by which the bank may not address a customer, of those whom it may not.
        rounds: Resamples for stability.
        note: Receives lines of progress.

    Raises:
        ModelMissing: The encoder is another one.
    """
    import numpy as np

    seen, points = model.vectors(transactions, vectors)
    found = model.clusters.assign(points)
    labels, reduced = found.labels, model.clusters.reduce(points)
    inside = labels != NOISE
    rfm = _rfm(transactions, seen.customers)
    dice = np.random.default_rng(SEED)
    sample = points[dice.permutation(len(points))[:RESAMPLED]]
    note(f"fitting {rounds} resamples of {int(0.8 * len(sample)):,} customers")
    agreed = quality.stability(sample, refit(model.clusters.config), rounds=rounds, seed=SEED)
    drift, kept = _over_time(model, transactions, vectors)
    coherence = quality.coherence(reduced[inside], labels[inside]) if inside.any() else np.array([])
    separation = quality.separation(reduced[inside], labels[inside]) if inside.any() else np.array([])
    near = _exemplars(model, transactions, vectors, found.closeness, labels, seen.customers)
    rules = [why_not(label == NOISE, barred.get(one)) for one, label in zip(seen.customers, labels, strict=True)]
    own = {number: counted(rules[row] for row in np.flatnonzero(labels == number)) for number in set(labels.tolist())}
    everybody = counted(rules)
    places, shown = _map(reduced * model.clusters.spread)
    drawn = dice.permutation(len(points))[:DRAWN]
    return SegmentReport(
        customers=len(labels),
        noise=float((~inside).mean()),
        may_be_targeted=everybody[0],
        not_targeted=everybody[1],
        silhouette=_told(quality.silhouette(reduced, labels)),
        silhouette_rfm=_told(quality.silhouette(reduced, rfm)),
        rfm_segments=len(set(rfm.tolist())),
        dbcv=_told(quality.dbcv(reduced, labels)),
        stability=_told(float(agreed.mean())) if rounds else None,
        stability_least=_told(float(agreed.min())) if rounds else None,
        rounds=rounds,
        drift=drift,
        kept=kept,
        segments=tuple(
            SegmentQuality(
                number=number,
                name=names.get(number),
                size=int((labels == number).sum()),
                share=float((labels == number).mean()),
                coherence=float(coherence[number]),
                separation=_told(float(separation[number])),
                may_be_targeted=own[number][0],
                not_targeted=own[number][1],
                differences=tuple(differences.get(number, ())),
                exemplars=near.get(number, ()),
            )
            for number in range(model.clusters.count)
            if (labels == number).any()
        ),
        shown=shown,
        map=tuple(
            MapPoint(x=round(x, 4), y=round(y, 4), segment=None if label == NOISE else label)
            for (x, y), label in zip(places[drawn].tolist(), labels[drawn].tolist(), strict=True)
        ),
    )


def _told(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rfm(transactions: pl.DataFrame, customers: Sequence[str]) -> NDArray[np.int64]:
    import numpy as np

    ids, values = rfm_values(transactions)
    names = dict(zip(ids, RfmSegments.fit(values).names(values), strict=True))
    ordered = sorted(set(names.values()))
    return np.array([ordered.index(names[one]) for one in customers])


def _over_time(
    model: SegmentModel, transactions: pl.DataFrame, vectors: NarrativeVectors
) -> tuple[float | None, float | None]:
    """The same customers by the first and by the last half of the months; nothing where there is one month."""
    import numpy as np
    import polars as pl
    from sklearn.metrics import adjusted_rand_score

    months = transactions["at"].dt.truncate("1mo").unique().sort()
    if len(months) < 2:
        return None, None
    cut = months[len(months) // 2]
    halves = []
    for part in (transactions.filter(pl.col("at") < cut), transactions.filter(pl.col("at") >= cut)):
        ids, labels = model.labels(part, vectors)
        halves.append(dict(zip(ids, labels.tolist(), strict=True)))
    both = sorted(set(halves[0]) & set(halves[1]))
    if not both:
        return None, None
    before, after = ([half[one] for one in both] for half in halves)
    kept = [pair for pair in zip(before, after, strict=True) if NOISE not in pair]
    steady = float(adjusted_rand_score(*np.array(kept).T)) if kept else None
    return quality.population_stability(before, after), steady


def _exemplars(
    model: SegmentModel,
    transactions: pl.DataFrame,
    vectors: NarrativeVectors,
    closeness: NDArray[np.float64],
    labels: NDArray[np.int64],
    customers: Sequence[str],
) -> dict[int, tuple[Exemplar, ...]]:
    import numpy as np
    import polars as pl

    hearts = []
    for number in range(model.clusters.count):
        members = np.flatnonzero(labels == number)
        hearts += [customers[row] for row in members[np.argsort(-closeness[members], kind="stable")][:EXEMPLARS]]
    if not hearts:
        return {}
    own = model.assign(transactions.filter(pl.col("customer_id").is_in(hearts)), vectors)
    found: dict[int, tuple[Exemplar, ...]] = {}
    for one in sorted(own, key=lambda one: (-one.closeness, one.customer_id)):
        if one.segment is not None:
            exemplar = Exemplar(customer_id=one.customer_id, closeness=one.closeness, reasons=one.reasons)
            found[one.segment] = (*found.get(one.segment, ()), exemplar)
    return found


def _map(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The two directions in which customers differ most (PCA), and the share of the differences that they show.

    Args:
        points: Shape (customers, components), before components are scaled alike.
    """
    import numpy as np

    centred = points - points.mean(axis=0)
    _, strength, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T
    if flat.shape[1] < 2:
        flat = np.column_stack([flat, np.zeros(len(flat))])
    whole = float((strength**2).sum())
    return flat, float((strength[:2] ** 2).sum() / whole) if whole else 1.0
