"""What narrows a fact from within or from around it: such a statement is evidence, and is never put into words."""

from __future__ import annotations

import pytest

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.facts import FactReader, Reading, plain_unit
from ragmarket.retrieval.units import GLUE, Unit
from ragmarket.schemas.evidence import Span


@pytest.fixture(scope="module")
def reader(encoder: SentenceEncoder) -> FactReader:
    return FactReader(load_catalogue(), encoder.embed)


def _unit(text: str, heading: str = "", context: tuple[str, ...] = ()) -> Unit:
    spans = tuple(Span(start=500 + 200 * i, end=500 + 200 * i + len(c), quote=c) for i, c in enumerate(context))
    form = "cell" if ";" in text else "sentence"
    return Unit(
        form=form,
        start=0,
        end=len(text),
        quote=text,
        view=text,
        origin=tuple(range(len(text))),
        heading=heading,
        context=spans,
    )


def _read(reader: FactReader, product_class: str, unit: Unit) -> Reading:
    title = "Aranya Everyday Product Account"
    plain = _unit("Please read this page.", title)
    placed = Unit(
        form=unit.form,
        start=unit.start,
        end=unit.end,
        quote=unit.quote,
        view=unit.view,
        origin=unit.origin,
        heading=f"{title} > {unit.heading}" if unit.heading else title,
        context=unit.context,
    )
    return reader.read([plain, placed], product_class, "en")[1]


RATE = "1 year to 2 years; General public (p.a.): 7.75%"


@pytest.mark.parametrize(
    ("product_class", "heading", "text"),
    [
        ("deposit", "Senior citizens > Callable deposits", RATE),
        ("deposit", "Deposits above ₹3 crore", RATE),
        ("deposit", "Staff members and pensioners", RATE),
        ("deposit", "Rates until 31 March 2025", RATE),
        ("deposit", "Illustration", RATE),
        ("loan", "Loans above ₹10 lakh", "Processing fee; Charges: 0.5% of the loan amount"),
        ("loan", "For salaried applicants", "The maximum loan tenure is 60 months."),
        ("loan", "Top-up loan", "Rate of interest; Terms: 10% per annum"),
        ("savings", "Rural branches", "The average monthly balance is ₹1,000."),
        ("loan", "What is the processing fee for balance transfer customers?", "The processing fee is 0.5%."),
    ],
)
def test_every_heading_but_the_title_narrows(reader: FactReader, product_class: str, heading: str, text: str) -> None:
    assert not _read(reader, product_class, _unit(text, heading)).phrasable
    free = _read(reader, product_class, _unit(text, "Rates and charges"))
    assert (free.phrasable, free.why_not) == (True, None)


def test_a_lone_section_is_not_taken_for_the_title(reader: FactReader) -> None:
    for heading in ("Senior citizens > Callable deposits", "Deposits above ₹3 crore", "Deposits of staff members"):
        (reading,) = reader.read([_unit(RATE, heading)], "deposit", "en")
        assert not reading.phrasable


def test_a_title_that_names_no_product_is_still_the_title(reader: FactReader) -> None:
    for heading in ("Kusum Gramin Bank: circular of 1 April 2026", "Sagarika 2.0 at a glance > Rates"):
        for reading in reader.read([_unit(RATE, heading), _unit(RATE, heading)], "deposit", "en"):
            assert (reading.phrasable, reading.why_not) == (True, None)


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("deposit", "1 year; Staff (p.a.): 8.1%"),
        ("deposit", "1 year; Bulk deposits: 7.9%"),
        ("deposit", "1 year; Old rate: 7.9%"),
        ("deposit", "1 year; Super senior citizens: 7.35%"),
        ("credit_card", "Annual fee; Metal edition: ₹999"),
        ("credit_card", "Annual fee; Add-on card: ₹250"),
        ("credit_card", "Annual fee; First year: ₹0"),
        ("loan", "Processing fee; Balance transfer: 0.25%"),
        ("loan", "Rate of interest; Doctors: 9.5%"),
    ],
)
def test_a_column_narrower_than_its_kind(reader: FactReader, product_class: str, text: str) -> None:
    assert not _read(reader, product_class, _unit(text)).phrasable


@pytest.mark.parametrize(
    "text",
    [
        "Super senior citizens aged 80 and above earn 7.75% p.a. on deposits of 1 year.",
        "Very senior citizens earn 7.75% p.a. on deposits of 1 year.",
        "Senior citizens aged 75 and above earn 7.75% p.a. on fixed deposits of 1 year.",
        "Senior citizens between 60 and 70 years earn 7.75% p.a. on fixed deposits of 1 year.",
        "Senior citizens below 80 years earn 7.75% p.a. on fixed deposits of 1 year.",
    ],
)
def test_another_age_than_a_senior_citizens(reader: FactReader, text: str) -> None:
    assert not _read(reader, "deposit", _unit(text)).phrasable


def test_the_age_that_makes_a_senior_citizen_is_no_condition(reader: FactReader) -> None:
    text = "Senior citizens aged 60 and above earn 7.75% p.a. on fixed deposits of 1 year."
    reading = _read(reader, "deposit", _unit(text))
    assert (reading.phrasable, reading.why_not, reading.conditions) == (True, None, ())
    row = "1 year to 2 years; Senior citizens* (p.a.): 7.10%"
    assert _read(reader, "deposit", _unit(row, "", ("* Individuals aged 60 years and above.",))).phrasable
    assert not _read(reader, "deposit", _unit(row, "", ("* Individuals aged 75 years and above.",))).phrasable
    assert not _read(reader, "deposit", _unit(row, "", ("* Individuals aged 60 to 70 years.",))).phrasable


@pytest.mark.parametrize(
    ("product_class", "text", "question"),
    [
        ("loan", "Q: What is the processing fee for staff loans? A: The processing fee is 0.5%.", ()),
        ("loan", "Q: What is the processing fee for doctors? A: The processing fee is 0.5%.", ()),
        ("loan", "The interest rate is 9.5% per annum.", ("What is the interest rate for government employees?",)),
    ],
)
def test_a_question_restricts_its_answer(
    reader: FactReader, product_class: str, text: str, question: tuple[str, ...]
) -> None:
    assert not _read(reader, product_class, _unit(text, "", question)).phrasable
    free = "What is the interest rate?" if question else ""
    if free:
        assert _read(reader, product_class, _unit(text, "", (free,))).phrasable


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("loan", "Pre-approved borrowers may borrow up to ₹40 lakh."),
        ("loan", "Government employees pay interest at 9.5% per annum."),
        ("loan", "Doctors get a loan of up to ₹40 lakh."),
        ("deposit", "A bulk fixed deposit of 1 year earns 7.5% per annum."),
        ("deposit", "Fixed deposits of 1 year earn 7.5% per annum at our Kochi branch."),
        ("deposit", "Fixed deposits of 1 year will soon earn 7.5% per annum."),
        ("deposit", "Fixed deposits of 1 year may earn 7.5% per annum."),
        ("deposit", "Fixed deposits of 1 year earned 7.5% per annum."),
        ("deposit", "NRO fixed deposits of 1 year earn 7.5% per annum."),
        ("deposit", "Fixed deposits of 1 year earn about 7.10% per annum."),
        ("deposit", "Fixed deposits of 1 year earn 7.5% per annum before tax."),
        ("credit_card", "Earn 2 reward points for every ₹100 spent at partner hotels."),
        ("credit_card", "The add-on card has an annual fee of ₹250."),
        ("loan", "No prepayment charges apply if the loan is closed from own funds."),
    ],
)
def test_a_subject_or_phrase_that_narrows(reader: FactReader, product_class: str, text: str) -> None:
    assert not _read(reader, product_class, _unit(text)).phrasable


@pytest.mark.parametrize(
    ("product_class", "text", "stated"),
    [
        ("loan", "A minimum income of ₹3 lakh is needed.", "A minimum monthly income of ₹30,000 is needed."),
        ("savings", "Debit card fee: ₹250", "Debit card annual fee: ₹250"),
        ("savings", "Cash deposit is free up to ₹2 lakh.", "Cash deposit is free up to ₹2 lakh a month."),
        (
            "credit_card",
            "Spend ₹50,000 and the annual fee is reversed.",
            "Spend ₹50,000 in a year and the annual fee is reversed.",
        ),
        ("savings", "Cheque book: 20 cheque leaves free", "Cheque book: 20 cheque leaves free in a year"),
    ],
)
def test_a_period_that_the_source_does_not_state(
    reader: FactReader, product_class: str, text: str, stated: str
) -> None:
    assert not _read(reader, product_class, _unit(text)).phrasable
    reading = _read(reader, product_class, _unit(stated))
    assert (reading.phrasable, reading.why_not) == (True, None)


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("deposit", "A penalty of 1% applies to deposits closed before 6 months."),
        ("deposit", "Premature withdrawal, within 6 months; Penalty: 1%"),
        ("loan", "Prepayment charge is nil after 12 EMIs."),
        ("loan", "Foreclosure charges; Terms: 4% of the outstanding principal within 24 months"),
        ("loan", "The rate of interest is above 6.5% per annum."),
    ],
)
def test_time_elapsed_and_open_bounds(reader: FactReader, product_class: str, text: str) -> None:
    assert not _read(reader, product_class, _unit(text)).phrasable


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("nps", "For opening the account we collect a one-time Rs 200."),
        ("loan", "Upfront Fee : 1.25 per cent of the Facility Amount"),
        ("ulip", "Loyalty additions of 0.5% are added to the fund."),
        ("insurance", "Maturity age: Not more than 75 years"),
        ("nps", "Under active choice equity may go up to 75%."),
        ("loan", "GST at 18% is levied on all charges."),
        ("home_loan", "CERSAI registration: ₹100"),
    ],
)
def test_look_alikes_are_not_phrasable(reader: FactReader, product_class: str, text: str) -> None:
    assert not _read(reader, product_class, _unit(text)).phrasable


def test_a_condition_that_is_inserted_has_no_place_in_the_document(reader: FactReader) -> None:
    text = "The processing fee is ₹999 plus GST."
    assert _read(reader, "loan", _unit(text)).phrasable
    at = text.index("plus")
    origin = (*range(at), *(GLUE for _ in text[at:-1]), len(text) - 1)
    unit = Unit(form="sentence", start=0, end=len(text), quote=text, view=text, origin=origin)
    reading = reader.read([unit], "loan", "en")[0]
    assert not reading.phrasable
    assert "does not stand in the document" in (reading.why_not or "")


@pytest.mark.parametrize(
    ("product_class", "heading", "text"),
    [
        ("deposit", "What we offer", "Fixed deposits of 1 year earn 7.5% per annum."),
        ("loan", "Who may apply", "Applicants from 21 to 60 years of age can apply."),
        ("deposit", "Interest on offer", "Fixed deposits of 1 year earn 7.5% per annum."),
        ("savings", "", "You can send up to ₹1 lakh by UPI in a single day."),
        ("loan", "", "Applicants must be 21 to 60 years old when applying."),
        ("loan", "", "The maximum loan tenure is 60 EMIs (5 years)."),
        ("deposit", "", "A fixed deposit can be placed for not shorter than 7 days and not longer than 120 months."),
        ("home_loan", "", "The interest rate is 8.5% per annum (CIBIL 750 and above)."),
        ("securities", "", "Brokerage on delivery trades is 0.2% (min. Rs.20 per order)."),
        ("home_loan", "", "You can borrow up to 80% of the property value."),
    ],
)
def test_harmless_words_narrow_nothing(reader: FactReader, product_class: str, heading: str, text: str) -> None:
    reading = _read(reader, product_class, _unit(text, heading))
    assert (reading.phrasable, reading.why_not) == (True, None)


def test_plain_units_still_read(reader: FactReader) -> None:
    assert reader.read([plain_unit("The maximum loan amount is ₹5 lakh.")], "loan", "en")[0].phrasable
