"""What a public benchmark came to, beside what others have published on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Score:
    """One measure with its 95 % interval; NaN bounds where none is given."""

    measure: str
    value: float
    low: float = float("nan")
    high: float = float("nan")

    def __str__(self) -> str:
        """In words."""
        interval = "" if math.isnan(self.low) else f" [{self.low:.3f}, {self.high:.3f}]"
        return f"{self.value:.3f}{interval}"


@dataclass(frozen=True)
class Published:
    """A record or baseline: the system, its figure on the same measure, and where it was printed."""

    system: str
    measure: str
    value: float
    source: str


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: scores, records beside them, and how it was fitted; or why it was left out.

    Attributes:
        gates: Figures that thresholds are set on, by the gate's name.
        fitted: On what, in one sentence: never on the scored rows.
    """

    name: str
    rows: int
    scores: tuple[Score, ...] = ()
    records: tuple[Published, ...] = ()
    fitted: str = ""
    gates: tuple[tuple[str, float], ...] = ()
    skipped: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        if self.skipped is not None:
            return {"name": self.name, "skipped": self.skipped}
        return {
            "name": self.name,
            "rows": self.rows,
            "scores": {one.measure: {"value": one.value, "low": one.low, "high": one.high} for one in self.scores},
            "records": [vars_of(one) for one in self.records],
            "fitted": self.fitted,
        }


def vars_of(record: Published) -> dict[str, Any]:
    """A record as plain JSON."""
    return {
        "system": record.system,
        "measure": record.measure,
        "value": record.value,
        "source": record.source,
    }
