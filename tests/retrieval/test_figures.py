"""Figures: types, values, spans, bounds, periods, and what is no figure."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES


def read(text: str, language: str = "en") -> list[tuple[str, str, Decimal, str]]:
    return [(f.text, f.type, f.value, f.unit) for f in recognise(text, language)]


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("a fee of ₹5 lakh", "₹5 lakh", 500_000),
        ("Rs.5,00,000/- only", "Rs.5,00,000/-", 500_000),
        ("INR 1.5 crore", "INR 1.5 crore", 15_000_000),
        ("costs Rs. 1,000,000", "Rs. 1,000,000", 1_000_000),
        ("about ₹50K", "₹50K", 50_000),
        ("₹2.5 Cr", "₹2.5 Cr", 25_000_000),
        ("Rupees five thousand only", "Rupees five thousand", 5_000),
        ("one lakh", "one lakh", 100_000),
        ("two lakh fifty thousand rupees", "two lakh fifty thousand rupees", 250_000),
        ("20,000 rupees", "20,000 rupees", 20_000),
        ("Charges (Rs.): 1,500", "1,500", 1_500),
        ("Amount (₹ lakh): 25", "25", 2_500_000),
    ],
)
def test_amounts(text: str, span: str, value: int) -> None:
    assert read(text) == [(span, "amount", Decimal(value), "INR")]


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("7.25%", "7.25%", "7.25"),
        ("at 8 per cent", "8 per cent", "8"),
        ("25 bps", "25 bps", "0.25"),
        ("five percent", "five percent", "5"),
        ("Rate (% p.a.): 6.60", "6.60", "6.6"),
    ],
)
def test_rates(text: str, span: str, value: str) -> None:
    assert read(text) == [(span, "rate", Decimal(value), "percent")]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("1 year to less than 2 years", [("1 year", 1, "year", "exact"), ("2 years", 2, "year", "below")]),
        ("a 12-month deposit", [("12-month", 12, "month", "exact")]),
        (
            "3, 6 or 12 months",
            [("3", 3, "month", "exact"), ("6", 6, "month", "exact"), ("12 months", 12, "month", "exact")],
        ),
        ("within 12 (twelve) months", [("12 (twelve) months", 12, "month", "within")]),
        ("1 year 6 months", [("1 year 6 months", 18, "month", "exact")]),
        ("in 2 working days", [("2 working days", 2, "working_day", "exact")]),
        ("repaid over 18 months", [("18 months", 18, "month", "exact")]),
        ("Tenure (months): 12 - 60", [("12", 12, "month", "exact"), ("60", 60, "month", "exact")]),
        ("no load beyond 1 year", [("1 year", 1, "year", "after")]),
    ],
)
def test_durations(text: str, spans: list[tuple[str, int, str, str]]) -> None:
    assert [(f.text, int(f.value), f.unit, f.bound) for f in recognise(text)] == spans


@pytest.mark.parametrize(
    "text",
    [
        "18 to 65 years of age",
        "age 18-65",
        "Entry age; Limit: 18 years to 65 years",
        "persons between 18 and 65 years",
        "aged 18 to 65",
        "Age (years): 18 - 65",
    ],
)
def test_ages(text: str) -> None:
    assert [(f.type, int(f.value), f.unit) for f in recognise(text)] == [("age", 18, "year"), ("age", 65, "year")]


@pytest.mark.parametrize(
    ("text", "span", "unit"),
    [
        ("8 complimentary domestic lounge visits", "8", "none"),
        ("a credit score of 750", "750", "none"),
        ("earn 4 reward points", "4", "point"),
        ("50 g of gold", "50 g", "gram"),
        ("25 cheque leaves", "25", "none"),
        ("Free switches; Number: 12", "12", "none"),
        ("four times a year", "four", "none"),
    ],
)
def test_counts(text: str, span: str, unit: str) -> None:
    assert [(f.text, f.type, f.unit) for f in recognise(text)] == [(span, "count", unit)]


@pytest.mark.parametrize(
    "text",
    ["1 April 2026", "01-04-2026", "April 1, 2026", "01.04.2026", "1st April, 2026", "2026-04-01", "1 अप्रैल 2026"],
)
def test_dates(text: str) -> None:
    (figure,) = recognise(f"from {text}", "hi")
    assert (figure.type, figure.iso, figure.text) == ("date", "2026-04-01", text)


@pytest.mark.parametrize(
    "text",
    [
        "Section 80C and Section 80CCD(1B)",
        "Clause 4.2 of the agreement",
        "open 24x7",
        "ARN-12345",
        "Table 2",
        "the 2026 Regulations",
        "FY 2025-26",
        "call 1800 123 4567",
        "phone 9876543210",
        "PIN 560001",
        "the fee¹ applies",
        "RBI/2024-25/118",
        "a one-time fee",
        "half-yearly",
        "1. First item",
        "2.3 Charges",
        "10:30 am",
        "the first year",
        "Form 15G",
    ],
)
def test_what_is_no_figure(text: str) -> None:
    assert recognise(text) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("at least ₹500", "from"),
        ("₹500 or more", "from"),
        ("₹500 onwards", "from"),
        ("starting from ₹500", "from"),
        ("The minimum deposit is ₹500", "from"),
        ("not less than ₹500", "from"),
        ("should not be below ₹500", "from"),
        ("₹500+", "from"),
        ("Minimum deposit; Terms: ₹500", "from"),
        ("up to ₹500", "up_to"),
        ("not exceeding ₹500", "up_to"),
        ("no more than ₹500", "up_to"),
        ("a maximum of ₹500", "up_to"),
        ("Maximum loan; Terms: ₹500", "up_to"),
        ("above ₹500", "above"),
        ("more than ₹500", "above"),
        ("less than ₹500", "below"),
        ("below ₹500", "below"),
        ("a fee of ₹500", "exact"),
        ("₹500 + GST", "exact"),
    ],
)
def test_bounds(text: str, bound: str) -> None:
    (figure,) = recognise(text)
    assert figure.bound == bound


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("8% p.a.", "year"),
        ("8% per annum", "year"),
        ("₹500 a month", "month"),
        ("annual fee of ₹500", "year"),
        ("monthly income of ₹500", "month"),
        ("₹199 plus GST per year", "year"),
        ("₹20 per executed order", "order"),
        ("2 visits every quarter", "quarter"),
        ("Interest rate (p.a.): 7%", "year"),
        ("UPI limit per day: ₹500", "day"),
        ("average monthly balance of ₹500", None),
        ("8%", None),
    ],
)
def test_periods(text: str, period: str | None) -> None:
    (figure,) = recognise(text)
    assert figure.period == period


def test_range_ends_share_unit_and_currency() -> None:
    assert [f.value for f in recognise("₹5-10 lakh")] == [500_000, 1_000_000]
    assert [f.type for f in recognise("8.5 to 12 per cent")] == ["rate", "rate"]
    assert [f.value for f in recognise("between ₹400 and 5,000")] == [400, 5_000]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("कम से कम ₹५०० प्रति माह", "hi", ("amount", "500", "from", "month")),
        ("5 ஆண்டுகளுக்கு", "ta", ("duration", "5", "exact", None)),
        ("7.25 శాతం", "te", ("rate", "7.25", "exact", None)),
        ("ಗರಿಷ್ಠ ₹೫ ಲಕ್ಷ", "kn", ("amount", "500000", "up_to", None)),
        ("5 വർഷം", "ml", ("duration", "5", "exact", None)),
        ("১.৫ লক্ষ টাকা", "bn", ("amount", "150000", "exact", None)),
        ("किमान ₹१,०००", "mr", ("amount", "1000", "from", None)),
        ("૧૨ મહિના", "gu", ("duration", "12", "exact", None)),
    ],
)
def test_indian_languages(text: str, language: str, expected: tuple[str, str, str, str | None]) -> None:
    (figure,) = recognise(text, language)
    assert (figure.type, str(figure.value), figure.bound, figure.period) == expected


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no figure words"):
        recognise("₹5", "fr")


_PIECES = st.sampled_from(
    [
        "₹",
        "Rs. ",
        "5",
        "1,00,000",
        "7.25",
        "%",
        " lakh",
        " years",
        " to ",
        " - ",
        "(",
        ")",
        ".",
        ", ",
        " up to ",
        " per month",
        "१२",
        "age ",
        "; x: ",
        " and ",
        "/-",
        "२ लाख",
        " महीने",
        "\n",
    ]
)


@given(st.lists(_PIECES, max_size=14).map("".join), st.sampled_from(LANGUAGES))
def test_spans_are_exact_ordered_and_apart(text: str, language: str) -> None:
    end = 0
    for figure in recognise(text, language):
        assert text[figure.start : figure.end] == figure.text
        assert figure.start >= end
        end = figure.end
