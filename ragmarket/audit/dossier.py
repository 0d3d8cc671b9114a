"""A record as a person reads it: one self-contained HTML page over many records, nothing fetched from anywhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ragmarket.audit.rendering import CHAIN_WORDS, MATCH_WORDS, visible
from ragmarket.schemas.trace import Trace, TracedClaim, TracedSource

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
article { border-top: 2px solid #1f4e8c; margin: 2.5rem 0; padding-top: .5rem; } h2 { overflow-wrap: anywhere; }
pre, blockquote { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f6f9; padding: .6rem .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; overflow-wrap: anywhere; }
dd, blockquote, pre { margin: .1rem 0; }
.no { color: #a3201b; font-weight: 600; } .note { color: #555; } code { font-size: .85em; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e6e6; } .note { color: #aaa; }
  pre, blockquote { background: #23272c; } .no { color: #ff8a80; } }
@media print { article { break-before: page; } }
"""


def _text(value: object) -> str:
    return html.escape("\n".join(visible(row) for row in str(value).split("\n")))


def _facts(rows: Mapping[str, object]) -> str:
    shown = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in rows.items() if value)
    return f"<dl>{shown}</dl>"


def _source(source: TracedSource, lead: str) -> str:
    title = f" “{_text(source.title)}”" if source.title else ""
    verdict = f"; review said: {_text(source.verdict.replace('_', ' '))}" if source.verdict else ""
    sound = "note" if source.match == "found" else "no"
    return (
        f"<p>{lead} {_text(source.doc_id)}, version {_text(source.version)}{title}, characters {source.start} to "
        f'{source.end} of <a href="documents/{html.escape(source.sha256, quote=True)}">the kept document</a></p>'
        f"<blockquote>{_text(source.quote)}</blockquote>"
        f'<p class="{sound}">{_text(MATCH_WORDS[source.match])}{verdict}</p>'
    )


def _claim(number: int, claim: TracedClaim) -> Iterator[str]:
    yield f"<h3>Claim {number}</h3><pre>{_text(claim.text)}</pre>"
    yield from (_source(one, "It cites") for one in claim.citations)
    for figure in claim.figures:
        yield f"<p>Figure “{_text(figure.text)}” ({_text(figure.slot)})</p>"
        none = '<p class="no">It has no source in the recorded evidence.</p>'
        yield _source(figure.source, "It was read from") if figure.source else none


def article(trace: Trace) -> str:
    """One message with its sources, wordings, findings and place in the log."""
    parts = [f'<article id="{html.escape(trace.draft_id, quote=True)}"><h2>{_text(trace.draft_id)}</h2>']
    parts.append(
        _facts(
            {
                "status": trace.status,
                "created": trace.created_at,
                "product": trace.product_code,
                "language, channel": f"{trace.language}, {trace.channel}",
                "rules of the day": trace.policy_snapshot,
                "written by": trace.model,
                "attempts": trace.attempts,
                "entry": f"{trace.audit.seq}, {trace.audit.hash}",
                "chain": CHAIN_WORDS[trace.chain],
            }
        )
    )
    parts += [f'<p class="no">{_text(fault)}</p>' for fault in trace.faults]
    if trace.text is not None:
        parts.append(
            f'<h3>Message</h3><pre lang="{html.escape(str(trace.language), quote=True)}">{_text(trace.text)}</pre>'
        )
    for number, claim in enumerate(trace.claims, start=1):
        parts += _claim(number, claim)
    for one in trace.disclaimers:
        same = (
            "its bytes are the approved wording's" if one.bytes_match else "ITS BYTES DIFFER from the approved wording"
        )
        parts.append(f"<h3>Disclaimer {_text(one.id)} ({_text(one.language)})</h3><pre>{_text(one.text)}</pre>")
        parts.append(f'<p class="{"note" if one.bytes_match else "no"}">{same}; <code>{_text(one.sha256)}</code></p>')
        parts.append(_facts({"approval": one.approval or "none recorded", "provenance": one.provenance}))
    decided = {one.finding: one for one in trace.dismissals}
    for number, finding in enumerate(trace.findings, start=1):
        rows: dict[str, object] = {name: finding.get(name) for name in ("severity", "message", "authority")}
        if (who := decided.get(number)) is not None:
            rows["dismissed"] = f"by {who.by} at {who.at.isoformat(timespec='seconds')}: {who.reason}"
        parts.append(f"<h3>Finding {_text(finding.get('rule'))}</h3>{_facts(rows)}")
    return "\n".join([*parts, "</article>"])


def removed(draft_id: str, seq: int, hash_: str) -> str:
    """What is left of a record whose retention was over."""
    place = _facts({"entry": f"{seq}, {hash_}", "record": "removed when its retention was over"})
    return f"<article><h2>{_text(draft_id)}</h2>{place}</article>"


def pages(title: str, about: Mapping[str, Any], articles: Iterable[str]) -> Iterator[str]:
    """The page in pieces, so that any number of records fits."""
    yield (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{_text(title)}</h1>{_facts(about)}"
        '<p class="note">Whether this page and all files beside it are what was exported is for '
        "<code>verify_export.py</code> to say.</p>\n"
    )
    for one in articles:
        yield one + "\n"
    yield "</body></html>\n"
