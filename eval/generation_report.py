"""The figures of the generation bench as tables on a terminal, and as one HTML page with plots."""

from __future__ import annotations

import statistics
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.intervals import percent
from eval.pages import bars_plot, page, shares_plot, table

LEAD = "Shares with 95 % Wilson intervals; items of one document are not independent of one another."


def report(out: Console, figures: dict[str, Any]) -> None:
    """The figures on a terminal."""
    overall = Table("what", "share")
    for name, (hits, of) in figures["counts"].items():
        overall.add_row(name, percent(hits, of))
    out.print(overall)
    for field, own in figures["pairs"].items():
        differing = Table(f"two values of {field}", "share of pairs")
        for name, count in own.items():
            differing.add_row(name, percent(*count))
        out.print(differing)
    for field in ("languages", "channels"):
        shown = Table(field, "accepted, all", "accepted, possible", "first pass, possible")
        for name, own in figures[field].items():
            shown.add_row(name, *(percent(*count) for count in own.values()))
        out.print(shown)
    varied = Table("language", "distinct-1", "distinct-2", "self-BLEU", "repeated 4-grams", "terms", "avoided", "loss")
    for language, own in figures["variety"].items():
        used = figures["terms"][language]
        cells = [f"{value:.3f}" for value in own.values()]
        cells += [f"{used['approved terms per message']:.1f}", str(used["messages with a form to avoid"])]
        varied.add_row(language, *cells, f"{figures['held-out loss'].get(language, float('nan')):.3f}")
    out.print(varied)
    three = figures["variants"]
    mean = statistics.mean(three["overlap"]) if three["overlap"] else float("nan")
    out.print(
        f"three variants: {three['all three accepted']} of {three['briefs']} briefs with all accepted; mean pairwise "
        f"word overlap of their claims {mean:.2f}; two say the same in {three['two say the same']}"
    )
    out.print(f"faults in accepted texts: {sum(figures['faults'].values())} {figures['faults']}")
    out.print(f"refusals by rule: {figures['refusals by rule']}")
    out.print(f"one WhatsApp draft, warm, median: {figures['whatsapp median s']} s")


def as_page(figures: dict[str, Any]) -> str:
    """The figures as one HTML page."""
    rows = [[name, percent(hits, of)] for name, (hits, of) in figures["counts"].items()]
    parts = [table(["what", "share"], rows)]
    for field, own in figures["pairs"].items():
        parts.append(table([f"two values of {field}", "share of pairs"], [[k, percent(*v)] for k, v in own.items()]))
    for field, target in (("languages", 0.90), ("channels", 0.95)):
        plain = {name: own["accepted of possible"] for name, own in figures[field].items()}
        parts.append(shares_plot(f"Accepted within two rewrites, of possible briefs, by {field[:-1]}", plain, target))
    parts.append(bars_plot("Refusals by rule", figures["refusals by rule"], "messages"))
    if figures["held-out loss"]:
        parts.append(bars_plot("Held-out completion loss", figures["held-out loss"], "nats per token"))
    varied = [[language, *(f"{v:.3f}" for v in own.values())] for language, own in figures["variety"].items()]
    parts.append(table(["language", "distinct-1", "distinct-2", "self-BLEU", "repeated 4-grams"], varied))
    return page("ragmarket: what the writer writes", LEAD, parts)
