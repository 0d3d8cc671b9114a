"""A policy impact as one HTML page that needs nothing else: no script, no font, no host."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ragmarket.schemas.policy import ImpactHit, ImpactRule, PolicyImpact

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border:1px solid #bbb;padding:.3rem .5rem;
text-align:left;vertical-align:top}th{background:#eee}mark{background:#ffe08a}.source{color:#555}h2{margin-top:2rem}"""


def impact_page(impact: PolicyImpact) -> str:
    """The page; whatever came from copy or rule files is escaped."""
    title = f"Policy impact on {impact.on}"
    lines = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{title}</h1>",
        f"<p>{impact.affected} of {impact.copies} pieces of live copy would fall foul of a rule that begins after",
        f"{impact.since}. {len(impact.rules)} rules begin.</p>",
    ]
    for rule in impact.rules:
        lines += _rule(rule)
    return "\n".join([*lines, "</body></html>", ""])


def _rule(rule: ImpactRule) -> Iterator[str]:
    yield f"<h2>{escape(rule.title)}</h2>"
    yield f"<p><b>{escape(rule.id)}</b>, in force from {rule.effective_from}, severity {rule.severity}. "
    yield f"{escape(rule.explanation)}</p>"
    yield f'<p class="source">{escape(rule.authority)}. Source: {escape(rule.source)}. '
    yield f"Confidence {rule.confidence}.</p>"
    yield f"<p>Binds {rule.bound}; {len(rule.hits)} findings"
    if rule.undecided:
        yield f"; {rule.undecided} cannot be judged without {escape(', '.join(rule.missing_fields))}"
    yield ".</p>"
    if rule.hits:
        yield "<table><tr><th>Copy</th><th>Where</th><th>Outcome</th><th>Why</th></tr>"
        yield from (_row(hit) for hit in rule.hits)
        yield "</table>"


def _row(hit: ImpactHit) -> str:
    where = f"<mark>{escape(hit.span)}</mark> ({hit.start} to {hit.end})" if hit.span else "the whole"
    copy = f"{escape(hit.copy_id)}<br>{hit.product_class}, {hit.channel}, {hit.language}"
    return (
        f'<tr><td>{copy}</td><td lang="{hit.language}">{where}</td><td>{hit.outcome}</td>'
        f"<td>{escape(hit.message)}</td></tr>"
    )
