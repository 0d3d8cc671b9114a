"""Bare numbers: digits of any script, any grouping, English number words, and what is no figure at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

import regex

from ragmarket.schemas.base import LANGUAGES

_DIGITS = r"(?:\p{Nd}{1,3}(?:,\p{Nd}{2,3})+|\p{Nd}+)(?:\.\p{Nd}+)?"
_SMALL = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {
    word: 10 * i
    for i, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
_LARGE = {
    "thousand": 1_000,
    "lakh": 100_000,
    "lakhs": 100_000,
    "lac": 100_000,
    "crore": 10_000_000,
    "crores": 10_000_000,
}
_WORD = "|".join(sorted(_SMALL, key=len, reverse=True))
_SCALE = "|".join(["hundred", *_LARGE])
_WORDS = rf"(?:{_WORD})(?:(?:\s+and\s+|[\s-]+)(?:{_WORD}|{_SCALE}))*(?:\s+(?:{_SCALE}))?"
NUMBER = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}_])(?<!\p{{Nd}}[.,/:])(?:(?P<digits>{_DIGITS})(?!\p{{Nd}})"
    rf"|(?P<words>(?i:{_WORDS}))(?![\p{{L}}-](?!day|week|month|year|hour|minute))(?!-(?:time|off|third|thirds"
    rf"|fourth|half)))"
)

_REFERENCE = (
    r"(?:sections?|sec\.?|clauses?|tables?|regulations?|articles?|rules?|paras?|paragraphs?|annexures?|annex|schedules?"
    r"|chapters?|forms?|items?|notes?|steps?|parts?|pages?|versions?|sr\.?|sl\.?|serial|figure|fig\.?|q|number|no|tier"
    r"|bs|iso|option|class|phase|plan|slab|series|point)"
)
_ADDRESS = (
    r"(?:circular|notification|pin|pincode|pin code|isin|uin|regn?\.?|registration|licen[cs]e|cin|arn|toll[- ]free"
    r"|helpline|tel|phone|call|sms|fax|master direction|scheme code|code)"
)
NOT_FIGURES = regex.compile(
    rf"""(?xi)
      (?<!\p{{L}})(?:{_REFERENCE}(?:\s*(?:no|number|code)\b)?\.?|{_ADDRESS}(?:\s*(?:no|number|code)\b)?[.:]?)\s*[-\#]?\s*(?:\(\w+\)|\p{{Nd}}[\p{{L}}\p{{Nd}}./()-]*)
        (?:(?:\s*,\s*|\s+and\s+|\s+or\s+|\s*/\s*|\s+to\s+)\p{{Nd}}[\p{{Nd}}.]*[A-Z(][\p{{L}}\p{{Nd}}()]*)*(?!\p{{Nd}})(?!\s?%)(?!\s+(?:per\s?cent|years?|months?|days?|lakh|crore))
    | \p{{Nd}}{{1,2}}\s?[x×]\s?\p{{Nd}}{{1,3}}
    | 24/7(?:/365)?
    | (?<!\p{{Nd}})1[89]00[\s-]\p{{Nd}}{{2,4}}[\s-]\p{{Nd}}{{3,7}}(?:[\s-]\p{{Nd}}{{3,4}})?
    | \+\p{{Nd}}{{2}}[\s-]?\p{{Nd}}{{5}}[\s-]?\p{{Nd}}{{5}}
    | (?<![\p{{Nd}}.,₹])(?<!Rs\.?\s?)[6-9]\p{{Nd}}{{9}}(?![\p{{Nd}}.,]|\s*(?:lakh|crore|/-))
    | (?<!\p{{L}})[\p{{L}}()&.-]*\p{{L}}[\p{{L}}()&.-]*(?:/[\p{{L}}\p{{Nd}}().&-]+)*
        /[\p{{L}}\p{{Nd}}().&-]*\p{{Nd}}{{2,}}[\p{{L}}\p{{Nd}}().&/-]*
    | \[\p{{Nd}}{{1,2}}\]
    | (?m:^[ \t]*(?:Q\.?\s?)?\p{{Nd}}{{1,2}}(?:\.\p{{Nd}}{{1,2}})*[.)](?=\s))
    | (?m:^[ \t]*\p{{Nd}}{{1,2}}\.\p{{Nd}}{{1,2}}(?:\.\p{{Nd}}{{1,2}})*(?=\s+(?-i:\p{{Lu}})))
    | (?<!\p{{L}})(?:FY|AY|A\.Y\.|F\.Y\.)\s?\p{{Nd}}{{2,4}}\s?[-/–]\s?\p{{Nd}}{{2,4}}
    | (?<![\p{{Nd}}.,])(?:19|20)\p{{Nd}}{{2}}\s?[-–]\s?\p{{Nd}}{{2}}(?![\p{{Nd}}-])
    """
)


@dataclass(slots=True)
class Number:
    """A number as it stands: ``start``/``end`` in the text, ``words`` where it is spelled out."""

    start: int
    end: int
    value: Decimal
    words: bool = False


def spelled(words: str) -> Decimal:
    """The value of English number words: "two lakh fifty thousand" is 250000."""
    total, part = 0, 0
    for word in regex.split(r"[\s-]+", words.lower()):
        if word in _SMALL:
            part += _SMALL[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _LARGE:
            total, part = total + max(part, 1) * _LARGE[word], 0
    return Decimal(total + part)


def to_ascii_digits(text: str) -> str:
    """Digits of every script as ASCII, one code point for one."""
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)


def numbers(text: str, taken: list[tuple[int, int]]) -> list[Number]:
    """All numbers of the text that lie in none of the ``taken`` spans."""
    found = []
    for match in NUMBER.finditer(text):
        if any(match.start() < end and start < match.end() for start, end in taken):
            continue
        if match["words"]:
            found.append(Number(match.start(), match.end(), spelled(match["words"]), words=True))
        else:
            found.append(Number(match.start(), match.end(), Decimal(to_ascii_digits(match["digits"]).replace(",", ""))))
    return found


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Month names in nine languages, long and short, in lower case."""
    from babel import Locale  # Babel's tables cost 30 ms, which only a text with a date should pay

    names: dict[str, int] = {}
    for language in LANGUAGES:
        months = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                names |= {str(n).lower().rstrip("."): i for i, n in months[context][width].items() if len(str(n)) > 1}
    return names | {"sept": 9}


@lru_cache(maxsize=1)
def _dates() -> regex.Pattern[str]:
    month = "|".join(sorted(map(regex.escape, _months()), key=len, reverse=True))
    return regex.compile(
        rf"""(?xi)(?<![\p{{L}}\p{{N}}.,/-])(?:
          (?P<d1>\p{{Nd}}{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s.-]*(?P<m1>{month})(?![\p{{L}}\p{{M}}])\.?,?[\s'’.-]*(?P<y1>\p{{Nd}}{{4}}|(?<=['’-])\p{{Nd}}{{2}})
        | (?P<m2>{month})(?![\p{{L}}\p{{M}}])\.?\s+(?P<d2>\p{{Nd}}{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\p{{Nd}}{{4}})
        | (?P<d3>\p{{Nd}}{{1,2}})(?P<sep>[./-])(?P<m3>\p{{Nd}}{{1,2}})(?P=sep)(?P<y3>(?:19|20)\p{{Nd}}{{2}})
        | (?P<d5>\p{{Nd}}{{2}})(?P<sep5>[/-])(?P<m5>\p{{Nd}}{{2}})(?P=sep5)(?P<y5>\p{{Nd}}{{2}})
            (?![./-]?\p{{N}}|\s*(?:%|[-(]?\s*\p{{L}}*(?:month|day|year|week|emi|instal|per\s?cent)))
        | (?P<y4>(?:19|20)\p{{Nd}}{{2}})-(?P<m4>\p{{Nd}}{{2}})-(?P<d4>\p{{Nd}}{{2}})
        )(?!\p{{Nd}})"""
    )


_DATE_HINT = regex.compile(
    r"\p{Nd}[^\n]{0,24}(?:19|20)\p{Nd}{2}|(?:19|20)\p{Nd}{2}-\p{Nd}{2}-|\p{L}\p{M}*\.?\s+\p{Nd}{1,2}"
    r"|\p{Nd}{2}([/-])\p{Nd}{2}\1\p{Nd}{2}|\p{Nd}{1,2}[\s-]\p{L}{3,9}[\s'’-]+\p{Nd}{2}"
)


def dates(text: str) -> list[tuple[int, int, date]]:
    """Full dates (day, month and year) with their spans, in any of the nine languages."""
    if not _DATE_HINT.search(to_ascii_digits(text)):
        return []
    found = []
    for match in _dates().finditer(text):
        for form in "12345":
            if match[f"d{form}"] is None:
                continue
            named = match[f"m{form}"].lower()
            month = _months()[named] if named in _months() else int(to_ascii_digits(named))
            year = int(to_ascii_digits(match[f"y{form}"]))
            try:
                day = date(year + 2000 if year < 100 else year, month, int(to_ascii_digits(match[f"d{form}"])))
            except ValueError:
                continue
            found.append((match.start(), match.end(), day))
    return found
