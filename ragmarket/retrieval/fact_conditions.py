"""The qualifications around a fact: which are understood, which are boilerplate, and what nobody understood."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import regex

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.catalogue import Kind
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen

Pattern = regex.Pattern[str]
_FLAGS = regex.IGNORECASE
# Bound words stand in the figure's own slot, so they are no condition of their own.
_NEAR_LEFT = regex.compile(
    r"(?:\b(?:not exceeding|not (?:to )?exceed|not more than|no more than|not less than|no less than"
    r"|no fewer than|not below|not above|not lower than|not (?:be|go|fall) (?:below|above|less than"
    r"|more than|lower than|higher than)|limited to|restricted to"
    r"|subject to|whichever is|only|until|till|up to|upto|once|upon|while|if|as low as|a?\s*(?:minimum"
    r"|maximum)|capped at|or)\b[\s,:(]*(?:an?\s+)?(?:minimum|maximum|min\.?|max\.?|cap|ceiling)?(?:\s+(?:of"
    r"|is|are|completion of|the))*[\s:(]*)+$",
    _FLAGS,
)
_NOT_BOUND = regex.compile(r"\b(?:if|while|or)\b", _FLAGS)
_NEAR_RIGHT = regex.compile(
    r"[\s,)]*\b(?:only|at (?:the )?(?:most|least)|or (?:more|less|above|below|higher|older)|and (?:above"
    r"|below|more|over))\b",
    _FLAGS,
)
_WHICHEVER = regex.compile(r"[\s,(]*whichever is (?:higher|lower|more|less|greater)\b\)?", _FLAGS)
MARKER = regex.compile(r"(?<=[\p{L}\p{Nd})%.])\s?(\*{1,3}|#|†|‡|§|\^|[¹²³⁴⁵⁶⁷⁸⁹])")
_ADJUNCT = regex.compile(
    r"\b(?:for|in|on|by|under|against|with|via|through)\s+(?:[\p{L}'-]+(?:\s+|$|(?=[.,;:)]))){1,4}", _FLAGS
)
_OPENING = regex.compile(r"[^;.]*(?=;\s[^;:]*:)|(?:for|under|in|with|on) [^,;:.\p{Nd}₹]{3,90}(?=,\s)", _FLAGS)
_PARENTHESES = regex.compile(r"\(([^()]*)\)")
_WORD = regex.compile(r"\p{L}{2,}")
_GLUE_WORDS = frozenset(
    (
        "the",
        "of",
        "and",
        "or",
        "to",
        "in",
        "for",
        "on",
        "at",
        "is",
        "are",
        "an",
        "as",
        "be",
        "by",
        "per",
        "with",
        "from",
        "any",
        "each",
        "all",
        "its",
        "this",
        "that",
        "it",
        "you",
        "your",
        "we",
        "our",
    )
)


class _File(Frozen):
    conditions: dict[str, tuple[str, ...]]
    implied_by: dict[str, tuple[str, ...]]
    only_for: dict[str, tuple[str, ...]]
    negated: str
    benign: tuple[str, ...]
    said_by: dict[str, tuple[str, ...]]
    needs: dict[str, str]
    twins: tuple[tuple[str, str], ...]
    triggers: tuple[str, ...]
    negation: str
    groups: str
    open_groups: tuple[str, ...]
    open_words: tuple[str, ...]
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
        self._conditions = {id_: _compiled(path, patterns) for id_, patterns in file.conditions.items()}
        self._said_by = {id_: _compiled(path, patterns) for id_, patterns in file.said_by.items()}
        self._needs = {id_: _compiled(path, (pattern,))[0] for id_, pattern in file.needs.items()}
        self._benign, self._triggers, self._never = (
            _compiled(path, p) for p in (file.benign, file.triggers, file.never)
        )
        self._negated, self._negation, self._groups = _compiled(path, (file.negated, file.negation, file.groups))
        self._open = frozenset(file.open_groups)
        self._open_words = frozenset(file.open_words) | _GLUE_WORDS

    def twin(self, kind: str) -> str | None:
        """The kind that differs from this one by the bound of its figure alone."""
        return next((other for pair in self._file.twins if kind in pair for other in pair if other != kind), None)

    def forbidden(self, text: str) -> str | None:
        """A promise, a superlative or an instruction in the text (figures masked or not), or None."""
        hit = next((m for p in self._never if (m := p.search(text))), None)
        return hit[0] if hit else None

    def find(self, view: str, kind: Kind) -> tuple[list[Found], list[Found]]:
        """The conditions that ride along, and those that the kind already says."""
        riding: list[Found] = []
        implied: list[Found] = []
        taken: list[tuple[int, int]] = []
        for id_, patterns in self._conditions.items():
            if kind.id not in self._file.only_for.get(id_, (kind.id,)):
                continue
            for pattern in patterns:
                match = pattern.search(view)
                if not match or self._negated.search(view[: match.start()]):
                    continue
                if any(s <= match.start() < e for s, e in taken):
                    continue
                found = Found(id_, match.start(), match.end())
                (implied if kind.id in self._file.implied_by.get(id_, ()) else riding).append(found)
                taken.append((match.start(), match.end()))
                break
        return sorted(riding, key=lambda f: f.start), implied

    def said_by_kind(self, kind: Kind) -> set[str]:
        """Conditions that every statement of the kind makes by itself."""
        return {id_ for id_, kinds in self._file.implied_by.items() if kind.id in kinds}

    def strange_row(self, view: str, kind: Kind, covered: list[tuple[int, int]]) -> str | None:
        """A word that the kind does not know in a row's label or a leading "For …,": the statement is narrower."""
        label = _OPENING.match(view)
        if label is None:
            return None
        known = vocabulary(kind) | self._open_words
        for word in regex.finditer(r"(?<![\p{L}\p{Nd}])\p{L}{4,}", label[0]):
            if (
                word[0].lower() not in known
                and word[0].lower().rstrip("s") not in known
                and not any(s <= word.start() < e for s, e in covered)
            ):
                return word[0]
        return None

    def ids_in(self, text: str) -> set[str]:
        """Conditions named anywhere in a heading or question, whatever the kind."""
        return {id_ for id_, patterns in self._conditions.items() if any(p.search(text) for p in patterns)}

    def remainder(
        self,
        view: str,
        kind: Kind,
        covered: list[tuple[int, int]],
        figures: list[tuple[int, int]],
        siblings: frozenset[str] = frozenset(),
    ) -> str | None:
        """What the statement still says that no role and no condition holds, or None when nothing is left.

        Args:
            view: The statement.
            kind: Its kind.
            covered: Spans already understood (conditions).
            figures: Spans of the figures.
            siblings: Words of the product class's kinds, which may stand after a preposition without narrowing
                the fact; without them phrases are not examined.
        """
        need = self._needs.get(kind.id)
        if need and not need.search(view):
            return "the statement does not deny what its kind denies"
        spans = [*covered, *figures]
        # A question asks, it does not qualify; only its answer is the statement.
        question = view.rfind("?") + 1
        if view[question:].strip():
            spans.append((0, question))
        for pattern in (*self._benign, *self._said_by.get(kind.id, ())):
            spans += [m.span() for m in pattern.finditer(view)]
        for start, end in figures:
            left = _NEAR_LEFT.search(view[max(0, start - 60) : start])
            if left and not _NOT_BOUND.fullmatch(left[0].strip()):
                spans.append((start - len(left[0]), start))
            right = _NEAR_RIGHT.match(view[end : end + 30])
            if right:
                spans.append((end, end + right.end()))
            higher = _WHICHEVER.match(view[end : end + 40])
            if higher and {"min_charge", "max_charge"} & set(kind.conditions):
                spans.append((end, end + higher.end()))
        residue = list(view)
        for start, end in spans:
            residue[start:end] = "\u0000" * (end - start)
        rest = "".join(residue)
        for pattern in self._triggers:
            match = pattern.search(rest)
            if match:
                return f"a condition is not understood: {match[0].strip()!r}"
        match = self._negation.search(rest)
        if match:
            return f"a negation is not understood: {match[0]!r}"
        known = vocabulary(kind)
        for group in self._groups.finditer(rest):
            named = {w.lower() for w in regex.findall(r"[\p{L}-]+", f"{group[1]} {group[2]}")}
            strange = named - self._open - known
            if strange:
                return f"a restriction is not understood: {group[0].strip()!r}"
        for phrase in _ADJUNCT.finditer(rest) if siblings else ():
            words = {w.lower() for w in regex.findall(r"\p{L}{4,}", phrase[0])}
            narrow = sorted(
                w for w in words if not {w, w.rstrip("s")} & (siblings | known | self._open_words | self._open)
            )
            if narrow:
                return f"a restriction is not understood: {phrase[0].strip(chr(0) + ' ')!r}"
        for inner in _PARENTHESES.finditer(rest):
            strange = {w.lower() for w in _WORD.findall(inner[1])} - known - self._open_words
            if strange:
                return f"a remark in parentheses is not understood: {inner[1].strip(chr(0) + ' ')!r}"
        return None


@lru_cache(maxsize=256)
def _vocabulary(texts: tuple[str, ...]) -> frozenset[str]:
    words = {w.lower() for text in texts for w in _WORD.findall(text)}
    return frozenset(words | {w + "s" for w in words} | {w.rstrip("s") for w in words})


def vocabulary(kind: Kind) -> frozenset[str]:
    """The words of a kind's definition and exemplars: what a statement of the kind may say without saying more."""
    return _vocabulary((kind.definition, *kind.exemplars))
