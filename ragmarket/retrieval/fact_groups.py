"""Figures of a statement as groups: a single figure, or the two ends of a range; repeats in brackets fall away."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import regex

from ragmarket.retrieval.figures_context import opens_range
from ragmarket.schemas.evidence import Figure

RangeKind = Literal["between", "to_below", "above_to"]
_REPEAT_WITHIN = 20
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": Decimal(1), "week": Decimal(7), "month": Decimal(30), "year": Decimal(365), "hour": Decimal(1) / 24}
# "1 year and above but below 2 years", "2 years and above up to 3 years": the open lower end is closed by what follows.
_OPEN_BELOW = regex.compile(
    r"\s*(?:and|or|&)\s+(?:above|more|over),?\s*(?:but|and|to|&)?\s*"
    r"(?:less than|below|under|up to|upto|not exceeding)\s*",
    regex.I,
)
_BETWEEN_ENDS = regex.compile(
    r"[\s,]*(?:p\.?a\.?|per annum|% p\.a\.|years?|months?|of age)?[\s,]*(?:to|-|–|—|and|&|till"
    r"|but)\s*(?:the\s+)?(?:and\s+|but\s+)?(?:age\s+)?"
    r"(?:less than|below|up to|upto|under|a maximum of|maximum|max\.?|not exceeding|not more than"
    r"|not? longer than|not later than|not older than)?\s*(?:of\s+)?",
    regex.I,
)


@dataclass(frozen=True, slots=True)
class Group:
    """One figure, or the two ends of a range."""

    low: Figure
    high: Figure | None = None
    range_kind: RangeKind = "between"

    @property
    def start(self) -> int:
        """Where the group begins in the view."""
        return self.low.start

    @property
    def end(self) -> int:
        """One past its last character."""
        return (self.high or self.low).end


def _measure(figure: Figure) -> Decimal:
    return figure.value * _DAYS.get(figure.unit, Decimal(1)) if figure.type in ("duration", "age") else figure.value


def plain(figure: Figure, period: object = None) -> Figure:
    """The figure without its bound, with ``period`` where it has none of its own."""
    return figure.model_copy(update={"bound": "exact", "period": figure.period or period})


def without_repeats(view: str, figures: list[Figure]) -> list[Figure]:
    """Drop a figure that only repeats its neighbour in parentheses: "₹5,000 (Rupees Five Thousand only)"."""
    kept: list[Figure] = []
    for figure in figures:
        last = kept[-1] if kept else None
        if last is None or "(" not in view[last.end : figure.start] or figure.start - last.end > _REPEAT_WITHIN:
            kept.append(figure)
        elif last.type == "count" and _same_run(view, last, figure):
            kept[-1] = figure
        elif not (_same(last, figure) if last.type == figure.type else _same_run(view, figure, last)):
            kept.append(figure)
    return kept


def _same(one: Figure, other: Figure) -> bool:
    if (one.type, one.period, other.period) == ("rate", "month", "year"):
        return one.value * 12 == other.value
    if one.unit == other.unit:
        return one.value == other.value
    return (
        one.unit in _MONTHS
        and other.unit in _MONTHS
        and one.value * _MONTHS[one.unit] == other.value * _MONTHS[other.unit]
    )


def _same_run(view: str, number: Figure, length: Figure) -> bool:
    """Whether a number of monthly instalments and a length are one run: "60 EMIs (5 years)"."""
    return (
        (number.type, length.type) == ("count", "duration")
        and length.unit in _MONTHS
        and regex.match(r"\s*(?:EMIs?\b|(?:monthly )?instal)", view[number.end :], regex.I) is not None
        and number.value == length.value * _MONTHS[length.unit]
    )


def groups_of(view: str, figures: list[Figure]) -> list[Group]:
    """Fold figures that are the two ends of one range; alternatives ("12 or 24 months") stay apart."""
    out: list[Group] = []
    i = 0
    while i < len(figures):
        low = figures[i]
        high = figures[i + 1] if i + 1 < len(figures) else None
        kind = _range_kind(view, low, high) if high else None
        if high and kind:
            out.append(Group(plain(low, high.period), plain(high, low.period), kind))
            i += 2
        else:
            out.append(Group(low))
            i += 1
    return out


def _range_kind(view: str, low: Figure, high: Figure) -> RangeKind | None:
    if low.type != high.type or low.type in ("date", "ratio") or _measure(low) >= _measure(high):
        return None
    inner = view[low.end : high.start]
    joined = _BETWEEN_ENDS.fullmatch(inner)
    if _OPEN_BELOW.fullmatch(inner) and low.bound == "from" and high.bound in ("below", "up_to"):
        return "to_below" if high.bound == "below" else "between"
    if (
        joined
        and regex.search(r"\band\b|&|\bbut\b", inner)
        and not (
            opens_range(view, low.start)
            or high.bound in ("up_to", "below")
            or regex.search(r"\bnot? (?:longer|later|older) than", inner, regex.I)
        )
    ):
        return None
    extremes = (
        low.bound == "from"
        and high.bound == "up_to"
        and len(inner) <= 60
        and regex.search(r"max|up to|upto|not", inner, regex.I)
    )
    if not joined and not extremes:
        return None
    if low.bound in ("exact", "from") and high.bound in ("exact", "up_to", "within"):
        return "between"
    if low.bound in ("exact", "from") and high.bound == "below":
        return "to_below"
    if low.bound in ("above", "after") and high.bound in ("exact", "up_to"):
        return "above_to"
    return None
