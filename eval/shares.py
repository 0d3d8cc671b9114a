"""Shares counted by name, a metric beside its baselines, as tables and plain JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.table import Table

from eval.intervals import percent, wilson


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    total: int

    def as_dict(self) -> dict[str, float]:
        """Counts, share and Wilson interval as plain JSON."""
        low, high = wilson(self.hits, self.total)
        share = self.hits / self.total if self.total else 0.0
        return {"hits": self.hits, "n": self.total, "share": share, "low": low, "high": high}


class Tally:
    """Hits by name; a baseline's name is ``metric:baseline``."""

    def __init__(self) -> None:
        self._hits: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, name: str, hit: bool) -> None:
        """Count one try."""
        self._hits[name][0] += hit
        self._hits[name][1] += 1

    def shares(self) -> dict[str, Share]:
        """What was counted so far."""
        return {name: Share(hits, total) for name, (hits, total) in self._hits.items()}


def tables(found: Mapping[str, Mapping[str, Share]]) -> Iterator[Table]:
    """One table per task: each metric beside its baselines."""
    for task, shares in found.items():
        table = Table(task, "writer", "beside it")
        for name, share in shares.items():
            if ":" in name:
                continue
            beside = [
                f"{other.partition(':')[2]} {100 * own.hits / max(1, own.total):.1f} %"
                for other, own in shares.items()
                if other.startswith(f"{name}:")
            ]
            table.add_row(name, percent(share.hits, share.total), ", ".join(beside))
        yield table
