"""A report on segments as one HTML page: figures, a map, and every segment in words; nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from ragmarket.schemas.segment_report import MapPoint, SegmentQuality, SegmentReport
from ragmarket.signals.segments.targeting import REASONS

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.25rem .8rem;border-bottom:1px solid #ddd}"
    "svg{max-width:100%;height:auto;background:#fff;border:1px solid #ddd}.key{display:inline-block;width:.8em;"
    "height:.8em;border-radius:50%;margin-right:.4em}.note{color:#555}"
)
# Told apart by people who see few colours too (Okabe and Ito); segments beyond them begin anew.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f", "#5e4fa2")
_NOISE = "#c4c4c4"
_WIDTH, _HEIGHT, _RIM = 760, 480, 16


def report_page(report: SegmentReport) -> str:
    """The page; whatever came from data or from people is escaped."""
    lines = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>Segments</title><style>{_STYLE}</style></head><body>',
        f"<h1>{len(report.segments)} segments of {report.customers:,} customers</h1>",
        "<table><tr><th>Figure</th><th>Value</th><th>Reads</th></tr>",
        *(
            f"<tr><td>{name}</td><td>{value}</td><td>{meaning}</td></tr>"
            for name, value, meaning in figure_rows(report)
        ),
        "</table><h2>Map</h2>",
        f'<p class="note">{_reading(report.shown)}</p>',
        _map(report.map),
        "<p>",
        *(_key(one) for one in report.segments),
        f'<span class="key" style="background:{_NOISE}"></span>noise</p>',
    ]
    for one in report.segments:
        lines += _segment(one)
    return "\n".join([*lines, "</body></html>", ""])


def _reading(shown: float) -> str:
    return (
        f"The two directions in which customers differ most show {shown:.0%} of the differences that segments are "
        "made of: segments that lie on one another here may be far apart."
    )


def figure_rows(report: SegmentReport) -> list[tuple[str, str, str]]:
    """Name, value and how to read it, of each figure about all segments."""
    return [
        ("noise", f"{report.noise:.1%}", "customers who fit nowhere and are not targeted; above 30 % is much"),
        ("may be targeted", f"{report.may_be_targeted:,}", barred_line(report.not_targeted) or "everybody"),
        ("stability over resamples", _number(report.stability), f"1 is the same segments; {report.rounds} resamples"),
        ("least of them", _number(report.stability_least), "below .8 some segments come and go"),
        ("silhouette", _number(report.silhouette), "-1 to 1; above 0 customers lie with their own"),
        ("silhouette of RFM", _number(report.silhouette_rfm), f"{report.rfm_segments} segments by recency and money"),
        ("density validity (DBCV)", _number(report.dbcv), "-1 to 1; above 0 segments are denser than what parts them"),
        ("drift of sizes (PSI)", _number(report.drift), "first to second half; above .1 watch, above .25 another bank"),
        ("kept over time", _number(report.kept), "1 is every customer in the same segment in both halves"),
    ]


def targeted_line(one: SegmentQuality) -> str:
    """How many of a segment a campaign may address, and why not the others."""
    others = barred_line(one.not_targeted)
    return f"{one.may_be_targeted:,} of {one.size:,} may be targeted{f'; {others}' if others else ''}"


def barred_line(not_targeted: Mapping[str, int]) -> str:
    """Who may not be targeted and why, in words; empty where everybody may."""
    told = ", ".join(f"{count:,} {REASONS[rule]} ({rule})" for rule, count in not_targeted.items())
    return f"not to be targeted: {told}" if told else ""


def _number(value: float | None) -> str:
    return "cannot be told" if value is None else f"{value:.2f}"


def _colour(segment: int | None) -> str:
    return _NOISE if segment is None else _COLOURS[segment % len(_COLOURS)]


def _key(one: SegmentQuality) -> str:
    return f'<span class="key" style="background:{_colour(one.number)}"></span>{escape(_title(one))} &nbsp; '


def _title(one: SegmentQuality) -> str:
    return f"{one.number}: {one.name}" if one.name else f"segment {one.number}"


def _map(points: Sequence[MapPoint]) -> str:
    across, up = [one.x for one in points], [one.y for one in points]
    wide, high = max(across) - min(across) or 1.0, max(up) - min(up) or 1.0
    # Noise first, so that it covers nobody.
    ordered = sorted(points, key=lambda one: one.segment is not None)
    dots = "".join(
        f'<circle cx="{_RIM + (one.x - min(across)) / wide * (_WIDTH - 2 * _RIM):.1f}" '
        f'cy="{_HEIGHT - _RIM - (one.y - min(up)) / high * (_HEIGHT - 2 * _RIM):.1f}" r="3" '
        f'fill="{_colour(one.segment)}" fill-opacity=".7"/>'
        for one in ordered
    )
    label = f"{len(points):,} customers as dots, coloured by segment"
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{dots}</svg>'


def _segment(one: SegmentQuality) -> Iterator[str]:
    apart = f"separation {_number(one.separation)} (above 1: apart from its neighbour)"
    yield f"<h2>{escape(_title(one))}</h2>"
    yield f"<p>{one.size:,} customers ({one.share:.1%}); coherence {one.coherence:.2f}, {apart}.</p><ul>"
    yield from (f"<li>{escape(line)}</li>" for line in (targeted_line(one), *one.differences))
    yield "</ul><table><tr><th>At its heart</th><th>Closeness</th><th>Why</th></tr>"
    for member in one.exemplars:
        why = escape("; ".join(member.reasons))
        yield f"<tr><td>{escape(member.customer_id)}</td><td>{member.closeness:.2f}</td><td>{why}</td></tr>"
    yield "</table>"
