"""Confidence intervals for shares."""

from __future__ import annotations

import math


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927), as (low, high); (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def percent(hits: int, total: int) -> str:
    """A share in words: ``92.0 % [88.1, 94.7] (n=250)``."""
    if total == 0:
        return "-"
    low, high = wilson(hits, total)
    return f"{100 * hits / total:.1f} % [{100 * low:.1f}, {100 * high:.1f}] (n={total})"
