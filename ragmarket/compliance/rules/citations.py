"""Where a text quotes or cites: words that somebody utters, and what speaks for the bank beside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property

import regex

from ragmarket.compliance.rules.lexicon import Words
from ragmarket.compliance.rules.matching import Span
from ragmarket.compliance.rules.normalise import Folded
from ragmarket.compliance.rules.reading import Reading

_QUOTED = regex.compile(
    r"“[^“”\n]{2,160}”|‘[^‘’\n]{2,160}’(?!\p{Latin})|«[^«»\n]{2,160}»|\"[^\"\n]{2,160}\""
    r"|(?<![\p{L}\p{M}\p{N}])'[^'\n]{2,160}'(?!\p{L})"
)
# Words between a claim and the quotative that cites it.
_CITED_WITHIN = 3


def quotations(text: str) -> list[Span]:
    """Where ``text`` stands in quotation marks."""
    if not any(mark in text for mark in "“‘«\"'"):
        return []
    return [match.span() for match in _QUOTED.finditer(text)]


def within(spans: Iterable[Span], start: int, end: int) -> bool:
    """Whether one of ``spans`` lies wholly between two offsets."""
    return any(start <= one and other <= end for one, other in spans)


class Citations(Reading):
    """A reading that also knows what is quoted or cited; ``quoted`` are spans of the original text."""

    def __init__(self, folded: Folded, words: Words, quoted: Sequence[Span] = ()) -> None:
        super().__init__(folded, words)
        self._quoted = quoted

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

    def _own_beside(self, unit: Span, sentence: Span) -> bool:
        """Whether the sentence speaks for the bank outside what it quotes."""
        own = [span for span in self._own if span[1] <= unit[0] or unit[1] <= span[0]]
        return within(own, *sentence)

    def _quotation(self, start: int, end: int) -> Span | None:
        """The folded quotation that holds a stretch, or the most of it; None where nothing quotes it."""
        if not self._quoted or end <= start:
            return None
        first, last = self.folded.span(start, end)
        for opened, closed in self._quoted:
            if 2 * (min(last, closed) - max(first, opened)) > last - first:
                begins = min(bisect_left(self.folded.starts, opened), start)
                return begins, max(end, bisect_left(self.folded.starts, closed) - 1)
        return None

    def _citation(self, start: int, end: int) -> Span | None:
        """The words that a quotative behind a stretch cites, to the quotative's end; None where nothing cites it."""
        quotatives = self._spans("quotatives")
        if not quotatives:
            return None
        number = self.word_number(end - 1)
        for opened, closed in quotatives[bisect_left(quotatives, (start, 0)) :]:
            if closed < end:
                continue
            place = self.word_number(opened)
            if place > number + _CITED_WITHIN:
                return None
            walls = [one for one in range(number + 1, place) if self.words[one][0] in self._walls]
            # A clause that begins with the quotative ("..., such a rule does not exist") cites the one before it.
            if walls and (walls != [place - 1] or self.text[self.words[place - 1][0]] != ","):
                return None
            first, _ = self._clause(start, end)
            return self.words[first][0], max(closed, end)
        return None
