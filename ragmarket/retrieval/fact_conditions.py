"""The qualifications around a fact: which are understood, which are boilerplate, and what nobody understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import regex

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.catalogue import Kind
from ragmarket.knowledge.files import ROOT, load
from ragmarket.retrieval.fact_words import stem
from ragmarket.schemas.base import Frozen

Pattern = regex.Pattern[str]
_FLAGS = regex.IGNORECASE
MARKER = regex.compile(r"(?<=[\p{L}\p{Nd})%.])\s?(\*{1,3}|#|†|‡|§|\^|[¹²³⁴⁵⁶⁷⁸⁹])")
# Where a pattern speaks of the bank by the words of its own name.
_BANK = "{bank}"
_GLUE = "the of and or to in for on at is are an as be by per with from any each all its this that it you your we our"


class _File(Frozen):
    conditions: dict[str, tuple[str, ...]]
    implied_by: dict[str, tuple[str, ...]]
    only_for: dict[str, tuple[str, ...]]
    one_of: tuple[tuple[str, ...], ...]
    negated: str
    benign: tuple[str, ...]
    said_by: dict[str, tuple[str, ...]]
    needs: dict[str, str]
    withheld: dict[str, str]
    twins: tuple[tuple[str, str], ...]
    triggers: tuple[str, ...]
    negation: str
    groups: str
    open_groups: tuple[str, ...]
    open_words: tuple[str, ...]
    narrowing_words: tuple[str, ...]
    product_nouns: tuple[str, ...]
    thresholds: tuple[str, ...]
    timed: tuple[str, ...]
    enumeration: str
    periods: dict[str, str]
    other_period: dict[str, str]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A qualitative condition at its place in the view."""

    id: str
    start: int
    end: int


def _compiled(path: Path, patterns: tuple[str, ...]) -> tuple[Pattern, ...]:
    out = []
    for pattern in patterns:
        try:
            out.append(regex.compile(pattern, _FLAGS))
        except regex.error as error:
            raise BadKnowledge(path, None, f"the pattern {pattern!r} does not compile: {error}") from error
    return tuple(out)


class ConditionLexicon:
    """`knowledge/conditions.yaml`, compiled.

    Raises:
        BadKnowledge: The file is wrong.
    """

    def __init__(self, path: Path = ROOT / "conditions.yaml") -> None:
        file = load(path, _File)
        self._file = file
        nobody = {id_: tuple(p.replace(_BANK, "(?!)") for p in patterns) for id_, patterns in file.conditions.items()}
        self._conditions = {id_: _compiled(path, patterns) for id_, patterns in nobody.items()}
        self._by_bank: dict[frozenset[str], dict[str, tuple[Pattern, ...]]] = {}
        self._said_by = {id_: _compiled(path, patterns) for id_, patterns in file.said_by.items()}
        self._needs = {id_: _compiled(path, (pattern,))[0] for id_, pattern in file.needs.items()}
        self._withheld = {id_: _compiled(path, (pattern,))[0] for id_, pattern in file.withheld.items()}
        self._periods = {id_: _compiled(path, (pattern,))[0] for id_, pattern in file.periods.items()}
        self._other_period = {id_: _compiled(path, (pattern,))[0] for id_, pattern in file.other_period.items()}
        self.benign, self.triggers, self._never = (_compiled(path, p) for p in (file.benign, file.triggers, file.never))
        self._negated, self.negation, self.groups, self.enumeration = _compiled(
            path, (file.negated, file.negation, file.groups, file.enumeration)
        )
        self.open_groups = frozenset(file.open_groups)
        self.open_words = frozenset((*file.open_words, *_GLUE.split()))
        self.narrowing = frozenset(stem(w) for w in file.narrowing_words)
        self.open_stems = frozenset(stem(w) for w in self.open_words | self.open_groups) - self.narrowing
        self.thresholds = frozenset(file.thresholds)
        self.timed = frozenset(file.timed)
        self.product_nouns = frozenset(stem(w) for w in file.product_nouns)

    def twin(self, kind: str) -> str | None:
        """The kind that differs from this one by the bound of its figure alone."""
        return next((other for pair in self._file.twins if kind in pair for other in pair if other != kind), None)

    def forbidden(self, text: str) -> str | None:
        """A promise, a superlative or an instruction in the text (figures masked or not), or None."""
        hit = next((m for p in self._never if (m := p.search(text))), None)
        return hit[0] if hit else None

    def lacks(self, view: str, kind: Kind) -> bool:
        """Whether the statement lacks the word without which it is not of its kind (a denial denies)."""
        need = self._needs.get(kind.id)
        return bool(need and not need.search(view))

    def withheld(self, view: str, kind: Kind) -> bool:
        """Whether the kind's phrasings would say more, or less, than this statement of it."""
        pattern = self._withheld.get(kind.id)
        return bool(pattern and pattern.search(view))

    def said_by(self, kind: str) -> tuple[Pattern, ...]:
        """Clauses that the kind's own phrasings say."""
        return self._said_by.get(kind, ())

    def states_period(self, kind: str, period: str, text: str) -> bool:
        """Whether the text says the period that the kind's phrasings say; another figure's period does not count."""
        other = self._other_period.get(kind)
        pattern = self._periods.get(period)
        return pattern is None or bool(pattern.search(other.sub(" ", text) if other else text))

    def _named(self, bank: frozenset[str]) -> dict[str, tuple[Pattern, ...]]:
        """The patterns with the words of the bank's name in them ("Kosi machines" are its own)."""
        if bank and bank not in self._by_bank:
            words = "(?:" + "|".join(regex.escape(word) for word in sorted(bank)) + ")"
            spelled = {
                id_: tuple(regex.compile(one.replace(_BANK, words), _FLAGS) for one in patterns)
                for id_, patterns in self._file.conditions.items()
                if any(_BANK in one for one in patterns)
            }
            self._by_bank[bank] = {**self._conditions, **spelled}
        return self._by_bank[bank] if bank else self._conditions

    def find(self, view: str, kind: Kind, bank: frozenset[str] = frozenset()) -> tuple[list[Found], list[Found]]:
        """The conditions that ride along, and those that the kind (or the statement itself, once) already says.

        Args:
            view: The statement.
            kind: Its kind.
            bank: The words that only the names of the document, its product and its bank hold.
        """
        riding: list[Found] = []
        silent: list[Found] = []
        for id_, patterns in self._named(bank).items():
            if kind.id not in self._file.only_for.get(id_, (kind.id,)):
                continue
            for match in (m for pattern in patterns for m in pattern.finditer(view)):
                if self._negated.search(view[: match.start()]):
                    continue
                if any(f.start < match.end() and match.start() < f.end for f in (*riding, *silent)):
                    continue
                # "dining" and later "fuel" are two conditions; "senior citizens" said twice is one.
                repeated = id_ != "category_spend" and any(f.id == id_ for f in riding)
                said = repeated or kind.id in self._file.implied_by.get(id_, ())
                (silent if said else riding).append(Found(id_, match.start(), match.end()))
        return sorted(riding, key=lambda f: f.start), silent

    def sort(self, id_: str) -> str:
        """The sort of a condition: those of one sort say where a fact holds, and two of them would say two places."""
        return next((group[0] for group in self._file.one_of if id_ in group), id_)

    def said_by_kind(self, kind: Kind) -> set[str]:
        """Conditions that every statement of the kind makes by itself."""
        return {id_ for id_, kinds in self._file.implied_by.items() if kind.id in kinds}
