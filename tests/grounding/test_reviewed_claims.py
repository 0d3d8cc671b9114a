"""The verifier in the line: the finished words of each claim are held against the quote that it cites."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.compliance.policy import load_policy_book
from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.reviewer import ComplianceReviewer
from ragmarket.compliance.support import SupportCheck
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.draft import Draft, DraftClaim
from ragmarket.schemas.evidence import Evidence

CATALOGUE = load_catalogue()
PACKS = load_languages(CATALOGUE)
VERIFIER = ClaimVerifier(recognise, PACKS)
LEDGER = Path(__file__).parents[2] / "approved_disclaimers"
POLICIES = load_policy_book(LEDGER, production=False)
TEXT = "A deposit can be opened with ₹5,000."
FIGURE = next(iter(recognise(TEXT)))
EVIDENCE = Evidence.model_validate(
    {
        "id": "S1", "doc_id": "t", "version": "1", "sha256": "0" * 64, "title": "T", "product_code": "T",
        "doc_kind": "product", "start": 0, "end": len(TEXT), "quote": TEXT, "text": TEXT, "kind": "fd_min_deposit",
        "kind_score": 1.0, "phrasable": True, "figures": [FIGURE],
        "slots": [{"name": "S1a", "role": "amount", "low": FIGURE}],
    }
)  # fmt: skip


class NoRules:
    """Leaves the text alone: this test is about claims."""

    def findings(self, *_: Any, **__: Any) -> tuple[Finding, ...]:
        return ()

    check = None


def reviewed(
    claim: str, language: str, not_verified: Literal["refuse", "review"] = "refuse", amount: str = "5000"
) -> Any:
    reviewer = ComplianceReviewer(
        Renderer(CATALOGUE, PACKS),
        SupportCheck(PACKS),
        NoRules(),  # type: ignore[arg-type]
        lambda _: TEXT,
        VERIFIER,
        not_verified,
    )
    policy = POLICIES.resolve(product_class="deposit", channel="email", language=language, as_of=date(2026, 11, 20))
    figure = FIGURE.model_copy(update={"value": Decimal(amount)})
    slots = (EVIDENCE.slots[0].model_copy(update={"low": figure}),)
    evidence = [EVIDENCE.model_copy(update={"slots": slots})]
    draft = Draft(claims=(DraftClaim(text=claim, cites=("S1",)),))
    message = reviewer.render(draft, policy, evidence, "Test Deposit")
    return reviewer.review(message, draft, policy, evidence, "Test Deposit"), reviewer.cite(message, evidence)


def blocking(findings: tuple[Finding, ...]) -> set[str]:
    return {one.rule for one in findings if one.severity == "block" and one.rule.startswith("grounding.")}


@pytest.mark.parametrize("language", sorted(PACKS))
def test_a_proven_phrasing_stays_supported(language: str) -> None:
    for phrase in PACKS[language].kinds["fd_min_deposit"].all:
        findings, cited = reviewed(phrase.replace("{amount}", "{S1a}"), language)
        assert blocking(findings) == set(), phrase
        assert {one.verdict for claim in cited for one in claim.citations} == {"supported"}


@pytest.mark.parametrize("language", sorted(PACKS))
def test_a_figure_that_was_altered_on_its_way_is_found_in_the_finished_words(language: str) -> None:
    phrase = PACKS[language].kinds["fd_min_deposit"].customer[0].replace("{amount}", "{S1a}")
    findings, _ = reviewed(phrase, language, amount="6000")
    assert "grounding.contradicted" in blocking(findings)


def test_what_is_not_verified_is_refused_or_shown_to_a_person_as_policy_says() -> None:
    # A phrasing of the phrasebook with one word that it does not hold.
    phrase = PACKS["en"].kinds["fd_min_deposit"].customer[0].replace("{amount}", "{S1a}")
    claim = phrase.removesuffix(".") + " already."
    refused, cited = reviewed(claim, "en")
    assert blocking(refused) == {"grounding.not_verified"}
    assert cited[0].citations[0].verdict == "not_verified"
    shown, _ = reviewed(claim, "en", "review")
    assert blocking(shown) == set()
    assert [one.severity for one in shown if one.rule == "grounding.not_verified"] == ["review"]
