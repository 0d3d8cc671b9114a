"""How a figure stands in a language's running text, and where each of its characters comes from.

Number grouping and month names are CLDR's, through Babel; units, currency words, bounds, ranges and periods are the
language pack's, because Babel 2.18 prints some of them wrongly for Indian languages ("5 year" in Hindi).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from ragmarket.knowledge.catalogue import Role
from ragmarket.knowledge.language import LanguagePack, Plural
from ragmarket.schemas.evidence import Figure, Slot

LAKH = Decimal(100_000)
CRORE = Decimal(10_000_000)
WEIGHTS = frozenset({"gram", "kilogram"})


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


def _amount(value: Decimal, pack: LanguagePack, rupee: str) -> str:
    words = pack.formats.amount
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


def _unit(value: Decimal, number: str, unit: str, pack: LanguagePack) -> str:
    forms = pack.formats.units.get(unit)
    return number if forms is None else _plural(forms, value, number, pack)


def figure_text(figure: Figure, pack: LanguagePack, rupee: str = "₹") -> str:
    """One figure without bound or period: "₹5 lakh", "7.25%", "12 months"."""
    match figure.type:
        case "amount":
            return _amount(figure.value, pack, rupee)
        case "rate":
            return f"{_number(figure.value)}%"
        case "duration":
            return _unit(figure.value, _number(figure.value), figure.unit, pack)
        case "age":
            return _unit(figure.value, _number(figure.value), "age", pack)
        case "date" if figure.iso:
            return str(format_date(date.fromisoformat(figure.iso), "d MMMM y", locale=pack.language))
        case "count" if figure.unit in WEIGHTS:
            return _unit(figure.value, _number(figure.value), figure.unit, pack)
        case "count":
            # What else is counted (points, visits, leaves) is named by the phrasing.
            return _number(figure.value)
        case _:
            return figure.text


def _range(slot: Slot, high: Figure, pack: LanguagePack, rupee: str) -> SlotText:
    pattern = pack.formats.ranges[slot.range_kind]
    low = slot.low
    low_text, high_text = figure_text(low, pack, rupee), figure_text(high, pack, rupee)
    # "18 to 65 years": the unit is said once where the pattern ends with the upper figure and the units agree.
    if pattern.endswith("{high}") and low.type in {"duration", "age"} and low.unit == high.unit:
        low_text = _number(low.value)
    before, _, rest = pattern.partition("{low}")
    between, _, after = rest.partition("{high}")
    text = before + low_text + between + high_text + after
    high_start = len(before) + len(low_text) + len(between)
    parts = ((len(before), len(before) + len(low_text), low), (high_start, high_start + len(high_text), high))
    return SlotText(text, parts)


def _wrap(inner: SlotText, pattern: str) -> SlotText:
    before, _, after = pattern.partition("{x}")
    shift = len(before)
    return SlotText(before + inner.text + after, tuple((s + shift, e + shift, f) for s, e, f in inner.parts))


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
    if high is not None:
        text = _range(slot, high, pack, rupee)
        period = figure.period or high.period
    else:
        text = SlotText(plain := figure_text(figure, pack, rupee), ((0, len(plain), figure),))
        period = figure.period
    patterns = []
    # "within" and "after" place a period in time; a kind that is itself a period ("waiting period") says it bare.
    bare = role is not None and figure.type == "duration" and figure.bound in {"within", "after"}
    if high is None and figure.bound != "exact" and said is None and not bare:
        patterns.append(pack.formats.bounds[figure.bound])
    if period and (role is None or role.period is None) and period in pack.formats.periods:
        patterns.insert(len(patterns) if pack.formats.bound_inside else 0, pack.formats.periods[period])
    for pattern in patterns:
        text = _wrap(text, pattern)
    return text
