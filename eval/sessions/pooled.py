"""Figures of several seeds together: each bank is another sample of customers, and their mean is surer than any."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

# Half of a 95 % interval in standard errors of a normal distribution.
_HALF = 1.96


def pooled(reports: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The mean over reports of every figure that carries an interval.

    Intervals are taken for those of independent, roughly normal estimates: the mean's variance is the sum of theirs
    over the square of their number.

    Args:
        reports: What ``eval/intents.py --json`` wrote, one per seed.

    Returns:
        Figure by its path: mean with its interval, least, most, and how many seeds.
    """
    found: dict[str, list[Sequence[float]]] = {}
    for report in reports:
        for path, figure in _figures(report, ""):
            found.setdefault(path, []).append(figure)
    return {path: _mean(figures) for path, figures in found.items() if len(figures) == len(reports)}


def _figures(part: Any, path: str) -> list[tuple[str, Sequence[float]]]:
    if isinstance(part, Mapping):
        return [one for name, inside in part.items() for one in _figures(inside, f"{path}: {name}" if path else name)]
    if isinstance(part, list | tuple) and len(part) == 3 and all(isinstance(one, float) for one in part):
        return [(path, part)]
    return []


def _mean(figures: Sequence[Sequence[float]]) -> dict[str, Any]:
    count = len(figures)
    mean = sum(one[0] for one in figures) / count
    spread = math.sqrt(sum(((one[2] - one[1]) / (2 * _HALF)) ** 2 for one in figures)) / count
    return {
        "mean": (mean, mean - _HALF * spread, mean + _HALF * spread),
        "least": min(one[0] for one in figures), "most": max(one[0] for one in figures), "seeds": count,
    }  # fmt: skip


def show_pooled(files: Sequence[Path], out: Path | None) -> None:
    """Print the pooled figures of reports, and write them as JSON if asked to."""
    found = pooled([json.loads(file.read_text("utf-8")) for file in files])
    grid = Table(title=f"{len(files)} seeds together")
    for place, name in enumerate(("figure", "mean [95 %]", "least", "most")):
        grid.add_column(name, justify="left" if place == 0 else "right")
    for path, one in found.items():
        mean, low, high = one["mean"]
        grid.add_row(path, f"{mean:.3f} [{low:.3f}, {high:.3f}]", f"{one['least']:.3f}", f"{one['most']:.3f}")
    Console(width=170).print(grid)
    if out is not None:
        out.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
