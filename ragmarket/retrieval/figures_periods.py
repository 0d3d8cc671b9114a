"""The period of a figure: "per month" beside it, "annual fee" before it, "(p.a.)" in its label."""

from __future__ import annotations

import regex

from ragmarket.retrieval.figures_context import TAX, patterns
from ragmarket.schemas.evidence import Period

_PERIODIC = regex.compile(
    r"\b(?P<word>monthly|annual(?:i[sz]ed)?|yearly|quarterly|daily|half[- ]yearly)\s+(?!percentage|average|reduc|rest"
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
    "annualised": "year",
    "annualized": "year",
    "yearly": "year",
    "quarterly": "quarter",
    "daily": "day",
    "half-yearly": "half_year",
    "half yearly": "half_year",
}
# What the bank does with interest is no statement of the time a rate is for: "7%, paid monthly", "(monthly payout)".
_PAYOUT = (
    r"(?:pa(?:id|ys?|yable|yments?|youts?|ying)|credit\w*|compound\w*|rest\w*|reset\w*|reduc\w*|calculat\w*|instal\w*)"
)
_PAID_BEFORE = regex.compile(rf"\b{_PAYOUT}\b[^.;:,()%₹\p{{Nd}}]{{0,24}}$", regex.I)
_PAID_AFTER = regex.compile(rf"\s*(?:\p{{L}}+\s+)?(?:{_PAYOUT}|income|options?|basis)\b", regex.I)
_BARE_WORD = regex.compile(r"(?:annual|yearly|quarterly|monthly|weekly|daily|half[\s-]yearly)(?:ly)?", regex.I)
_OF_A_RATE = regex.compile(r"per\b|p\.?\s?[am]\b|/|an?\s", regex.I)


def _longest(found: list[tuple[int, Period]]) -> Period | None:
    return max(found)[1] if found else None


def period_of(
    text: str, start: int, end: int, floor: int, ceiling: int, language: str, *, loose: bool, rate: bool
) -> Period | None:
    """The period that the words beside the figure give it.

    ``floor`` and ``ceiling`` are where the words that may be looked at begin and end; ``loose`` lets a noun stand
    between (counts); ``rate`` says the figure is a rate, which no word of payment gives a period.
    """
    right = text[end : min(ceiling, end + 80)]
    found_by = patterns(language)
    at = regex.match(TAX, right, regex.I).end()  # type: ignore[union-attr]
    found = [(m.end() - m.start(), k) for k, p in found_by.period_after if (m := p.match(right, at))]
    if rate and found and (said := regex.match(r"[\s,(]*\p{L}+(?:[\s-]yearly)?", right[at:])):
        word = said[0].lstrip(" ,(\u00a0")
        if _BARE_WORD.fullmatch(word) and _PAID_AFTER.match(right[at + said.end() :]):
            found = []
    if not found and loose:
        clause = regex.split(r"[.;:](?:\s|$)", right)[0]
        found = [
            (m.end() - m.start(), k)
            for k, p in found_by.period_any
            if (m := p.search(clause)) and not regex.match("annual$|monthly$", m[0])
        ]
    if found:
        return _longest(found)
    left = regex.split(r"[.;](?=\s)", text[max(floor, start - 110) : start])[-1]
    if rate and _PAID_BEFORE.search(left):
        return None
    adjective = _PERIODIC.search(left)
    if adjective and not (rate and regex.search(rf"\b{_PAYOUT}\b", adjective[0], regex.I)):
        return _ADJECTIVES[adjective["word"].lower()]
    near = left[-70:]
    if rate and regex.search(rf"\b{_PAYOUT}\b", near, regex.I):
        return None
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
        # "மாதம் குறைந்தபட்சம் ₹500": the bound stands between the period and its figure.
        near = near[: min((m.start() for _, p in found_by.before if (m := p.search(near))), default=len(near))]
        found = [
            (m.end() - m.start(), k)
            for k, p in found_by.period_any
            if (m := p.search(near)) and len(near) - m.end() < 2
        ]
    return _longest(found)


def label_period(label: str, *, rate: bool) -> Period | None:
    """The period that a label states for the figures of its cell ("Interest rate (p.a.)", "UPI, limit per day").

    A rate takes it only from a phrase such as "p.a." or "per month": "Monthly payout" over 6.9% is no monthly rate.
    """
    if rate:
        stated = {
            k
            for k, p in patterns("en").period_any
            for m in p.finditer(label)
            if _OF_A_RATE.match(m[0].strip())
            and not _PAID_BEFORE.search(label[: m.start()])
            and not regex.search(r"\b(?:for|within|after|of|than)\s+$", label[: m.start()], regex.I)
        }
        return stated.pop() if len(stated) == 1 else None
    found = [
        (m.end() - m.start(), k)
        for k, p in patterns("en").period_any
        if (m := p.search(label)) and not regex.match(r"annual$", m[0], regex.I)
    ]
    if regex.search(
        r"average (?:monthly|quarterly)|(?:monthly|quarterly|annual) average|annual(?:ised)? percentage", label, regex.I
    ):
        return None
    adjective = regex.search(
        r"\b(monthly|annual|annuali[sz]ed(?=\s+(?:premium|contribution|fee|charge))|yearly|quarterly|daily)\b",
        label,
        regex.I,
    )
    return _longest(found) or (_ADJECTIVES[adjective[1].lower()] if adjective else None)
