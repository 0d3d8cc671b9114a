"""What a report on segments says: how good they are, where customers lie, and what sets each segment apart."""

from __future__ import annotations

from pydantic import Field

from ragmarket.schemas.base import Frozen


class Exemplar(Frozen):
    """A customer at the heart of a segment, with the reasons for belonging to it."""

    customer_id: str
    closeness: float = Field(ge=0.0, le=1.0)
    reasons: tuple[str, ...]


class SegmentQuality(Frozen):
    """One segment; ``coherence`` and ``separation`` as in `ragmarket.signals.segments.quality`.

    ``name`` is that of its profile, where there is one. ``differences`` are sentences, the largest difference first.
    ``may_be_targeted`` counts the members whom a campaign may address, ``not_targeted`` the others by rule.
    """

    number: int
    name: str | None = None
    size: int
    share: float
    coherence: float
    separation: float | None = Field(description="above 1: apart from the nearest other segment")
    may_be_targeted: int
    not_targeted: dict[str, int] = {}
    differences: tuple[str, ...]
    exemplars: tuple[Exemplar, ...]


class MapPoint(Frozen):
    """A customer on the map; ``segment`` is None for noise."""

    x: float
    y: float
    segment: int | None = None


class SegmentReport(Frozen):
    """Everything about the segments of one bank; figures that cannot be told are None."""

    customers: int
    noise: float
    may_be_targeted: int = Field(description="customers whom a campaign may address, noise left out")
    not_targeted: dict[str, int] = Field(description="the others, by the rule against it")
    silhouette: float | None = Field(description="in the space of the segments, noise left out")
    silhouette_rfm: float | None = Field(description="of recency, frequency and money in the same space")
    rfm_segments: int
    dbcv: float | None = Field(description="density-based validity, -1 to 1")
    stability: float | None = Field(description="mean adjusted Rand index over resamples")
    stability_least: float | None = None
    rounds: int = Field(description="resamples")
    drift: float | None = Field(description="population stability index of sizes, first half of the months to second")
    kept: float | None = Field(description="adjusted Rand index of the two halves, noise left out")
    segments: tuple[SegmentQuality, ...]
    shown: float = Field(description="share of the variance in the segments' space that the map shows")
    map: tuple[MapPoint, ...]
