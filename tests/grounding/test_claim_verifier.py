"""The verifier on claims in nine languages: the development claims, and what every verdict promises."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.language import load_language
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.grounding import GroundingRequest, SupportPair

DEV = Path(__file__).parents[2] / "eval" / "claims" / "dev"
VERIFIER = ClaimVerifier(recognise, {language: load_language(language) for language in LANGUAGES})
FEE = "An upfront fee of 1.25 per cent of the facility amount, exclusive of GST, is payable at drawdown."


def judged(claim: str, evidence: str | list[str], language: str = "en", **more: Any) -> str:
    request = GroundingRequest.model_validate({"claim": claim, "evidence": evidence, "language": language, **more})
    return VERIFIER.verify(request).verdict


def dev(language: str) -> Iterator[tuple[str, str, list[str]]]:
    passages = yaml.safe_load((DEV / "evidence.yaml").read_text(encoding="utf-8"))
    for row in yaml.safe_load((DEV / f"{language}.yaml").read_text(encoding="utf-8")):
        for word in ("supported", "contradicted", "unsupported"):
            yield word, row[word], passages[row["evidence"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_development_claims_come_out_as_their_writer_meant_them(language: str) -> None:
    wrong = []
    for word, claim, evidence in dev(language):
        verdict = judged(claim, evidence, language)
        if (verdict == "supported") != (word == "supported"):
            wrong.append((word, verdict, claim))
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    ("language", "claim"),
    [
        ("hi", "प्रोसेसिंग फीस सवा प्रतिशत है।"),
        ("ta", "பிராசஸிங் கட்டணம் 1.25%."),
        ("bn", "প্রসেসিং ফি ১.২৫%।"),
        ("en", "Processing fee: one and a quarter per cent."),
    ],
)
def test_number_words_and_native_digits_are_the_same_figure(language: str, claim: str) -> None:
    assert judged(claim, FEE, language) == "supported"


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Lock-in of five years.", "The units are locked in for three years."),
        ("Interest of 7.5% for everyone.", "Senior citizens earn interest at 7.5% p.a."),
        ("Borrow at least ₹5 lakh.", "Loans of up to Rs 5,00,000 are given."),
        ("The penalty is 2% a year.", "Overdue amounts attract a penalty of 2% per month."),
        ("A guarantor is required.", "No guarantor is required for this loan."),
        ("There is no joining fee.", "The joining fee is Rs 499."),
        ("Offer till 30 June 2027.", "The offer is valid till 31/03/2027."),
        ("Redeem within 30 working days.", "Redemption proceeds are paid within 3 working days."),
    ],
)
def test_what_is_turned_round_is_contradicted(claim: str, evidence: str) -> None:
    assert judged(claim, evidence) == "contradicted"


def test_a_figure_of_another_subject_does_not_support() -> None:
    evidence = "The card carries a joining fee of Rs. 499 and a renewal fee of Rs. 999."
    assert judged("The renewal fee is ₹999.", evidence) == "supported"
    assert judged("The joining fee is ₹999.", evidence) == "contradicted"


def test_the_row_whose_slab_matches_decides() -> None:
    rows = ["1 year to 2 years; Public (% p.a.): 6.60", "2 years to 3 years; Public (% p.a.): 6.50"]
    assert judged("Deposits of 2 to 3 years earn 6.50%.", rows) == "supported"
    assert judged("Deposits of 2 to 3 years earn 6.60%.", rows) != "supported"


def test_another_product_is_told_apart() -> None:
    evidence = ["The Kosi Sonpari Card gives two lounge visits."]
    assert judged("The Kosi Sonpari Card gives two lounge visits.", evidence) == "supported"
    assert judged("The Kosi Neelam Card gives two lounge visits.", evidence) != "supported"


def test_nothing_in_common_is_unsupported() -> None:
    assert judged("Fuel surcharge is waived.", FEE) == "unsupported"


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=120), st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_any_text_gets_a_verdict_whose_places_lie_in_the_texts(claim: str, evidence: str, language: str) -> None:
    claim += " 7%"
    verdict = VERIFIER.verify(GroundingRequest(claim=claim, evidence=[evidence], language=language))
    assert 0 <= verdict.score <= 1
    for reason in verdict.reasons:
        if reason.claim_start is not None and reason.claim_end is not None:
            assert 0 <= reason.claim_start <= reason.claim_end <= len(claim)
        if reason.evidence_start is not None and reason.evidence_end is not None:
            assert reason.evidence_index == 0
            assert 0 <= reason.evidence_start <= reason.evidence_end <= len(evidence)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["en", "hi", "te", "gu"]))
def test_another_fee_never_passes(told: int, true: int, language: str) -> None:
    claims = {
        "en": "The processing fee is ₹{}.",
        "hi": "प्रोसेसिंग फीस ₹{} है।",
        "te": "ప్రాసెసింగ్ ఫీజు ₹{}.",
        "gu": "પ્રોસેસિંગ ફી ₹{} છે.",
    }
    verdict = judged(claims[language].format(told), f"A processing fee of Rs {true} is charged.", language)
    assert (verdict == "supported") == (told == true)


def test_places_are_those_of_the_text_as_sent() -> None:
    claim = unicodedata.normalize("NFD", "प्रोसेसिंग फ़ीस 1.25% है")
    verdict = VERIFIER.verify(GroundingRequest(claim=claim, evidence=FEE, language="hi"))
    figure = next(reason for reason in verdict.reasons if reason.code == "figure")
    assert claim[figure.claim_start : figure.claim_end] == "1.25%"
    assert FEE[figure.evidence_start : figure.evidence_end] == "1.25 per cent"


class Sure:
    """A model that always answers the same."""

    def __init__(self, row: tuple[float, float, float]) -> None:
        self.row = row

    def score(self, pairs: list[SupportPair]) -> Any:
        assert all(pair.english_claim and pair.english_evidence for pair in pairs)
        return np.array([self.row] * len(pairs))


@pytest.mark.parametrize(
    ("row", "claim", "expected"),
    [
        ((0.9, 0.05, 0.05), "The processing fee is 1.25%.", "supported"),
        ((0.99, 0.0, 0.01), "The processing fee is 1.5%.", "contradicted"),
    ],
)
def test_a_model_never_overrules_a_figure(row: tuple[float, float, float], claim: str, expected: str) -> None:
    verifier = ClaimVerifier(recognise, {"en": load_language("en")}, model=Sure(row))  # type: ignore[arg-type]
    assert verifier.verify(GroundingRequest(claim=claim, evidence=FEE)).verdict == expected


def test_the_less_the_model_believes_the_lower_the_score() -> None:
    scores = []
    for row in ((0.98, 0.01, 0.01), (0.5, 0.49, 0.01), (0.01, 0.98, 0.01)):
        verifier = ClaimVerifier(recognise, {"en": load_language("en")}, model=Sure(row))  # type: ignore[arg-type]
        request = GroundingRequest(claim="A fee is taken for looking at your papers.", evidence=FEE)
        scores.append(verifier.verify(request).score)
    assert scores[0] > scores[1] > scores[2]


def test_a_request_with_an_unknown_field_or_no_claim_is_refused() -> None:
    for bad in (
        {"claim": "…", "evidence": "x"},
        {"claim": "a", "evidence": []},
        {"claim": "a", "evidence": "x", "lang": "en"},
    ):
        with pytest.raises(ValueError, match=r"claim|evidence|lang"):
            GroundingRequest.model_validate_json(json.dumps(bad))


class Unasked:
    """A model that must not be needed."""

    def score(self, *_: Any) -> Any:
        raise AssertionError("exact comparison decides this")


def test_a_wrong_figure_asks_no_model() -> None:
    verifier = ClaimVerifier(recognise, {}, model=Unasked())
    row = "24 months to 36 months; Interest (% p.a.): 7.10%"
    request = GroundingRequest(claim="Deposits of 24 to 36 months earn 7.4%.", evidence=row)
    assert verifier.verify(request).verdict == "contradicted"


@pytest.mark.parametrize(
    ("probability", "expected"), [(0.97, ("supported", "not_verified")), (0.4, ("unsupported", "contradicted"))]
)
def test_words_that_the_evidence_does_not_use_are_for_the_model_to_judge(
    probability: float, expected: tuple[str, ...]
) -> None:
    model = Sure((probability, 0.0, 1 - probability))
    verifier = ClaimVerifier(recognise, {}, model=model)  # type: ignore[arg-type]
    request = GroundingRequest(claim="Your cheque leaves come at ₹3 each.", evidence="Each further leaf costs Rs 3.")
    assert verifier.verify(request).verdict in expected


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Interest is 10.75% for all.", "Rate of interest between 10.75% and 16.50% p.a."),
        ("Everyone gets 0.50% more.", "Those who have completed 60 years are given 0.50% more."),
        ("A deduction of ₹50,000 in both tax regimes.", "A deduction of Rs 50,000 in the old tax regime only."),
        ("Village branches ask for ₹2,000.", ["Town branches; Balance: ₹2,000", "Village branches; Balance: ₹500"]),
        ("No exit load.", "There is no exit load after 180 days."),
        ("Over ₹5 lakh we lend 80%.", "Above Rs 2.5 lakh and up to Rs 5 lakh we lend 80%."),
    ],
)
def test_what_says_more_than_the_evidence_is_flagged(claim: str, evidence: str | list[str]) -> None:
    assert judged(claim, evidence) in ("contradicted", "unsupported")


@pytest.mark.parametrize(
    ("language", "claim", "evidence"),
    [
        ("en", "No tax up to ₹50,000.", "Tax is deducted above Rs 50,000."),
        ("en", "Locked in for 3 years.", "Units cannot be redeemed for 3 years, the lock-in period."),
        ("hi", "पसंद न आए तो 30 दिन में पॉलिसी लौटाएं।", "You have 30 days to return the policy if it does not suit you."),
        ("bn", "মাত্র পাঁচশো টাকা থেকে জমা শুরু।", "The minimum deposit is Rs 500."),
        ("mr", "हप्ता परत गेल्यास ₹500 अधिक जीएसटी.", "EMI return; Amount: ₹500 + GST"),
        ("ta", "வட்டி இல்லாத காலம் 48 நாட்கள்.", "Interest-free period: 48 days"),
    ],
)
def test_the_same_said_in_another_way_is_no_contradiction(language: str, claim: str, evidence: str) -> None:
    assert judged(claim, evidence, language) == "supported"


def test_a_joiner_inside_a_word_changes_nothing() -> None:
    evidence = "1% cashback on utility bills"
    joined = "ಬಿಲ್ ಪಾವತಿಗೆ 1% ಕ್ಯಾಶ್\u200cಬ್ಯಾಕ್."
    for claim in (joined, joined.replace("\u200c", "")):
        assert judged(claim, evidence, "kn") == "supported"
