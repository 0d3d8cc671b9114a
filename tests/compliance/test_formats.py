"""Figures stand in each language as its copywriter writes them, and every part knows its source."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from ragmarket.compliance.formats import slot_text
from ragmarket.knowledge.catalogue import Role
from ragmarket.knowledge.figure_formats import Formats
from ragmarket.knowledge.language import load_language
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.evidence import Figure, Slot


def figure(type_: str, value: str, unit: str, **more: object) -> Figure:
    return Figure.model_validate(
        {"type": type_, "value": Decimal(value), "unit": unit, "start": 0, "end": 1, "text": "x", **more}
    )


def slot(low: Figure, high: Figure | None = None, range_kind: str = "between") -> Slot:
    return Slot.model_validate({"name": "S1a", "role": "r", "low": low, "high": high, "range_kind": range_kind})


@pytest.mark.parametrize(
    ("language", "low", "expected"),
    [
        ("en", figure("amount", "500", "INR"), "₹500"),
        ("en", figure("amount", "125000", "INR"), "₹1.25 lakh"),
        ("en", figure("amount", "123456", "INR"), "₹1,23,456"),
        ("en", figure("amount", "20000000", "INR"), "₹2 crore"),
        ("hi", figure("amount", "500000", "INR"), "₹5 लाख"),
        ("en", figure("rate", "8.50", "percent", period="year"), "8.50% p.a."),
        ("hi", figure("rate", "7.25", "percent", period="year"), "7.25% सालाना"),
        ("en", figure("duration", "1", "year"), "1 year"),
        ("en", figure("duration", "444", "day"), "444 days"),
        ("hi", figure("duration", "5", "year"), "5 साल"),
        ("en", figure("amount", "10000", "INR", bound="from"), "at least ₹10,000"),
        ("en", figure("count", "50", "gram"), "50 grams"),
        ("hi", figure("count", "1", "kilogram"), "1 किलोग्राम"),
        ("en", figure("count", "4", "point"), "4"),
        ("en", figure("duration", "3", "working_day"), "3 working days"),
        ("en", figure("date", "739342", "date", iso="2025-03-31"), "31 March 2025"),
    ],
)
def test_one_figure(language: str, low: Figure, expected: str) -> None:
    assert slot_text(slot(low), None, load_language(language)).text == expected


def test_what_the_phrasing_says_is_not_said_twice() -> None:
    pack = load_language("en")
    low = figure("amount", "500", "INR", bound="from", period="month")
    assert slot_text(slot(low), Role(type="amount", bound="from", period="month"), pack).text == "₹500"
    assert slot_text(slot(low), Role(type="amount", bound="from"), pack).text == "₹500 a month"


def test_a_range_says_its_unit_once_where_the_language_allows() -> None:
    ages = slot(figure("age", "18", "year"), figure("age", "65", "year"))
    assert slot_text(ages, None, load_language("en")).text == "18 to 65 years"
    assert slot_text(ages, None, load_language("hi")).text == "18 से 65 साल"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "10 to 25 years"),
        ("hi", "10 से 25 साल"),
        ("mr", "10 ते 25 वर्षे"),
        ("gu", "10થી 25 વર્ષ"),
        ("bn", "10 থেকে 25 বছর"),
        ("ta", "10 முதல் 25 ஆண்டுகள் வரை"),
        ("te", "10 నుంచి 25 సంవత్సరాలు"),
        ("kn", "10ರಿಂದ 25 ವರ್ಷ"),
        ("ml", "10 മുതൽ 25 വർഷം വരെ"),
    ],
)
def test_a_closed_range_says_its_unit_once_in_every_language(language: str, expected: str) -> None:
    years = slot(figure("duration", "10", "year"), figure("duration", "25", "year"))
    assert slot_text(years, None, load_language(language)).text == expected


@pytest.mark.parametrize(
    ("language", "low", "expected"),
    [
        ("ta", figure("amount", "4500000", "INR", bound="above"), "₹45 லட்சத்துக்கு மேல்"),
        ("ta", figure("amount", "12500", "INR", bound="below"), "₹12,500-க்குக் கீழ்"),
        ("ta", figure("duration", "1", "day", bound="above"), "1 நாளுக்கு மேல்"),
        ("ta", figure("duration", "4", "month", bound="below"), "4 மாதங்களுக்குக் கீழ்"),
        ("ml", figure("amount", "40000000", "INR", bound="above"), "₹4 കോടിക്ക് മുകളിൽ"),
        ("ml", figure("amount", "40000000", "INR", bound="below"), "₹4 കോടിയിൽ താഴെ"),
        ("ml", figure("rate", "7.5", "percent", bound="above"), "7.5%-ന് മുകളിൽ"),
        ("bn", figure("amount", "40000000", "INR", bound="below"), "₹4 কোটির কম"),
        ("bn", figure("amount", "12500", "INR", bound="above", period="month"), "মাসে ₹12,500-এর বেশি"),
        ("te", figure("duration", "2", "week", bound="above"), "2 వారాల కంటే ఎక్కువ"),
        ("te", figure("amount", "10000000", "INR", bound="below"), "₹1 కోటి కంటే తక్కువ"),
        ("kn", figure("duration", "3", "month", bound="below"), "3 ತಿಂಗಳಿಗಿಂತ ಕಡಿಮೆ"),
        ("mr", figure("amount", "100000", "INR", bound="above"), "₹1 लाखापेक्षा जास्त"),
        ("mr", figure("amount", "900000", "INR", bound="above"), "₹9 लाखांपेक्षा जास्त"),
        ("mr", figure("amount", "500", "INR", bound="from", period="month"), "दरमहा किमान ₹500"),
    ],
)
def test_a_bound_bends_its_figure_as_the_language_does(language: str, low: Figure, expected: str) -> None:
    assert slot_text(slot(low), None, load_language(language)).text == expected


def test_a_pack_whose_bounds_govern_a_case_that_it_lacks_is_refused() -> None:
    formats = load_language("ta").formats
    lacking = formats.model_dump() | {"cases": {}}
    with pytest.raises(ValidationError, match="dative"):
        Formats.model_validate(lacking)
    bent = formats.cases["dative"].model_dump()
    del bent["units"]["week"]
    with pytest.raises(ValidationError, match="week"):
        Formats.model_validate(formats.model_dump() | {"cases": {"dative": bent}})


def test_an_up_to_phrasing_takes_the_upper_end_of_a_range() -> None:
    months = slot(figure("duration", "12", "month"), figure("duration", "60", "month"))
    shown = slot_text(months, Role(type="duration", bound="up_to"), load_language("en"))
    assert shown.text == "60 months"
    assert [part.value for _, _, part in shown.parts] == [Decimal(60)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("period", [None, "year"])
@pytest.mark.parametrize("bound", ["exact", "from", "up_to", "above", "below", "within", "after"])
def test_parts_point_at_the_figure_inside_the_text(language: str, period: str | None, bound: str) -> None:
    low = figure("rate", "7.25", "percent", period=period, bound=bound)
    shown = slot_text(slot(low), None, load_language(language))
    ((start, end, part),) = shown.parts
    assert shown.text[start:end] == "7.25%"
    assert part is low
