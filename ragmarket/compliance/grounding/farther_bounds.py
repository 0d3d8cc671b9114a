"""Bounds that stand farther from a figure than its postposition: in a row's label, before a noun, in what follows.

"Maximum loan amount | ₹35 lakh" and "the smallest sum that we lend is ₹5,000" set a bound as "up to ₹35 lakh" does, and
so does "₹1,000 and in multiples of ₹1". Such a bound speaks against the opposite one and for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from ragmarket.compliance.grounding.lexicon import Lexicon, marks_in
from ragmarket.compliance.grounding.sizes import Quantity, Sign, same_size

_BOUNDED = frozenset({"amount", "rate", "months", "days", "working_days", "count", "number"})
_TIMED = frozenset({"months", "days", "working_days"})
# What parts a label from its value; within a label commas part nothing.
_LABEL = regex.compile(r"[|:]|\.{2,}|\s{3,}")
_END = regex.compile(r"[।!?;]|(?<![\s.])\.(?=\s)(?!\s*[\p{Nd}₹])")
_BESIDE = regex.compile(r",|\band\b|\bor\b|\bbut\b")
_OPENS = regex.compile(r"[|:(]|\.{2,}|\s{3,}")
_WORDS, _OWN = 6, 4
_MULTIPLES = regex.compile(
    r"(?i)^(?:/-)?[\s,(]*(?:(?:and|plus|thereafter|then)\s+)*(?:in\s+)?(?:multiples|steps)\s+of\b"
)
_IN, _OF = regex.compile(r"(?i)\bin\s+$"), regex.compile(r"(?i)^\s+(?:of|from|after)\b")
_SAID_OF = regex.compile(r"(?i)^\s+(?:is|are|being)\s+(?:the|its|our|your)\s+(?=\p{L})")


def with_limits(
    found: Sequence[Quantity], text: str, lexicons: Sequence[Lexicon], *, row: bool
) -> tuple[Quantity, ...]:
    """The figures, each without a bound of its own with the one that words farther off set.

    Args:
        found: The figures of a text in order.
        text: The text that they stand in.
        lexicons: English, and the language's own.
        row: Whether the text is a row read with its headers ("label; header: value").
    """
    words: list[tuple[int, int, Sign]] = sorted(
        [(*span, 1) for span in marks_in(text, lexicons, "least")]
        + [(*span, -1) for span in marks_in(text, lexicons, "most")]
    )
    out = []
    for at, one in enumerate(found):
        limit: Sign = 0
        if one.kind in _BOUNDED and one.value and not (one.sign or one.edge):
            floor = found[at - 1].end if at else 0
            limit = _following(text, one) or _preceding(text, one, floor, words)
            if row and not limit:
                limit = _labelled(text, one, found, words)
        out.append(replace(one, limit=limit) if limit else one)
    if row:
        # Under two headers one value of a row is told twice, and either may say what bounds it.
        for at, one in enumerate(out):
            twin = next((q for q in out if q is not one and q.bound and same_size(q, one) and q.kind == one.kind), None)
            if twin is not None and not one.bound:
                out[at] = replace(one, limit=twin.bound)
    return tuple(out)


def _following(text: str, one: Quantity) -> Sign:
    after = text[one.end :]
    if one.kind == "amount" and _MULTIPLES.match(after):
        return 1
    # "In 5 working days of sanction" is the most that it takes.
    if one.kind in _TIMED and _IN.search(text[: one.start]) and _OF.match(after):
        return -1
    return 0


def _preceding(text: str, one: Quantity, floor: int, words: Sequence[tuple[int, int, Sign]]) -> Sign:
    """The last word of least or most between the figure before and this one, unless another sentence lies between."""
    said = _SAID_OF.match(text[one.end :])
    if said:
        place = one.end + said.end()
        named = next((sign for start, _, sign in words if start == place), None)
        if named is not None:
            return named
    for start, end, sign in reversed(words):
        if end > one.start:
            continue
        # A postposition right behind the figure before belongs to that one.
        if start < floor or (floor and start - floor <= _OWN and not _OPENS.search(text[floor:start])):
            return 0
        between = text[end : one.start]
        if _END.search(between):
            return 0
        labelled = _LABEL.search(between)
        if not labelled and (_BESIDE.search(between) or len(between.split()) > _WORDS):
            return 0
        return sign
    return 0


def _labelled(text: str, one: Quantity, found: Sequence[Quantity], words: Sequence[tuple[int, int, Sign]]) -> Sign:
    """What the label of a row says of every value in it, where the label has no figure of its own."""
    label = text.index(";")
    if one.start < label or any(q.start < label for q in found):
        return 0
    return next((sign for _, end, sign in reversed(words) if end <= label), 0)
