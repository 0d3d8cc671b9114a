"""Prohibited claims: terms and concepts found in every reading of a text, unless the clause denies them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise, takewhile

from ragmarket.compliance.rules.citations import quotations
from ragmarket.compliance.rules.claim_rule import ClaimRule
from ragmarket.compliance.rules.disclosures import outside
from ragmarket.compliance.rules.disguise import readings
from ragmarket.compliance.rules.hearsay import Hearing
from ragmarket.compliance.rules.lexicon import Lexicon, rule_list
from ragmarket.compliance.rules.matching import Span
from ragmarket.compliance.rules.reading import Reading
from ragmarket.compliance.rules.romanised import holds_native, reading_of
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding

# Hits looked at on either side of one: a text of nothing but hits must not take the square of its length.
_NEIGHBOURS = 16


def _near(reading: Reading, names: Sequence[str], within: int) -> Iterable[tuple[Span, tuple[Span, ...]]]:
    """Places where one hit of each concept stands close to the others in one sentence."""
    lists = list(takewhile(bool, map(reading.concept, names)))
    if len(lists) < len(names):
        return
    for first in lists[0]:
        chosen = [first]
        for others in lists[1:]:
            place = bisect_left(others, first)
            around = others[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
            best = min(
                (hit for hit in around if not (hit[0] < first[1] and first[0] < hit[1])),
                key=lambda hit: _distance(reading, first, hit),
                default=None,
            )
            if best is None:
                break
            chosen.append(best)
        if len(chosen) < len(lists):
            continue
        ordered = sorted(chosen)
        if any(_distance(reading, left, right) > within for left, right in pairwise(ordered)):
            continue
        start, end = ordered[0][0], max(e for _, e in ordered)
        if reading.same_sentence(start, end):
            yield (start, end), tuple(ordered)


def _distance(reading: Reading, one: Span, other: Span) -> int:
    left, right = sorted((one, other))
    return max(0, reading.word_number(right[0]) - reading.word_number(left[1] - 1) - 1)


def _matches(reading: Reading, rule: ClaimRule) -> list[Span]:
    def spans(field: str) -> list[Span]:
        return reading.matches.find(rule_list(rule.id, field))

    found = [span for span in spans("phrases") if not reading.negated(span)]
    found += [span for span in spans("denials") if not reading.retracted(span)]
    for names in rule.near:
        for span, hits in _near(reading, names, rule.within):
            if not any(reading.negated(hit) for hit in hits):
                found.append(span)
    if found:
        lawful = bytearray(len(reading.text))
        for start, end in spans("lawful"):
            lawful[start:end] = b"\x01" * (end - start)
        found = [(start, end) for start, end in found if lawful.find(1, start, end) < 0]
    return found


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class Excuses:
    """What a whole message says, disclaimers included, that makes a claim a lawful one; read when first asked."""

    def __init__(self, text: str, lexicon: Lexicon, views: Sequence[Reading] = ()) -> None:
        self._text = text
        self._lexicon = lexicon
        self._given = views

    @cached_property
    def _views(self) -> Sequence[Reading]:
        if self._given:
            return self._given
        words = self._lexicon.words
        views = [Reading(folded, words) for folded in readings(self._text, words.index.opens)]
        coarse = reading_of(views[0].folded)
        return views if coarse is None else [*views, Reading(coarse, self._lexicon.romanised)]

    def hold(self, rule: ClaimRule) -> bool:
        """Whether all concepts of one group of the rule's ``unless`` are said."""
        return any(all(any(view.concept(name) for view in self._views) for name in group) for group in rule.unless)


def check_claims(
    text: str, lexicon: Lexicon, *, product_class: str, channel: str, as_of: date, masked: Sequence[Span] = ()
) -> tuple[Finding, ...]:
    """Prohibited claims in ``text``.

    Args:
        text: The message, in any normal form.
        lexicon: The rules.
        product_class: Which products the message is about.
        channel: Where it is sent.
        as_of: The day that decides which rules are in force.
        masked: Spans of byte-exact disclaimers; what stands in them is not a claim.

    Returns:
        Findings in order of place, with spans of ``text``.
    """
    open_text = outside(text, masked)
    plain, *undone = readings(open_text, lexicon.words.index.opens)
    quoted = quotations(open_text)
    written = Hearing(plain, lexicon.words, quoted)
    views = [written, *(Hearing(folded, lexicon.words, quoted, written) for folded in undone)]
    coarse = reading_of(plain)
    typed = None if coarse is None else Hearing(coarse, lexicon.romanised, quoted, written)
    if typed is not None:
        views.append(typed)
    excuses = Excuses(text, lexicon, () if masked else views)
    findings: list[Finding] = []
    called = {place for view in views for name in view.matches.names for place in lexicon.callers.get(name, ())}
    for rule in (lexicon.rules[place] for place in sorted(called)):
        if not rule.binds(product_class, channel, as_of):
            continue
        spans = _merge(
            view.folded.span(start, end)
            for view in views
            for start, end in _matches(view, rule)
            if end > start and (view is not typed or holds_native(view.text[start:end]))
        )
        if not spans or excuses.hold(rule):
            continue
        severity: Severity | None = rule.severity
        if any(view.matches.find(rule_list(rule.id, "excuses")) for view in views):
            severity = rule.excused_severity
        if severity is None:
            continue
        findings += [
            Finding(
                rule=rule.id,
                severity=severity,
                message=f"{rule.message}: “{text[start:end]}”",
                start=start,
                end=end,
                authority=rule.authority,
            )
            for start, end in spans
        ]
    return tuple(sorted(findings, key=lambda finding: (finding.start or 0, finding.rule)))
