"""Disclaimers: each exactly once, byte-equal to its approved wording, in its place; altered copies are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

import regex

from ragmarket.compliance.rules.normalise import fold
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import DisclaimerText, Finding, Policy

Span = tuple[int, int]
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}%\u200c\u200d]+")
_NEAR_SHARE = 0.7
_FEWEST_WORDS = 3
_LONGEST_TAIL = 4
_STOP = regex.compile(r"[.!?।\n]")
# The most widespread wrong form of the mutual fund warning; naming it helps whoever must mend it.
_CLASSIC = ("please", "before", "investing")


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


@lru_cache(maxsize=512)
def _wanted(wording: str) -> tuple[str, ...]:
    return tuple(word for word, _, _ in _words(wording))


def _words(text: str) -> list[tuple[str, int, int]]:
    found = ((fold(match.group()).text.strip(), *match.span()) for match in _WORD.finditer(text))
    return [word for word in found if word[0]]


@dataclass(frozen=True, slots=True)
class _Copy:
    start: int
    end: int
    added: tuple[str, ...]
    missing: tuple[str, ...]


def _altered_copy(text: str, words: Sequence[tuple[str, int, int]], wording: str) -> _Copy | None:
    """The stretch of ``words`` that holds most of the wording's words in its order, but not its bytes."""
    wanted = _wanted(wording)
    if len(wanted) < _FEWEST_WORDS or not words:
        return None
    have = [word for word, _, _ in words]
    if len(set(have) & set(wanted)) < _NEAR_SHARE * len(set(wanted)):
        return None
    blocks = [b for b in SequenceMatcher(None, have, wanted, autojunk=False).get_matching_blocks() if b.size]
    if sum(block.size for block in blocks) < _NEAR_SHARE * len(wanted):
        return None
    first, last = blocks[0].a, blocks[-1].a + blocks[-1].size
    if last - first > 2 * len(wanted) + 2:
        return None
    for index in range(last, min(last + _LONGEST_TAIL, len(words))):
        # Words added behind the copy belong to it as long as its sentence goes on.
        if _STOP.search(text[words[last - 1][2] : words[index][1]]):
            break
        if index + 1 == len(words) or _STOP.search(text[words[index][2] : words[index + 1][1]]):
            last = index + 1
            break
    window = have[first:last]
    matched_have = {i for b in blocks for i in range(b.a, b.a + b.size)}
    matched_want = {i for b in blocks for i in range(b.b, b.b + b.size)}
    return _Copy(
        start=words[first][1],
        end=words[last - 1][2],
        added=tuple(window[i - first] for i in range(first, last) if i not in matched_have),
        missing=tuple(wanted[i] for i in range(len(wanted)) if i not in matched_want),
    )


def _describe(copy: _Copy) -> str:
    if all(word in copy.added for word in _CLASSIC[:1]) or set(_CLASSIC[1:]) <= set(copy.added):
        return "the well-known wrong form (“Please …” or “… before investing”); no word may be added"
    parts = []
    if copy.added:
        parts.append(f"added: {', '.join(copy.added[:6])}")
    if copy.missing:
        parts.append(f"missing: {', '.join(copy.missing[:6])}")
    return "; ".join(parts) or "the words are the same, but punctuation, spacing or characters differ"


def _in_place(text: str, span: Span, placement: str, neighbours: Sequence[Span]) -> bool:
    """Whether nothing but other disclaimers and white space stands between ``span`` and its edge of the text."""
    outside = list(text[: span[0]]) if placement == "start" else list(text[span[1] :])
    offset = 0 if placement == "start" else span[1]
    for start, end in neighbours:
        for index in range(max(start - offset, 0), min(end - offset, len(outside))):
            outside[index] = " "
    return not "".join(outside).strip()


def check_disclosures(
    text: str, policy: Policy, known: Sequence[DisclaimerText], *, body_only: bool = False
) -> Disclosures:
    """Hold ``text`` against the wordings that policy demands.

    Args:
        text: The whole message.
        policy: What is demanded, and where.
        known: Every wording of the ledger that is in force, in any language.
        body_only: Do not ask for disclaimers; an altered copy is then only reported for review.

    Returns:
        Findings, and the exact spans (of demanded and of other approved wordings of the policy's language).
    """
    demanded = {entry.id: entry for entry in policy.disclaimers}
    places = {entry.id: exact_spans(text, entry.text) for entry in policy.disclaimers}
    others = [entry for entry in known if entry.language == policy.language and entry.id not in demanded]
    exact = sorted({span for spans in places.values() for span in spans})
    exact_others = sorted({span for entry in others for span in exact_spans(text, entry.text)})
    findings: list[Finding] = []

    def report(rule: str, message: str, span: Span | None, entry: DisclaimerText, severity: Severity = "block") -> None:
        start, end = span if span is not None else (None, None)
        findings.append(
            Finding(
                rule=f"disclosures.{rule}",
                severity=severity,
                message=message,
                start=start,
                end=end,
                authority=entry.authority,
            )
        )

    covered = exact + exact_others
    free = [word for word in _words(text) if not any(s <= word[1] and word[2] <= e for s, e in covered)]
    for entry in policy.disclaimers:
        spans = places[entry.id]
        copy = _altered_copy(text, free, entry.text)
        if copy is not None:
            message = f"{entry.id} stands here in altered words: {_describe(copy)}"
            report("altered", message, (copy.start, copy.end), entry, "review" if body_only else "block")
        if body_only:
            continue
        if not spans:
            foreign = [
                (other.language, found[0])
                for other in known
                if other.id == entry.id
                and other.language != policy.language
                and (found := exact_spans(text, other.text))
            ]
            if foreign:
                message = f"{entry.id} stands in {foreign[0][0]}; the message is in {policy.language}"
                report("language", message, foreign[0][1], entry)
            elif copy is None:
                report("missing", f"{entry.id} is missing", None, entry)
        for extra in spans[1:]:
            report("repeated", f"{entry.id} stands more than once", extra, entry)
        group = [
            span for other in policy.disclaimers if other.placement == entry.placement for span in places[other.id]
        ]
        for first in spans[:1]:
            if not _in_place(text, first, entry.placement, group):
                report("place", f"{entry.id} must stand at the {entry.placement} of the message", first, entry)
    for entry in others:
        copy = _altered_copy(text, free, entry.text)
        told = [f for f in findings if f.rule == "disclosures.altered" and f.start is not None and f.end is not None]
        if copy is not None and not any(f.start < copy.end and copy.start < f.end for f in told):  # type: ignore[operator]
            message = f"{entry.id} is not asked for here, and stands in altered words: {_describe(copy)}"
            report("altered", message, (copy.start, copy.end), entry, "review")
    return Disclosures(findings=tuple(findings), exact=tuple(covered))
