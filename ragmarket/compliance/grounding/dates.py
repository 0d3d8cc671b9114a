"""Dates in the orders that Indian languages write them: "2027 மார்ச் 31", "২০২৭ সালের ৩১ মার্চ", "31મી માર્ચ 2027"."""

from __future__ import annotations

from functools import lru_cache

import regex

_TAIL = r"[\p{L}\p{M}'’-]{0,4}"
_JOINED = r"(?:\s+(?:की|के|का|সালের|च्या|ના|ની|નો|లో|ஆம் ஆண்டு|ம் ஆண்டு|വർഷം)?\s*|\s*)"


@lru_cache(maxsize=16)
def _written(language: str) -> regex.Pattern[str]:
    from babel import Locale

    names = Locale.parse(language).months["format"]
    months = {name.rstrip(".") for width in ("wide", "abbreviated") for name in names[width].values()}
    month = "|".join(sorted((regex.escape(one) for one in months), key=len, reverse=True))
    year, day = r"(?P<year>(?<!\p{N})\p{Nd}{4})", r"(?P<day>(?<!\p{N})\p{Nd}{1,2})(?!\p{N})"
    return regex.compile(
        rf"{year}{_TAIL}{_JOINED}(?P<month>{month}){_TAIL}\s+{day}(?![\p{{N}}.,]\p{{N}}|\s*%)"
        rf"|{year}{_TAIL}{_JOINED}{day}\s+(?P<month>{month})(?![\p{{L}}\p{{M}}])"
        rf"|{day}(?:[\p{{L}}\p{{M}}]{{1,3}}|-[\p{{L}}\p{{M}}]{{1,3}})\s+(?P<month>{month}),?\s+{year}(?!\p{{N}})"
    )


def day_first(text: str, language: str) -> list[tuple[int, int, str]]:
    """Places of dates that do not run day, month, year, each with the date in that order.

    Args:
        text: In NFC.
        language: Whose month names are read.
    """
    if language == "en" or sum(char.isdecimal() for char in text) < 5:
        return []
    return [
        (match.start(), match.end(), f"{match['day']} {match['month']} {match['year']}")
        for match in _written(language).finditer(text)
    ]
