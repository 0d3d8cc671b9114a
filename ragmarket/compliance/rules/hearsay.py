"""A claim that somebody else makes, told so that the reader may reject it.

"Leave any group that says 'sure profit'" claims nothing. What tells a claim from such a report is a source that is not
the bank (`Negation.tellers`) in the claim's own clause, or in its sentence where the claim stands in quotation marks,
and a caution (`Negation.cautions`) in the same sentence or beside it. A sentence that speaks for the bank or asks the
reader to buy (`Negation.own`) is nobody else's, whatever stands around it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property

import regex

from ragmarket.compliance.rules.lexicon import Words
from ragmarket.compliance.rules.matching import Span
from ragmarket.compliance.rules.normalise import Folded, fold
from ragmarket.compliance.rules.reading import Reading

_QUOTED = regex.compile(
    r"“[^“”\n]{2,160}”|‘[^‘’\n]{2,160}’(?![\p{L}\p{M}])|«[^«»\n]{2,160}»|\"[^\"\n]{2,160}\""
    r"|(?<![\p{L}\p{M}\p{N}])'[^'\n]{2,160}'(?!\p{L})"
)


def quotations(text: str) -> list[Span]:
    """Where ``text`` stands in quotation marks."""
    if not any(mark in text for mark in "“‘«\"'"):
        return []
    return [match.span() for match in _QUOTED.finditer(text)]


class Hearing(Reading):
    """A reading that also knows whose words it reads.

    ``quoted`` are spans of the original text. ``whole`` is the text as written, for a reading of some sentences of it.
    """

    def __init__(self, folded: Folded, words: Words, quoted: Sequence[Span] = (), whole: Hearing | None = None) -> None:
        super().__init__(folded, words)
        self._quoted = quoted
        self._whole = whole

    def negated(self, hit: Span) -> bool:
        """Whether the clause denies the words at ``hit``, or reports them to be rejected."""
        return super().negated(hit) or self._rejected(hit)

    def retracted(self, hit: Span) -> bool:
        """Whether a denial such as "zero risk" is itself denied, or reported to be rejected."""
        return super().retracted(hit) or self._rejected(hit)

    @cached_property
    def _cautions(self) -> list[Span]:
        said = [*self._spans("cautions"), *self._spans("impostors")]
        return [span for span in said if not self._cleared(span)]

    def _cleared(self, caution: Span) -> bool:
        """Whether a caution is itself denied at once ("no fraud", "without fraud")."""
        first = self.word_number(caution[0])
        last = self.word_number(caution[1] - 1)
        denied_before = first - 1 in self._before and self._before[first - 1] < first
        if denied_before or last + 1 >= len(self.words):
            return denied_before
        opening, closing = self.words[last + 1]
        return self._after.get(opening) == closing

    @cached_property
    def _own(self) -> list[Span]:
        """Words in the bank's voice, but for what is denied or is part of a source ("in our name") or caution."""
        others = [*self._spans("tellers"), *self._cautions]
        return [
            (start, end)
            for start, end in self._spans("own")
            if not any(one <= start and end <= other for one, other in others)
            and not self._denied_before(start)
            and not self._denied_after(end)
        ]

    def _rejected(self, hit: Span) -> bool:
        if self.told_off(hit):
            return True
        if self._whole is None:
            return False
        opened, closed = self.folded.span(*hit)
        starts = self._whole.folded.starts
        first = min(bisect_left(starts, opened), len(starts) - 1)
        return self._whole.told_off((first, max(first + 1, bisect_left(starts, closed))))

    def told_off(self, hit: Span) -> bool:
        """Whether a source that is not the bank says the words at ``hit``, with a caution beside it."""
        start, end = hit
        quotation = self._quotation(start, end)
        inner = quotation or hit
        cautions = [span for span in self._cautions if span[1] <= inner[0] or inner[1] <= span[0]]
        if not cautions:
            return False
        opening, closing = self._sentence_bounds(*inner)
        own = [span for span in self._own if opening <= span[0] and span[1] <= closing]
        tellers = [span for span in self._spans("tellers") if span[1] <= start or end <= span[0]]
        if quotation:
            # Impostors speak as if they were the bank: who they are is said beside the quotation.
            unmasked = [span for span in self._spans("impostors") if span[1] <= inner[0] or inner[1] <= span[0]]
            impostor = _within(unmasked, opening, closing)
            if impostor:
                own = [span for span in own if span[1] <= inner[0] or inner[1] <= span[0]]
            told = impostor or _within(tellers, opening, closing)
        else:
            first, last = self._clause(start, end)
            told = _within(tellers, self.words[first][0], self.words[last][1])
        if own or not told:
            return False
        before, _ = self._sentence_bounds(max(0, opening - 3), max(0, opening - 3))
        _, after = self._sentence_bounds(min(closing + 2, len(self.text)), min(closing + 2, len(self.text)))
        return _within(cautions, before, after)

    def _quotation(self, start: int, end: int) -> Span | None:
        """The folded quotation that holds a stretch; None where nothing quotes it."""
        if not self._quoted or end <= start:
            return None
        first, last = self.folded.span(start, end)
        for opened, closed in self._quoted:
            if opened <= first and last <= closed:
                begins = min(bisect_left(self.folded.starts, opened), start)
                return begins, max(end, bisect_left(self.folded.starts, closed) - 1)
        return None

    def _sentence_bounds(self, start: int, end: int) -> Span:
        """Offsets of the sentence that holds a stretch, without the mark that ends it."""
        place = bisect_left(self.sentence_ends, start)
        opening = self.sentence_ends[place - 1] + 2 if place else 0
        place = bisect_left(self.sentence_ends, end)
        closing = self.sentence_ends[place] if place < len(self.sentence_ends) else len(self.text)
        return opening, closing


def rejected_quotations(text: str, words: Words) -> list[Span]:
    """Where ``text`` quotes what others say in order to reject it."""
    quoted = quotations(text)
    if not quoted:
        return []
    plain = fold(text)
    reading = Hearing(plain, words, quoted)
    found = []
    for opened, closed in quoted:
        start, end = bisect_left(plain.starts, opened), bisect_left(plain.starts, closed)
        if start < end and reading.told_off((start, end)):
            found.append((opened, closed))
    return found


def _within(spans: Iterable[Span], start: int, end: int) -> bool:
    return any(start <= one and other <= end for one, other in spans)
