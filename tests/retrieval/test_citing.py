"""What is cited beside a fact is what its reading rests on, and never less."""

from __future__ import annotations

from functools import partial

import pytest
from document_samples import markdown

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.chunking import split
from ragmarket.retrieval.citing import cited, without
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.facts import FactReader
from ragmarket.retrieval.units import GLUE


@pytest.fixture(scope="module")
def reader(encoder: SentenceEncoder) -> FactReader:
    return FactReader(load_catalogue(), encoder.embed)


def quoted(reader: FactReader, encoder: SentenceEncoder, product_class: str, text: str) -> dict[str, list[str]]:
    """For each fact of a document, by the words it is read in, the quotes cited beside its own."""
    units = split(text, encoder.count_tokens)
    read = partial(reader.read, product_class=product_class, language="en", names=("Aranya Test",))
    readings = read(units)
    return {
        unit.view: [span.quote for span in context]
        for unit, reading, context in zip(units, readings, cited(units, readings, read), strict=True)
        if reading.phrasable
    }


def test_a_header_that_only_says_amount_is_not_cited(reader: FactReader, encoder: SentenceEncoder) -> None:
    table = "| Charge | Amount |\n|---|---|\n| Processing fee | 1% of the loan amount |\n| Prepayment charge | 2% |\n"
    found = quoted(reader, encoder, "loan", markdown(table))
    assert found["Processing fee; Amount: 1% of the loan amount"] == []


def test_a_header_that_names_the_fact_is_cited(reader: FactReader, encoder: SentenceEncoder) -> None:
    table = "| Amount outstanding | Late payment charge |\n|---|---|\n| Rs. 501 to Rs. 5,000 | Rs. 450 |\n"
    found = quoted(reader, encoder, "credit_card", markdown(table))
    assert found["Rs. 501 to Rs. 5,000; Late payment charge: Rs. 450"] == ["Late payment charge"]


def test_a_plan_alone_does_not_say_what_its_rate_is(reader: FactReader, encoder: SentenceEncoder) -> None:
    table = "| Plan | Total expense ratio |\n|---|---|\n| Regular | 1.92% |\n| Direct | 0.78% |\n"
    found = quoted(reader, encoder, "mutual_fund", markdown(table))
    assert set(found) == {"Regular; Total expense ratio: 1.92%", "Direct; Total expense ratio: 0.78%"}
    assert all(quotes == ["Total expense ratio"] for quotes in found.values())


def test_headers_that_tell_two_figures_of_a_row_apart_are_cited(reader: FactReader, encoder: SentenceEncoder) -> None:
    table = "| Tenure | General public (p.a.) | Senior citizens (p.a.) |\n|---|---|---|\n| 1 year | 6.50% | 7.00% |\n"
    found = quoted(reader, encoder, "deposit", markdown(table))
    assert found == {
        "1 year; General public (p.a.): 6.50%": ["General public (p.a.)"],
        "1 year; Senior citizens (p.a.): 7.00%": ["Senior citizens (p.a.)"],
    }


def test_a_caption_that_says_nothing_of_the_fact_is_not_cited(reader: FactReader, encoder: SentenceEncoder) -> None:
    page = "The loan at a glance\n\n| Item | Terms |\n|---|---|\n| Processing fee | 1% of the loan amount |\n"
    found = quoted(reader, encoder, "loan", markdown(page))
    assert found["Processing fee; Terms: 1% of the loan amount"] == []


@pytest.mark.parametrize(
    ("question", "answer", "needed"),
    [
        ("What is the smallest deposit?", "Rs. 10,000.", True),
        ("How much must I put in?", "The minimum deposit is Rs. 10,000.", False),
    ],
)
def test_a_question_is_cited_where_the_answer_says_too_little(
    reader: FactReader, encoder: SentenceEncoder, question: str, answer: str, needed: bool
) -> None:
    found = quoted(reader, encoder, "deposit", markdown(f"**Q: {question}**\n\nA: {answer}\n"))
    assert len(found) == 1
    assert [any("?" in one for one in quotes) for quotes in found.values()] == [needed]


def test_a_unit_without_a_part_of_its_context_reads_on() -> None:
    text = "| Card | Classic |\n|---|---|\n| Annual | Rs. 499 |\n"
    units = split(markdown(text), SentenceEncoder().count_tokens)
    cell = next(unit for unit in units if unit.form == "cell" and "499" in unit.view)
    assert cell.view == "Annual; Classic: Rs. 499"
    bare = without(cell, ())
    assert (bare.view, bare.context) == ("Annual: Rs. 499", ())
    assert len(bare.origin) == len(bare.view)
    assert [at for at, offset in enumerate(bare.origin) if offset == GLUE] == [6, 7]
    assert without(cell, cell.context) == cell


def test_nothing_is_read_again_where_nothing_may_be_put_into_words(
    reader: FactReader, encoder: SentenceEncoder
) -> None:
    units = split(markdown("| Item | Terms |\n|---|---|\n| Colour | blue |\n"), encoder.count_tokens)

    def never(_units: object) -> list[object]:
        raise AssertionError("no fact, nothing to read again")

    readings = reader.read(units, "loan", "en")
    assert cited(units, readings, never) == [unit.context for unit in units]  # type: ignore[arg-type]
