"""One self-contained HTML page per bench: tables and plots, nothing fetched from anywhere."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.intervals import wilson

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #ddd; vertical-align: top; }
figure { margin: 1.5rem 0; } svg { max-width: 100%; height: auto; } .note { color: #555; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e6e6; } th, td { border-color: #333; }
  .note { color: #aaa; } figure { background: #fff; border-radius: 6px; padding: .5rem; } }
"""


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; cells are escaped."""
    cells = "".join(f"<th>{html.escape(str(cell))}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def shares_plot(title: str, counted: Mapping[str, tuple[int, int]], target: float | None = None) -> str:
    """Shares with Wilson intervals as a dot plot (SVG); ``counted`` maps a name to (hits, of)."""
    rows = {name: (hits / of, *wilson(hits, of)) for name, (hits, of) in counted.items() if of}
    return intervals_plot(title, rows, target, label="% (95 % Wilson interval)")


def intervals_plot(
    title: str,
    rows: Mapping[str, tuple[float, float, float]],
    target: float | None = None,
    label: str = "% (95 % bootstrap interval)",
) -> str:
    """Shares with intervals of any make as a dot plot (SVG); ``rows`` maps a name to (share, low, high)."""
    from matplotlib.figure import Figure

    names = list(rows)
    figure = Figure(figsize=(7.5, 0.9 + 0.34 * max(1, len(names))), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(reversed(names)):
        share, low, high = rows[name]
        axes.plot([100 * low, 100 * high], [place, place], color="#7a8aa0", linewidth=2)
        axes.plot(100 * share, place, "o", color="#1f4e8c")
    if target is not None:
        axes.axvline(100 * target, color="#b3471d", linestyle="--", linewidth=1)
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set_xlim(-1, 101)
    axes.set_xlabel(label)
    axes.grid(axis="x", alpha=0.3)
    return _figure(figure, title)


def map_plot(title: str, points: Sequence[tuple[float, float, str]]) -> str:
    """Points by group as a scatter plot (SVG); ``points`` are (x, y, group), the group of noise is drawn in grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 5.0), layout="constrained")
    axes = figure.subplots()
    for group in sorted({group for _, _, group in points}, key=lambda group: (group != "noise", group)):
        inside = [(x, y) for x, y, own in points if own == group]
        across, up = zip(*inside, strict=True)
        colour = "#c4c4c4" if group == "noise" else None
        axes.scatter(across, up, s=6, alpha=0.6, label=group, linewidths=0, color=colour)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(frameon=False, markerscale=3, fontsize=8)
    return _figure(figure, title)


def bars_plot(title: str, values: Mapping[str, float], label: str) -> str:
    """One bar per name (SVG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 0.9 + 0.34 * max(1, len(values))), layout="constrained")
    axes = figure.subplots()
    names = list(values)[::-1]
    axes.barh(names, [values[name] for name in names], color="#1f4e8c")
    axes.set_xlabel(label)
    axes.grid(axis="x", alpha=0.3)
    return _figure(figure, title)


def _figure(figure: Any, title: str) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{svg[svg.index('<svg') :]}</figure>"


def page(title: str, lead: str, parts: Sequence[str]) -> str:
    """The whole page; ``parts`` are HTML, title and lead are plain text."""
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
        f'<p class="note">{html.escape(lead)}</p>{body}</body></html>\n'
    )


def written(
    report: Mapping[str, Any],
    as_page: Callable[[Any], str],
    figures: Path | None,
    document: Path | None,
    note: Callable[[str], None],
) -> None:
    """Write a bench's figures as JSON, and its page, each where a file was named for it.

    Args:
        report: The figures.
        as_page: Makes the page of them.
        figures: File for the figures.
        document: File for the page.
        note: Is told where the page lies.
    """
    if figures is not None:
        figures.write_text(json.dumps(report, indent=2, default=str) + "\n", "utf-8")
    if document is not None:
        document.write_text(as_page(report), "utf-8")
        note(f"the page: {document}")
