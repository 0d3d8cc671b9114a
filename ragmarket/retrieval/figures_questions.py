"""Bare numbers read by a question or a frequency beside them, and by a unit of time that stands before them."""

from __future__ import annotations

import regex

from ragmarket.retrieval.figures_drafts import Draft
from ragmarket.retrieval.figures_numbers import Number

_OFTEN = regex.compile(
    r"\s+(?:times\s+(?:a|per|in|every)\b"
    r"|(?:an?|per|every|each|in\s+(?:an?|any|each|every))\s+(?:calendar\s+|financial\s+|policy\s+)?"
    r"(?:day|week|month|quarter|half[- ]year|year)\b)",
    regex.I,
)
# "Locker rent: 500 a year" is money without its sign, not a number of times.
_PRICED = regex.compile(
    r"(?<!\b(?:no|nil|without|of|free)\s)\b(?:fees?|charges?|rent|price|costs?|amount|premium|penalty|interest|rates?|amc"
    r"|subscription|commission|tax|salary|income|pension|balance|value)\b[^.;]*$",
    regex.I,
)
_UNIT_FIRST = regex.compile(
    r"\b(?:(?P<unit>days|weeks|months|years)\s+(?:of|for|allowed|given|granted)\b[^.;:,%₹\p{Nd}]{0,30}?"
    r"|(?:in|number of|no\. of)\s+(?P<unit2>days|weeks|months|years)\s+)\b(?:is|are)\s+$",
    regex.I,
)


def asked(text: str, drafts: list[Draft], loose: list[Number]) -> None:
    """Read a bare number by the question or the frequency beside it, and by a unit of time that stands before it.

    "How many visits? 2 every quarter.", "4 times a year", "free: 8 a month", "The days of grace are 15".
    """
    for number in list(loose):
        unit = _UNIT_FIRST.search(text[max(0, number.start - 80) : number.start])
        if unit and not regex.match(r"\s*[\p{L}%/:-]", text[number.end : number.end + 16]):
            noun = (unit["unit"] or unit["unit2"]).lower().rstrip("s")
            drafts.append(Draft(number.start, number.end, "duration", number.value, noun, number))
            loose.remove(number)
            continue
        asked = regex.search(r"\bhow many\b[^?]*\?[^.;]*$", text[: number.start], regex.I)
        often = _OFTEN.match(text[number.end : number.end + 40])
        if often and not regex.match(r"\s+times", often[0], regex.I):
            left = text[max(0, number.start - 60) : number.start]
            often = None if number.value > 1000 or number.value % 1 or _PRICED.search(left) else often
        if asked or often:
            drafts.append(Draft(number.start, number.end, "count", number.value, "none", number))
            loose.remove(number)
