"""Planted errors keep a message well-formed, are truly errors, and are told apart by a reader of the record."""

from __future__ import annotations

import hashlib
import random
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.grounded.desk import Desk, Released
from eval.grounded.planting import PLANTERS, Surroundings, turned
from eval.grounded.quotes import evidence_of
from eval.grounded.seeded import ALARM, CAUGHT, run
from eval.rereading import numbers
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.errors import NotFound
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.schemas.message import Citation, CitedClaim

DAY = date(2026, 11, 21)
LOAN_1 = "The loan amount is up to Rs 40 lakh.\nA processing fee of 1% plus GST is charged on every loan given.\n"
LOAN_2 = (
    "The loan amount is up to Rs 60 lakh.\nA processing fee of 1% plus GST is charged on every loan given.\n"
    "No charge is levied on early repayment by individuals of floating loans.\n"
    "The tenure is at most 25 years for all.\n"
)
CAR = "The car loan amount is up to Rs 15 lakh.\nThe tenure of the car loan is at most 7 years for everybody.\n"


def _version(
    doc_id: str, version: str, text: str, code: str, name: str, since: date, until: date | None
) -> DocumentVersion:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return DocumentVersion(
        doc_id=doc_id,
        version=version,
        title=name,
        kind="product",
        product_class="loan",
        product_code=code,
        product_name=name,
        issuer="Aranya Bank",
        effective_from=since,
        effective_to=until,
        language="en",
        source_format="text",
        source="fictional",
        path=f"{doc_id}.txt",
        sha256=digest,
        source_sha256=digest,
    )


DOCUMENTS = (
    _version("home", "1", LOAN_1, "HL-1", "Aranya Ghar Loan", date(2025, 1, 1), date(2026, 5, 31)),
    _version("home", "2", LOAN_2, "HL-1", "Aranya Ghar Loan", date(2026, 6, 1), None),
    _version("car", "1", CAR, "CL-1", "Aranya Gaadi Loan", date(2026, 1, 1), None),
)
TEXTS = {one.sha256: text for one, text in zip(DOCUMENTS, (LOAN_1, LOAN_2, CAR), strict=True)}


def _cite(document: DocumentVersion, quote: str) -> Citation:
    start = TEXTS[document.sha256].index(quote)
    return Citation(
        doc_id=document.doc_id,
        version=document.version,
        sha256=document.sha256,
        start=start,
        end=start + len(quote),
        quote=quote,
        verdict="supported",
        score=1.0,
    )


def _message(code: str, *told: tuple[str, DocumentVersion, str]) -> Released:
    text, claims = "Dear Customer,\n", []
    for said, document, quote in told:
        claims.append(
            CitedClaim(text=said, start=len(text), end=len(text) + len(said), citations=(_cite(document, quote),))
        )
        text += said + "\n"
    return Released(text + "Terms apply.", "en", "email", DAY, code, tuple(claims))


HOME = _message(
    "HL-1",
    ("Borrow up to ₹60 lakh with Aranya Ghar Loan.", DOCUMENTS[1], "The loan amount is up to Rs 60 lakh."),
    (
        "A processing fee of 1% applies (GST extra).",
        DOCUMENTS[1],
        "A processing fee of 1% plus GST is charged on every loan given.",
    ),
    (
        "No charge for early repayment.",
        DOCUMENTS[1],
        "No charge is levied on early repayment by individuals of floating loans.",
    ),
)
GAADI = _message(
    "CL-1", ("Borrow up to ₹15 lakh with Aranya Gaadi Loan.", DOCUMENTS[2], "The car loan amount is up to Rs 15 lakh.")
)


def _text(sha256: str) -> str:
    if sha256 not in TEXTS:
        raise NotFound(f"no document text with SHA-256 {sha256}")
    return TEXTS[sha256]


class Numeric:
    """Supported where every number of the claim stands in the evidence, else contradicted."""

    def verify(self, request: GroundingRequest) -> GroundingVerdict:
        held = numbers(request.claim) <= numbers(" ".join(request.passages))
        return GroundingVerdict(id="1", verdict="supported" if held else "contradicted", score=float(held))


@cache
def _desk() -> Desk:
    return Desk(DOCUMENTS, _text, Numeric())


@cache
def _around() -> Surroundings:
    return Surroundings(DOCUMENTS, TEXTS, _desk().names, (HOME, GAADI))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(PLANTERS)), st.integers(0, 10_000))
def test_a_planted_message_is_well_formed_and_wrong_in_the_claim_it_names(kind: str, seed: int) -> None:
    planted = PLANTERS[kind](HOME, _around(), random.Random(seed))
    assert planted is not None
    message = planted.message
    assert all(message.text[one.start : one.end] == one.text for one in message.claims)
    assert message.text.startswith("Dear Customer,\n")
    assert message.text.endswith("\nTerms apply.")
    before, after = HOME.claims[planted.claim], message.claims[planted.claim]
    assert (before.text, before.citations) != (after.text, after.citations)
    assert planted.kind == kind
    again = PLANTERS[kind](HOME, _around(), random.Random(seed))
    assert again == planted


@given(st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_a_wrong_figure_stands_in_no_quote(seed: int) -> None:
    planted = PLANTERS["wrong figure"](HOME, _around(), random.Random(seed))
    assert planted is not None
    claim = planted.message.claims[planted.claim]
    assert not numbers(claim.text) <= numbers(claim.citations[0].quote)
    assert claim.citations == HOME.claims[planted.claim].citations


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("wrong figure, forged quote", "quote"),
        ("claim of another product", "document of another product"),
        ("superseded version", "version not in force"),
        ("product named wrongly", "names Aranya Gaadi Loan"),
    ],
)
def test_what_plain_comparison_tells(kind: str, fault: str) -> None:
    planted = PLANTERS[kind](HOME, _around(), random.Random(3))
    assert planted is not None
    reading = _desk().read(planted.message)[planted.claim]
    assert fault in reading.faults
    assert reading.flagged


def test_untouched_messages_are_not_flagged_and_their_figures_stand() -> None:
    for message in (HOME, GAADI):
        for reading in _desk().read(message):
            assert not reading.flagged
            assert all(reading.figures)


def test_a_moved_claim_or_an_unknown_document_is_a_fault() -> None:
    moved = Released(**{**vars(HOME), "text": "x" + HOME.text})
    assert "offsets" in _desk().read(moved)[0].faults
    stranger = HOME.claims[0].citations[0].model_copy(update={"sha256": "0" * 64})
    claim = HOME.claims[0].model_copy(update={"citations": (stranger,)})
    assert "no such document" in _desk().claim(HOME, claim).faults


def test_citations_are_scored_leave_one_out() -> None:
    fee, amount = HOME.claims[1].citations[0], HOME.claims[0].citations[0]
    claim = HOME.claims[0].model_copy(update={"citations": (amount, fee)})
    desk = _desk()
    reading = desk.claim(HOME, claim)
    # The fee's sentence says nothing of the amount, and the amount's stands without it.
    assert desk.citation_scores(HOME, reading) == (True, [True, False])
    wrong = desk.claim(HOME, HOME.claims[0].model_copy(update={"citations": (fee,)}))
    assert desk.citation_scores(HOME, wrong) == (False, [False])


def test_the_tally_counts_by_kind_and_tells_misses() -> None:
    tally = run(_desk(), [HOME, GAADI], _around(), 5)
    assert tally.share(CAUGHT, "wrong figure").value == 1.0
    assert tally.alarms(ALARM).value == 0.0
    # A verifier that reads numbers alone cannot see a lost negation: it is counted as missed, and told.
    assert tally.share(CAUGHT, "negation lost").value == 0.0
    assert any(one["kind"] == "negation lost" for one in tally.missed)
    assert tally.as_dict() == run(_desk(), [HOME, GAADI], _around(), 5).as_dict()


def test_the_houses_verifier_sees_what_comparison_cannot() -> None:
    verifier = ClaimVerifier(recognise, load_languages(load_catalogue()))
    desk = Desk(DOCUMENTS, TEXTS.__getitem__, verifier)
    assert not desk.read(HOME)[0].flagged
    caught = [
        desk.read(planted.message)[planted.claim].flagged
        for seed in range(6)
        if (planted := PLANTERS["wrong figure"](HOME, _around(), random.Random(seed)))
    ]
    assert all(caught)


def test_quotes_of_one_version_are_read_together_in_its_order() -> None:
    fee, amount = HOME.claims[1].citations[0], HOME.claims[0].citations[0]
    assert evidence_of([fee, amount], TEXTS.__getitem__) == [f"{amount.quote}\n{fee.quote}"]


def test_a_table_row_is_read_under_the_header_that_is_cited() -> None:
    text = "| Tenure | Public | Seniors |\n|---|---|---|\n| 12 months | 7.40 | 7.90 |\nPaid yearly.\n"
    cited = [
        Citation(
            doc_id="d",
            version="1",
            sha256="s",
            start=text.index(quote),
            end=text.index(quote) + len(quote),
            quote=quote,
            verdict="supported",
            score=1,
        )
        for quote in ("| 12 months | 7.40 | 7.90 |", "Seniors", "Paid yearly.")
    ]
    assert evidence_of(cited, lambda _: text) == ["12 months; Seniors: 7.90\nPaid yearly."]
    assert evidence_of(cited[:1], lambda _: text) == ["| 12 months | 7.40 | 7.90 |"]


def test_every_language_has_bounds_and_negations_that_its_own_phrasings_hold() -> None:
    packs = load_languages(load_catalogue())
    for language in LANGUAGES:
        phrases = [phrase for kind in packs[language].kinds.values() for phrase in kind.all]
        for what in ("bound", "negation"):
            pairs = turned(what, language)
            touched = {
                phrase for phrase in phrases for found, put in pairs if found.sub(put, phrase, count=1) != phrase
            }
            assert len(touched) >= 5, (language, what)
