"""Figures that the evidence does not print: number words, parts of dates, instances of slabs, and sums."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.grounding.lexicon import shared_lexicon
from ragmarket.compliance.grounding.quantities import quantities_of
from ragmarket.compliance.grounding.sizes import Quantity
from ragmarket.compliance.grounding.tongue import tongue_of
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.language import load_language
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict

ONES = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
VERIFIER = ClaimVerifier(recognise, {language: load_language(language) for language in LANGUAGES})


def read(text: str, language: str) -> tuple[Quantity, ...]:
    return quantities_of(text, language, (shared_lexicon("en"), shared_lexicon(language)), recognise)


def verified(claim: str, evidence: str | list[str], language: str = "en") -> GroundingVerdict:
    return VERIFIER.verify(GroundingRequest(claim=claim, evidence=evidence, language=language))


@pytest.mark.parametrize(
    ("language", "text", "kind", "value"),
    [
        ("hi", "एक लाख बीस हज़ार रुपये।", "amount", 120_000),
        ("hi", "सात दशमलव दो पाँच प्रतिशत।", "rate", 7.25),
        ("ta", "எழுபத்தைந்தாயிரம் ரூபாய்.", "amount", 75_000),
        ("ta", "நூற்று எண்பது நாட்கள்.", "days", 180),
        ("te", "లక్షా ఇరవై వేల రూపాయలు.", "amount", 120_000),
        ("te", "ఐదువందల రూపాయలకు.", "amount", 500),
        ("kn", "ಒಂಬೈನೂರ ತೊಂಬತ್ತೊಂಬತ್ತು ರೂಪಾಯಿ.", "amount", 999),
        ("ml", "പന്ത്രണ്ടായിരത്തി അഞ്ഞൂറ് രൂപ.", "amount", 12_500),
        ("ml", "ഏഴേകാൽ ശതമാനം.", "rate", 7.25),
        ("bn", "বারোশো টাকা।", "amount", 1_200),
        ("mr", "पाऊण टक्का.", "rate", 0.75),
        ("gu", "સાડા બાર હજાર રૂપિયા.", "amount", 12_500),
        ("en", "three thousand two hundred rupees", "amount", 3_200),
    ],
)
def test_number_words_are_read_by_their_grammar(language: str, text: str, kind: str, value: float) -> None:
    assert [(one.kind, one.value) for one in read(text, language)] == [(kind, value)]


def test_a_word_that_begins_like_a_number_is_none() -> None:
    assert read("బంగారం వేలం వేస్తారు.", "te") == ()
    assert read("सुरुवातीच्या तीस दिवसांत.", "mr")[0].kind == "days"


@given(st.integers(1, 99), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_thousands_and_hundreds_in_english_words_add_up(thousands: int, hundreds: int) -> None:
    head = ONES[thousands - 1] if thousands < 20 else TENS[thousands // 10 - 2]
    if thousands >= 20 and thousands % 10:
        head += f"-{ONES[thousands % 10 - 1]}"
    tail = f" {ONES[hundreds - 1]} hundred" if hundreds else ""
    found = read(f"{head} thousand{tail} rupees", "en")
    assert [(one.kind, one.value) for one in found] == [("amount", thousands * 1000 + hundreds * 100)]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("On a deposit of ₹1 lakh, borrow up to ₹90,000.", "Overdraft against deposits: up to 90% of the deposit."),
        ("Three years of equal monthly instalments.", "Repayment: 36 equated monthly instalments"),
        ("₹60 lakh earns 3.25%.", "Balances below ₹50 lakh earn 2.75%; balances of ₹50 lakh and above earn 3.25%."),
        ("The offer runs till March 2027.", "The offer is open until 31 March 2027."),
    ],
)
def test_what_follows_from_the_evidence_is_no_wrong_figure(claim: str, evidence: str) -> None:
    codes = {reason.code for reason in verified(claim, evidence).reasons}
    assert not codes & {"figure_other", "figure_absent", "slab"}


def test_a_size_told_with_the_figure_of_another_slab_is_contradicted() -> None:
    rows = "Balances below ₹50 lakh earn 2.75%; balances of ₹50 lakh and above earn 3.25%."
    assert verified("₹60 lakh earns 2.75%.", rows).verdict == "contradicted"


def test_a_figure_of_the_product_that_the_claim_does_not_name_is_told() -> None:
    cards = ["Tide Credit Card: joining fee ₹999.", "Crest Credit Card: joining fee ₹4,999."]
    assert "name_other" in {one.code for one in verified("The Crest card joins you for ₹999.", cards).reasons}
    assert verified("The Crest card has a joining fee of ₹4,999.", cards).verdict == "supported"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("यह योजना 31 मार्च तक खुली है।", "hi"), ("ही योजना 31 मार्चपर्यंत खुली आहे.", "mr"), ("Open till 31 March.", "en"),
        ("কোনও চার্জ নেই।", "bn"), ("கட்டணம் இல்லை.", "ta"),
    ],
)  # fmt: skip
def test_a_passage_is_read_in_its_own_language(text: str, language: str) -> None:
    assert tongue_of(text, "gu") == language
