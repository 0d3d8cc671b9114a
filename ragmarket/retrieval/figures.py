"""Figures: every amount, rate, duration, age, count, date and ratio of a text, typed, with its exact span.

No model: patterns over the words of `knowledge/figure_words.yaml`. A number without a sign, a unit, or a header that
gives it one is not a figure. A span covers the figure with its currency sign or unit ("₹5 lakh", "7.25%", "15 days");
for things counted and for scores it covers the number alone ("8" of "8 lounge visits", "750").
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import regex

from ragmarket.retrieval.figures_context import (
    bound_of,
    join_pattern,
    label_bound,
    label_end,
    label_period,
    opens_range,
    period_of,
)
from ragmarket.retrieval.figures_lexicon import lexicon
from ragmarket.retrieval.figures_numbers import NOT_FIGURES, Number, dates, numbers, spelled
from ragmarket.schemas.evidence import Bound, Figure, FigureType

_FOREIGN = regex.compile(r"(?:US\s?\$|\$|USD|€|EUR|£|GBP|AED|SGD)\s?$")
_FOREIGN_UNIT = {"€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "AED": "AED", "SGD": "SGD"}
_REPEATED = regex.compile(r"\s*\((?P<words>[\p{L}\s-]{3,40}|\p{Nd}{1,3})\)(?=[\s-]*\p{L}|\s*%)")
_QUALIFIER = r"(?:[\s-]+(?:calendar|completed|full|consecutive|policy|clear|continuous|financial|more|additional|english))?[\s-]{0,2}"
_COUNT_GAP = regex.compile(r"[\s-]+(?:(?!(?:and|or|of|to|per|for|on|in|an?|is|are|at|from|the|times?|by|with)\b)[a-z-]+\s+){0,4}?", regex.I)
_TIMES = regex.compile(r"\s?[xX](?![\p{L}\p{N}])|\s+times(?!\s+(?:a|per|in|every)\b)\b", regex.I)
_RATIO = regex.compile(r"(?<![\p{N}:.])(\p{Nd}{1,3})\s?:\s?(\p{Nd}{1,3})(?![\p{N}:])(?!\s?(?:[ap]\.?m\b|hrs|hours|IST))", regex.I)
_CLOCK = regex.compile(r"(?:\bat|\bby|\btill|\buntil|\bbefore|\btime|hours?)\s*$", regex.I)
_SCORE_BEFORE = regex.compile(r"\b(?:credit|cibil|bureau|experian|equifax|crif)\b[^.;%₹]{0,50}$|\bscores?\b[^.;%₹]{0,30}$", regex.I)
_SCORE_AFTER = regex.compile(r"[\s\w]{0,20}?\b(?:credit|cibil|bureau)\s+scores?|\s*(?:and above|or more|\+)?\s*scores?", regex.I)
_PEOPLE = (
    r"(?:persons?|individuals?|citizens?|residents?|customers?|applicants?|borrowers?|minors?|parents?|employees|subscribers?|anyone|adults?"
    r"|child(?:ren)?|spouse|indians?|members?|women|men|male|female|professionals?|insured|proposer|nominee|holders?|depositors?|you|investors?|non-smoker)"
)
_AGE_LEFT = regex.compile(rf"\b{_PEOPLE}\b[\s(,]*(?:who (?:are|is|have)|must be|should be|shall be|has to be|are|is|can be|to be|being)?\s*(?:aged|completed|attained|turned)?[^.;,%₹\p{{Nd}}]{{0,24}}$", regex.I)
_AGE_LOOSE = regex.compile(r"\b(?:aged?|ages|age group|years old|how old|attain\w*|turns?|turned)\b[^.;%₹\p{Nd}]{0,60}$", regex.I)
_NOT_AGE = regex.compile(r"\b(?:term|tenure|period|loan|deposit|lock|tenor|repay\w*|within|after|experience|vintage|duration|every|for|over|of service)\b[^.;]{0,24}$", regex.I)
_HEADERS: tuple[tuple[str, FigureType, str], ...] = (
    (r"[(,]\s*(?:₹|rs\.?|inr)\s*(?:in\s+)?(?:lakhs?|lacs?)\s*\)|\((?:in\s+)?(?:₹|rs\.?)?\s*(?:lakhs?|lacs?)\)", "amount", "100000"),
    (r"[(,]\s*(?:₹|rs\.?|inr)\s*(?:in\s+)?(?:crores?|cr\.?)\s*\)|\((?:in\s+)?(?:₹|rs\.?)?\s*crores?\)", "amount", "10000000"),
    (r"\(\s*(?:in\s+)?(?:₹|rs\.?|inr|rupees)\s*\)|[,/]?\s(?:in\s+)(?:₹|rs\.?|inr|rupees)\b|₹\s*$|\bamount \(?rs\.?\)?", "amount", "1"),
    (r"\(\s*(?:in\s+)?%[^)]*\)|%\s*(?:p\.?a\.?|per annum)|\bin (?:%|per ?cent)|\(\s*per ?cent[^)]*\)|\brate,? %", "rate", "percent"),
    (r"\bage\b[^;:]*", "age", "year"),
    (r"\(\s*(?:in\s+)?days\s*\)|\bin days\b|\bdays\s*$", "duration", "day"),
    (r"\(\s*(?:in\s+)?months\s*\)|\bin months\b|\bmonths\s*$", "duration", "month"),
    (r"\(\s*(?:in\s+)?(?:years|yrs)\s*\)|\bin years\b|\byears\s*$", "duration", "year"),
    (r"\b(?:credit|cibil|bureau)\b[^;:]*\bscore\b|\bscore\b", "count", "none"),
    (r"\bnumber of\b|\bno\. of\b|\bvisits?\b|\bfree (?:transactions?|switches|withdrawals|leaves)\b|\b(?:switches|instal?lments|cheque leaves|leaves)\b(?!\s*amount)", "count", "none"),
)  # fmt: skip


@dataclass(slots=True)
class _Draft:
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
def _patterns(language: str) -> dict[str, regex.Pattern[str]]:
    words = lexicon(language)
    return {
        "currency_before": regex.compile(rf"(?:{words.currency})[\s.]{{0,2}}$", regex.I),
        "currency_after": regex.compile(rf"\s?(?:{words.currency})", regex.I),
        "age_before": regex.compile(
            rf"(?:{words.age_before})\s*(?:of|is|:|at entry|limit|from|between|group|above|below|\(|(?:of\s+)?(?:minimum|maximum|at least|up to))*[\s:;]*(?:from|between)?\s*$", regex.I
        ),
        "age_after": regex.compile(rf"[\s-]*(?:{words.age_after})", regex.I),
    }


def _amount_or_rate(text: str, number: Number, language: str) -> _Draft | None:
    """Read a number by the signs that touch it: currency, lakh and crore, percent, basis points."""
    words, patterns = lexicon(language), _patterns(language)
    left = text[max(0, number.start - 14) : number.start]
    end, value, scaled = number.end, number.value, False
    currency = patterns["currency_before"].search(left)
    foreign = None if currency else _FOREIGN.search(left)
    for factor, pattern in words.scale:
        match = regex.match(rf"[\s\u00a0-]{{0,2}}{pattern.pattern}(?!\s+(?:shares|units|customers|people|points|users|families))", text[end : end + 24], regex.I)
        if match:
            end, value, scaled = end + match.end(), value * factor, True
            break
    else:
        short = regex.match(r"\s?(?:(L)|([kK])|(M)|(Cr))(?![\p{L}\p{N}])", text[end : end + 4])
        if short and (currency or foreign or short[4] or (short[1] and not number.words)):
            end += short.end()
            value *= 100_000 if short[1] else 1_000 if short[2] else 1_000_000 if short[3] else 10_000_000
            scaled = True
    if number.words and regex.search(r"(?:thousand|lakhs?|lac|crores?)$", text[number.start : number.end], regex.I):
        scaled = True
    dash = regex.match(r"\s?/\s?[-–=](?!\p{Nd})", text[end : end + 4])
    after = patterns["currency_after"].match(text[end : end + 14])
    if currency or foreign or scaled or dash or after:
        start = number.start - (len(left) - (currency or foreign).start()) if currency or foreign else number.start  # type: ignore[union-attr]
        if dash:
            end += dash.end()
        elif after and not currency:
            end += after.end()
        paise = regex.match(r"\s?paise?\b", text[end : end + 7], regex.I)
        unit = _FOREIGN_UNIT.get(foreign[0].strip(), "USD") if foreign else "INR"
        if paise:
            return None
        return _Draft(start, end, "amount", value, unit, number, scaled=scaled, signed=bool(currency or foreign))
    paise = regex.match(r"\s?paise?\b", text[end : end + 8], regex.I)
    if paise:
        return _Draft(number.start, end + paise.end(), "amount", value / 100, "INR", number)
    rest = text[number.end : number.end + 40]
    repeated = _REPEATED.match(rest)
    gap = repeated.end() if repeated and _same(repeated["words"], number) else 0
    rate = regex.match(rf"[\s\u00a0-]{{0,2}}{words.percent.pattern}", rest[gap:], regex.I)
    if rate:
        return _Draft(number.start, number.end + gap + rate.end(), "rate", number.value, "percent", number)
    points = regex.match(r"[\s-]{0,2}(?:bps|basis points?|bp)\b", rest[gap:], regex.I)
    if points:
        return _Draft(number.start, number.end + gap + points.end(), "rate", number.value / 100, "percent", number)
    before = regex.search(r"(?:శాతం|ಶೇಕಡಾ|ಶೇ\.?|শতকরা)\s*$", left)
    if before:
        return _Draft(number.start - (len(left) - before.start()), number.end, "rate", number.value, "percent", number)
    return None


def _same(words: str, number: Number) -> bool:
    return (spelled(words) if not words.isdecimal() else Decimal(int(words))) == number.value


def _unit_or_count(text: str, number: Number, language: str) -> _Draft | None:
    """Read a number by the noun that follows it: days, months, visits, grams, times."""
    words = lexicon(language)
    rest = text[number.end : number.end + 80]
    repeated = _REPEATED.match(rest)
    gap = repeated.end() if repeated and _same(repeated["words"], number) else 0
    # "in one day" tells how often, not how long.
    if number.words and number.value == 1 and regex.search(r"\b(?:in|per|every|any|each)\s+$", text[: number.start], regex.I):
        return None
    for unit, pattern in words.units:
        match = regex.match(_QUALIFIER + pattern.pattern, rest[gap:], regex.I)
        if match and not regex.match(r"\s*[:']", rest[gap + match.end() :] if unit != "year" else "-"):
            return _Draft(number.start, number.end + gap + match.end(), "duration", number.value, unit, number)
    times = _TIMES.match(rest)
    if times and not number.words:
        return _Draft(number.start, number.end + times.end(), "ratio", number.value, "times", number)
    head = _COUNT_GAP.match(rest)
    for unit, pattern in words.counts:
        direct = pattern.match(rest.lstrip(" -\u00a0"))
        if unit in ("gram", "kilogram"):
            if direct:
                lead = len(rest) - len(rest.lstrip(" -\u00a0"))
                return _Draft(number.start, number.end + lead + direct.end(), "count", number.value, unit, number)
            continue
        match = direct or (regex.match(_COUNT_GAP.pattern + pattern.pattern, rest, regex.I) if head else None)
        if match and not (number.words and number.value == 1 and regex.search(r"\b(?:any|each|every|only|the)\s+$", text[: number.start], regex.I)):
            return _Draft(number.start, number.end, "count", number.value, unit, number)
    return None


def _compound(text: str, drafts: list[_Draft]) -> list[_Draft]:
    """Fold "1 year 6 months" into one duration; with days the sum has no unit that a phrase could hold, so it is mixed."""
    out: list[_Draft] = []
    for draft in drafts:
        last = out[-1] if out else None
        months = {"year": 12, "month": 1}
        if (
            last and last.type == draft.type == "duration" and last.unit in ("year", "month", "mixed") and draft.unit in ("month", "day") and last.unit != draft.unit
            and regex.fullmatch(r"\s*(?:and|&|\+|,|-)?\s*", text[last.end : draft.start])
            and not (regex.search(r"[,-]|and", text[last.end : draft.start]) and (opens_range(text, last.start) or draft.value > (11 if draft.unit == "month" else 30)))
        ):  # fmt: skip
            if draft.unit == "month":
                value, unit = last.value * 12 + draft.value, "month"
            else:
                value, unit = (last.value if last.unit == "mixed" else last.value * months[last.unit] * 30) + draft.value, "mixed"
            out[-1] = _Draft(last.start, draft.end, "duration", value, unit, last.number)
        else:
            out.append(draft)
    return out


def _inherit(text: str, drafts: list[_Draft], loose: list[Number], language: str) -> list[_Draft]:
    """Give the bare end of a range or list what its other end has: "8.5 - 12%", "₹5-10 lakh", "12, 24 or 36 months"."""
    join = join_pattern(language)
    changed = True
    while changed:
        changed = False
        for number in list(loose):
            right = min((d for d in drafts if d.start >= number.end), key=lambda d: d.start, default=None)
            left = max((d for d in drafts if d.end <= number.start), key=lambda d: d.end, default=None)
            if right and right.number and right.type in ("rate", "duration", "age", "amount") and join.fullmatch(text[number.end : right.start]) and not right.signed:
                between = regex.search(r"\band\b|&", text[number.end : right.start])
                if not between or opens_range(text, number.start) or len(loose) > 1 or right.type in ("duration", "rate"):
                    factor = right.value / right.number.value if right.number.value and right.type == "amount" else Decimal(1)
                    drafts.append(_Draft(number.start, number.end, right.type, number.value * factor, right.unit, number, scaled=right.scaled))
                    loose.remove(number)
                    changed = True
                    continue
            if left and left.number and (left.signed or left.type == "age") and join.fullmatch(text[left.end : number.start]):
                drafts.append(_Draft(number.start, number.end, left.type, number.value, left.unit, number, signed=left.signed))
                loose.remove(number)
                changed = True
    drafts.sort(key=lambda d: d.start)
    for low, high in zip(drafts, drafts[1:], strict=False):
        if low.type == high.type == "amount" and low.signed and not low.scaled and high.scaled and low.number and high.number and high.number.value:
            inner = text[low.end : high.start]
            if join.fullmatch(inner) and low.number.value <= high.number.value and low.number.value < 1000 and (not high.signed or low.number.value < 100):
                low.value = low.number.value * (high.value / high.number.value)
    return drafts


def _ages(text: str, drafts: list[_Draft], loose: list[Number], language: str) -> None:
    """Turn years into ages where the words say so, and take bare numbers after "age"."""
    before, after = _patterns(language)["age_before"], _patterns(language)["age_after"]
    label = text[: label_end(text)]
    age_label = bool(regex.search(r"\bage\b|\bages\b|^eligib\w+|who can", label, regex.I)) and not regex.match(r"[^;]*(?:tenure|\bterm\b)", label, regex.I)
    for number in list(loose):
        left = text[max(0, number.start - 60) : number.start]
        if number.value <= 100 and (before.search(left) or after.match(text[number.end : number.end + 16])):
            drafts.append(_Draft(number.start, number.end, "age", number.value, "year", number))
            loose.remove(number)
    for draft in drafts:
        if draft.type != "duration" or draft.unit not in ("year", "day", "month") or (draft.unit == "year" and draft.value > 100):
            continue
        left = text[max(0, draft.start - 90) : draft.start]
        called = before.search(left) or after.match(text[draft.end : draft.end + 16]) or regex.match(r"[^.;,]{0,14}\bof age\b|\s*(?:or|and|&) (?:older|younger)\b|\s*(?:to|-|–)\s*\p{Nd}+\s*(?:years|yrs)\s*(?:of age|old)", text[draft.end : draft.end + 30], regex.I)
        worded = _AGE_LOOSE.search(left) or (draft.unit == "year" and draft.value >= 10 and _AGE_LEFT.search(left))
        in_cell = age_label and draft.start >= len(label) and (draft.unit == "year" or regex.search(r"\bage\b", label, regex.I))
        if called or (worded and not _NOT_AGE.search(left)) or in_cell:
            draft.type = "age"
    for low, high in zip(sorted(drafts, key=lambda d: d.start), sorted(drafts, key=lambda d: d.start)[1:], strict=False):
        if "age" in (low.type, high.type) and {low.type, high.type} == {"age", "duration"} and join_pattern(language).fullmatch(text[low.end : high.start]):
            low.type = high.type = "age"


def _scores(text: str, drafts: list[_Draft], loose: list[Number]) -> None:
    for number in list(loose):
        if not (300 <= number.value <= 900):
            continue
        if _SCORE_BEFORE.search(text[max(0, number.start - 70) : number.start]) or _SCORE_AFTER.match(text[number.end : number.end + 40]):
            drafts.append(_Draft(number.start, number.end, "count", number.value, "none", number))
            loose.remove(number)


def _asked(text: str, drafts: list[_Draft], loose: list[Number]) -> None:
    """Read a bare number after "how many": "How many visits do I get? 2 every quarter."; and a frequency, "4 times a year"."""
    for number in list(loose):
        asked = regex.search(r"\bhow many\b[^?]*\?[^.;]*$", text[: number.start], regex.I)
        often = regex.match(r"\s+times\s+(?:a|per|in|every)\b", text[number.end : number.end + 16], regex.I)
        if asked or often:
            drafts.append(_Draft(number.start, number.end, "count", number.value, "none", number))
            loose.remove(number)


def _headed(text: str, drafts: list[_Draft], loose: list[Number]) -> None:
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
            if hit:
                kind, unit = hit
                amount = kind == "amount"
                if kind in ("age", "count") and text[number.end : number.end + 1] in "/:":
                    break
                drafts.append(_Draft(number.start, number.end, kind, number.value * Decimal(unit) if amount else number.value, "INR" if amount else unit, number))
                loose.remove(number)
                break


def recognise(text: str, language: str = "en") -> list[Figure]:
    """Find the figures of a text, in order; spans never overlap and ``text[f.start:f.end] == f.text``.

    Args:
        text: A sentence, or a cell's view ("row label; column header: cell"), in NFC.
        language: One of the nine; English words are understood in all of them.

    Raises:
        ValueError: The language is unknown.
    """
    drafts: list[_Draft] = []
    taken: list[tuple[int, int]] = []
    for start, end, day in dates(text):
        drafts.append(_Draft(start, end, "date", Decimal(day.toordinal()), "day", iso=day.isoformat()))
        taken.append((start, end))
    # Blocked spans may swallow a date's day ("Circular 1 April"), so dates are taken first.
    taken += [m.span() for m in NOT_FIGURES.finditer(text)]
    for match in _RATIO.finditer(text):
        if not any(match.start() < e and s < match.end() for s, e in taken) and not _CLOCK.search(text[: match.start()]):
            high = Decimal(int(match[2])) or Decimal(1)
            drafts.append(_Draft(match.start(), match.end(), "ratio", Decimal(int(match[1])) / high, "ratio"))
            taken.append(match.span())
    loose: list[Number] = []
    for number in numbers(text, taken):
        draft = _amount_or_rate(text, number, language) or _unit_or_count(text, number, language)
        if draft:
            drafts.append(draft)
        else:
            loose.append(number)
    drafts.sort(key=lambda d: d.start)
    drafts = _compound(text, drafts)
    _ages(text, drafts, loose, language)
    _scores(text, drafts, loose)
    drafts = _inherit(text, drafts, loose, language)
    _headed(text, drafts, loose)
    _asked(text, drafts, loose)
    _ages(text, drafts, [], language)
    return _finished(text, drafts, language)


def _finished(text: str, drafts: list[_Draft], language: str) -> list[Figure]:
    drafts.sort(key=lambda d: (d.start, -d.end))
    kept: list[_Draft] = []
    for draft in drafts:
        if not kept or draft.start >= kept[-1].end:
            kept.append(draft)
    stop = label_end(text)
    label = text[:stop]
    join = join_pattern(language)
    figures = []
    for i, draft in enumerate(kept):
        floor = kept[i - 1].end if i else 0
        ceiling = kept[i + 1].start if i + 1 < len(kept) else len(text)
        bound: Bound = bound_of(text, draft.start, draft.end, floor, ceiling, language, timed=draft.type == "duration")
        ranged = i + 1 < len(kept) and kept[i + 1].type == draft.type and join.fullmatch(text[draft.end : ceiling])
        if ranged and opens_range(text, draft.start):
            bound = "exact"
        first_in_cell = draft.start >= stop > 0 and (not i or floor <= stop)
        if bound == "exact" and first_in_cell and not ranged:
            bound = label_bound(label) or bound
        period = None
        if draft.type in ("amount", "rate", "count"):
            period = period_of(text, draft.start, draft.end, floor, ceiling, language, loose=draft.type == "count")
            if period is None and stop and draft.start >= stop:
                period = label_period(label)
        figures.append(
            Figure(
                type=draft.type, value=draft.value.normalize() if draft.value % 1 else draft.value.quantize(Decimal(1)), unit=draft.unit,
                bound=bound, period=period, iso=draft.iso, start=draft.start, end=draft.end, text=text[draft.start : draft.end],
            )
        )  # fmt: skip
    return figures
