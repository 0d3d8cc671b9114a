"""The compliance bench as one HTML page that needs nothing else: tables, and plots as inline SVG."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

from eval.copy_tally import GROUPS, CopyTally
from eval.intervals import percent

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:left}"
    "svg{max-width:100%;height:auto}.no{color:#a00}"
)
_MEASURES = ("recall", "right class", "false alarms", "alarms on neutral")
_COLOURS = ("#1b6ca8", "#7fb3d5", "#c0a062", "#b0b0b0")


def plot(tallies: Mapping[str, CopyTally], measure: str, group: str) -> str:
    """Shares with their intervals, a bar per system and value, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    values = [
        value
        for value in next(iter(tallies.values())).values(group)
        if any(tally.share(measure, group, value).total for tally in tallies.values())
    ]
    figure, axes = plt.subplots(figsize=(max(6.0, 0.55 * len(values) + 2), 3.2))
    width = 0.8 / len(tallies)
    for place, (name, tally) in enumerate(tallies.items()):
        rows = [tally.share(measure, group, value).as_dict() for value in values]
        heights = [100 * row["share"] for row in rows]
        low = [max(0.0, 100 * (row["share"] - row["low"])) for row in rows]
        high = [max(0.0, 100 * (row["high"] - row["share"])) for row in rows]
        where = [index + (place - (len(tallies) - 1) / 2) * width for index in range(len(values))]
        axes.bar(
            where, heights, width, yerr=[low, high], label=name, color=_COLOURS[place % len(_COLOURS)], capsize=1.5
        )
    axes.set_xticks(range(len(values)), values)
    axes.set_ylabel(f"{measure}, %")
    axes.set_ylim(0, 105 if measure != "false alarms" else None)
    axes.legend(fontsize=7, ncols=len(tallies), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "ragmarket", "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    drawn = stream.getvalue()
    return drawn[drawn.index("<svg") :]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{first}</tr>{body}</table>"


def page(
    tallies: Mapping[str, CopyTally], about: Mapping[str, Any], missing: Sequence[str], show_misses: bool = False
) -> str:
    """The whole report; the first of ``tallies`` is review as it is used."""
    parts = ["<h1>Compliance of written copy</h1>"]
    parts.append(
        f"<p>{about['texts']} lines, checked as of {about['as_of']}; classifier {html.escape(about['classifier'])}. "
        "Shares with their 95 % Wilson intervals.</p>"
    )
    parts += [f'<p class="no">not met: {html.escape(line)}</p>' for line in missing]
    rows = [[name, *(_cell(tally, one) for one in _MEASURES)] for name, tally in tallies.items()]
    parts.append(_table(["system", *_MEASURES], rows))
    review = next(iter(tallies.values()))
    for group in GROUPS[1:]:
        parts.append(f"<h2>By {group}</h2>")
        parts += [plot(tallies, measure, group) for measure in ("recall", "false alarms")]
        cells = [[value, *(_cell(review, one, group, value) for one in _MEASURES)] for value in review.values(group)]
        parts.append(_table([group, *_MEASURES], cells))
    parts.append(f"<h2>Time</h2><p>Milliseconds of one thread on {html.escape(about['machine'])}.</p>")
    times = about["milliseconds_of_one_thread"]
    heads = list(next(iter(times.values())))
    parts.append(_table(["", *heads], [[name, *(f"{row[head]:.2f}" for head in heads)] for name, row in times.items()]))
    stock = ", ".join(about["guardrails_validators_shipped"]) or "none (those of its hub are downloads)"
    parts.append(f"<p>Validators that guardrails-ai ships: {html.escape(stock)}.</p>")
    if show_misses:
        heads = ["fault", "class", "tongue", "kind", "product_class", "text", "found"]
        parts.append("<h2>Misses and false alarms</h2>")
        parts.append(_table(heads, [[str(fault[head]) for head in heads] for fault in review.faults]))
    head = f'<meta charset="utf-8"><title>Compliance of written copy</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _cell(tally: CopyTally, measure: str, group: str = "all", value: str = "all") -> str:
    share = tally.share(measure, group, value)
    return percent(share.hits, share.total)
