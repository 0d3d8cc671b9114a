"""Where a fact holds for some orders or machines only, it says so: the scope rides along, or nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_language
from ragmarket.retrieval.chunking import split
from ragmarket.retrieval.corpus import open_source, read_document
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.facts import FactReader, Reading, plain_unit
from ragmarket.retrieval.reading import names_of
from ragmarket.schemas.base import LANGUAGES

UNSEEN = Path(__file__).parents[1] / "unseen" / "corpus"
NAMES = ("Charges at a glance", "Tungara Nidhi Account", "Tungara Sahakari Bank")


@pytest.fixture(scope="module")
def reader(encoder: SentenceEncoder) -> FactReader:
    return FactReader(load_catalogue(), encoder.embed)


def read(reader: FactReader, product_class: str, text: str) -> Reading:
    return reader.read([plain_unit(text)], product_class, "en", NAMES)[0]


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("Brokerage - options (per executed order): Rs.20 flat", "segment_options"),
        ("Brokerage is ₹20 per executed order on futures and options.", "segment_fno"),
        ("Currency futures; Brokerage: ₹15 per order", "segment_currency"),
        ("Brokerage on intraday orders: flat ₹10 per executed order", "segment_intraday"),
        ("You pay ₹20 for each executed order, whatever its size.", None),
    ],
)
def test_brokerage_for_some_orders_is_not_told_of_all(reader: FactReader, text: str, scope: str | None) -> None:
    found = read(reader, "securities", text)
    assert found.phrasable, found.why_not
    assert [one.id for one in found.conditions] == ([scope] if scope else [])


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("Withdrawals at Tungara machines, free: 8 a month", ["own_atm"]),
        ("5 free transactions a month at Tungara Sahakari Bank ATMs.", ["own_atm"]),
        ("Withdrawals at our machines, free: 8 a month", ["own_atm"]),
        ("Withdrawals at machines of other banks (metro), free: 3 a month", ["metro_urban", "other_atm"]),
        ("5 free transactions a month at any Bank ATM.", []),
        ("5 free ATM transactions a month.", []),
    ],
)
def test_free_withdrawals_at_the_bank_s_machines_are_not_told_of_all(
    reader: FactReader, text: str, scope: list[str]
) -> None:
    found = read(reader, "savings", text)
    assert found.phrasable, found.why_not
    assert sorted(one.id for one in found.conditions) == scope


def test_another_bank_s_name_is_not_this_bank_s(reader: FactReader) -> None:
    found = read(reader, "savings", "Withdrawals at Kasturi machines, free: 8 a month")
    assert not found.phrasable


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("Brokerage on delivery trades is 0.25% (min. Rs.20 per order)", "order"),
        ("Brokerage on delivery trades is 0.25%, minimum ₹25 per trade", "transaction"),
    ],
)
def test_a_least_charge_keeps_what_it_is_counted_by(reader: FactReader, text: str, event: str) -> None:
    found = read(reader, "securities", text)
    assert found.phrasable, found.why_not
    assert {slot.role: slot.low.period for slot in found.slots}["min_charge"] == event


@pytest.mark.parametrize(
    ("path", "kind", "figure", "scope"),
    [
        ("securities/kgb-kosi-vyapar-tariff.txt", "brokerage_flat", "Rs.20", {"segment_options"}),
        ("savings/kgb-gramin-bachat-charges.txt", "atm_free_transactions", "8", {"own_atm"}),
    ],
)
def test_the_scope_of_a_row_is_read_in_a_whole_document(
    reader: FactReader, encoder: SentenceEncoder, path: str, kind: str, figure: str, scope: set[str]
) -> None:
    document = read_document(open_source(UNSEEN / "products" / path, UNSEEN))
    units, version = split(document.text, encoder.count_tokens), document.version
    readings = reader.read(units, version.product_class, version.language, names_of(version))
    told = [one for one in readings if one.phrasable and one.kind == kind and one.slots[0].low.text == figure]
    assert told
    assert all({found.id for found in one.conditions} == scope for one in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_say_the_scopes_and_the_events(language: str) -> None:
    pack, kinds = load_language(language), load_catalogue().kinds
    for id_ in (*kinds["brokerage_flat"].conditions, *kinds["atm_free_transactions"].conditions):
        assert pack.conditions[id_]
    events = [pack.formats.periods[one] for one in ("transaction", "order", "request")]
    assert len(set(events)) == 3


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("home_loan", "Other borrowers pay 3% of the amount prepaid, plus GST."),
        ("loan", "For all other customers the processing fee is 1.5% of the loan amount."),
        ("gold_loan", "Processing fee for the remaining branches: ₹500"),
        ("savings", "Others pay ₹250 a year for the debit card."),
    ],
)
def test_what_holds_for_the_others_is_not_told_of_all(reader: FactReader, product_class: str, text: str) -> None:
    assert not read(reader, product_class, text).phrasable


@pytest.mark.parametrize("text", ["Further cheque leaves, each; What it costs: ₹3", "Extra leaves: ₹4 each"])
def test_a_cheque_leaf_is_no_returned_cheque(reader: FactReader, text: str) -> None:
    found = read(reader, "savings", text)
    assert not (found.phrasable and found.kind == "cheque_return_charge")
