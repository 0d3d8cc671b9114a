"""A number read by what touches it: currency, lakh and crore, percent, a unit of time, the thing counted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import regex

from ragmarket.retrieval.figures_lexicon import lexicon
from ragmarket.retrieval.figures_numbers import Number, spelled
from ragmarket.schemas.evidence import FigureType

_FOREIGN = regex.compile(r"(?:US\s?\$|\$|USD|€|EUR|£|GBP|AED|SGD)\s?$")
_FOREIGN_UNIT = {"€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "AED": "AED", "SGD": "SGD"}
_REPEATED = regex.compile(r"\s*\((?P<words>[\p{L}\s-]{3,40}|\p{Nd}{1,3})\)(?=[\s-]*\p{L}|\s*%)")
_QUALIFIER = (
    r"(?:[\s-]+(?:calendar|completed|full|consecutive|policy|clear|continuous|financial|more|additional))?[\s-]{0,2}"
)
_COUNT_GAP = regex.compile(
    r"[\s-]+(?:(?!(?:and|or|of|to|per|for|on|in|an?|is|are|at|from|the|times?|by|with)\b)[a-z-]+\s+){0,4}?", regex.I
)
# "Lounge access: 4 times" counts uses, where "10 times the premium" is a ratio.
_VISITED = regex.compile(
    r"\b(?:lounges?|visits?|switch\w*|withdraw\w*|transactions?|access)\b"
    r"(?![^.;]*\btimes (?:the|of|your|its|annual)\b)",
    regex.I,
)
_SHORT_SCALE = regex.compile(r"\s?(?:(L)|([kK])|(M)|(Cr))(?![\p{L}\p{N}])")
_SPELLED_SCALE = regex.compile(r"(?:thousand|lakhs?|lac|crores?)$", regex.I)
_DASH = regex.compile(r"\s?/\s?[-–=](?!\p{Nd})")
_PAISE = regex.compile(r"\s?paise?\b", regex.I)
_POINTS = regex.compile(r"[\s-]{0,2}(?:bps|basis points?|bp)\b", regex.I)
_PERCENT_BEFORE = regex.compile(r"(?:శాతం|ಶೇಕಡಾ|ಶೇ\.?|শতকরা)\s*$")
_HOW_OFTEN = regex.compile(r"\b(?:in|per|every|any|each)\s+$", regex.I)
_NOT_COUNTED = regex.compile(r"\b(?:any|each|every|only|the)\s+$", regex.I)
_TIMES = regex.compile(r"\s?[xX](?![\p{L}\p{N}])|\s+times(?!\s+(?:a|per|in|every)\b)\b", regex.I)


@dataclass(slots=True)
class Draft:
    """A figure in the making: its number is kept until ranges, ages and headers have had their say."""

    start: int
    end: int
    type: FigureType
    value: Decimal
    unit: str
    number: Number | None = None
    scaled: bool = False
    signed: bool = False
    iso: str | None = None


@lru_cache(maxsize=16)
def signs(language: str) -> dict[str, regex.Pattern[str]]:
    """Currency and age patterns of a language."""
    words = lexicon(language)
    return {
        "currency_before": regex.compile(rf"(?:{words.currency})[\s.]{{0,2}}$", regex.I),
        "currency_after": regex.compile(rf"\s?(?:{words.currency})", regex.I),
        "age_before": regex.compile(
            rf"(?:{words.age_before})\s*(?:of|is|:|at entry|limit|from|between|group|above|below|\("
            rf"|(?:of\s+)?(?:minimum|maximum|at least|up to))*[\s:;]*(?:from|between)?\s*$",
            regex.I,
        ),
        "age_after": regex.compile(rf"[\s-]*(?:{words.age_after})", regex.I),
    }


@dataclass(frozen=True, slots=True)
class _Following:
    """What may follow a number in a language, with all that may stand between."""

    scale: tuple[tuple[Decimal, regex.Pattern[str]], ...]
    percent: regex.Pattern[str]
    units: tuple[tuple[str, regex.Pattern[str]], ...]
    counts: tuple[tuple[str, regex.Pattern[str], regex.Pattern[str]], ...]


@lru_cache(maxsize=16)
def _following(language: str) -> _Following:
    words = lexicon(language)
    people = r"(?:(?:family|insured|joint|adult|lives)\s+)?"
    return _Following(
        scale=tuple(
            (
                factor,
                regex.compile(
                    rf"[\s\u00a0-]{{0,2}}{one.pattern}(?!\s+(?:shares|units|customers|people|points|users|families))",
                    regex.I,
                ),
            )
            for factor, one in words.scale
        ),
        percent=regex.compile(rf"[\s\u00a0-]{{0,2}}{words.percent.pattern}", regex.I),
        units=tuple((unit, regex.compile(_QUALIFIER + one.pattern, regex.I)) for unit, one in words.units),
        counts=tuple(
            (unit, one, regex.compile((people if unit == "person" else _COUNT_GAP.pattern) + one.pattern, regex.I))
            for unit, one in words.counts
        ),
    )


def amount_or_rate(text: str, number: Number, language: str) -> Draft | None:
    """Read a number by the signs that touch it: currency, lakh and crore, percent, basis points."""
    following, marks = _following(language), signs(language)
    left = text[max(0, number.start - 14) : number.start]
    end, value, scaled = number.end, number.value, False
    currency = marks["currency_before"].search(left)
    foreign = None if currency else _FOREIGN.search(left)
    for factor, pattern in following.scale:
        match = pattern.match(text[end : end + 24])
        if match:
            end, value, scaled = end + match.end(), value * factor, True
            break
    else:
        short = _SHORT_SCALE.match(text[end : end + 4])
        if short and (currency or foreign or short[4] or (short[1] and not number.words)):
            end += short.end()
            value *= 100_000 if short[1] else 1_000 if short[2] else 1_000_000 if short[3] else 10_000_000
            scaled = True
    if number.words and _SPELLED_SCALE.search(text[number.start : number.end]):
        scaled = True
    dash = _DASH.match(text[end : end + 4])
    after = marks["currency_after"].match(text[end : end + 14])
    if currency or foreign or scaled or dash or after:
        start = number.start - (len(left) - (currency or foreign).start()) if currency or foreign else number.start  # type: ignore[union-attr]
        if dash:
            end += dash.end()
        elif after and not currency:
            end += after.end()
        paise = _PAISE.match(text[end : end + 7])
        unit = _FOREIGN_UNIT.get(foreign[0].strip(), "USD") if foreign else "INR"
        if paise:
            return None
        return Draft(start, end, "amount", value, unit, number, scaled=scaled, signed=bool(currency or foreign))
    paise = _PAISE.match(text[end : end + 8])
    if paise:
        return Draft(number.start, end + paise.end(), "amount", value / 100, "INR", number)
    rest = text[number.end : number.end + 40]
    repeated = _REPEATED.match(rest)
    gap = repeated.end() if repeated and _same(repeated["words"], number) else 0
    rate = following.percent.match(rest[gap:])
    if rate:
        return Draft(number.start, number.end + gap + rate.end(), "rate", number.value, "percent", number)
    points = _POINTS.match(rest[gap:])
    if points:
        return Draft(number.start, number.end + gap + points.end(), "rate", number.value / 100, "percent", number)
    before = _PERCENT_BEFORE.search(left)
    if before:
        return Draft(number.start - (len(left) - before.start()), number.end, "rate", number.value, "percent", number)
    return None


def _same(words: str, number: Number) -> bool:
    return (spelled(words) if not words.isdecimal() else Decimal(int(words))) == number.value


def unit_or_count(text: str, number: Number, language: str) -> Draft | None:
    """Read a number by the noun that follows it: days, months, visits, grams, times."""
    following = _following(language)
    rest = text[number.end : number.end + 80]
    repeated = _REPEATED.match(rest)
    gap = repeated.end() if repeated and _same(repeated["words"], number) else 0
    # "in one day" tells how often, not how long.
    if number.words and number.value == 1 and _HOW_OFTEN.search(text[: number.start]):
        return None
    for unit, pattern in following.units:
        match = pattern.match(rest[gap:])
        if match:
            return Draft(number.start, number.end + gap + match.end(), "duration", number.value, unit, number)
    times = _TIMES.match(rest)
    if times and _VISITED.search(text):
        return Draft(number.start, number.end, "count", number.value, "none", number)
    if times and not number.words:
        return Draft(number.start, number.end + times.end(), "ratio", number.value, "times", number)
    head = _COUNT_GAP.match(rest)
    for unit, pattern, farther in following.counts:
        direct = pattern.match(rest.lstrip(" -\u00a0"))
        if unit in ("gram", "kilogram"):
            if direct:
                lead = len(rest) - len(rest.lstrip(" -\u00a0"))
                return Draft(number.start, number.end + lead + direct.end(), "count", number.value, unit, number)
            continue
        if unit == "person":
            if farther.match(rest.lstrip(" -\u00a0")) and number.value > 1:
                return Draft(number.start, number.end, "count", number.value, "none", number)
            continue
        match = direct or (farther.match(rest) if head else None)
        if match and not (number.words and number.value == 1 and _NOT_COUNTED.search(text[: number.start])):
            return Draft(number.start, number.end, "count", number.value, unit, number)
    return None
