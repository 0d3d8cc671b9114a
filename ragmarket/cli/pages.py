"""Results laid out for people: the message, where each sentence comes from, what review found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ragmarket.schemas.evidence import DocumentVersion

if TYPE_CHECKING:
    from ragmarket.schemas.compliance import CheckVerdict, Finding, Rewrite
    from ragmarket.schemas.indexing import IndexReport
    from ragmarket.schemas.message import Result
    from ragmarket.schemas.prediction import DriftReport, Prediction

QUOTE = 110
STYLES = {"block": "bold red", "review": "yellow", "info": "cyan"}
Titles = Mapping[str, str]


def titles_of(documents: Iterable[DocumentVersion]) -> dict[str, str]:
    """Title and version by the hash of a document's text."""
    return {document.sha256: f"{document.title}, version {document.version}" for document in documents}


def shortened(text: str, length: int = QUOTE) -> str:
    """One line of at most ``length`` code points."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def finding_lines(findings: Iterable[Finding]) -> Text:
    """Per finding: severity, rule, message and authority; then what it means, and what may stand instead."""
    text = Text()
    for finding in findings:
        text.append(f"{finding.severity:<6} ", style=STYLES[finding.severity])
        text.append(f"{finding.rule}: {finding.message}")
        if finding.start is not None:
            text.append(f" (characters {finding.start}-{finding.end})", style="dim")
        if finding.authority:
            since = f", in force from {finding.in_force_from}" if finding.in_force_from else ""
            text.append(f" [{finding.authority}{since}]", style="dim")
        text.append("\n")
        if finding.explanation:
            text.append(f"       {finding.explanation}\n", style="dim")
        if finding.rewrite is not None:
            text.append_text(_rewrite_line(finding.rewrite))
    text.rstrip()
    return text


def _rewrite_line(rewrite: Rewrite) -> Text:
    text = Text("       lawful: ", style="green")
    if rewrite.text.strip():
        verb = "put in" if rewrite.start == rewrite.end else f"for characters {rewrite.start}-{rewrite.end}"
        text.append(f"{verb}: “{rewrite.text.strip()}” ({rewrite.source})\n")
    else:
        text.append(f"leave out characters {rewrite.start}-{rewrite.end}\n")
    return text


def _marked(result: Result) -> Text:
    """The message with its disclaimers set apart."""
    text = Text(result.text or "")
    for disclaimer in result.disclaimers:
        text.stylize("italic dim", disclaimer.start, disclaimer.end)
    return text


def message_panel(result: Result, titles: Titles, heading: str = "") -> Panel:
    """One result: the message and its claims' sources, or the refusal and its reasons."""
    accepted = result.status == "accepted"
    parts: list[RenderableType] = []
    if result.subject:
        parts += [Text(f"Subject: {result.subject}", style="bold"), Text()]
    if accepted:
        parts.append(_marked(result))
        for number, claim in enumerate(result.claims, start=1):
            parts += [Text(), Text(f"{number}. {shortened(claim.text)}", style="bold")]
            for citation in claim.citations:
                title = titles.get(citation.sha256, f"{citation.doc_id}, version {citation.version}")
                parts.append(Text(f"   {citation.verdict}: {title}, characters {citation.start}-{citation.end}"))
                parts.append(Text(f"   “{shortened(citation.quote)}”", style="dim"))
        for law in result.disclaimers:
            words = (law.provenance or "unknown").replace("_", " ")
            parts.append(Text(f"{law.id}: words {words}; approved by {law.approval or 'nobody'}", style="dim"))
    if result.findings:
        parts += [Text(), finding_lines(result.findings)] if parts else [finding_lines(result.findings)]
    state = "accepted" if accepted else "refused"
    if accepted and not result.publishable:
        state += ", not publishable yet"
    place = f"record {result.audit.seq} · {result.draft_id}" if result.audit else result.draft_id
    return Panel(
        Group(*parts),
        title=Text(heading or f"{result.channel} · {result.language} · {result.as_of}"),
        subtitle=Text(f"{state} · {place}"),
        border_style="green" if accepted else "red",
        padding=(1, 2),
    )


def verdict_lines(verdict: CheckVerdict) -> Text:
    """One verdict with its findings."""
    state, style = str(verdict.verdict), "bold green" if verdict.verdict == "pass" else "bold red"
    if verdict.verdict == "pass" and verdict.inconclusive:
        state, style = f"pass, but inconclusive: {', '.join(verdict.inconclusive)}", "bold yellow"
    text = Text(f"{verdict.id}: {state}\n", style=style)
    text.append_text(finding_lines(verdict.findings))
    text.rstrip()
    return text


def prediction_lines(prediction: Prediction) -> Text:
    """One prediction: who, what, how sure, and why."""
    text = Text(f"{prediction.segment} · {prediction.intent}", style="bold")
    text.append(f"  confidence {prediction.confidence:.2f}, source {prediction.source}\n")
    if prediction.response is not None:
        text.append(f"response {prediction.response:.2f}\n")
    for name, scores in (
        ("products", prediction.product_propensities),
        ("channels", prediction.channel_propensities),
        ("times", prediction.timing_propensities),
        ("intensity", prediction.intensity_propensities),
    ):
        if scores:
            best = sorted(scores.items(), key=lambda pair: -pair[1])
            text.append(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in best) + "\n")
    for head in dict.fromkeys(one.head for one in prediction.contributions):
        moved = [one for one in prediction.contributions if one.head == head]
        told = ", ".join(f"{one.group} {one.value:+.2f}" for one in moved[:3])
        text.append(f"{head} {moved[0].answer} by: {told}\n")
    for warning in prediction.warnings:
        text.append(f"! {warning}\n", style="yellow")
    for reason in prediction.reasons:
        text.append(f"- {reason}\n", style="dim")
    text.rstrip()
    return text


def drift_table(report: DriftReport) -> Table:
    """How far customers differ from those of training, the farthest feature first."""
    title = f"{report.customers:,} customers beside those of {report.checkpoint}"
    table = Table(box=SIMPLE, title=title, title_justify="left")
    table.add_column("feature", no_wrap=True)
    table.add_column("farthest value", overflow="fold")
    for column in ("PSI", "missing", "in training"):
        table.add_column(column, justify="right")
    table.add_column("status", no_wrap=True)
    styles = {"alarm": "bold red", "missing": "bold red", "watch": "yellow", "too few": "dim"}
    for one in report.features:
        shares = (f"{one.missing:.0%}", f"{one.missing_in_training:.0%}")
        style = styles.get(one.status, "")
        table.add_row(one.feature, one.value or "", f"{one.psi:.3f}", *shares, Text(one.status, style=style))
    return table


def index_table(report: IndexReport) -> Table:
    """What indexing did with each document."""
    table = Table(box=SIMPLE, title=f"{len(report.documents)} documents, {report.seconds:.1f} s", title_justify="left")
    table.add_column("document", overflow="fold", min_width=48)
    for column in ("version", "action"):
        table.add_column(column, no_wrap=True)
    for column in ("units", "figures", "facts"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold")
    for row in report.documents:
        reason = row.reason or (f"superseded by {row.superseded_by}" if row.superseded_by else "")
        counts = (str(row.units), str(row.figures), str(row.facts))
        table.add_row(Text(row.path), row.version or "", row.action, *counts, Text(reason))
    return table


def disclaimer_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The ledger: wording, where it comes from, who approved it."""
    table = Table(box=SIMPLE, title=f"{len(rows)} wordings", title_justify="left")
    for column in ("id", "language", "hash"):
        table.add_column(column, no_wrap=True)
    for column in ("provenance", "in force", "approval", "text"):
        table.add_column(column, overflow="fold")
    for row in rows:
        approval = row.get("approval")
        who = "none"
        if approval:
            who = f"{approval['approver']}, {approval['date']}" + (
                " (demo)" if approval.get("demo") and "(demo)" not in approval["approver"] else ""
            )
        span = f"{row['effective_from']} to {row.get('effective_to') or 'open'}"
        cells = (row["id"], row["language"], row["sha256"][:12], row["provenance"], span, who)
        table.add_row(*(Text(str(cell)) for cell in cells), Text(shortened(row["text"], 90)))
    return table
