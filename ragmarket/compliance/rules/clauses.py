"""A text in words, sentences and clauses, as several rules read it.

A clause ends at a mark or before a word that turns it ("but").
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property

from ragmarket.compliance.rules.lexicon import Words, concept_list, negation_list
from ragmarket.compliance.rules.matching import Span
from ragmarket.compliance.rules.normalise import Folded

_LONGEST_CLAUSE = 24
_MARKS = (".", "?", ",")


class Clauses:
    """A folded text, its matches, and where its words, sentences and clauses lie."""

    def __init__(self, folded: Folded, words: Words) -> None:
        self.folded = folded
        self.text = folded.text
        self.matches = words.index.scan(self.text)
        self._endings = words.endings

    # Most texts hold nothing that these are asked for.
    @cached_property
    def words(self) -> list[Span]:
        """Where words and marks stand."""
        found = []
        place = 0
        for word in self.text.split(" "):
            if word:
                found.append((place, place + len(word)))
            place += len(word) + 1
        return found

    @cached_property
    def _firsts(self) -> list[int]:
        return [start for start, _ in self.words]

    @cached_property
    def sentence_ends(self) -> list[int]:
        """Where the marks stand that end a sentence."""
        return [start for start, end in self.words if end - start == 1 and self.text[start] in ".?"]

    def concept(self, name: str) -> list[Span]:
        """Where the words of a concept stand."""
        return self.matches.find(concept_list(name))

    def word_number(self, offset: int) -> int:
        """The number of the word at or before ``offset``."""
        return max(0, bisect_right(self._firsts, offset) - 1)

    def same_sentence(self, start: int, end: int) -> bool:
        """Whether no sentence ends between the two offsets."""
        place = bisect_right(self.sentence_ends, start)
        return place == len(self.sentence_ends) or self.sentence_ends[place] >= end

    def _spans(self, part: str) -> list[Span]:
        return self.matches.find(negation_list(part))

    @cached_property
    def _walls(self) -> set[int]:
        marks = {start for start, end in self.words if end - start == 1 and self.text[start] in _MARKS}
        return marks | self._turns

    @cached_property
    def _turns(self) -> set[int]:
        return {start for start, _ in self._spans("turns")}

    def _clause(self, start: int, end: int) -> Span:
        """The numbers of the words between the marks around a stretch."""
        first, last = self.word_number(start), self.word_number(end - 1)
        lowest, highest = max(0, first - _LONGEST_CLAUSE), min(len(self.words) - 1, last + _LONGEST_CLAUSE)
        while first > lowest and self.words[first - 1][0] not in self._walls:
            first -= 1
        while last < highest and self.words[last + 1][0] not in self._walls:
            last += 1
        return first, last

    def _sentence(self, start: int) -> int:
        """The number of the first word of the sentence around an offset."""
        place = bisect_left(self.sentence_ends, start)
        return 0 if place == 0 else self.word_number(self.sentence_ends[place - 1]) + 1

    def _sentence_bounds(self, start: int, end: int) -> Span:
        """Offsets of the sentence that holds a stretch, without the mark that ends it."""
        place = bisect_left(self.sentence_ends, start)
        opening = self.sentence_ends[place - 1] + 2 if place else 0
        place = bisect_left(self.sentence_ends, end)
        closing = self.sentence_ends[place] if place < len(self.sentence_ends) else len(self.text)
        return opening, closing

    def _question(self, start: int, end: int) -> Span | None:
        """Offsets of the sentence around a stretch if it asks, or tells what was asked ("you asked whether").

        None for any other sentence, and where nothing follows that could answer.
        """
        opening, closing = self._sentence_bounds(start, end)
        if closing >= len(self.text):
            return None
        told = any(opening <= first and last <= closing for first, last in self._spans("askers"))
        return (opening, closing) if told or self.text[closing] == "?" else None
