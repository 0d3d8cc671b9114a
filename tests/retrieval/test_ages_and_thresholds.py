"""Years that are an age, ages that are a least or greatest one, and amounts that are told as the limit they are."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.facts import FactReader, Reading, plain_unit
from ragmarket.retrieval.figures import recognise


@pytest.fixture(scope="module")
def reader(encoder: SentenceEncoder) -> FactReader:
    return FactReader(load_catalogue(), encoder.embed)


def _read(reader: FactReader, product_class: str, text: str) -> Reading:
    return reader.read([plain_unit(text)], product_class, "en")[0]


@pytest.mark.parametrize(
    "text",
    [
        "For an adult of 34 years taking a cover of ₹6 lakh the premium is ₹7,100 a year.",
        "What it costs you: for a woman of 34 years who buys a cover of ₹6 lakh, ₹7,100 a year.",
        "A 34-year adult buying cover of ₹6 lakh pays ₹7,100 a year.",
        "A 34 year old healthy man pays ₹7,100 a year for a cover of ₹6 lakh.",
        "For a couple of 34 years each, seeking ₹6 lakh, the premium is ₹7,100 a year.",
    ],
)
def test_years_of_a_person_are_an_age(text: str) -> None:
    assert [(f.type, f.value) for f in recognise(text) if f.unit == "year"] == [("age", Decimal(34))]


@pytest.mark.parametrize(
    "text",
    [
        "You can take a cover of ₹6 lakh for a policy term of 34 years.",
        "An individual loan of 34 years is possible.",
        "A borrower with 34 years of experience may apply.",
        "A 34-year individual policy is offered.",
    ],
)
def test_years_of_a_contract_are_none(text: str) -> None:
    assert [(f.type, f.value) for f in recognise(text) if f.unit == "year"] == [("duration", Decimal(34))]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("Any resident who has completed twelve years of age may open the account.", "from"),
        ("Applicants should have attained the age of 21 years.", "from"),
        ("The applicant must have turned 21 years of age.", "from"),
        ("Any resident who is 18 years or older may apply.", "from"),
        ("Persons who have not completed 70 years of age may apply.", "below"),
        ("Members who have crossed 60 years of age pay more.", "above"),
        ("The plan matures when the child completes 18 years of age.", "exact"),
    ],
)
def test_an_age_that_is_reached_is_the_least_one(text: str, bound: str) -> None:
    assert [(f.type, f.bound) for f in recognise(text)] == [("age", bound)]


def test_the_premium_of_a_person_rides_with_the_age(reader: FactReader) -> None:
    reading = _read(
        reader, "insurance", "For an adult of 34 years taking a cover of ₹6 lakh, the annual premium starts at ₹7,100."
    )
    assert reading.phrasable, reading.why_not
    assert {slot.role: slot.low.value for slot in reading.slots} == {
        "age": Decimal(34),
        "cover": Decimal(600_000),
        "amount": Decimal(7_100),
    }


def test_years_that_nothing_calls_a_term_are_no_condition_where_they_could_be_an_age(reader: FactReader) -> None:
    reading = _read(reader, "insurance", "For a life of 34 years the annual premium starts at ₹7,100.")
    assert not reading.phrasable


def test_a_bare_age_is_no_condition_of_joining(reader: FactReader) -> None:
    told = _read(reader, "savings", "Any resident who has completed 12 years of age can open the account.")
    assert told.phrasable, told.why_not
    assert told.slots[0].low.bound == "from"
    assert not _read(reader, "savings", "The eligible age to open the account is 12 years.").phrasable


@pytest.mark.parametrize(
    "text",
    [
        "TDS is deducted when the interest paid in a financial year exceeds ₹40,000.",
        "Tax is deducted at source once interest in the financial year goes past ₹40,000.",
        "Tax is deducted at source if interest in a financial year is above ₹40,000.",
    ],
)
def test_a_threshold_is_told_without_the_bound_that_its_kind_says(reader: FactReader, text: str) -> None:
    reading = _read(reader, "deposit", text)
    assert (reading.kind, reading.phrasable) == ("deposit_tds_threshold", True), reading.why_not
    assert (reading.slots[0].low.value, reading.slots[0].low.bound) == (Decimal(40_000), "exact")


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Annualised premium, minimum: ₹24,000", "year"),
        ("The minimum annualized premium is ₹24,000.", "year"),
        ("Minimum monthly premium: ₹2,000", "month"),
        ("Minimum premium: ₹24,000", None),
    ],
)
def test_a_premium_keeps_the_period_that_its_label_gives(text: str, period: str | None) -> None:
    assert [figure.period for figure in recognise(text)] == [period]


def test_an_annualised_yield_is_no_rate_per_year() -> None:
    assert [f.period for f in recognise("Annualised yield on maturity: 7.19%")] == [None]
