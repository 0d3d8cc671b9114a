"""What a statement says beyond its figures and the conditions that were understood: anything left forbids words."""

from __future__ import annotations

import regex

from ragmarket.knowledge.catalogue import Kind
from ragmarket.retrieval.fact_conditions import ConditionLexicon
from ragmarket.retrieval.fact_words import asked, vocabulary

_FLAGS = regex.IGNORECASE
Span = tuple[int, int]
# Bound words stand in the figure's own slot, so they are no condition of their own.
_NEAR_LEFT = regex.compile(
    r"(?:\b(?:not exceeding|not (?:to )?exceed|not more than|no more than|not less than|no less than"
    r"|no fewer than|not below|not above|not lower than|not (?:be|go|fall) (?:below|above|less than"
    r"|more than|lower than|higher than)|(?:not|no) (?:shorter|longer|smaller|larger|greater|older|younger) than"
    r"|limited to|restricted to|subject to|whichever is|only|until|till|up to|upto|once|upon|while|if|as low as"
    r"|a?\s*(?:minimum|maximum|min|max)|capped at|or)\b[\s,:(.]*(?:an?\s+)?"
    r"(?:minimum|maximum|min\.?|max\.?|cap|ceiling)?"
    r"(?:\s+(?:of|is|are|completion of|the))*[\s:(]*)+$",
    _FLAGS,
)
_NOT_BOUND = regex.compile(r"\b(?:if|while|or)\b", _FLAGS)
_NEAR_RIGHT = regex.compile(
    r"[\s,)]*\b(?:only|at (?:the )?(?:most|least)|or (?:more|less|above|below|higher|older)|and (?:above"
    r"|below|more|over)|times(?=\s+(?:an?|per|in|every|each)\b))\b",
    _FLAGS,
)
_WHICHEVER = regex.compile(r"[\s,(]*whichever is (?:higher|lower|more|less|greater)\b\)?", _FLAGS)
_PARENTHESES = regex.compile(r"\(([^()]*)\)")
_WORD = regex.compile(r"\p{L}{2,}")


def understood(
    lexicon: ConditionLexicon, view: str, covered: list[Span], figures: list[Span], *, floor: bool = False
) -> list[Span]:
    """Spans with nothing of their own to say: conditions, bounded figures, boilerplate, interrogatives.

    Args:
        lexicon: The condition lexicon.
        view: The statement.
        covered: Spans of the conditions found.
        figures: Spans of the figures.
        floor: Whether "whichever is higher" belongs to a condition that the kind may carry.
    """
    spans = [*covered, *figures, *asked(view)]
    for pattern in lexicon.benign:
        spans += [m.span() for m in pattern.finditer(view)]
    for start, end in figures:
        left = _NEAR_LEFT.search(view[max(0, start - 60) : start])
        if left and not _NOT_BOUND.fullmatch(left[0].strip()):
            spans.append((start - len(left[0]), start))
        right = _NEAR_RIGHT.match(view[end : end + 30])
        if right:
            spans.append((end, end + right.end()))
        higher = _WHICHEVER.match(view[end : end + 40])
        if higher and floor:
            spans.append((end, end + higher.end()))
    return spans


def remainder(lexicon: ConditionLexicon, view: str, kind: Kind, spans: list[Span]) -> str | None:
    """What the statement still says that no role and no condition holds, or None when nothing is left.

    Args:
        lexicon: The condition lexicon.
        view: The statement, or a heading, question or footnote around it.
        kind: Its kind.
        spans: What is understood (`understood`). The clauses that the kind says by itself are added to it.
    """
    residue = list(view)
    clauses = [m.span() for pattern in lexicon.said_by(kind.id) for m in pattern.finditer(view)]
    for start, end in (*spans, *clauses):
        residue[start:end] = "\u0000" * (end - start)
    rest = "".join(residue)
    for pattern in lexicon.triggers:
        match = pattern.search(rest)
        if match:
            return f"a condition is not understood: {match[0].strip()!r}"
    match = lexicon.negation.search(rest)
    if match:
        return f"a negation is not understood: {match[0]!r}"
    known = vocabulary(kind)
    for group in lexicon.groups.finditer(rest):
        named = {w.lower() for w in regex.findall(r"[\p{L}-]+", f"{group[1]} {group[2]}")}
        if named - lexicon.open_groups - known:
            return f"a restriction is not understood: {group[0].strip()!r}"
    for inner in _PARENTHESES.finditer(rest):
        if {w.lower() for w in _WORD.findall(inner[1])} - known - lexicon.open_words:
            return f"a remark in parentheses is not understood: {inner[1].strip(chr(0) + ' ')!r}"
    return None
