"""A claim that somebody else makes, told so that the reader may reject it.

"Leave any group that says 'sure profit'" claims nothing. What tells a claim from such a report is a source that is not
the bank (`Negation.tellers`) in the claim's own clause, or in its sentence where the claim stands in quotation marks
or is cited (`Negation.quotatives`), and a caution (`Negation.cautions`) in the same sentence or beside it. A sentence
that speaks for the bank or asks the reader to buy (`Negation.own`) is nobody else's, whatever stands around it.

What is quoted or cited is also denied as one: by what denies the words as a whole ("no bank can promise '...'"), by a
verdict on it (`Negation.verdicts`: "'...' is a mistake", "'...'? False."), or where the bank takes it back or forbids
its people to say it (`Negation.corrections`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from ragmarket.compliance.rules.citations import quotations, within
from ragmarket.compliance.rules.lexicon import Words
from ragmarket.compliance.rules.matching import Span
from ragmarket.compliance.rules.normalise import Folded, fold
from ragmarket.compliance.rules.refutation import Refutation


class Hearing(Refutation):
    """A reading that also knows whose words it reads.

    ``quoted`` are spans of the original text. ``whole`` is the text as written, for a reading of some sentences of it.
    """

    def __init__(self, folded: Folded, words: Words, quoted: Sequence[Span] = (), whole: Hearing | None = None) -> None:
        super().__init__(folded, words, quoted)
        self._whole = whole

    def negated(self, hit: Span) -> bool:
        """Whether the clause denies the words at ``hit``, or reports them to be rejected."""
        return super().negated(hit) or self._rejected(hit, super().negated)

    def retracted(self, hit: Span) -> bool:
        """Whether a denial such as "zero risk" is itself denied, or reported to be rejected."""
        return super().retracted(hit) or self._affirmed(hit) or self._rejected(hit, super().retracted)

    def _rejected(self, hit: Span, denied: Callable[[Span], bool]) -> bool:
        if self.told_off(hit) or self.refuted(hit, denied):
            return True
        if self._whole is None:
            return False
        opened, closed = self.folded.span(*hit)
        starts = self._whole.folded.starts
        first = min(bisect_left(starts, opened), len(starts) - 1)
        place = (first, max(first + 1, bisect_left(starts, closed)))
        return self._whole.told_off(place) or self._whole.refuted(place)

    def told_off(self, hit: Span) -> bool:
        """Whether a source that is not the bank says the words at ``hit``, with a caution beside it."""
        quotation = self._quotation(*hit)
        if self._told(hit, quotation):
            return True
        citation = None if quotation else self._citation(*hit)
        return citation is not None and self._told(hit, citation)

    def _told(self, hit: Span, quotation: Span | None) -> bool:
        start, end = hit
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
            impostor = within(unmasked, opening, closing)
            if impostor:
                own = [span for span in own if span[1] <= inner[0] or inner[1] <= span[0]]
            told = impostor or within(tellers, opening, closing)
        else:
            first, last = self._clause(start, end)
            told = within(tellers, self.words[first][0], self.words[last][1])
        if own or not told:
            return False
        before, _ = self._sentence_bounds(max(0, opening - 3), max(0, opening - 3))
        _, after = self._sentence_bounds(min(closing + 2, len(self.text)), min(closing + 2, len(self.text)))
        return within(cautions, before, after)


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
        if start < end and (reading.told_off((start, end)) or reading.refuted_claim((start, end))):
            found.append((opened, closed))
    return found
