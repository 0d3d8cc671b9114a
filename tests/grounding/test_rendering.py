"""Claims in English words and lettered figures: the same size has the same letter, every word a reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.grounding import GroundingRequest, SupportPair

VERIFIER = ClaimVerifier(recognise, load_languages(load_catalogue()))


def read(claim: str, *evidence: str, language: str = "en") -> SupportPair:
    return VERIFIER.pair(
        GroundingRequest.model_validate({"claim": claim, "evidence": list(evidence), "language": language})
    )


def test_the_same_size_has_the_same_letter_however_it_is_written() -> None:
    pair = read("A lock-in of 3 years and ₹2.5 lakh.", "Locked in for 36 months.", "Up to Rs. 2,50,000; fee 1%.")
    assert pair.english_evidence == "Locked in for period a . ; Up to rupees a ; fee percent a ."
    assert pair.english_claim == "A lock-in of period a and rupees a ."


def test_a_larger_size_has_a_later_letter() -> None:
    pair = read("The fee is ₹600.", "The fee is ₹500.")
    assert pair.english_evidence.endswith("rupees a .")
    assert pair.english_claim.endswith("rupees b .")
    between = read("₹60,000 are free.", "Up to ₹50,000: free; above ₹1 lakh: 2%.")
    assert between.english_claim == "rupees b are free."
    assert "rupees a : free" in between.english_evidence
    assert "rupees c : percent a" in between.english_evidence


@pytest.mark.parametrize(
    ("language", "text", "read_as"),
    [
        ("en", "Requests received by 2.30 p.m. count today.", "number a p.m."),
        ("bn", "দু'লাখ টাকা পর্যন্ত", "rupees a"),
        ("kn", "ಕೇವಲ ಎರಡು ಪರ್ಸೆಂಟ್", "percent a"),
        ("mr", "दोन परसेंट", "percent a"),
    ],
)
def test_times_elisions_and_loanwords_are_read_as_what_they_are(language: str, text: str, read_as: str) -> None:
    assert read_as in read(text, "x", language=language).english_claim


def test_native_words_give_way_to_english_ones_and_number_words_to_letters() -> None:
    pair = read("डेबिट कार्ड का शुल्क पाँच सौ रुपये है।", "The debit card costs ₹500.", language="hi")
    assert "debit card" in pair.english_claim
    assert "rupees a" in pair.english_claim


def test_a_word_that_no_glossary_has_is_the_evidences_word_that_sounds_like_it() -> None:
    pair = read("तुंगारा बैंक", "Tungara Bank lends.", language="hi")
    assert "Tungara" in pair.english_claim or "tungara" in pair.english_claim


def test_of_long_evidence_the_nearest_sentences_are_read_in_their_order() -> None:
    noise = [f"Branch {place} is open on all working days of the bank and closed on holidays." for place in range(40)]
    pair = read("The joining fee of the credit card is ₹499.", *noise, "The credit card has a joining fee of ₹499.")
    assert "joining fee" in pair.english_evidence
    assert len(pair.english_evidence.split()) < 160


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text(min_size=1, max_size=80).filter(lambda text: any(char.isalpha() for char in text)))
def test_anything_can_be_rendered(language: str, text: str) -> None:
    pair = read(text, "A fee of ₹500 is charged.", language=language)
    assert pair.english_evidence == "A fee of rupees a is charged."
    assert pair.english_claim.strip()
