"""What a statement is narrowed to rides along in the message's words, where every language can say it."""

from __future__ import annotations

import pytest

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.facts import FactReader, plain_unit
from ragmarket.retrieval.units import Unit


@pytest.fixture(scope="module")
def reader(encoder: SentenceEncoder) -> FactReader:
    return FactReader(load_catalogue(), encoder.embed)


@pytest.mark.parametrize(
    ("product_class", "text", "conditions"),
    [
        ("credit_card", "Annual fee; Platinum: ₹999", ["variant_platinum"]),
        ("credit_card", "Foreign currency mark-up; Classic card: 3.5%", ["variant_classic"]),
        ("savings", "Annual charge of the Gold debit card: ₹350 + GST", ["gst_extra", "variant_gold"]),
        (
            "gold_loan",
            "Up to ₹2.5 lakh; Loan to value of gold, bullet repayment: 80%",
            ["amount_slab", "bullet_repayment"],
        ),
        ("gold_loan", "Gold valuation charge: ₹250 per packet", ["per_packet"]),
        ("home_loan", "Legal and valuation charges: ₹6,000 per property", ["per_property"]),
        ("loan", "Rate of interest; Pensioners: 9.5%", ["pensioners"]),
        ("savings", "No minimum balance is required for students.", ["students"]),
    ],
)
def test_it_rides_along(reader: FactReader, product_class: str, text: str, conditions: list[str]) -> None:
    found = reader.read([plain_unit(text)], product_class, "en")[0]
    assert found.phrasable, found.why_not
    assert sorted(one.id for one in found.conditions) == conditions


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("loan", "Rate of interest; Pensioners of the state government: 9.5%"),
        ("credit_card", "Annual fee; Platinum Reserve: ₹9,999"),
        ("credit_card", "Annual fee; all cards but Platinum: ₹499"),
        ("gold_loan", "Loan to value of gold coins, bullet repayment: 60%"),
    ],
)
def test_what_it_does_not_wholly_say_is_not_put_into_words(reader: FactReader, product_class: str, text: str) -> None:
    assert not reader.read([plain_unit(text)], product_class, "en")[0].phrasable


def test_a_heading_that_names_the_product_s_class_narrows_nothing(reader: FactReader) -> None:
    text, title = "Loans are given for up to 12 months.", "Aranya Everyday Product Account"

    def under(heading: str) -> Unit:
        return Unit("sentence", 0, len(text), text, text, tuple(range(len(text))), f"{title} > {heading}", ())

    first = plain_unit("Please read this page.")
    for heading, phrasable in (("Loans against gold", True), ("Loans against silver", False)):
        found = reader.read([first, under(heading)], "gold_loan", "en")[1]
        assert found.phrasable is phrasable, (heading, found.why_not)
