"""What the words beside a figure say of it: its bound ("at least"), its period ("per month"), its header's unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import regex

from ragmarket.retrieval.figures_lexicon import Lexicon, alternatives, lexicon
from ragmarket.schemas.evidence import Bound, FigureType, Period

_LINKS = (
    r"(?:\s+(?:of|an?|the|is|are|at|sum\s+of|amount\s+of|period\s+of|tenure\s+of|age\s+of|total\s+of"
    r"|limit\s+of|only|just"
    r"|completion\s+of|completing|another|value\s+of|rate\s+of|score\s+of|fee\s+of|charge\s+of|about|to"
    r"|age|(?:[\p{L}'’]+\s+){1,4}?(?:turn|attain|reach)(?:s|es)?))*[\s:]*\(?$"
)
TAX = (
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
# Words that bound the figure before them as well as the one after them.
_EITHER_SIDE = regex.compile(r"[\s,(-]*(?:minimum|maximum|max\.?|at (?:the )?least|at (?:the )?most)", regex.I)
_AND_ABOVE = regex.compile(r"[\s,(-]*(?:and|or|&)\s+(?:above|over|below|under)", regex.I)
_NEXT = regex.compile(r"\s*(?:(?:of|is|sum\s+of|amount\s+of)\s+)?", regex.I)
_HEADER_UNIT = regex.compile(
    r"\(\s*(?:in\s+)?(?:%|₹|rs\b|inr\b|rupees\b|per\s?cent|p\.?a\b|days|months|years|lakhs?|lacs?|crores?)[^()]*\)\s*$",
    regex.I,
)
_VALUE = regex.compile(r"(?:₹|rs\.?|inr)?\s?\p{Nd}", regex.I)
_BETWEEN = regex.compile(r"\b(?:between|from)\s*(?:the\s+)?(?:ages?\s+(?:of\s+)?)?$", regex.I)


_LAST_WORD = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+$")


@dataclass(frozen=True, slots=True)
class Patterns:
    """The compiled words of one language by what they say of a figure."""

    before: tuple[tuple[Bound, regex.Pattern[str]], ...]
    after: tuple[tuple[Bound, regex.Pattern[str]], ...]
    period_after: tuple[tuple[Period, regex.Pattern[str]], ...]
    period_any: tuple[tuple[Period, regex.Pattern[str]], ...]
    join: regex.Pattern[str]
    age: regex.Pattern[str]


@lru_cache(maxsize=16)
def patterns(language: str) -> Patterns:
    """The bound, period and range words of ``language``, compiled."""
    words: Lexicon = lexicon(language)
    flags = regex.IGNORECASE
    # A period before the figure must be a phrase of its own ("per annum", "ఏడాదికి"); "annual" alone is an adjective.
    return Patterns(
        before=tuple((b, regex.compile(f"(?:{p}){_LINKS}", flags)) for b, p in words.before),
        after=tuple((b, regex.compile(rf"[\s,(-]{{0,3}}{p}", flags)) for b, p in words.after),
        period_after=tuple((k, regex.compile(rf"[\s,(]*{p}", flags)) for k, p in words.periods),
        period_any=tuple((k, regex.compile(p, flags)) for k, p in words.periods),
        age=regex.compile(rf"\s?(?P<word>{words.age_after})", flags),
        join=regex.compile(
            rf"\s*(?:years?|yrs?|months?|p\.a\.?"
            rf"|per\s+annum)?\s*(?:of\s+age\s*)?,?\s*(?:{words.joins})\s*(?:the\s+)?(?:and\s+|but\s+)?"
            rf"(?:{alternatives(_HIGH_END)})?\s*",
            flags,
        ),
    )


def join_pattern(language: str) -> regex.Pattern[str]:
    """What may stand between the two ends of a range."""
    return patterns(language).join


def bound_of(
    text: str,
    start: int,
    end: int,
    floor: int,
    ceiling: int,
    language: str,
    types: tuple[FigureType | None, FigureType, FigureType | None],
) -> Bound:
    """The bound that the words beside ``text[start:end]`` give it.

    ``floor`` and ``ceiling`` are where the neighbouring figures end and begin; ``types`` are those of the figure
    before it, of itself, and of the figure after it.
    """
    last, own, following = types
    timed = own == "duration"
    left = text[max(_freed(text, floor, start, language, labelled=_labels(last, own)), start - 90) : start]
    right = text[end : min(ceiling, end + 60)]
    right = right[skip_period(right, language) :]
    if regex.match(r"\+(?!\s*(?:GST|tax|applic))", right, regex.I):
        return "from"
    hits: list[tuple[int, Bound]] = []
    for bound, pattern in patterns(language).before:
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
    for bound, pattern in patterns(language).after:
        match = pattern.match(right)
        # "1% (maximum ₹5,000)": the word belongs to the figure that it stands before.
        near = end + 60 > ceiling < len(text)
        if match and not (
            near and _NEXT.fullmatch(right, match.end()) and _opens_next(match[0], labels=_labels(own, following))
        ):
            return bound
    inner = _age_governed(text, end, ceiling, language) if own == "age" else None
    inner = inner or _governed(text, start, end, ceiling, language)
    if inner:
        return inner
    extreme = _EXTREME.search(left)
    if extreme:
        return "from" if extreme["from"] else "up_to"
    return "exact"


def _governed(text: str, start: int, end: int, ceiling: int, language: str) -> Bound | None:
    """The bound whose word begins with an ending of the figure: "₹5 लाखांपेक्षा जास्त", "3 কোটির কম"."""
    own = _LAST_WORD.search(text[start:end])
    spots = [(spot, end) for spot in range(start + own.start() + 1, end)] if own else []
    return _bound_at(text, spots, min(ceiling, end + 60), language)


def _age_governed(text: str, end: int, ceiling: int, language: str) -> Bound | None:
    """The bound behind the word for age, whose ending it may begin with: "61 வயதுக்கு மேல்", "65 வயது வரை"."""
    stop = min(ceiling, end + 60)
    word = patterns(language).age.match(text, end, stop)
    spots = [(spot, word.end()) for spot in range(word.start("word") + 1, word.end() + 1)] if word else []
    return _bound_at(text, spots, stop, language)


def _bound_at(text: str, spots: list[tuple[int, int]], stop: int, language: str) -> Bound | None:
    for bound, pattern in patterns(language).after:
        for spot, least in spots:
            match = pattern.match(text, spot, stop)
            if match and match.end() > least:
                return bound
    return None


def _freed(text: str, floor: int, start: int, language: str, *, labelled: bool) -> int:
    """Where the words before a figure begin that do not close the figure before it ("5 years and above: 6.5%")."""
    between = text[floor:start]
    if not floor:
        return floor
    at = skip_period(between, language)
    taken = [m.end() for _, p in patterns(language).after if (m := p.match(between, at))]
    if not taken:
        return floor
    word, rest = between[at : max(taken)], between[max(taken) :]
    if regex.match(r"\s+than\b", rest, regex.I):
        return floor
    return floor if _NEXT.fullmatch(rest) and _opens_next(word, labels=labelled) else floor + max(taken)


def _labels(first: FigureType | None, second: FigureType | None) -> bool:
    """Whether the first of two neighbours may be a slab and the second its value: "₹10 lakh and above 3.5%"."""
    return (second == "rate" and first != "rate") or (second == "amount" and first in ("duration", "age", "count"))


def _opens_next(word: str, *, labels: bool) -> bool:
    """Whether a bound word between two figures belongs to the second: "1%, maximum ₹500", "1%, and above ₹5 lakh"."""
    return bool(_EITHER_SIDE.fullmatch(word) or (not labels and _AND_ABOVE.fullmatch(word)))


def opens_range(text: str, start: int) -> bool:
    """Whether "between" or "from" stands right before the figure."""
    return bool(_BETWEEN.search(text[max(0, start - 40) : start]))


def skip_period(right: str, language: str) -> int:
    """How far the tax and the period right after a figure reach: " plus GST per year" before "or more"."""
    at = regex.match(TAX, right, regex.I).end()  # type: ignore[union-attr]
    longest = max((m.end() for _, p in patterns(language).period_after if (m := p.match(right, at))), default=at)
    return longest + regex.match(r"\)?", right[longest:]).end()  # type: ignore[union-attr]


def label_end(text: str) -> int:
    """Where the label of a table cell's view ("row; column: cell") or a "Label: value" line ends; 0 for prose."""
    match = regex.match(
        r"[^:.!?\n]*(?:\.(?!\s)[^:.!?\n]*|(?<=\b(?:p\.a|sr|no|min|max|rs|p\.m|i\.e|e\.g))\.[^:.!?\n]*)*:\s+",
        text,
        regex.I,
    )
    if not match or match.end() > 160:
        return 0
    # A column header may hold a colon of its own: "7 to 45 days; Public: below ₹3 crore (% p.a.): 3.25".
    end = match.end()
    for colon in regex.finditer(r":\s+", text[:160], pos=end):
        inner = text[end : colon.start()]
        if regex.search(r"[;!?\n]|\p{L}{3,}\.\s", inner):
            break
        if _VALUE.match(text, colon.end()) and (
            _HEADER_UNIT.search(inner) or (";" in text[:end] and not regex.search(r"\p{Nd}", inner))
        ):
            end = colon.end()
    return end


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
