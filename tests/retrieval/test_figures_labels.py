"""Figures and the labels they stand under: whose bound a word is, whose period, and where a label ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ragmarket.retrieval.figures import recognise
from ragmarket.retrieval.figures_context import label_end


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("2 years and above: 6.2% p.a.", ["from", "exact"]),
        ("₹25 lakh and above: 4.1%", ["from", "exact"]),
        ("2 years; ₹2 crore and above: 6.8%", ["exact", "from", "exact"]),
        ("Interest on deposits up to ₹7 lakh: 0.75%.", ["up_to", "exact"]),
        ("Balances up to INR 3 lakh: 2.25%", ["up_to", "exact"]),
        ("₹25 lakh and above earn interest; ₹25 lakh and above at 4.1%", ["from", "from", "exact"]),
        ("₹25 lakh & above 4.1%", ["from", "exact"]),
        ("We pay more. Deposits of ₹25 lakh or above: 4.1%", ["from", "exact"]),
        ("4 years and above – 6.1%", ["from", "exact"]),
        ("Score; CIBIL 720 and above: 0.4%", ["from", "exact"]),
        ("Minimum 4 years: 6.1%", ["from", "exact"]),
    ],
)
def test_bound_of_a_slab_stays_with_the_slab(text: str, bounds: list[str]) -> None:
    assert [f.bound for f in recognise(text)] == bounds


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("2 years; Minimum deposit: ₹700", ["exact", "from"]),
        ("Loan amount up to: ₹7 lakh", ["up_to"]),
        ("Loans above 2 years: maximum ₹7 lakh", ["above", "up_to"]),
        ("2% (maximum ₹700)", ["exact", "up_to"]),
        ("2% up to ₹7 lakh, and above ₹7 lakh 1%", ["exact", "up_to", "above", "exact"]),
        ("the limit is 70%, and above ₹7 lakh it is 60%", ["exact", "above", "exact"]),
        ("₹2 lakh or more than ₹7 lakh", ["from", "above"]),
        ("2 years or more: 7% or more", ["from", "from"]),
    ],
)
def test_bound_word_belongs_to_the_figure_it_stands_beside(text: str, bounds: list[str]) -> None:
    assert [f.bound for f in recognise(text)] == bounds


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2 years; Monthly payout: 6.4%", None),
        ("2 years; Quarterly: 6.4%", None),
        ("2 years; Payable every month: 6.4%", None),
        ("2 years; Monthly interest payout: 6.4%", None),
        ("Interest is paid every month at 6.4%", None),
        ("6.4% (monthly payout)", None),
        ("2 years; Monthly payout (p.a.): 6.4%", "year"),
        ("Rate per annum (paid every quarter): 6.4%", "year"),
        ("Daily balance; Interest p.a.: 2.4%", "year"),
        ("Rate for a year; Regular: 6.4%", None),
        ("Cash advance; Finance charge per month: 3.4%", "month"),
        ("3.4% monthly", "month"),
        ("12% annual interest", "year"),
        ("Annual fee; Platinum: ₹700", "year"),
    ],
)
def test_rate_takes_a_period_only_from_a_phrase_that_states_one(text: str, period: str | None) -> None:
    assert recognise(text)[-1].period == period


@pytest.mark.parametrize(
    ("text", "span", "period"),
    [
        ("46 days to 90 days; Public: less than Rs. 2 crore (% p.a.): 4.25", "4.25", "year"),
        ("555 days (Monsoon bucket); Public: (% p.a.): 6.85", "6.85", "year"),
        ("2 years: Senior citizens: (% per annum): 7.35", "7.35", "year"),
    ],
)
def test_bare_number_under_a_header_with_a_colon_is_a_rate(text: str, span: str, period: str) -> None:
    figure = recognise(text)[-1]
    assert (figure.text, figure.type, figure.unit, figure.bound, figure.period) == (
        span,
        "rate",
        "percent",
        "exact",
        period,
    )
    assert figure.value == Decimal(span)


def test_label_ends_at_the_last_colon_of_its_header() -> None:
    assert label_end("2 years; Public: below ₹2 crore (% p.a.): 6.5") == len(
        "2 years; Public: below ₹2 crore (% p.a.): "
    )
    assert label_end("Fee: ₹50. Other fee: ₹70") == len("Fee: ")


@pytest.mark.parametrize(
    ("text", "span", "unit", "bound"),
    [
        ("Closure within 9 months: INR 300", "9 months", "month", "within"),
        ("First forty days: no claim is paid", "forty days", "day", "exact"),
        ("on 20 days' notice", "20 days", "day", "exact"),
        ("after a month’s notice of 20 days’ length", "20 days", "day", "exact"),
        ("The days of grace are 20", "20", "day", "exact"),
        ("The grace period in days is 20", "20", "day", "exact"),
    ],
)
def test_durations_before_a_colon_a_possessive_or_after_their_unit(text: str, span: str, unit: str, bound: str) -> None:
    figure = recognise(text)[0]
    assert (figure.text, figure.type, figure.unit, figure.bound) == (span, "duration", unit, bound)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Adults from 21 years up to 60 years", [(21, "from"), (60, "up_to")]),
        ("children who are studying and unmarried, up to 23 years", [(23, "up_to")]),
        ("the premium for an adult of 35 years", [(35, "exact")]),
        ("till the borrower turns 65", [(65, "up_to")]),
        ("until the child attains 21", [(21, "up_to")]),
        ("the age at maturity should not cross 65", [(65, "up_to")]),
    ],
)
def test_years_of_people_are_ages(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(f.type, int(f.value), f.bound) for f in recognise(text)] == [("age", v, b) for v, b in expected]


@pytest.mark.parametrize(
    "text",
    [
        "a customer with an account of 12 years",
        "customers of 12 years standing",
        "members since 12 years",
        "loan of 12 years for a customer",
        "children savings deposit for 12 years",
    ],
)
def test_years_of_a_relation_are_no_ages(text: str) -> None:
    assert [f.type for f in recognise(text)] == ["duration"]


@pytest.mark.parametrize(
    ("text", "span", "period"),
    [
        ("Withdrawals at our machines, free: 9 a month", "9", "month"),
        ("other machines: 4 per quarter", "4", "quarter"),
        ("Free of charge: 4 a month", "4", "month"),
        ("a family of five persons", "five", None),
        ("at least two joint holders", "two", None),
    ],
)
def test_counts_by_frequency_and_of_people(text: str, span: str, period: str | None) -> None:
    assert [(f.text, f.type, f.period) for f in recognise(text)] == [(span, "count", period)]


@pytest.mark.parametrize(
    "text", ["Locker rent: 700 a year", "the score reaches 80 points on", "2.5 a month", "A-12/10/25"]
)
def test_bare_numbers_that_stay_unread(text: str) -> None:
    assert not [f for f in recognise(text) if f.type in ("count", "age", "date") and f.unit != "point"]


def test_dates_with_a_short_year() -> None:
    assert [(f.text, f.iso) for f in recognise("valid till 30/06/27")] == [("30/06/27", "2027-06-30")]
    assert [f.iso for f in recognise("dated 15-08-25")] == ["2025-08-15"]
    assert not [f for f in recognise("tenures of 06/09/12 months, 10-12-18 months") if f.type == "date"]
