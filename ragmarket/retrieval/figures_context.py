"""What the words beside a figure say of it: its bound ("at least"), its period ("per month"), its header's unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import regex

from ragmarket.retrieval.figures_lexicon import Lexicon, alternatives, lexicon
from ragmarket.schemas.evidence import Bound, Period

_LINKS = (
    r"(?:\s+(?:of|an?|the|is|are|at|sum\s+of|amount\s+of|period\s+of|tenure\s+of|age\s+of|total\s+of"
    r"|limit\s+of|only|just"
    r"|completion\s+of|completing|another|value\s+of|rate\s+of|score\s+of|fee\s+of|charge\s+of|about|to"
    r"|age))*[\s:]*\(?$"
)
_TAX = (
    r"(?:[\s,]*\(?(?:\+|plus|and|excluding|exclusive\s+of|excl\.?|incl\.?|including|inclusive\s+of)?\s*"
    r"(?:applicable\s+)?(?:GST|taxes?)(?:\s+extra|\s+as\s+applicable)?\)?|\s*(?:only|each|free|/-|of\s+age"
    r"|old|in\s+all))*"
)
# "repaid over 18 months" tells how long, not how much more than.
_OVER_A_TIME = regex.compile(
    r"\b(?:repa\w+|spread|paid|payable|instal\w+|emis?|loan of .*|spans?|amorti\w+)\b[^.;]*\bover$", regex.I
)
_HIGH_END = ["less than", "below", "up to", "upto", "under", "a maximum of", "maximum", "max", "not exceeding"]
_EXTREME = regex.compile(
    r"\b(?:(?P<from>minimum|min\.?|least|lowest|smallest)|(?P<up_to>maximum|max\.?|largest|highest"
    r"|longest))\b(?![^.;,]*\b(?:minimum|maximum|least|highest|lowest)\b)"
    r"[^.;:,₹%\p{Nd}]{0,60}?(?:\bis|\bof|\bat|:|=|\bare|\bbe|\s[-–]|\bneed\w*)\s*(?:only\s+)?$",
    regex.I,
)
_BETWEEN = regex.compile(r"\b(?:between|from)\s*(?:the\s+)?(?:ages?\s+(?:of\s+)?)?$", regex.I)
_PERIODIC = regex.compile(
    r"\b(?P<word>monthly|annual|yearly|quarterly|daily|half[- ]yearly)\s+(?!percentage|average|reduc|rest"
    r"|balance|compound)(?:[\p{L}-]+\s+){0,2}?"
    r"(?:income|salary|fees?|charges?|premiums?|contributions?|instal?lments?|spend\w*|limit|maintenance|amc"
    r"|interest|turnover|cap|pension"
    r"|deposits?|investments?|withdrawals|transactions|visits|savings|subscription|rent\w*"
    r"|earnings)\b[^.;₹%\p{Nd}]{0,40}$",
    regex.I,
)
_ADJECTIVES: dict[str, Period] = {
    "monthly": "month",
    "annual": "year",
    "yearly": "year",
    "quarterly": "quarter",
    "daily": "day",
    "half-yearly": "half_year",
    "half yearly": "half_year",
}


@dataclass(frozen=True, slots=True)
class _Patterns:
    before: tuple[tuple[Bound, regex.Pattern[str]], ...]
    after: tuple[tuple[Bound, regex.Pattern[str]], ...]
    period_after: tuple[tuple[Period, regex.Pattern[str]], ...]
    period_any: tuple[tuple[Period, regex.Pattern[str]], ...]
    join: regex.Pattern[str]


@lru_cache(maxsize=16)
def _patterns(language: str) -> _Patterns:
    words: Lexicon = lexicon(language)
    flags = regex.IGNORECASE
    # A period before the figure must be a phrase of its own ("per annum", "ఏడాదికి"); "annual" alone is an adjective.
    return _Patterns(
        before=tuple((b, regex.compile(f"(?:{p}){_LINKS}", flags)) for b, p in words.before),
        after=tuple((b, regex.compile(rf"[\s,(-]{{0,3}}{p}", flags)) for b, p in words.after),
        period_after=tuple((k, regex.compile(rf"[\s,(]*{p}", flags)) for k, p in words.periods),
        period_any=tuple((k, regex.compile(p, flags)) for k, p in words.periods),
        join=regex.compile(
            rf"\s*(?:years?|yrs?|months?|p\.a\.?"
            rf"|per\s+annum)?\s*(?:of\s+age\s*)?,?\s*(?:{words.joins})\s*(?:the\s+)?(?:and\s+|but\s+)?"
            rf"(?:{alternatives(_HIGH_END)})?\s*",
            flags,
        ),
    )


def join_pattern(language: str) -> regex.Pattern[str]:
    """What may stand between the two ends of a range."""
    return _patterns(language).join


def bound_of(text: str, start: int, end: int, floor: int, ceiling: int, language: str, *, timed: bool) -> Bound:
    """The bound that the words beside ``text[start:end]`` give it.

    ``floor`` and ``ceiling`` are where the neighbouring figures end and begin; ``timed`` says the figure is a duration.
    """
    left = text[max(floor, start - 90) : start]
    right = text[end : min(ceiling, end + 60)]
    right = right[_skip_period(right, language) :]
    if regex.match(r"\+(?!\s*(?:GST|tax|applic))", right, regex.I):
        return "from"
    hits: list[tuple[int, Bound]] = []
    for bound, pattern in _patterns(language).before:
        match = pattern.search(left)
        if match:
            hits.append((match.start(), bound))
    if hits:
        at, bound = min(hits)
        if bound in ("above", "below") and regex.search(
            r"\bno[tr]?(?:\s+(?:be|go|fall|to be|rise))?\s*$", left[:at], regex.I
        ):
            return "up_to" if bound == "above" else "from"
        if timed and bound == "above" and _OVER_A_TIME.search(left.rstrip()):
            return "exact"
        if timed and bound == "above" and regex.match("beyond", left[at:], regex.I):
            return "after"
        return bound
    for bound, pattern in _patterns(language).after:
        if pattern.match(right):
            return bound
    extreme = _EXTREME.search(left)
    if extreme:
        return "from" if extreme["from"] else "up_to"
    return "exact"


def opens_range(text: str, start: int) -> bool:
    """Whether "between" or "from" stands right before the figure."""
    return bool(_BETWEEN.search(text[max(0, start - 40) : start]))


def _skip_period(right: str, language: str) -> int:
    at = regex.match(_TAX, right, regex.I).end()  # type: ignore[union-attr]
    longest = max((m.end() for _, p in _patterns(language).period_after if (m := p.match(right, at))), default=at)
    return longest + regex.match(r"\)?", right[longest:]).end()  # type: ignore[union-attr]


def _longest(found: list[tuple[int, Period]]) -> Period | None:
    return max(found)[1] if found else None


def period_of(
    text: str, start: int, end: int, floor: int, ceiling: int, language: str, *, loose: bool
) -> Period | None:
    """The period that the words beside the figure give it; ``loose`` lets its noun stand between (counts)."""
    right = text[end : min(ceiling, end + 80)]
    patterns = _patterns(language)
    at = regex.match(_TAX, right, regex.I).end()  # type: ignore[union-attr]
    found = [(m.end() - m.start(), k) for k, p in patterns.period_after if (m := p.match(right, at))]
    if not found and loose:
        clause = regex.split(r"[.;:](?:\s|$)", right)[0]
        found = [
            (m.end() - m.start(), k)
            for k, p in patterns.period_any
            if (m := p.search(clause)) and not regex.match("annual$|monthly$", m[0])
        ]
    if found:
        return _longest(found)
    left = regex.split(r"[.;](?=\s)", text[max(floor, start - 110) : start])[-1]
    adjective = _PERIODIC.search(left)
    if adjective:
        return _ADJECTIVES[adjective["word"].lower()]
    near = left[-70:]
    if regex.search(r"\bin (?:a|any|one|the) (?:financial |calendar )?year\b[^,]{0,40}$", near, regex.I):
        return "year"
    if regex.search(
        r"\b(?:in (?:a|any|one) month|per month|every month|each month|a month)\b(?:(?! and )[^,:]){0,30}$",
        near,
        regex.I,
    ):
        return "month"
    if regex.search(r"\b(?:in (?:a|any|one) day|per day|a day)\b[^,:]{0,25}$", near, regex.I):
        return "day"
    if language != "en":
        found = [
            (m.end() - m.start(), k)
            for k, p in patterns.period_any
            if (m := p.search(near)) and len(near) - m.end() < 2
        ]
    return _longest(found)


def label_end(text: str) -> int:
    """Where the label of a table cell's view ("row; column: cell") or a "Label: value" line ends; 0 for prose."""
    match = regex.match(
        r"[^:.!?\n]*(?:\.(?!\s)[^:.!?\n]*|(?<=\b(?:p\.a|no|min|max|rs|p\.m|i\.e|e\.g))\.[^:.!?\n]*)*:\s+", text, regex.I
    )
    return match.end() if match and match.end() <= 160 else 0


def label_period(label: str) -> Period | None:
    """The period that a label states for the figures of its cell ("Interest rate (p.a.)", "UPI, limit per day")."""
    found = [
        (m.end() - m.start(), k)
        for k, p in _patterns("en").period_any
        if (m := p.search(label)) and not regex.match(r"annual$", m[0], regex.I)
    ]
    if regex.search(
        r"average (?:monthly|quarterly)|(?:monthly|quarterly|annual) average|annual(?:ised)? percentage", label, regex.I
    ):
        return None
    adjective = regex.search(r"\b(monthly|annual|yearly|quarterly|daily)\b", label, regex.I)
    return _longest(found) or (_ADJECTIVES[adjective[1].lower()] if adjective else None)


def label_bound(label: str) -> Bound | None:
    """The bound that "minimum" or "maximum" gives in a label, when it says only one of them."""
    column = label.rstrip(": ").split(";")[-1]
    if ";" in label and regex.search(r"\p{Nd}", label[: -len(column)]):
        label = column
    low = regex.search(
        r"\b(?:minimum|min\.?|smallest|not less than|at least|starting from|starts from)(?!\p{L})", label, regex.I
    )
    high = regex.search(r"\b(?:maximum|max\.?|up to|upto|largest|not more than|ceiling)(?!\p{L})", label, regex.I)
    if bool(low) == bool(high):
        return None
    return "from" if low else "up_to"
