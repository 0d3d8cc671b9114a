"""The identity bench in tables, for a terminal and as one HTML page with plots."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from eval import pages
from eval.intervals import percent

_SYSTEMS = ("ours", "PAN, or phone and name", "equal PAN")
_HEAD = (
    "seed",
    "records",
    "customers",
    "precision",
    "recall",
    "people whole",
    "in review (one person)",
    "seconds (CPU)",
)


def cell(share: Mapping[str, float]) -> str:
    """A share with its interval."""
    return f"{100 * share['share']:.2f} % [{100 * share['low']:.2f}, {100 * share['high']:.2f}]"


def _seed_rows(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    found = []
    for row in rows:
        report, ours, review = row["report"], row["ours"], row["review"]
        found.append(
            [
                str(row["seed"]),
                f"{report['records']:,}",
                f"{report['customers']:,} ({row['people']:,} people)",
                cell(ours["precision"]),
                cell(ours["recall"]),
                cell(ours["whole_people"]),
                f"{review['pairs']} ({review['one_person']})",
                f"{row['seconds']:.0f} ({row['cpu_seconds']:.0f})",
            ]
        )
    return found


def _system_rows(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    found = []
    for system in _SYSTEMS:
        for measure in ("precision", "recall"):
            shares = [row[system][measure]["share"] for row in rows]
            found.append([system, measure, f"{100 * sum(shares) / len(shares):.2f} %", f"{100 * min(shares):.2f} %"])
    return found


def _curve_rows(curve: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    return [[f"{row['bits']:+.0f}", cell(row["precision"]), cell(row["recall"])] for row in curve]


def _kind_rows(kinds: Mapping[str, tuple[int, int]]) -> list[list[str]]:
    return [[kind, percent(*counted)] for kind, counted in sorted(kinds.items(), key=lambda one: one[1][0] / one[1][1])]


def _parts(
    rows: Sequence[Mapping[str, Any]], curve: Sequence[Mapping[str, Any]], kinds: Mapping[str, tuple[int, int]]
) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    parts = [
        ("By seed (95 % bootstrap over people and customers)", _HEAD, _seed_rows(rows)),
        ("Beside it: mean and worst seed", ("system", "measure", "mean", "worst"), _system_rows(rows)),
        ("Recall of pairs by corruption of either record", ("corruption", "joined"), _kind_rows(kinds)),
    ]
    if curve:
        parts.append(("By threshold of a link, first seed", ("bits", "precision", "recall"), _curve_rows(curve)))
    return parts


def tables(
    rows: Sequence[Mapping[str, Any]], curve: Sequence[Mapping[str, Any]], kinds: Mapping[str, tuple[int, int]]
) -> list[Table]:
    """For a terminal."""
    found = []
    for title, head, body in _parts(rows, curve, kinds):
        table = Table(*head, title=title, title_justify="left")
        for line in body:
            table.add_row(*line)
        found.append(table)
    return found


def page(
    rows: Sequence[Mapping[str, Any]],
    curve: Sequence[Mapping[str, Any]],
    kinds: Mapping[str, tuple[int, int]],
    missing: Sequence[str],
) -> str:
    """The whole report."""
    parts = [f"<h2>{title}</h2>{pages.table(head, body)}" for title, head, body in _parts(rows, curve, kinds)]
    parts.insert(3, pages.shares_plot("Recall by corruption", kinds, 0.95))
    if curve:
        parts.append(_curve_plot(curve))
    lead = "Simulated people under unseen seeds, resolved without labels. " + ("; ".join(missing) or "All met.")
    return pages.page("Identity resolution", lead, parts)


def _curve_plot(curve: Sequence[Mapping[str, Any]]) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    axes = figure.subplots()
    bits = [row["bits"] for row in curve]
    for name, colour in (("precision", "#1f4e8c"), ("recall", "#b3471d")):
        shares = [100 * row[name]["share"] for row in curve]
        low = [100 * row[name]["low"] for row in curve]
        high = [100 * row[name]["high"] for row in curve]
        axes.plot(bits, shares, "o-", color=colour, label=name)
        axes.fill_between(bits, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("weight from which a pair is linked, bits")
    axes.set_ylabel("% of pairs")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    drawn = out.getvalue()
    return f"<figure><figcaption>Precision and recall by threshold</figcaption>{drawn[drawn.index('<svg') :]}</figure>"
