"""Hits out of counted, measure by measure, with every failure for the person who mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Hits out of counted, by name, and every failure with what was expected and what was found."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def count(self, name: str, hit: bool, **failure: Any) -> None:
        """Count one trial; a miss is kept as a failure where the caller describes it."""
        hits_total = self.counts.setdefault(name, [0, 0])
        hits_total[0] += hit
        hits_total[1] += 1
        if not hit and failure:
            self.failures.append({"measure": name, **failure})
