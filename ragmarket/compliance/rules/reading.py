"""One reading of a text with everything that several rules ask of it: words, clauses, and what is denied.

Within a clause a negator denies the words that it reaches over words that may stand between (`Negation.through`). Two
negators side by side, or one about a thing that is "without" it, affirm; what is denied of others only ("no other
fund", "elsewhere") is not denied here; a question is denied by its answer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate

from ragmarket.compliance.rules.clauses import Clauses
from ragmarket.compliance.rules.matching import Span

_FARTHEST_NEGATOR = 8
_LONGEST_ANSWER = 8
# Words that may follow the negator of a clause's last verb ("nahi kar sakte").
_AUXILIARIES = 2
# A comma after one of these goes on with a list ("no assured, guaranteed or fixed return").
_LISTED = ("guarantee", "certainty", "safe", "secret")


class Reading(Clauses):
    """A text in clauses, and what each of them denies."""

    def negated(self, hit: Span) -> bool:
        """Whether the clause denies the words at ``hit``."""
        start, end = hit
        before, after = self._denied_before(start), self._denied_after(end)
        if before and after and self._without_before(start):
            return False
        if self._endings and self.text[start:end].endswith(self._endings):
            return True
        if before or after or self._of_none(start, end):
            return not self._of_others(start, end)
        return self._labelled(start) or self._answered(end) or self._warned_of(start, end)

    def retracted(self, hit: Span) -> bool:
        """Whether a denial such as "zero risk" is itself denied: by a label, its answer or a warning against it.

        A lone "no" before it is one more of a list, not its denial; a "without" is denied right behind it.
        """
        start, end = hit
        told = self._labelled(start) or self._warned(start) or self._answered(end, at_once=True)
        behind = self.word_number(end - 1) + 1
        without = any(place in self._without for place in range(self.word_number(start), behind))
        if without and behind < len(self.words) and self.words[behind][0] in self._after and self._denied_after(end):
            return True
        return told or self._warned_of(start, end)

    @cached_property
    def _through(self) -> set[int]:
        return {start for start, _ in self._spans("through")}

    @cached_property
    def _then(self) -> set[int]:
        return {start for start, _ in self._spans("then")}

    @cached_property
    def _before(self) -> dict[int, int]:
        """Number of every word of a negator that reaches forward, and of the negator's first word."""
        return self._covered(self._real(self._spans("before")))

    @cached_property
    def _after(self) -> dict[int, int]:
        return dict(self._real(self._spans("after")))

    @cached_property
    def _behind(self) -> dict[int, int]:
        """Number of every word of a negator that reaches back."""
        return self._covered(self._after.items())

    @cached_property
    def _without(self) -> dict[int, int]:
        return self._covered(self._spans("without"))

    @cached_property
    def _indefinite(self) -> dict[int, int]:
        return self._covered(self._spans("indefinites"))

    @cached_property
    def _labels(self) -> dict[int, int]:
        return dict(self._spans("labels"))

    @cached_property
    def _answers(self) -> dict[int, int]:
        return self._covered(self._spans("answers"))

    @cached_property
    def _listed(self) -> set[int]:
        return {place for name in _LISTED for place in self._covered(self.concept(name))}

    def _covered(self, spans: Iterable[Span]) -> dict[int, int]:
        found: dict[int, int] = {}
        for start, end in spans:
            first = self.word_number(start)
            for place in range(first, bisect_left(self._firsts, end)):
                found.setdefault(place, first)
        return found

    def _real(self, spans: list[Span]) -> list[Span]:
        """The negators that are no part of an expression that denies nothing."""
        void = self._spans("never")
        opened = [start for start, _ in void]
        reached = list(accumulate((end for _, end in void), max))
        return [(s, e) for s, e in spans if not (before := bisect_right(opened, s)) or reached[before - 1] < e]

    def _denied_before(self, start: int) -> bool:
        number = self.word_number(start)
        place = number - 1
        while place >= max(0, number - _FARTHEST_NEGATOR):
            if place in self._before:
                first = self._before[place]
                # Two negators side by side affirm ("never without"), but not what one is warned of ("beware of no").
                return first - 1 not in self._before or self.words[first - 1][0] not in self._after
            word_start, word_end = self.words[place]
            if word_start in self._walls:
                # The words of a list that one negator opens.
                if self.text[word_start:word_end] != "," or place - 1 not in self._listed:
                    return False
            elif word_start not in self._through and place not in self._listed:
                return False
            place -= 1
        return False

    def _warned(self, start: int) -> bool:
        """Whether an expression of several words ("beware of callers promising") denies what follows it."""
        number = self.word_number(start)
        for place in range(number - 1, max(0, number - _FARTHEST_NEGATOR) - 1, -1):
            if place in self._before:
                return self._before[place] < place and not self._of_others(start, start + 1)
            if self.words[place][0] in self._walls or self.words[place][0] not in self._through:
                return False
        return False

    def _denied_after(self, end: int) -> bool:
        number = self.word_number(end - 1) + 1
        for place in range(number, min(len(self.words), number + _FARTHEST_NEGATOR)):
            word_start, word_end = self.words[place]
            if word_start in self._after:
                follow = bisect_left(self._firsts, self._after[word_start])
                if follow >= len(self.words):
                    return True
                next_start = self.words[follow][0]
                if next_start in self._after:
                    return False
                return next_start in self._walls or next_start in self._then
            if word_start in self._walls or word_start not in self._through:
                return False
            if self._endings and self.text[word_start:word_end].endswith(self._endings):
                return True
        return False

    def _of_none(self, start: int, end: int) -> bool:
        """Whether an indefinite stands before the words in their clause, and the clause's last verb denies it.

        Neither a clause that says "without any" nor one whose last negator belongs to a second indefinite denies.
        """
        indefinite = self._indefinite
        if not indefinite:
            return False
        first, last = self._clause(start, end)
        own, following = self.word_number(start), self.word_number(end - 1) + 1
        if not any(place in indefinite for place in range(first, own)):
            return False
        if any(place in indefinite or place in self._without for place in range(following, last + 1)):
            return False
        if any(place in self._without for place in range(first, own)):
            return False
        if any(place in self._behind for place in range(max(following, last - _AUXILIARIES), last + 1)):
            return True
        if last < following:
            return False
        borne = bool(self._endings) and self.text[slice(*self.words[last])].endswith(self._endings)
        return borne and bool(self._real([self.words[last]]))

    def _without_before(self, start: int) -> bool:
        number = self.word_number(start)
        return any(place in self._without for place in range(max(0, number - _FARTHEST_NEGATOR), number))

    def _of_others(self, start: int, end: int) -> bool:
        others = self._spans("others")
        if not others:
            return False
        first, last = self._clause(start, end)
        place = bisect_left(others, (self.words[first][0], 0))
        return place < len(others) and others[place][0] < self.words[last][1]

    def _warned_of(self, start: int, end: int) -> bool:
        """Whether the clause warns of what it says, or the next one does nothing else."""
        warnings = self._spans("warnings")
        if not warnings:
            return False
        first, last = self._clause(start, end)
        place = bisect_left(warnings, (self.words[first][0], 0))
        if place < len(warnings) and warnings[place][1] <= self.words[last][1]:
            return not self._of_others(start, end)
        if last + 2 >= len(self.words) or self.text[self.words[last + 1][0]] != ",":
            return False
        opening = self.words[last + 2][0]
        follow = next((bisect_left(self._firsts, stop) for begin, stop in warnings if begin == opening), None)
        return follow is not None and (follow >= len(self.words) or self.words[follow][0] in self._walls)

    def _labelled(self, start: int) -> bool:
        """Whether a label such as "Myth:" opens the sentence."""
        if not self._labels:
            return False
        opening = self.words[self._sentence(start)][0]
        if opening not in self._labels:
            return False
        follow = bisect_left(self._firsts, self._labels[opening])
        return follow < len(self.words) and self.words[follow][0] in self._walls

    def _answered(self, end: int, *, at_once: bool = False) -> bool:
        """Whether the sentence is a question, and what follows answers no; ``at_once`` with its first word."""
        asked = self._question(end, end)
        if asked is None:
            return False
        first = self.word_number(asked[1]) + 1
        no = False
        for number in range(first, min(len(self.words), first + _LONGEST_ANSWER + 1)):
            start = self.words[number][0]
            if start in self._walls:
                # "Not in your bank, but here": the answer is not over.
                return no and not any(one in self._turns for one, _ in self.words[number : number + 2])
            negator = number in self._before or number in self._behind or number in self._answers
            if not negator and (start not in self._through or (at_once and not no)):
                return False
            no = no or negator
        return no and first + _LONGEST_ANSWER >= len(self.words)
