"""A claim that is refuted: quoted, cited or asked only to be called wrong, taken back or forbidden."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ragmarket.compliance.rules.citations import Citations, within
from ragmarket.compliance.rules.lexicon import concept_list
from ragmarket.compliance.rules.matching import Span

# Words before the verdict in the sentence that it opens: behind a statement, and behind a question.
_VERDICT_WITHIN, _ANSWER_WITHIN = 3, 8
_CLAIMING = (":phrases", ":denials")


class Refutation(Citations):
    """A reading that also knows what is quoted, cited or asked in order to refute it."""

    def refuted(self, hit: Span, denied: Callable[[Span], bool] | None = None) -> bool:
        """Whether the quotation, citation or question that holds the words at ``hit`` is denied as one.

        ``denied`` is asked of the quotation as a whole; None asks nothing but verdicts and corrections.
        """
        start, end = hit
        asked = self._question(start, end)
        if asked is not None and self._judged(asked, asked, self._spans("verdicts"), _ANSWER_WITHIN):
            return True
        unit = self._quotation(start, end) or self._citation(start, end)
        if unit is None:
            return False
        if self._referred(unit):
            return True
        if denied is not None and unit != hit and denied(unit):
            return True
        sentence = self._sentence_bounds(*unit)
        if self._judged(unit, sentence, self._spans("corrections")):
            return True
        verdicts, last = self._spans("verdicts"), self.word_number(unit[1] - 1)
        if self._own_beside(unit, sentence):
            verdicts = [span for span in verdicts if unit[1] <= span[0] and self.word_number(span[0]) <= last + 2]
        return self._judged(unit, sentence, verdicts)

    def refuted_claim(self, quotation: Span) -> bool:
        """Whether a quotation is refuted, and what it says is not itself what the bank should say.

        Who refutes "funds carry risk" or "nothing is assured" makes a claim: words of risk or denial count as a claim
        only where a rule knows them for one.
        """
        if not (super().negated(quotation) or self.refuted(quotation)):
            return False
        if any(within(self.matches.find(name), *quotation) for name in self.matches.names if name.endswith(_CLAIMING)):
            return True
        doubts = (*self.matches.find(concept_list("risk")), *self._spans("before"), *self._spans("after"))
        return not within(doubts, *quotation)

    def _referred(self, unit: Span) -> bool:
        """Whether a later sentence points back and warns ("report such groups") of what the bank did not say."""
        referrals = [one for one in self._spans("referrals") if one[0] > unit[1] and not self._cleared(one)]
        if not referrals or self._own_beside(unit, self._sentence_bounds(*unit)):
            return False
        return any(not self._of_others(*one) for one in referrals)

    def _judged(self, unit: Span, sentence: Span, verdicts: list[Span], within: int = _VERDICT_WITHIN) -> bool:
        """Whether one of ``verdicts`` stands in the sentence beside the unit, or opens the next one.

        A verdict that is itself denied or asked, or is of what others say otherwise, is none.
        """
        # A lone "false" is a verdict where nothing follows that it may be said of ("false news is everywhere").
        alone = {span for span in self._spans("verdicts") if self.word_number(span[0]) == self.word_number(span[1] - 1)}
        following = self.word_number(min(sentence[1], len(self.text) - 1)) + 1
        # An answer may repeat the words of its question ("Must I buy cover? Cover is voluntary").
        asked = {*self.text[slice(*unit)].split(" ")} if unit == sentence else set()
        for start, end in self._real(verdicts):
            inside = sentence[0] <= start and end <= sentence[1] and (end <= unit[0] or unit[1] <= start)
            opening = start > sentence[1] and self._opens(following, self.word_number(start), within, asked)
            if not (inside or opening) or self._cleared((start, end)) or self._others_beside((start, end), unit):
                continue
            if (start, end) in alone and not self._closes(end, copula=inside):
                continue
            if not opening:
                return True
            _, closing = self._sentence_bounds(start, end)
            if closing >= len(self.text) or self.text[closing] != "?":
                return True
        return False

    def _opens(self, first: int, place: int, within: int, asked: Collection[str]) -> bool:
        """Whether a word stands ``within`` words of ``first``, all of them joining or ``asked``, none a denial."""
        if not first <= place <= first + within:
            return False
        return not any(
            one in self._before
            or (self.words[one][0] not in self._through and self.text[slice(*self.words[one])] not in asked)
            for one in range(first, place)
        )

    def _closes(self, end: int, *, copula: bool) -> bool:
        """Whether a clause ends behind an offset, or goes on with a ``copula`` only."""
        behind = self.word_number(end - 1) + 1
        if behind >= len(self.words):
            return True
        following = self.words[behind][0]
        return following in self._walls or (copula and following in self._then)

    def _others_beside(self, verdict: Span, unit: Span) -> bool:
        """Whether the clause of a verdict speaks of others, besides what is judged."""
        first, last = self._clause(*verdict)
        beside = (span for span in self._spans("others") if span[1] <= unit[0] or unit[1] <= span[0])
        return within(beside, self.words[first][0], self.words[last][1])

    def _affirmed(self, hit: Span) -> bool:
        """Whether a question that denies something ("is there no risk?") is answered by what it denies ("there is")."""
        asked = self._question(*hit)
        if asked is None:
            return False
        first = self.word_number(asked[1]) + 1
        for start, end in self._spans("affirms"):
            place, behind = self.word_number(start), self.word_number(end - 1) + 1
            alone = place == first or self.text[self.words[place - 1][0]] == ","
            closed = behind >= len(self.words) or self.words[behind][0] in self._walls
            if first <= place <= first + _VERDICT_WITHIN and alone and closed:
                return True
        return False
