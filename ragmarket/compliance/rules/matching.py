"""Every term of every list looked for in one pass over a text.

An Aho-Corasick automaton over one literal per term says which terms can stand in a text at all; only those are then
matched. The pass costs the text's length and what it holds, however many terms there are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import ahocorasick

from ragmarket.compliance.rules.terms import GAP_WORDS, JOIN, NUMBER, STEM, Atoms, Term, Word

Span = tuple[int, int]
# Matches by list; and by list and number of a term, the ends of what calls it.
Ready = dict[str, set[Span]]
Called = dict[str, dict[int, list[int]]]
_SHORTEST_KNOWN = 3


def _denies(name: str) -> bool:
    """Whether a list is of words that deny, and claims nothing."""
    return name.startswith("negation:")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a literal stands for: ``term`` is None where the literal is the whole match but for the rest of its word."""

    list: str
    term: int | None
    lead: bool


@dataclass(frozen=True, slots=True)
class _Called:
    """A term that one of its words calls, and the literals of which its other words need one each.

    ``reach`` is how many spaces there may be between the place where a match begins and the end of what called it.
    """

    term: Term
    others: tuple[tuple[str, ...], ...]
    reach: int

    def possible(self, padded: str, known: dict[str, bool]) -> bool:
        """Whether every word that has to be there stands anywhere in the text; ``known`` keeps what was looked for."""
        for keys in self.others:
            for key in keys:
                stands = known.get(key)
                if stands is None:
                    stands = known[key] = key in padded
                if stands:
                    break
            else:
                return False
        return True


def _keys(word: Word, first: bool, last: bool) -> list[tuple[str, bool, bool]] | None:
    """Per alternative its longest literal, spaced where it must be; None when an alternative has no literal."""
    found = []
    for atoms in word.alternatives:
        literals = [atom for atom in atoms if atom not in (STEM, NUMBER, JOIN)]
        if not literals:
            return None
        longest = max(literals, key=len)
        whole = len(literals) == 1 and set(atoms) <= {longest, STEM}
        opens = " " if first and atoms[0] == longest else ""
        closes = " " if last and atoms[-1] == longest else ""
        found.append((opens + longest + closes, whole, atoms[0] == STEM))
    return found


def _reach(term: Term, caller: int) -> int:
    """Spaces from a match's beginning to the end of its word number ``caller``, at most."""
    words = term.words[: caller + 1]
    return sum(
        GAP_WORDS if word is None else 1 + max(atoms.count(JOIN) for atoms in word.alternatives) for word in words
    )


class _Automaton:
    """Finds the literals of some lists in a text."""

    def __init__(self, entries: Mapping[str, Iterable[_Entry]]) -> None:
        self._automaton = ahocorasick.Automaton()
        for key, values in entries.items():
            self._automaton.add_word(key, (len(key), tuple(dict.fromkeys(values))))
        if entries:
            self._automaton.make_automaton()
        self._empty = not entries

    def scan(self, padded: str) -> tuple[Ready, Called]:
        """By list, the matches of terms of one literal, and where the others are called."""
        ready: Ready = {}
        called: Called = {}
        if self._empty:
            return ready, called
        for end, (length, values) in self._automaton.iter(padded):
            for entry in values:
                if entry.term is not None:
                    called.setdefault(entry.list, {}).setdefault(entry.term, []).append(end)
                    continue
                # The space before the word is the padding's one place too many.
                start = end - length + 1
                if entry.lead:
                    start = padded.rindex(" ", 0, start + 1)
                ready.setdefault(entry.list, set()).add((start, padded.index(" ", end) - 1))
        return ready, called


class TermIndex:
    """All lists of terms under their names; immutable once built.

    What denies stands in an automaton of its own: it is made of the commonest words of each language, and is asked for
    only where something is there to be denied.
    """

    def __init__(self, lists: Mapping[str, Iterable[Term]]) -> None:
        self._terms: list[_Called] = []
        self._claiming = frozenset(
            atom
            for name, terms in lists.items()
            if not _denies(name)
            for term in terms
            for word in term.words
            if word is not None
            for atoms in word.alternatives
            for atom in atoms
            if len(atom) >= _SHORTEST_KNOWN
        )
        claims: dict[str, list[_Entry]] = {}
        denials: dict[str, list[_Entry]] = {}
        for name, terms in lists.items():
            for term in dict.fromkeys(terms):
                self._add(name, term, denials if _denies(name) else claims)
        self._claims, self._denials = _Automaton(claims), _Automaton(denials)

    def _add(self, name: str, term: Term, entries: dict[str, list[_Entry]]) -> None:
        number = len(self._terms)
        choices = []
        for place, word in enumerate(term.words):
            if word is None or word.optional:
                continue
            keys = _keys(word, place == 0, place == len(term.words) - 1)
            if keys is not None:
                choices.append((place, keys))
        # The rarest word calls the term; how long its shortest literal is stands for how rare it is.
        caller, keys = max(choices, key=lambda choice: min(len(key) for key, _, _ in choice[1]))
        alone = len(term.words) == 1
        others = tuple(tuple(key for key, _, _ in other) for place, other in choices if place != caller)
        self._terms.append(_Called(term, others, _reach(term, caller)))
        for key, whole, lead in keys:
            entries.setdefault(key, []).append(_Entry(name, None if alone and whole else number, lead))

    def opens(self, word: str) -> bool:
        """Whether a word is one of a claim, or an inflected form of one; words that negate or join do not count."""
        least = max(_SHORTEST_KNOWN, len(word) // 2 + 1)
        return any(word[:length] in self._claiming for length in range(least, len(word) + 1))

    def scan(self, text: str) -> Matches:
        """What may be found in a folded text."""
        return Matches(f" {text} ", self._terms, self._claims, self._denials)


class Matches:
    """The matches of one text, worked out list by list when they are asked for."""

    def __init__(self, padded: str, terms: list[_Called], claims: _Automaton, denials: _Automaton) -> None:
        self._padded = padded
        self._terms = terms
        self._claims = claims.scan(padded)
        self._automaton_of_denials = denials
        self._found: dict[str, list[Span]] = {}
        self._openings: dict[Atoms, set[int]] = {}
        self._known: dict[str, bool] = {}

    @property
    def names(self) -> set[str]:
        """The lists of which anything may be found, but for those that deny."""
        ready, called = self._claims
        return ready.keys() | called.keys()

    @cached_property
    def _denials(self) -> tuple[Ready, Called]:
        return self._automaton_of_denials.scan(self._padded)

    def find(self, name: str) -> list[Span]:
        """Spans of all matches of one list in order, of each start the longest."""
        if name in self._found:
            return self._found[name]
        ready, called_by = self._denials if _denies(name) else self._claims
        longest: dict[int, int] = {}
        for start, end in ready.get(name, ()):
            longest[start] = max(end, longest.get(start, end))
        for number, places in called_by.get(name, {}).items():
            called = self._terms[number]
            if not called.possible(self._padded, self._known):
                continue
            term = called.term
            for start in self._starts(term):
                behind = bisect_left(places, start)
                if behind == len(places) or self._padded.count(" ", start, places[behind]) > called.reach:
                    continue
                ends = term.ends(self._padded, start)
                if ends:
                    end = ends[0] if None in term.words else ends[-1]
                    longest[start - 1] = max(end - 1, longest.get(start - 1, 0))
        self._found[name] = sorted(longest.items())
        return self._found[name]

    def _starts(self, term: Term) -> set[int]:
        """Where a match may begin: words that hold the first literal of a word with which the term may open."""
        starts: set[int] = set()
        for word in term.words:
            if word is None:
                break
            for atoms in word.alternatives:
                opening = atoms[:2] if atoms[0] == STEM else atoms[:1]
                if opening not in self._openings:
                    self._openings[opening] = self._words_with(opening)
                starts |= self._openings[opening]
            if not word.optional:
                break
        return starts

    def _words_with(self, atoms: Atoms) -> set[int]:
        padded = self._padded
        if atoms[0] == NUMBER:
            return {place + 1 for place, char in enumerate(padded[:-1]) if char == " " and padded[place + 1].isdigit()}
        lead = atoms[0] == STEM
        literal = atoms[1] if lead else f" {atoms[0]}"
        starts = set()
        place = padded.find(literal)
        while place >= 0:
            starts.add(padded.rindex(" ", 0, place + 1) + 1 if lead else place + 1)
            place = padded.find(literal, place + 1)
        return starts
