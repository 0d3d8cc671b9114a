"""What the bench of segments shows: tables on the terminal, and one page."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from eval.pages import bars_plot, intervals_plot, map_plot, page, table

LEAD = (
    "Intervals are 95 % percentile bootstraps over customers. RFM sees the same transactions. Nothing scored was "
    "used to choose: the number of components is chosen by stability, without labels or outcomes."
)


def _parts(report: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, report[name]) for name in ("simulated", "berka") if name in report]


def show(report: dict[str, Any]) -> None:
    """Print every table."""
    console = Console()
    for name, part in _parts(report):
        grid = Table(title=name)
        grid.add_column("figure")
        grid.add_column("value", justify="right")
        for figure, value in part["figures"].items():
            grid.add_row(figure, f"{value:.3f}" if isinstance(value, float) else f"{value:,}")
        for figure, (mean, low, high) in [
            *part["separation"].items(),
            *((f"lift of the next product: {who}", one) for who, one in part["lift"].items()),
            *part.get("offers", {}).items(),
        ]:
            grid.add_row(figure, f"{mean:.3f} [{low:.3f}, {high:.3f}]")
        console.print(grid)


def as_page(report: dict[str, Any]) -> str:
    """Everything as one self-contained page."""
    parts: list[str] = []
    for name, part in _parts(report):
        rows = [(one, f"{value:.3f}" if isinstance(value, float) else value) for one, value in part["figures"].items()]
        parts += [f"<h2>{name}</h2>", table(["figure", "value"], rows)]
        parts.append(bars_plot("Customers per segment", part["sizes"], "customers"))
        parts.append(map_plot("Customers by the two directions in which they differ most", part["map"]))
        apart = [
            (what, f"{mean:.3f} [{low:.3f}, {high:.3f}]") for what, (mean, low, high) in part["separation"].items()
        ]
        parts.append(table(["how far apart, beside RFM", "value [95 %]"], apart))
        lifts = [(who, f"{mean:.2f} [{low:.2f}, {high:.2f}]") for who, (mean, low, high) in part["lift"].items()]
        parts.append(table(["lift of the next product", "times as often [95 %]"], lifts))
        head = ["components", "segments", "stability", "noise", "silhouette"]
        parts.append(table(head, [[a, b, f"{c:.2f}", f"{d:.0%}", f"{e:.2f}"] for a, b, c, d, e in part["trials"]]))
        if "offers" in part:
            parts.append(intervals_plot("Offers on customers and a month held out", part["offers"]))
    typical = [(name, "; ".join(lines)) for name, lines in report["typical"].items()]
    parts.append(table(["segment of the simulated bank", "typical transactions"], typical))
    return page("Behavioural segments", LEAD, parts)
