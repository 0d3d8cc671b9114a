"""Numbers read by what stands further off: the other end of a range, a score, a table header."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import regex

from ragmarket.retrieval.figures_context import join_pattern, label_end, opens_range
from ragmarket.retrieval.figures_drafts import Draft
from ragmarket.retrieval.figures_numbers import Number
from ragmarket.schemas.evidence import FigureType

_SCORE_BEFORE = regex.compile(
    r"\b(?:credit|cibil|bureau|experian|equifax|crif)\b[^.;%₹]{0,50}$|\bscores?\b[^.;%₹]{0,30}$", regex.I
)
_SCORE_AFTER = regex.compile(
    r"[\s\w]{0,20}?\b(?:credit|cibil|bureau)\s+scores?|\s*(?:and above|or more|\+)?\s*scores?", regex.I
)
_HEADERS: tuple[tuple[str, FigureType, str], ...] = (
    (
        r"[(,]\s*(?:₹|rs\.?|inr)\s*(?:in\s+)?(?:lakhs?|lacs?)\s*\)|\((?:in\s+)?(?:₹|rs\.?)?\s*(?:lakhs?|lacs?)\)",
        "amount",
        "100000",
    ),
    (
        r"[(,]\s*(?:₹|rs\.?|inr)\s*(?:in\s+)?(?:crores?|cr\.?)\s*\)|\((?:in\s+)?(?:₹|rs\.?)?\s*crores?\)",
        "amount",
        "10000000",
    ),
    (
        r"\(\s*(?:in\s+)?(?:₹|rs\.?|inr|rupees)\s*\)|\sin\s+(?:₹|rs\.?|inr|rupees)\b|₹\s*$|\bamount \(?rs\.?\)?",
        "amount",
        "1",
    ),
    (
        r"\(\s*(?:in\s+)?%[^)]*\)|%\s*(?:p\.?a\.?|per annum)|\bin (?:%|per ?cent)|\(\s*per ?cent[^)]*\)|\brate,? %",
        "rate",
        "percent",
    ),
    (r"\bage\b[^;:]*", "age", "year"),
    (r"\(\s*(?:in\s+)?days\s*\)|\bin days\b|\bdays\s*$", "duration", "day"),
    (r"\(\s*(?:in\s+)?months\s*\)|\bin months\b|\bmonths\s*$", "duration", "month"),
    (r"\(\s*(?:in\s+)?(?:years|yrs)\s*\)|\bin years\b|\byears\s*$", "duration", "year"),
    (r"\b(?:credit|cibil|bureau)\b[^;:]*\bscore\b|\bscore\b", "count", "none"),
    (
        r"\b(?:number|no\. of|visits?|free transactions?|(?:switches|instal?lments|leaves)\b(?!\s*amount))",
        "count",
        "none",
    ),
)


# "ATM of other banks; Free per month: 3": a small whole number under such a label is a number of uses.
_FEW = 100
_FREE = regex.compile(
    r"\bfree\b[^:]*\b(?:per|an?|each|every)\s+(?:month|quarter|year)\b|\b(?:withdrawals|transactions)\b[^:]*\bfree\b",
    regex.I,
)


def compound(text: str, drafts: list[Draft]) -> list[Draft]:
    """Fold "1 year 6 months" into one duration; with days no unit could hold the sum: "mixed"."""
    out: list[Draft] = []
    for draft in drafts:
        last = out[-1] if out else None
        months = {"year": 12, "month": 1}
        if (
            last
            and last.type == draft.type == "duration"
            and last.unit in ("year", "month", "mixed")
            and draft.unit in ("month", "day")
            and last.unit != draft.unit
            and regex.fullmatch(r"\s*(?:and|&|\+|,|-)?\s*", text[last.end : draft.start])
            and not (
                regex.search(r"[,-]|and", text[last.end : draft.start])
                and (opens_range(text, last.start) or draft.value > (11 if draft.unit == "month" else 30))
            )
        ):
            if draft.unit == "month":
                value, unit = last.value * 12 + draft.value, "month"
            else:
                value, unit = (
                    (last.value if last.unit == "mixed" else last.value * months[last.unit] * 30) + draft.value,
                    "mixed",
                )
            out[-1] = Draft(last.start, draft.end, "duration", value, unit, last.number)
        else:
            out.append(draft)
    return out


def inherit(text: str, drafts: list[Draft], loose: list[Number], language: str) -> list[Draft]:
    """Give the bare end of a range or list what its other end has: "8.5 - 12%", "₹5-10 lakh", "12, 24 or 36 months"."""
    join = join_pattern(language)
    changed = True
    while changed:
        changed = False
        for number in list(loose):
            right = min((d for d in drafts if d.start >= number.end), key=lambda d: d.start, default=None)
            left = max((d for d in drafts if d.end <= number.start), key=lambda d: d.end, default=None)
            if (
                right
                and right.number
                and right.type in ("rate", "duration", "age", "amount")
                and join.fullmatch(text[number.end : right.start])
                and not right.signed
            ):
                between = regex.search(r"\band\b|&", text[number.end : right.start])
                if (
                    not between
                    or opens_range(text, number.start)
                    or len(loose) > 1
                    or right.type in ("duration", "rate")
                ):
                    factor = (
                        right.value / right.number.value
                        if right.number.value and right.type == "amount"
                        else Decimal(1)
                    )
                    drafts.append(
                        Draft(
                            number.start,
                            number.end,
                            right.type,
                            number.value * factor,
                            right.unit,
                            number,
                            scaled=right.scaled,
                        )
                    )
                    loose.remove(number)
                    changed = True
                    continue
            if (
                left
                and left.number
                and (left.signed or left.type == "age")
                and join.fullmatch(text[left.end : number.start])
            ):
                drafts.append(
                    Draft(number.start, number.end, left.type, number.value, left.unit, number, signed=left.signed)
                )
                loose.remove(number)
                changed = True
    drafts.sort(key=lambda d: d.start)
    for low, high in pairwise(drafts):
        if (
            low.type == high.type == "amount"
            and low.signed
            and not low.scaled
            and high.scaled
            and low.number
            and high.number
            and high.number.value
        ):
            inner = text[low.end : high.start]
            if (
                join.fullmatch(inner)
                and low.number.value <= high.number.value
                and low.number.value < 1000
                and (not high.signed or low.number.value < 100)
            ):
                low.value = low.number.value * (high.value / high.number.value)
    return drafts


def scores(text: str, drafts: list[Draft], loose: list[Number]) -> None:
    """Read three-digit numbers beside "credit score" as scores."""
    # A row label that is nothing but a score ("780 and above; Spread: 2.30%") says so by its shape.
    row = regex.match(r"\s*\p{Nd}{3}\s*(?:and above|or more|& above|\+|(?:to|-|–)\s*\p{Nd}{3})\s*;", text, regex.I)
    for number in list(loose):
        if not (300 <= number.value <= 900):
            continue
        if row and number.end <= row.end():
            drafts.append(Draft(number.start, number.end, "count", number.value, "none", number))
            loose.remove(number)
            continue
        if _SCORE_BEFORE.search(text[max(0, number.start - 70) : number.start]) or _SCORE_AFTER.match(
            text[number.end : number.end + 40]
        ):
            drafts.append(Draft(number.start, number.end, "count", number.value, "none", number))
            loose.remove(number)


def headed(text: str, drafts: list[Draft], loose: list[Number]) -> None:
    """Read bare numbers of a cell by the unit in its label: "Tenure (months): 12 - 60"."""
    stop = label_end(text)
    label = text[: max(0, stop)].rstrip(": ")
    if not label:
        return
    for number in list(loose):
        if number.start < stop:
            continue
        for column in reversed(label.split(";")):
            hit = next(((t, u) for p, t, u in _HEADERS if regex.search(p, column.strip(), regex.I)), None)
            if hit is None and number.value < _FEW and number.value % 1 == 0 and _FREE.search(column):
                hit = ("count", "none")
            if hit:
                kind, unit = hit
                amount = kind == "amount"
                if kind in ("age", "count") and text[number.end : number.end + 1] in ("/", ":"):
                    break
                drafts.append(
                    Draft(
                        number.start,
                        number.end,
                        kind,
                        number.value * Decimal(unit) if amount else number.value,
                        "INR" if amount else unit,
                        number,
                    )
                )
                loose.remove(number)
                break
