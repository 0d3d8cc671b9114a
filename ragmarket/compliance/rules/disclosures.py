"""The proof on the final bytes: each disclaimer exactly once, byte-equal to its wording, on its own and in its place.

The proof starts from what is right, not from what may be wrong: a text is accepted when the approved bytes stand in it
between spaces or line ends, once, with a closed sentence on either side, at their edge of the message. Everything else
(altered copies, other languages, quotations) is searched only to say what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ragmarket.compliance.rules.copies import Stretch, describe, words_of
from ragmarket.compliance.rules.surroundings import Span, after_fault, before_fault, in_place
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import DisclaimerText, Finding, Policy

_LINELESS = frozenset({"sms", "push"})


@dataclass(frozen=True, slots=True)
class Disclosures:
    """Findings, and the spans in which an approved wording stands to the byte."""

    findings: tuple[Finding, ...]
    exact: tuple[Span, ...]


def exact_spans(text: str, wording: str) -> list[Span]:
    """Where ``wording`` stands to the byte and on its own: the text's end, a space or a line end on either side."""
    spans: list[Span] = []
    start = text.find(wording)
    while start >= 0:
        end = start + len(wording)
        if (start == 0 or text[start - 1] in " \n") and (end == len(text) or text[end] in " \n"):
            spans.append((start, end))
        start = text.find(wording, start + 1)
    return spans


def outside(text: str, spans: Iterable[Span]) -> str:
    """``text`` with line ends in place of some spans; every other character keeps its place."""
    for start, end in spans:
        text = text[:start] + "\n" * (end - start) + text[end:]
    return text


def _finding(
    rule: str, message: str, span: Span | None, entry: DisclaimerText, severity: Severity = "block"
) -> Finding:
    start, end = span if span is not None else (None, None)
    return Finding(
        rule=f"disclosures.{rule}",
        severity=severity,
        message=message,
        start=start,
        end=end,
        authority=entry.authority,
        in_force_from=entry.effective_from,
    )


def check_disclosures(
    text: str, policy: Policy, known: Sequence[DisclaimerText], *, body_only: bool = False
) -> Disclosures:
    """Hold ``text`` against the wordings that policy demands.

    Args:
        text: The whole message.
        policy: What is demanded, and where, in the order in which it is laid out.
        known: Every wording of the ledger that is in force, in any language.
        body_only: Do not ask for disclaimers; an altered copy is then only reported for review.

    Returns:
        Findings, and the exact spans (of demanded and of other approved wordings of the policy's language).
    """
    demanded = {entry.id for entry in policy.disclaimers}
    others = [entry for entry in known if entry.language == policy.language and entry.id not in demanded]
    places = {entry.id: exact_spans(text, entry.text) for entry in policy.disclaimers}
    exact = {span for spans in places.values() for span in spans}
    for id_, spans in places.items():
        # A wording that is a part of a longer one stands there as its part.
        places[id_] = [(s, e) for s, e in spans if not any(a <= s and e <= b and (a, b) != (s, e) for a, b in exact)]
    covered = [*sorted(exact), *sorted({span for entry in others for span in exact_spans(text, entry.text)})]
    stretch = Stretch(text, words_of(outside(text, covered)))
    findings: list[Finding] = []
    for entry in policy.disclaimers:
        copy = stretch.altered_copy(entry.text)
        if copy is not None:
            message = f"{entry.id} stands here in altered words: {describe(copy, text, entry.text)}"
            severity: Severity = "review" if body_only else "block"
            findings.append(_finding("altered", message, (copy.start, copy.end), entry, severity))
        if body_only:
            continue
        spans = places[entry.id]
        if spans:
            findings += _faults_of_place(text, policy, entry, places)
            findings += (_finding("repeated", f"{entry.id} stands more than once", s, entry) for s in spans[1:])
        else:
            findings += _standing_in(text, policy, entry, known, stretch, told=copy is not None)
    if not body_only:
        findings += _out_of_order(policy, places)
    told = [(f.start, f.end) for f in findings if f.rule == "disclosures.altered" and f.start is not None]
    for entry in others:
        copy = stretch.altered_copy(entry.text)
        if copy is not None and not any(s < copy.end and copy.start < (e or s) for s, e in told):
            message = f"{entry.id} is not asked for here, and stands in altered words: "
            message += describe(copy, text, entry.text)
            findings.append(_finding("altered", message, (copy.start, copy.end), entry, "review"))
    return Disclosures(findings=tuple(findings), exact=tuple(covered))


def _standing_in(
    text: str, policy: Policy, entry: DisclaimerText, known: Sequence[DisclaimerText], stretch: Stretch, *, told: bool
) -> Iterator[Finding]:
    """What is said of a wording that does not stand: in which language it stands instead, or that it is missing."""
    for other in known:
        if other.id != entry.id or other.language == policy.language:
            continue
        spans = exact_spans(text, other.text)
        copy = None if spans else stretch.altered_copy(other.text)
        if spans or copy is not None:
            span = spans[0] if spans else (copy.start, copy.end) if copy is not None else None
            message = f"{entry.id} stands in {other.language}; the message is in {policy.language}"
            yield _finding("language", message, span, entry)
            return
    if not told:
        yield _finding("missing", f"{entry.id} is missing", None, entry)


def _faults_of_place(
    text: str, policy: Policy, entry: DisclaimerText, places: dict[str, list[Span]]
) -> Iterator[Finding]:
    group = [s for other in policy.disclaimers if other.placement == entry.placement for s in places[other.id]]
    first = places[entry.id][0]
    if not in_place(text, first, entry.placement, group):
        yield _finding("place", f"{entry.id} must stand at the {entry.placement} of the message", first, entry)
    neighbours = [span for spans in places.values() for span in spans if span != first]
    lines = policy.channel not in _LINELESS
    for fault in (
        before_fault(text, first, entry.text, neighbours),
        after_fault(text, first, entry.text, neighbours, lines=lines),
    ):
        if fault is not None:
            yield _finding("surroundings", f"{entry.id} {fault[0]}", fault[1], entry)


def _out_of_order(policy: Policy, places: dict[str, list[Span]]) -> Iterator[Finding]:
    for placement in ("start", "end"):
        group = [entry for entry in policy.disclaimers if entry.placement == placement and places[entry.id]]
        for before, entry in pairwise(group):
            if places[before.id][0] > places[entry.id][0]:
                message = f"{entry.id} stands before {before.id}; policy's order is the other way round"
                # No regulation orders wordings that stand at the same edge: a person decides.
                yield _finding("order", message, places[entry.id][0], entry, "review")
