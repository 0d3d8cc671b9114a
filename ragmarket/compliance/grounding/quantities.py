"""Figures in comparable form: one unit per kind, with the bound and the direction that the words beside them say."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from ragmarket.compliance.grounding.dates import part_dates
from ragmarket.compliance.grounding.figure_words import figure_words
from ragmarket.compliance.grounding.lexicon import Lexicon, marks_in
from ragmarket.compliance.grounding.sizes import Quantity, Sign, comparable
from ragmarket.compliance.grounding.spelling import Spelled, spell
from ragmarket.schemas.evidence import EVENTS

if TYPE_CHECKING:
    from ragmarket.protocols import FigureReader

_SIGN: dict[str, Sign] = {"from": 1, "above": 1, "after": 1, "up_to": -1, "below": -1, "within": -1, "exact": 0}
_SIDES = frozenset({"above", "below"})
_TIMED = frozenset({"months", "days", "working_days", "date", "month", "day"})
_SIZED = frozenset({"months", "amount"})
_LOOSE = regex.compile(
    r"(?<![\p{L}\p{N}.,/:-])(?:\p{Nd}{1,3}(?:,\p{Nd}{2,3})+|\p{Nd}+)(?:\.\p{Nd}+)?(?![A-Za-z\p{N}/]|[.,:-]\p{N}|-\p{L}|x\d)"
)
_NOT_LOOSE = regex.compile(r"(?i)\b(?:sections?|rules?|clauses?|tier|under|u/s|stage|phase|schedule|form)\s*$")
_LABELLED = regex.compile(r"(?<=\p{Nd}):(?=\s\p{Nd}+\.)")
_NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_SPELLED = regex.compile(r"(?i)\b(?:" + "|".join(_NUMBERS) + r")\b")
# In native scripts a small number's word may be another word ("दो" is "give", "ஆறு" a river).
_WORDS_FROM = 11
_RESTATED = regex.compile(r"\s*\p{L}*\s*\(\s*(?:Indian\s+)?")
_RATE_BELOW = 50
_BARE = regex.compile(r"\p{Nd}+\.\p{Nd}+")
_CLOCK = regex.compile(r"(?i)\p{Nd}{1,2}\.\p{Nd}{2}\s*(?:[ap]\.?m\b|o'clock|hrs|बजे|वाज|વાગ|টা|মিনিট|மணி|గంట|ಗಂಟೆ|മണി)")
_NEAR, _MONEY = 26, 12
_BARE_NUMBER = regex.compile(r"\d+(?:\.\d+)?")
# "सुरुवातीच्या" (of the beginning) holds a rupee.
_INNER = regex.compile(r"(?<=[\p{L}\p{M}])(?:रु|रू|રૂ|ரூ|రూ|ರೂ|രൂ)(?!प|પ|ப|ప|ಪ|പ)")
_BETWEEN = frozenset({"to", "–", "—", "-", "से", "ते", "থেকে", "થી"})
_MONTH_DAYS = 365 / 12
_ENDINGS = (("up_to", -1), ("below", -1), ("above", 1), ("from", 1), ("before", -1), ("after", 1))
_BESIDE, _OWN = 22, 4
_APART, _UNIT = regex.compile(r"[;:,।]|\band\b"), regex.compile(r"\s?[\p{L}\p{M}]+")
# "5% or ₹200, whichever is greater" makes the second a floor.
_WHICHEVER = regex.compile(
    r"(?i)[^;.]{0,12}\bwhichever\s+is\s+(?:the\s+)?(?:(?P<more>greater|higher|more)|lower|less|lesser)\b"
)
# "Lower by ₹50" says by how much, and "never more than ₹50" where it ends.
_DIFFERENCE = regex.compile(r"(?i)\bby\s+$")
_NEVER = regex.compile(
    r"(?i)\b(?:never|not|cannot|no|n['’]t)\b(?:\s+\p{L}+)?\s+(?:(?:more|less|higher|lower|greater|fewer)\s+)?"
    r"(?:than|above|over|below|under|beyond|exceeds?|exceeding)\s+(?:by\s+)?$"
)
_TAXED = regex.compile(r"(?i)\s*(?:GST|जीएसटी|ஜிஎஸ்டி|జీఎస్టీ|ಜಿಎಸ್ಟಿ|ജിഎസ്ടി|জিএসটি|જીએસટી)")


def _sign(
    text: str, start: int, end: int, floor: int, ceiling: int, lexicons: Sequence[Lexicon], *, timed: bool, sized: bool
) -> Sign:
    before, after = text[max(floor, start - _NEAR) : start], text[end : min(ceiling, end + _NEAR)]
    if _DIFFERENCE.search(before):
        return 0
    for lexicon in lexicons:
        for name, sign in _ENDINGS if timed else _ENDINGS[:4]:
            if any(ending in text[start:end] for ending in lexicon.endings.get(name, ())):
                return sign  # type: ignore[return-value]
    for name, sign in (("up_to", -1), ("from", 1), ("above", 1), ("below", -1)):
        # A postposition right behind the figure before belongs to that one.
        own = [
            one for one in marks_in(before, lexicons, name) if not floor or start - len(before) + one[0] - floor > _OWN
        ]
        behind = [
            one
            for one in marks_in(after, lexicons, name)
            # "0.3% (at least ₹250)" opens another figure's bound, "₹250 (minimum)" is this one's.
            if after[one[0] : one[1]].casefold() != "from"
            and ("(" not in after[: one[0]] or after[one[1] :][:1] == ")")
        ]
        # "30 days from receipt" begins to count there; it sets no bound.
        if (own and name in ("up_to", "from")) or any(one[0] <= 3 for one in behind):
            return sign  # type: ignore[return-value]
    # "₹500 अधिक जीएसटी" adds a tax; it sets no bound.
    taxed = any(_TAXED.match(after[one[1] :]) for one in marks_in(after, lexicons, "higher"))
    for name, sign in (("lower", -1), ("higher", 1)) if sized and not taxed else ():
        if any(one[0] <= 1 for one in marks_in(after, lexicons, name)):
            return sign  # type: ignore[return-value]
    for name, sign in (("before", -1), ("after", 1)) if timed else ():
        # English says "three days after approval" of a point in time, "after three days" of a bound.
        if any(one[0] <= 4 and not after[one[0] : one[1]].isascii() for one in marks_in(after, lexicons, name)):
            return sign  # type: ignore[return-value]
    return 0


def _taken_back(after: str, lexicons: Sequence[Lexicon], sign: Sign) -> Sign:
    """The bound of a figure read as above or below: "₹5,000 से अधिक नहीं" (not above) is the limit itself."""
    name, other = ("up_to", -1) if sign == 1 else ("from", 1)
    after = after.lstrip(" \u00a0-")
    # One word ("से अधिक") is what was read already; only a longer turn of phrase can take it back.
    for lexicon in lexicons:
        read = lexicon.marks.get("above" if sign == 1 else "below")
        longer = lexicon.marks.get(name)
        own = read.pattern.match(after) if read is not None else None
        back = longer.pattern.match(after) if longer is not None else None
        if back and (own is None or back.end() > own.end()):
            return other  # type: ignore[return-value]
    return sign


def _turn(text: str, start: int, end: int, lexicons: Sequence[Lexicon]) -> Sign:
    """Whether the words beside a rate add it (1) or take it away (-1)."""
    following = _APART.split(text[end : end + _BESIDE])[0]
    before = _APART.split(text[max(0, start - _BESIDE) : start])[-1]
    for stretch in (following, before):
        more, less = marks_in(stretch, lexicons, "higher"), marks_in(stretch, lexicons, "lower")
        if bool(more) != bool(less):
            return 1 if more else -1
    return 0


def _has_money(text: str, language: str) -> bool:
    words = (*figure_words()["en"].currency, *figure_words()[language].currency)
    return any(word in text for word in words if len(word) > 1 or word == "₹")


@lru_cache(maxsize=16)
def _money_before(language: str) -> regex.Pattern[str]:
    """Words for money before a number that is a rate or a time: "টাকা পাঁচ বছর", "টাকার 0.50%"."""
    words = figure_words()[language]
    money = "|".join(regex.escape(one) for one in words.currency if not one.isascii() and len(one) > 2)
    units = (*words.percent, "%", *(one for several in words.units.values() for one in several))
    unit = "|".join(regex.escape(one) for one in sorted(units, key=len, reverse=True))
    if language == "en" or not money:
        return regex.compile(r"(?!)")
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{money})[\p{{L}}\p{{M}}]*(?=\s+\p{{Nd}}[\p{{Nd}}.,]*\s*(?:{unit}))")


def quantities_of(text: str, language: str, lexicons: Sequence[Lexicon], read: FigureReader) -> tuple[Quantity, ...]:
    """The figures of a text in order, spelled numbers and bare ones included; offsets are into the text as given."""
    spelled = spell(text, lexicons, language)
    found: list[Quantity] = []
    # "24 to 35: 8.35%" is a label and its value, not a ratio; "ആയിരിക്കണം" (should be) begins like a thousand.
    plain = _money_before(language).sub(lambda found: " " * len(found[0]), spelled.text)
    plain = _INNER.sub(lambda found: "·" * len(found[0]), plain)
    figures = list(read(_LABELLED.sub("|", plain).replace("ആയിരി", "ആവുകയ"), language))
    spans = [spelled.span(figure.start, figure.end) for figure in figures]
    for at, (figure, (start, end)) in enumerate(zip(figures, spans, strict=True)):
        kind, value = comparable(figure)
        written = spelled.text[figure.start : figure.end]
        if not any(char.isdecimal() for char in text[start:end]):
            if kind in ("amount", "count") and _BARE_NUMBER.fullmatch(written):
                value = float(written)  # "four hundred to five thousand": the scale is the other end's alone
            if kind == "amount" and not _has_money(text[start : end + _MONEY], language):
                kind = "number"  # "two thousand points" is no sum of money
        sign = _SIGN[figure.bound]
        floor = spans[at - 1][1] if at else 0
        ceiling = spans[at + 1][0] if at + 1 < len(spans) else len(text)
        if sign and figure.bound in _SIDES:
            sign = _taken_back(text[end : min(ceiling, end + _NEAR)], lexicons, sign)
            if _NEVER.search(text[floor:start]):
                sign = -1 if sign == 1 else 1
        elif sign == 0:
            # An age's span is its number alone; its bound stands after the word for age.
            unitless = figure.type == "age" and not any(char.isalpha() for char in text[start:end])
            word = _UNIT.match(text[end:ceiling]) if unitless else None
            past = end + (word.end() if word else 0)
            sign = _sign(text, start, past, floor, ceiling, lexicons, timed=kind in _TIMED, sized=kind in _SIZED)
        beside = _WHICHEVER.match(text[end:]) if sign == 0 else None
        if beside:
            sign = 1 if beside["more"] else -1
        if sign == 0 and found and _RESTATED.fullmatch(text[found[-1].end : start]):
            sign = found[-1].sign  # "up to 60 EMIs (5 years)" says one bound twice
        if kind in ("months", "days") and _BARE.fullmatch(text[start:end]):
            kind, value = "rate", float(figure.value)  # a bare "6.50" in a row of tenures is a rate without its sign
        turn = _turn(text, start, end, lexicons) if kind == "rate" else 0
        # Copy says "per transaction" of an order or a request, too.
        period = "transaction" if figure.period in EVENTS else figure.period
        found.append(Quantity(kind, value, sign, period, start, end, text[start:end], turn))
    for first, last, kind, value in part_dates(spelled.text, language):
        start, end = spelled.span(first, last)
        if not any(low < end and start < high for low, high in spans):
            sign = _sign(text, start, end, 0, len(text), lexicons, timed=True, sized=False)
            found.append(Quantity(kind, value, sign, None, start, end, text[start:end]))
            spans.append((start, end))
    for match in _LOOSE.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in spans):
            continue
        if _NOT_LOOSE.search(text[: match.start()]):
            continue
        digits = "".join(str(int(char)) if char.isdecimal() else char for char in match[0]).replace(",", "")
        bare = _BARE.fullmatch(match[0]) and float(digits) < _RATE_BELOW and not _CLOCK.match(text, match.start())
        kind = "rate" if bare else "number"
        unit = _UNIT.match(text[match.end() :])
        end = match.end() + (unit.end() if unit else 0)
        sign = _sign(text, match.start(), end, 0, len(text), lexicons, timed=False, sized=kind == "number")
        found.append(Quantity(kind, float(digits), sign, None, match.start(), match.end(), match[0]))
    found += _bare_words(spelled, text, [(one.start, one.end) for one in found])
    return _ranged(sorted(found, key=lambda one: one.start), text)


def _bare_words(spelled: Spelled, text: str, taken: Sequence[tuple[int, int]]) -> list[Quantity]:
    """Numbers in words without a unit ("four hundred and thirty-six"); a lone one or "a" counts nothing."""
    found = []
    spots = [match.span() for match in _LOOSE.finditer(spelled.text)]
    spots += [match.span() for match in _SPELLED.finditer(spelled.text)]
    for low_, high_ in sorted(spots):
        start, end = spelled.span(low_, high_)
        word = text[start:end]
        written = any(char.isdecimal() for char in word)
        if written or any(low < end and start < high for low, high in taken):
            continue
        told = spelled.text[low_:high_].casefold()
        value = float(_NUMBERS.index(told) + 2 if told in _NUMBERS else told.replace(",", ""))
        if value >= (_WORDS_FROM if not word.isascii() else 2):
            found.append(Quantity("number", value, 0, None, start, end, word))
    return found


def _spans(text: str, low: Quantity, high: Quantity) -> bool:
    """Whether English words put two figures at the ends of one range."""
    between = text[low.end : high.start].strip().casefold()
    opened = text[max(0, low.start - _BESIDE) : low.start].casefold()
    return between in _BETWEEN or (between == "and" and "between" in opened) or between.endswith("up to")


def _ends(low: Quantity, high: Quantity) -> bool:
    """Whether the first is the smaller of two sizes of one kind; "180 days to 1 year" is a range too."""
    if low.kind == high.kind:
        return low.value < high.value
    days = [one.value * (_MONTH_DAYS if one.kind == "months" else 1) for one in (low, high)]
    return {low.kind, high.kind} == {"days", "months"} and days[0] < days[1]


def _ranged(found: Sequence[Quantity], text: str) -> tuple[Quantity, ...]:
    """The two ends of a range bound one another; neither is a bound of its own."""
    out = list(found)
    for at, (low, high) in enumerate(itertools.pairwise(found)):
        if (
            _ends(low, high)
            and high.start - low.end < _NEAR
            and low.sign >= 0 >= high.sign
            and (low.sign or high.sign or _spans(text, low, high))
        ):
            out[at], out[at + 1] = replace(low, sign=0, edge=1), replace(high, sign=0, edge=-1)
    return tuple(out)
