"""A table row without its header bears out no figure of one column, and none of an unnamed thing."""

from __future__ import annotations

import pytest

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import Language
from ragmarket.schemas.grounding import GroundingRequest


@pytest.fixture(scope="module")
def verifier() -> ClaimVerifier:
    return ClaimVerifier(recognise, load_languages(load_catalogue()))


def _codes(verifier: ClaimVerifier, claim: str, evidence: str, language: Language = "en") -> tuple[str, set[str]]:
    said = verifier.verify(GroundingRequest(claim=claim, evidence=evidence, language=language))
    return said.verdict, {one.code for one in said.reasons}


@pytest.mark.parametrize(
    ("claim", "evidence", "language"),
    [
        ("The joining fee of the Classic card is ₹299.", "| Joining fee (one time) | Rs. 299 | Rs. 750 |", "en"),
        ("क्लासिक कार्ड की जॉइनिंग फीस ₹299 है।", "| Joining fee (one time) | Rs. 299 | Rs. 750 |", "hi"),
        ("Deposits of 25 to 60 months earn 7.1% a year.", "| 25 months – 60 months | 7.10 | 7.60 |", "en"),
        ("The total expense ratio of the regular plan is 1.92%.", "| Regular | 1.92% |", "en"),
    ],
)
def test_a_row_without_its_header_proves_no_figure(
    verifier: ClaimVerifier, claim: str, evidence: str, language: Language
) -> None:
    verdict, codes = _codes(verifier, claim, evidence, language)
    assert verdict == "unsupported"
    assert "header_absent" in codes


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("The joining fee is ₹299.", "| Joining fee | Rs. 299 |"),
        ("The joining fee is ₹299 or ₹750.", "| Joining fee | Rs. 299 | Rs. 750 |"),
        ("The joining fee is ₹299.", "| Fee | Classic | Gold |\n| Joining fee | Rs. 299 | Rs. 750 |"),
        ("The joining fee is ₹299.", "Joining fee; Classic: Rs. 299"),
        ("The exit load is 0.25%.", "Index Fund | Exit load: 0.25% | Expense ratio: 0.18%"),
    ],
)
def test_a_row_that_names_its_figure_needs_no_header(verifier: ClaimVerifier, claim: str, evidence: str) -> None:
    assert "header_absent" not in _codes(verifier, claim, evidence)[1]
