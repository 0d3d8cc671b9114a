"""What the bench of sessions shows: tables on the terminal, and one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.intervals import wilson
from eval.pages import intervals_plot, page, table

LEAD = (
    "Intervals: 95 % percentile bootstrap over customers, or Wilson. No customer stands both in what was learned from "
    "and in what is scored. Relative figures are against the better production-like baseline of the same run; for "
    "tiles also against its counts, read visit by visit as vectors and labels are. The vector was learned without "
    "labels; the labels come from what visitors typed and did and from the language model, never from the simulated "
    "truth, which stands only in rows named 'purpose known' and 'best possible' (the Bayes bound of the simulation)."
)


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and len(value) == 3:
        return f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"
    if isinstance(value, tuple) and len(value) == 2:
        low, high = wilson(*value)
        return f"{value[0] / max(value[1], 1):.3f} [{low:.3f}, {high:.3f}] (n={value[1]})"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _grids(report: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Every table of the report: title, head, rows."""
    found = []
    rows = [[name, *(_shown(cell) for cell in one.values())] for name, one in report["taxonomy"].items()]
    found.append(("Labels against the hidden purposes", ["labels", "sessions", "accuracy", "NMI", "other"], rows))
    pairs = [[name, *(_shown(cell) for cell in one.values())] for name, one in report["agreement"].items()]
    found.append(("Agreement", ["hands", "kappa", "equal", "sessions"], pairs))
    single = {**report["cost"], **{f"student, {k}": v for k, v in report["latency"].items()}}
    single |= {f"drift: {name}": value for name, value in report["drift"].items()}
    single |= {f"linking: {name}": value for name, value in report["linking"].items() if name != "by"}
    single |= {f"linking by {name}, precision": value for name, value in report["linking"]["by"].items()}
    found.append(("Cost, drift, linking", ["figure", "value"], [[n, _shown(v)] for n, v in single.items()]))
    settings = report["tiles by setting"]
    body = [[name, *(_shown(cell) for cell in one.values())] for name, one in settings.items()]
    found.append(
        ("Clicks foreseen at best, log loss, by setting of the generator", ["setting", *settings["default"]], body)
    )
    tasks = {name: report[name] for name in ("tile ranking", "conversion")} | report.get("public", {})
    for title, part in tasks.items():
        if "figures" not in part:
            found.append((title, ["figure", "value"], [[name, _shown(value)] for name, value in part.items()]))
            continue
        head = ["system", *next(iter(part["figures"].values()))]
        body = [[name, *(_shown(cell) for cell in one.values())] for name, one in part["figures"].items()]
        found.append((f"{title}: {part['rows']:,} held-out rows, relative to {part['against']}", head, body))
        more = [
            [name, _shown(part[name])] for name in ("embedding over labels", "distilled over hands") if name in part
        ]
        if more:
            found.append((f"{title}: micro-F1, relative", ["figure", "value [95 %]"], more))
        if "buckets" in part:
            lead, cells = part["buckets"]
            found.append((f"{title}: by past and length", lead, [[_shown(cell) for cell in row] for row in cells]))
    return found


def show(report: Mapping[str, Any]) -> None:
    """Print every table."""
    console = Console(width=170)
    for title, head, rows in _grids(report):
        grid = Table(title=title)
        for place, name in enumerate(head):
            grid.add_column(name, justify="left" if place == 0 else "right")
        for row in rows:
            grid.add_row(*row)
        console.print(grid)


def as_page(report: Mapping[str, Any]) -> str:
    """Everything as one self-contained page."""
    parts: list[str] = []
    for title, head, rows in _grids(report):
        parts += [f"<h2>{title}</h2>", table(head, rows)]
    plots = {"tile ranking": "macro Recall@1", "conversion": "micro-F1"}
    for title, figure in plots.items():
        values = {name: one[figure] for name, one in report[title]["figures"].items()}
        parts.append(intervals_plot(f"{title}: {figure}", values))
    if steps := report.get("public", {}).get("BPI 2012, next step"):
        values = {name: one["accuracy"] for name, one in steps["figures"].items()}
        parts.append(intervals_plot("BPI 2012, next step: accuracy", values))
    return page("Session vectors and named intents", LEAD, parts)
