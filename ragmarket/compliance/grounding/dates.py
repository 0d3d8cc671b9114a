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


_MONTHS_EN = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
# How months are written besides CLDR's names.
_ALSO = {
    "hi": {"सितम्बर": 9, "नवम्बर": 11, "दिसम्बर": 12, "फ़रवरी": 2, "अक्तूबर": 10},
    "mr": {"सप्टेंबर": 9, "ऑक्टोबर": 10, "नोव्हेंबर": 11, "डिसेंबर": 12},
    "ta": {"டிசம்பர்": 12, "நவம்பர்": 11, "செப்டம்பர்": 9, "அக்டோபர்": 10},
    "kn": {"ನವೆಂಬರ್": 11, "ಡಿಸೆಂಬರ್": 12, "ಅಕ್ಟೋಬರ್": 10, "ಸೆಪ್ಟೆಂಬರ್": 9},
    "bn": {"সেপ্টেম্বর": 9, "অক্টোবর": 10, "নভেম্বর": 11, "ডিসেম্বর": 12, "জুলাই": 7},
    "gu": {"સપ્ટેમ્બર": 9, "ઓક્ટોબર": 10, "ઑક્ટોબર": 10, "નવેમ્બર": 11, "ડિસેમ્બર": 12},
    "ml": {"സെപ്റ്റംബർ": 9, "ഒക്ടോബർ": 10, "നവംബർ": 11, "ഡിസംബർ": 12},
    "te": {"సెప్టెంబర్": 9, "అక్టోబర్": 10, "నవంబర్": 11, "డిసెంబర్": 12},
}


@lru_cache(maxsize=16)
def _months(language: str) -> tuple[dict[str, int], regex.Pattern[str]]:
    from babel import Locale

    found = {name: place for place, name in enumerate(_MONTHS_EN, 1)}
    found |= {name[:3]: place for place, name in enumerate(_MONTHS_EN, 1) if name != "may"}
    if language != "en":
        names = Locale.parse(language).months["format"]
        found |= {
            name.rstrip(".").casefold(): place
            for width in ("wide", "abbreviated")
            for place, name in names[width].items()
        }
        found |= _ALSO.get(language, {})
    # "மார்ச்" may lose its last sign before an ending.
    month = "|".join(sorted((regex.escape(one) for one in found), key=len, reverse=True))
    year, day = r"(?P<year>(?<![\p{N}.,])(?:19|20)\p{Nd}{2}(?!\p{N}))", r"(?P<day>(?<![\p{N}.,₹])\p{Nd}{1,2})"
    opening, ending = r"(?<![\p{L}\p{M}])", r"(?:\p{M}*[\p{L}\p{M}]{0,5}(?![\p{L}\p{M}]))"
    past_day = r"(?:st|nd|rd|th|[-'’]?[\p{L}\p{M}]{1,4})?"
    return found, regex.compile(
        rf"(?i){opening}(?P<month>{month}){ending}(?:\s*,?\s+(?:of\s+)?){year}"
        rf"|{year}{_TAIL}{_JOINED}(?P<month>{month}){ending}(?!\s+\p{{Nd}}{{1,2}}(?!\p{{Nd}}|\s*%))"
        rf"|{day}{past_day}\s+(?:of\s+)?(?P<month>{month}){ending}(?!,?\s+\p{{Nd}}{{4}})"
        rf"|{opening}(?P<month>{month})(?:\s+){day}(?:st|nd|rd|th)?(?![\p{{N}}.,%]|\s*%|\s*,?\s+\p{{Nd}}{{4}}|\s*\p{{L}}*(?:day|lakh))"
    )


def part_dates(text: str, language: str) -> list[tuple[int, int, str, float]]:
    """Dates without a day or without a year, each with its place.

    "March 2027" is of kind ``month``, twelve times the year and the month; "1 October" is of kind ``day``, a hundred
    times the month and the day.

    Args:
        text: In NFC, number words as digits.
        language: Whose month names are read beside the English ones.
    """
    if not any(char.isdecimal() for char in text):
        return []
    names, pattern = _months(language)
    found = []
    for match in pattern.finditer(text):
        month = names[match["month"].casefold()]
        if match["year"]:
            found.append((match.start(), match.end(), "month", float(int(match["year"]) * 12 + month)))
        elif 1 <= int(match["day"]) <= 31:
            found.append((match.start(), match.end(), "day", float(month * 100 + int(match["day"]))))
    return found


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
