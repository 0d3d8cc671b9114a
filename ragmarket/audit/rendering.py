"""A trace as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ragmarket.schemas.trace import Trace, TracedClaim, TracedSource

CHAIN_WORDS = {
    "intact": "verified, no fault found",
    "broken": "BROKEN: do not rely on this record",
    "not_verified": "not verified as a whole in this run; `ragmarket audit verify` does",
}
MATCH_WORDS = {
    "found": "found at this place in the kept document",
    "differs": "DOES NOT STAND at this place in the kept document",
    "document_missing": "CANNOT BE CHECKED: the document's kept bytes are missing or altered",
}


def visible(text: str) -> str:
    """A text on one line in which no character can steer what shows it."""
    # Documents are untrusted: a control or bidi character of theirs must not steer the auditor's terminal.
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" if char != "\n" else " " for char in text)


def _source(source: TracedSource, indent: str) -> Iterator[str]:
    title = f" “{visible(source.title)}”" if source.title else ""
    yield f"{indent}{source.doc_id}, version {source.version}{title}, characters {source.start} to {source.end}"
    yield f"{indent}  “{visible(source.quote)}”"
    verdict = f"; review: {source.verdict.replace('_', ' ')}" if source.verdict else ""
    yield f"{indent}  {MATCH_WORDS[source.match]}{verdict}"


def _claim(number: int, claim: TracedClaim) -> Iterator[str]:
    yield f"Claim {number}: {visible(claim.text)}"
    for citation in claim.citations:
        yield from _source(citation, "  cites ")
    for figure in claim.figures:
        yield f"  figure “{visible(figure.text)}” ({figure.slot})"
        if figure.source is None:
            yield "    HAS NO SOURCE in the recorded evidence"
        else:
            yield from _source(figure.source, "    read from ")


def _entry(trace: Trace) -> Iterator[str]:
    """What was checked of the entry itself, where it was."""
    if trace.entry is not None:
        holds = "fits its hash, its neighbours and the bytes it cites" if trace.entry.holds else "DOES NOT HOLD"
        yield f"  entry: {holds}"
        if trace.entry.checkpoint is not None:
            point = trace.entry.checkpoint
            yield f"  checkpoint of {point.checkpoint.size} entries, signature {point.signature}"


def render_trace(trace: Trace) -> str:
    """The trace as lines of text, ending with a newline."""
    lines = [
        f"Draft {trace.draft_id}: {trace.status}",
        f"  recorded as entry {trace.audit.seq}, {trace.audit.hash}",
        f"  chain: {CHAIN_WORDS[trace.chain]}",
        *_entry(trace),
        *(f"    entry {fault.get('seq')}: {fault.get('kind')}: {fault.get('detail')}" for fault in trace.faults),
        f"  created {trace.created_at}; {trace.attempts} attempt(s)",
        f"  product {trace.product_code}; {trace.language}; {trace.channel}",
        f"  policy {trace.policy_snapshot}; model {trace.model or 'none'}",
        "",
    ]
    if trace.text is not None:
        lines += [*(f"  | {visible(row)}" for row in trace.text.split("\n")), ""]
    for number, claim in enumerate(trace.claims, start=1):
        lines += [*_claim(number, claim), ""]
    for disclaimer in trace.disclaimers:
        lines.append(f"Disclaimer {disclaimer.id} ({disclaimer.language}): {visible(disclaimer.text)}")
        same = (
            "bytes equal the approved wording" if disclaimer.bytes_match else "BYTES DIFFER from the approved wording"
        )
        lines.append(f"  {same}, sha256 {disclaimer.sha256}; approval: {disclaimer.approval or 'NONE RECORDED'}")
        if disclaimer.provenance:
            lines.append(f"  provenance of its words: {disclaimer.provenance.replace('_', ' ')}")
    decided = {one.finding: one for one in trace.dismissals}
    for number, finding in enumerate(trace.findings, start=1):
        authority = f" [{finding['authority']}]" if finding.get("authority") else ""
        lines.append(f"Finding {finding.get('rule')} ({finding.get('severity')}): {finding.get('message')}{authority}")
        if (one := decided.get(number)) is not None:
            when = one.at.isoformat(timespec="seconds")
            lines.append(f"  dismissed by {visible(one.by)} at {when}: {visible(one.reason)}; entry {one.record}")
    if trace.dismissals:
        lines.append(f"Publishable now: {'yes' if trace.publishable else 'no'}")
    return "\n".join(lines).rstrip("\n") + "\n"
