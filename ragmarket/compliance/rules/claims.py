"""Prohibited claims: terms and concepts found in every reading of a text, unless the clause denies them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate, pairwise

from ragmarket.compliance.rules.disguise import readings
from ragmarket.compliance.rules.lexicon import CompiledRule, Lexicon
from ragmarket.compliance.rules.normalise import Folded, clause_breaks, sentence_bounds
from ragmarket.compliance.rules.scripts import script_shares
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding

Span = tuple[int, int]
_FARTHEST_NEGATOR = 6
# Hits looked at on either side of one: a text of nothing but hits must not take the square of its length.
_NEIGHBOURS = 16


class _Reading:
    """One reading of the text with everything that several rules ask of it."""

    def __init__(self, folded: Folded, lexicon: Lexicon) -> None:
        self.folded = folded
        self.text = folded.text
        self.scripts = frozenset(script_shares(self.text)) | {"Latn"}
        self.words: list[Span] = []
        start = None
        for index, char in enumerate(self.text + " "):
            if char == " ":
                if start is not None:
                    self.words.append((start, index))
                start = None
            elif start is None:
                start = index
        self.word_at = {start: number for number, (start, _) in enumerate(self.words)}
        self.sentence_ends = sentence_bounds(self.text)
        negation = lexicon.negation
        turns = negation.turns.find(self.text, self.scripts)
        self.walls = {self.text[s:e] in (".", ",") and s for s, e in self.words} - {False}
        self.walls |= {start for start, _ in turns}
        self.walls |= set(clause_breaks(self.text))
        void = negation.never.find(self.text, self.scripts)
        opened = [start for start, _ in void]
        reached = list(accumulate((end for _, end in void), max))

        def real(spans: Iterable[Span]) -> dict[int, int]:
            return {s: e for s, e in spans if not (before := bisect_right(opened, s)) or reached[before - 1] < e}

        self.before = real(negation.before.find(self.text, self.scripts))
        self.after = real(negation.after.find(self.text, self.scripts))
        self.through = {s for s, _ in negation.through.find(self.text, self.scripts)}
        self.then = {s for s, _ in negation.then.find(self.text, self.scripts)}
        self.suffix = negation.suffix
        self._concepts: dict[str, list[Span]] = {}
        self._lexicon = lexicon

    def concept(self, name: str) -> list[Span]:
        if name not in self._concepts:
            self._concepts[name] = self._lexicon.concepts[name].find(self.text, self.scripts)
        return self._concepts[name]

    def word_number(self, offset: int) -> int:
        while offset > 0 and offset not in self.word_at:
            offset -= 1
        return self.word_at.get(offset, 0)

    def same_sentence(self, start: int, end: int) -> bool:
        place = bisect_right(self.sentence_ends, start)
        return place == len(self.sentence_ends) or self.sentence_ends[place] >= end

    def negated(self, hit: Span) -> bool:
        """Whether the clause denies the words at ``hit``."""
        start, end = hit
        if self.suffix and self.text[start:end].endswith(self.suffix):
            return True
        return self._denied_before(start) or self._denied_after(end)

    def _denied_before(self, start: int) -> bool:
        number = self.word_number(start)
        for place in range(number - 1, max(-1, number - 1 - _FARTHEST_NEGATOR), -1):
            word_start, _ = self.words[place]
            if word_start in self.before:
                return True
            if word_start in self.walls or word_start not in self.through:
                return False
        return False

    def _denied_after(self, end: int) -> bool:
        number = self.word_number(end - 1) + 1
        for place in range(number, min(len(self.words), number + _FARTHEST_NEGATOR)):
            word_start, word_end = self.words[place]
            if word_start in self.after:
                close = self.after[word_start]
                follow = place + 1
                while follow < len(self.words) and self.words[follow][0] < close:
                    follow += 1
                if follow >= len(self.words):
                    return True
                next_start = self.words[follow][0]
                return next_start in self.walls or next_start in self.then
            if word_start in self.walls:
                return False
            if self.suffix and word_start in self.through and self.text[word_start:word_end].endswith(self.suffix):
                return True
            if word_start not in self.through:
                return False
        return False


def _near(reading: _Reading, names: Sequence[str], within: int) -> Iterable[tuple[Span, tuple[Span, ...]]]:
    """Places where one hit of each concept stands close to the others in one sentence."""
    lists = [reading.concept(name) for name in names]
    if not all(lists):
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


def _distance(reading: _Reading, one: Span, other: Span) -> int:
    left, right = sorted((one, other))
    return max(0, reading.word_number(right[0]) - reading.word_number(left[1] - 1) - 1)


def _matches(reading: _Reading, compiled: CompiledRule) -> list[Span]:
    text, scripts = reading.text, reading.scripts
    found = [span for span in compiled.phrases.find(text, scripts) if not reading.negated(span)]
    found += compiled.denials.find(text, scripts)
    for names in compiled.rule.near:
        for span, hits in _near(reading, names, compiled.rule.within):
            if not any(reading.negated(hit) for hit in hits):
                found.append(span)
    if found:
        lawful = bytearray(len(text))
        for start, end in compiled.lawful.find(text, scripts):
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
    open_text = text
    for start, end in masked:
        open_text = open_text[:start] + "\n" * (end - start) + open_text[end:]
    views = [_Reading(folded, lexicon) for folded in readings(open_text)]
    findings: list[Finding] = []
    for compiled in lexicon.rules:
        rule = compiled.rule
        if not rule.binds(product_class, channel, as_of):
            continue
        spans = _merge(
            view.folded.span(start, end) for view in views for start, end in _matches(view, compiled) if end > start
        )
        if not spans:
            continue
        severity: Severity | None = rule.severity
        if any(compiled.excuses.anywhere(view.text, view.scripts) for view in views):
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
