"""Offering a lawful text for what was found: put in its place, and held against all rules before it is offered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ragmarket.compliance.rules.disclosures import exact_spans
from ragmarket.protocols import Rewriter
from ragmarket.schemas.compliance import DisclaimerText, Finding, Policy, Rewrite

Review = Callable[[str, Policy], Sequence[Finding]]
Span = tuple[int, int]
Source = Literal["phrasebook", "ledger", "writer", "removal"]

# A stop ends a sentence before a space or the end, but not after an initial or one of these.
_END = re.compile(r"[!?।॥…]+[\"”'’)\]]*|\.(?=[\"”'’)\]]*(?:\s|$))[\"”'’)\]]*|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Rs|No|Nos|Dr|Mr|Mrs|Ms|St|Ltd|Pvt|Co|vs|e\.g|i\.e|approx|p\.a|A\.P)|\b[A-Za-z])\.$"
)
# Each proposal costs a review of the whole text, so a text with more wrong sentences gets them for the first.
MOST = 8
LONGEST = 4000
_FEWEST_LETTERS = 12
_SIGNS = frozenset({"channel.hidden_character", "channel.sms_character"})
_LINELESS = frozenset({"sms", "push"})


def sentence_span(text: str, start: int, end: int) -> Span:
    """The sentences that a span touches, without the blanks around them."""
    first, last = 0, len(text)
    for match in _END.finditer(text):
        if match.group().startswith(".") and _ABBREVIATION.search(text[: match.start() + 1][-8:]):
            # "p.a." may end a sentence all the same.
            follow = text[match.end() :].lstrip(" ")[:1]
            if not (follow == "" or (text[: match.start() + 1].endswith("p.a.") and follow.isupper())):
                continue
        if match.end() <= start:
            first = match.end()
        elif match.end() >= end:
            last = match.end()
            break
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def _clipped(span: Span, start: int, end: int, fixed: Sequence[Span]) -> Span | None:
    """The span without mandatory wordings; None when the finding itself stands in one."""
    first, last = span
    for begin, stop in fixed:
        if begin < end and start < stop:
            return None
        if first < stop <= start:
            first = stop
        if end <= begin < last:
            last = begin
    return first, last


@dataclass(frozen=True, slots=True)
class _Unit:
    """Findings that one rewrite answers, and the span that it takes the place of."""

    kind: Literal["sentence", "copy", "sign", "end", "start"]
    start: int
    end: int
    numbers: tuple[int, ...]


class Mender:
    """Puts a `Rewrite` beside every finding for which one passes.

    Args:
        rewriters: Who proposes, best first; where none has anything that passes, leaving out is tried.
        review: All rules on a text; a proposal is only offered when nothing is found in its place and nothing new
            is found elsewhere.
    """

    def __init__(self, rewriters: Sequence[Rewriter], review: Review) -> None:
        self._rewriters = tuple(rewriters)
        self._review = review

    def mend(self, findings: Sequence[Finding], text: str, policy: Policy) -> tuple[Finding, ...]:
        """The findings, those that can be mended with their rewrite.

        Works from the text's end to its start, on a text in which what stands behind is mended already: so each
        proposal is tried beside those that will stand with it.
        """
        units = _units(findings, text, policy) if len(text) <= LONGEST else []
        if not units:
            return tuple(findings)
        mended = list(findings)
        current, known = text, self._review(text, policy)
        opened = 0
        for unit in units[:MOST]:
            for span, proposal, source in self._proposals(unit, findings, current, policy, opened):
                new = current[: span[0]] + proposal + current[span[1] :]
                after = self._review(new, policy)
                if not _better(known, after, (span[0], span[0] + len(proposal)), new, policy):
                    continue
                start, end = {"end": (len(text), len(text)), "start": (0, 0)}.get(unit.kind, span)
                rewrite = Rewrite(start=start, end=end, text=proposal, source=source)
                for number in unit.numbers:
                    mended[number] = findings[number].model_copy(update={"rewrite": rewrite})
                opened += len(proposal) if unit.kind == "start" else 0
                current, known = new, after
                break
        return tuple(mended)

    def _proposals(
        self, unit: _Unit, findings: Sequence[Finding], text: str, policy: Policy, opened: int
    ) -> Iterator[tuple[Span, str, Source]]:
        start, end = unit.start, unit.end
        finding = findings[unit.numbers[0]]
        entry = _entry(finding, policy)
        paragraph = " " if policy.channel in _LINELESS else "\n\n"
        if unit.kind == "sign":
            yield (start, end), " " if text[start:end].isspace() else "", "removal"
        elif unit.kind == "copy" and entry is not None:
            yield (start, end), entry.text, "ledger"
            if text[end : end + 1] in {".", "।"}:  # the copy's own stop
                yield (start, end + 1), entry.text, "ledger"
        elif unit.kind == "end" and entry is not None:
            yield (len(text), len(text)), paragraph + entry.text, "ledger"
        elif unit.kind == "start" and entry is not None:
            yield (opened, opened), entry.text + paragraph, "ledger"
        elif unit.kind == "sentence":
            for rewriter in self._rewriters:
                for number in unit.numbers:
                    at = findings[number].model_copy(update={"start": start, "end": end})
                    proposal = rewriter.rewrite(at, text, policy, policy.language)
                    if proposal:
                        yield (start, end), proposal, rewriter.source
            while end < len(text) and text[end] == " ":
                end += 1
            while end == len(text) and start > 0 and text[start - 1].isspace():
                start -= 1
            yield (start, end), "", "removal"


def _entry(finding: Finding, policy: Policy) -> DisclaimerText | None:
    id_ = finding.message.split(" ", 1)[0]
    return next((one for one in policy.disclaimers if one.id == id_), None)


def _units(findings: Sequence[Finding], text: str, policy: Policy) -> list[_Unit]:
    """What to mend, in the order of the work: missing wordings of the end, then from behind, then those of the start.

    No two spans overlap: what stands in an altered wording or in a flagged sentence is mended with it.
    """
    fixed = [span for entry in policy.disclaimers for span in exact_spans(text, entry.text)]
    placed: list[_Unit] = []
    missing: dict[str, list[tuple[int, int]]] = {"start": [], "end": []}
    ranks = {entry.id: rank for rank, entry in enumerate(policy.disclaimers)}

    def put(kind: Literal["sentence", "copy", "sign"], span: Span, number: int) -> None:
        beside = [one for one in placed if one.start < span[1] and span[0] < one.end]
        if any(one.kind != "sentence" for one in beside):
            return
        numbers = (*(n for one in beside for n in one.numbers), number)
        placed[:] = [one for one in placed if one not in beside]
        start = min([span[0], *(one.start for one in beside)])
        end = max([span[1], *(one.end for one in beside)])
        placed.append(_Unit("sentence" if beside else kind, start, end, numbers))

    rounds: tuple[tuple[Literal["sentence", "copy", "sign"], str], ...] = (
        ("copy", "disclosures.altered"),
        ("sentence", "claims."),
        ("sign", "channel."),
    )
    for kind, rule in rounds:
        for number, finding in enumerate(findings):
            start, end = finding.start, finding.end
            if not finding.rule.startswith(rule) or start is None or end is None or end <= start:
                continue
            if kind == "sign" and finding.rule not in _SIGNS:
                continue
            span = _clipped(sentence_span(text, start, end), start, end, fixed) if kind == "sentence" else (start, end)
            if span is not None and (kind != "copy" or _entry(finding, policy) is not None):
                put(kind, span, number)
    for number, finding in enumerate(findings):
        entry = _entry(finding, policy)
        if finding.rule == "disclosures.missing" and entry is not None:
            missing[entry.placement].append((ranks[entry.id], number))
    placed.sort(key=lambda one: -one.start)
    ends = [_Unit("end", len(text), len(text), (number,)) for _, number in sorted(missing["end"])]
    starts = [_Unit("start", 0, 0, (number,)) for _, number in sorted(missing["start"])]
    return [*ends, *placed, *starts]


def _better(before: Sequence[Finding], after: Sequence[Finding], place: Span, text: str, policy: Policy) -> bool:
    """Whether something is gone, nothing is new, nothing is found in place, and a message remains."""
    had, has = (Counter((one.rule, one.severity) for one in found) for found in (before, after))
    if any(has[key] > had[key] for key in has) or has.total() >= had.total():
        return False
    start, end = place
    if end > start and any(
        one.start is not None and one.end is not None and one.start < end and start < one.end for one in after
    ):
        return False
    rest = text
    for entry in policy.disclaimers:
        rest = rest.replace(entry.text, "")
    return sum(char.isalpha() for char in rest) >= _FEWEST_LETTERS


def applied(text: str, findings: Sequence[Finding]) -> str:
    """The text with every offered rewrite in its place; insertions at one place keep the findings' order."""
    rewrites = {(r.start, r.end, r.text) for f in findings if (r := f.rewrite) is not None and r.end > r.start}
    inserts = [r for f in findings if (r := f.rewrite) is not None and r.end == r.start]
    for start, end, new in sorted(rewrites, reverse=True):
        text = text[:start] + new + text[end:]
    head = "".join(one.text for one in inserts if one.start == 0)
    tail = "".join(one.text for one in inserts if one.start != 0)
    return head + text + tail
