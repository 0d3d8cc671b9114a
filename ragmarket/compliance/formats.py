"""How a figure stands in a language's running text, and where each of its characters comes from.

Number grouping and month names are CLDR's, through Babel; units, currency words, cases, bounds, ranges and periods are
the language pack's, because Babel 2.18 prints some of them wrongly for Indian languages ("5 year" in Hindi).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from ragmarket.knowledge.catalogue import Role
from ragmarket.knowledge.figure_formats import Case, Plural, places
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.evidence import Figure, Slot

LAKH = Decimal(100_000)
CRORE = Decimal(10_000_000)
WEIGHTS = frozenset({"gram", "kilogram"})
_PLACE = re.compile(r"\{(?:x|low|high)(?::\w+)?\}")


class SlotText(NamedTuple):
    """A rendered slot; ``parts`` are (start, end, figure) within ``text``."""

    text: str
    parts: tuple[tuple[int, int, Figure], ...]


def _number(value: Decimal) -> str:
    places = max(0, -int(value.as_tuple().exponent))
    pattern = "#,##,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(value, pattern, locale="en_IN"))


def _plural(forms: str | Plural, value: Decimal, number: str, pack: LanguagePack) -> str:
    if isinstance(forms, str):
        return forms.format(n=number)
    one = Locale.parse(pack.language).plural_form(value) == "one"
    return (forms.one if one else forms.other).format(n=number)


def _amount(value: Decimal, pack: LanguagePack, rupee: str, case: Case | None) -> str:
    words = case.amount if case else pack.formats.amount
    scaled, forms = value, words["plain"]
    for scale, name in ((CRORE, words["crore"]), (LAKH, words["lakh"])):
        share = value / scale
        if share >= 1 and share == share.quantize(Decimal("0.01")):
            scaled, forms = share.normalize(), name
            break
    if scaled == scaled.to_integral_value():
        scaled = scaled.to_integral_value()
    elif forms is words["plain"]:
        scaled = scaled.quantize(Decimal("0.01"))
    return _plural(forms, scaled, _number(scaled), pack).replace("₹", rupee)


def _unit(value: Decimal, unit: str, pack: LanguagePack, case: Case | None) -> str:
    number = _number(value)
    forms = (case or pack.formats).units.get(unit)
    return _bare(number, case) if forms is None else _plural(forms, value, number, pack)


def _bare(text: str, case: Case | None) -> str:
    return case.number.format(n=text) if case else text


def figure_text(figure: Figure, pack: LanguagePack, rupee: str = "₹", case: str | None = None) -> str:
    """One figure without bound or period: "₹5 lakh", "7.25%", "12 months"; ``case`` is one of the language's cases."""
    forms = pack.formats.cases[case] if case else None
    match figure.type:
        case "amount":
            return _amount(figure.value, pack, rupee, forms)
        case "rate":
            number = _number(figure.value)
            return forms.rate.format(n=number) if forms else f"{number}%"
        case "duration":
            return _unit(figure.value, figure.unit, pack, forms)
        case "age":
            return _unit(figure.value, "age", pack, forms)
        case "date" if figure.iso:
            day = format_date(date.fromisoformat(figure.iso), "d MMMM y", locale=pack.language)
            return _bare(str(day), forms)
        case "count" if figure.unit in WEIGHTS:
            return _unit(figure.value, figure.unit, pack, forms)
        case "count":
            # What else is counted (points, visits, leaves) is named by the phrasing.
            return _bare(_number(figure.value), forms)
        case _:
            return _bare(figure.text, forms)


def _inflected(figure: Figure, pack: LanguagePack, rupee: str, case: str | None) -> SlotText:
    """A figure in a case; an ending that only follows it is no part of it, one that melts into its unit is."""
    plain = figure_text(figure, pack, rupee)
    text = figure_text(figure, pack, rupee, case) if case else plain
    ending = text.removeprefix(plain)
    apart = text.startswith(plain) and not (ending and unicodedata.category(ending[0]).startswith("M"))
    return SlotText(text, ((0, len(plain) if apart else len(text), figure),))


def _joined(pattern: str) -> str:
    """What a range pattern puts between its two figures."""
    return _PLACE.split(pattern)[1]


def _range(slot: Slot, high: Figure, pack: LanguagePack, rupee: str) -> SlotText:
    ranges = pack.formats.ranges
    pattern, low = ranges[slot.range_kind], slot.low
    cases = dict(places(pattern))
    first = _inflected(low, pack, rupee, cases["low"])
    # "18 to 65 years": the unit is said once where it is that of both ends and they are joined as two bare figures are.
    if (
        low.type in {"duration", "age"}
        and (low.type, low.unit) == (high.type, high.unit)
        and _joined(pattern) == _joined(ranges["between"])
    ):
        number, case = _number(low.value), cases["low"]
        first = SlotText(_bare(number, pack.formats.cases[case] if case else None), ((0, len(number), low),))
    before, between, after = _PLACE.split(pattern)
    return _chain(before, first, between, _inflected(high, pack, rupee, cases["high"]), after)


def _wrap(inner: SlotText, pattern: str) -> SlotText:
    before, after = _PLACE.split(pattern)
    return _chain(before, inner, after)


def _chain(*pieces: str | SlotText) -> SlotText:
    """Pieces in a row, the parts of each moved to where it stands."""
    text = ""
    parts: list[tuple[int, int, Figure]] = []
    for piece in pieces:
        if isinstance(piece, SlotText):
            parts += [(start + len(text), end + len(text), figure) for start, end, figure in piece.parts]
        text += piece.text if isinstance(piece, SlotText) else piece
    return SlotText(text, tuple(parts))


def slot_text(slot: Slot, role: Role | None, pack: LanguagePack, rupee: str = "₹") -> SlotText:
    """A slot as it stands in text: the figure, with the period and the bound that the phrasing does not say itself.

    Args:
        slot: One figure, or a range of two.
        role: The kind's role, None for a condition (whose phrase says neither bound nor period).
        pack: The language.
        rupee: The rupee mark; "Rs " where the channel's alphabet has no rupee sign.
    """
    figure, high = slot.low, slot.high
    said = role.bound if role else None
    if high is not None and said is not None:
        # "12 to 60 months" said as "up to": the phrasing's own bound takes the end it speaks of.
        figure, high = (figure if said == "from" else high), None
    patterns: list[str] = []
    if high is not None:
        text = _range(slot, high, pack, rupee)
        period = figure.period or high.period
    else:
        # "within" and "after" place a period in time; a kind that is itself a period ("waiting period") says it bare.
        bare = role is not None and figure.type == "duration" and figure.bound in {"within", "after"}
        if figure.bound != "exact" and said is None and not bare:
            patterns.append(pack.formats.bounds[figure.bound])
        case = dict(places(patterns[0]))["x"] if patterns else None
        text = _inflected(figure, pack, rupee, case)
        period = figure.period
    around = pack.formats.period(period, figure.type) if period and (role is None or role.period is None) else None
    if around:
        patterns.insert(len(patterns) if pack.formats.bound_inside else 0, around)
    for pattern in patterns:
        text = _wrap(text, pattern)
    return text
