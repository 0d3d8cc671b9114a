"""The line with doubles at both ends: the order, the backward arrow, fail-closed audit, and what the final bytes
hold."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.policy import load_policy_book
from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.reviewer import ComplianceReviewer
from ragmarket.compliance.support import SupportCheck
from ragmarket.errors import AuditWriteFailed, UnknownProduct
from ragmarket.generation.drafter import GroundedDrafter
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.pipeline import Pipeline
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.testing import FixedPredictor, MemoryAuditLog, MemoryRetriever, ScriptedEngine

TEXT = """# Test Deposit

A deposit can be opened with ₹5,000.
Deposits for 444 days earn 7.25% p.a.
A nominee may be named.
"""
DAY = date(2026, 11, 21)
CATALOGUE = load_catalogue()
PACKS = load_languages(CATALOGUE)
POLICIES = load_policy_book(Path(__file__).parents[1] / "approved_disclaimers")
RULES = GuardedReview(POLICIES)


def figure(type_: str, value: str, unit: str, text: str, **more: str) -> dict[str, Any]:
    start = TEXT.index(text)
    return {"type": type_, "value": value, "unit": unit, "start": start, "end": start + len(text), "text": text, **more}


def evidence(number: int, quote: str, kind: str, roles: dict[str, dict[str, Any]]) -> Evidence:
    start = TEXT.index(quote)
    slots = [
        {"name": f"S{number}{letter}", "role": role, "low": low}
        for letter, (role, low) in zip("ab", roles.items(), strict=False)
    ]
    return Evidence.model_validate(
        {
            "id": f"S{number}", "doc_id": "test-fd", "version": "1", "sha256": DOCUMENT.sha256, "title": "Test",
            "product_code": "T-FD", "doc_kind": "product", "start": start, "end": start + len(quote), "quote": quote,
            "text": quote, "kind": kind, "kind_score": 1.0, "phrasable": True, "slots": slots,
            "figures": list(roles.values()),
        }
    )  # fmt: skip


DOCUMENT = DocumentVersion.model_validate(
    {
        "doc_id": "test-fd", "version": "1", "title": "Test", "kind": "product", "product_class": "deposit",
        "product_code": "T-FD", "product_name": "Test Deposit", "issuer": "Test Bank", "effective_from": "2026-01-01",
        "language": "en", "source_format": "markdown", "source": "test", "path": "test.md",
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest(), "source_sha256": "0" * 64,
    }
)  # fmt: skip
EVIDENCE = (
    evidence(
        1,
        "A deposit can be opened with ₹5,000.",
        "fd_min_deposit",
        {"amount": figure("amount", "5000", "INR", "₹5,000", bound="from")},
    ),
    evidence(
        2,
        "Deposits for 444 days earn 7.25% p.a.",
        "fd_interest_rate",
        {
            "duration": figure("duration", "444", "day", "444 days"),
            "rate": figure("rate", "7.25", "percent", "7.25%", period="year"),
        },
    ),
    evidence(3, "A nominee may be named.", "nomination_available", {}),
)


def answer(language: str, channel: str, ids: tuple[int, ...], pick: int = 0, **changes: str) -> str:
    """What a perfect writer would answer, unless ``changes`` spoil a part of it."""
    pack = PACKS[language]
    body: dict[str, Any] = {}
    if channel in {"email", "push"}:
        body["subject"] = pack.subjects[0] if channel == "email" else pack.titles[0]
    if channel in {"whatsapp", "email"}:
        body["opening"] = pack.openings[channel][0]  # type: ignore[index]
    body["claims"] = []
    for id_ in ids:
        item = EVIDENCE[id_ - 1]
        phrasings = pack.kinds[str(item.kind)]
        phrase = phrasings.customer[pick % 1]
        text = phrase.format(product="{product}", **{slot.role: "{" + slot.name + "}" for slot in item.slots})
        body["claims"].append({"cite": item.id, "fact": "", "text": text})
    if channel in {"whatsapp", "email"}:
        body["cta"] = pack.ctas["learn"][0]
    return json.dumps(body | changes, ensure_ascii=False)


def line(*answers: str) -> tuple[Pipeline, ScriptedEngine, MemoryAuditLog]:
    engine, audit = ScriptedEngine(answers), MemoryAuditLog()
    retriever = MemoryRetriever({"fd": (DOCUMENT, TEXT)}, EVIDENCE)
    pipeline = Pipeline(
        predictor=FixedPredictor(),
        policies=POLICIES,
        retriever=retriever,
        drafter=GroundedDrafter(engine, PACKS, load_angles()),
        reviewer=ComplianceReviewer(Renderer(CATALOGUE, PACKS), SupportCheck(PACKS), RULES, retriever.text),
        audit=audit,
        today=lambda: DAY,
    )
    return pipeline, engine, audit


def brief(language: str = "en", channel: str = "whatsapp", **more: Any) -> Brief:
    return Brief.model_validate({"product_code": "T-FD", "language": language, "channel": channel, **more})


IDS = {"sms": (1,), "push": (1,), "whatsapp": (1, 2), "email": (1, 2, 3)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_character_of_an_accepted_message_is_accounted_for(language: str, channel: str) -> None:
    pipeline, _, audit = line(answer(language, channel, IDS[channel]))
    result = pipeline.draft(brief(language, channel))
    assert result.status == "accepted", result.findings
    text = result.text or ""
    assert unicodedata.is_normalized("NFC", text)
    for claim in result.claims:
        assert text[claim.start : claim.end] == claim.text
        for citation in claim.citations:
            assert TEXT[citation.start : citation.end] == citation.quote
    policy = POLICIES.resolve(product_class="deposit", channel=channel, language=language, as_of=DAY)
    assert [entry.id for entry in result.disclaimers] == [entry.id for entry in policy.disclaimers]
    for entry, wording in zip(result.disclaimers, policy.disclaimers, strict=True):
        assert text.count(wording.text) == 1
        assert text[entry.start : entry.end] == wording.text
    assert audit.get(result.draft_id)["status"] == "accepted"
    assert audit.verify() == []


def test_a_finding_goes_back_to_the_writer_and_only_that_often() -> None:
    spoiled = answer("en", "sms", (1,)).replace("{S1a}", "{S1a} guaranteed")
    pipeline, engine, audit = line(spoiled, answer("en", "sms", (3,)))
    result = pipeline.draft(brief(channel="sms"))
    assert result.status == "accepted"
    assert result.attempts == 2
    assert "S1 " not in engine.prompts[1], "the blamed fact is not asked for again"
    first, second = audit.get(result.draft_id)["attempts"]  # type: ignore[misc]
    assert first["findings"]
    assert not second["findings"]
    pipeline, engine, audit = line(spoiled)
    result = pipeline.draft(brief(channel="sms"))
    assert result.status == "refused"
    assert result.text is None
    assert any(finding.severity == "block" for finding in result.findings)
    assert len(engine.prompts) <= 3
    assert audit.get(result.draft_id)["status"] == "refused"


def test_a_promise_hidden_in_the_opening_is_refused() -> None:
    pipeline, _, _ = line(answer("en", "whatsapp", (1,), opening="Hello, our deposits are the safest."))
    result = pipeline.draft(brief())
    assert result.status == "refused"
    assert any(item.rule == "grounding.assertion_outside_claims" for item in result.findings)


@pytest.mark.parametrize("raw", ['{"claims":[{"cite":"S1"', '{"claims":[{"cite":"S1","text":"{S9a}"}]}', "[]", ""])
def test_undecodable_output_is_an_attempt_and_never_an_answer(raw: str) -> None:
    pipeline, _, _ = line(raw)
    result = pipeline.draft(brief(channel="sms"))
    assert result.status == "refused"
    assert {item.rule for item in result.findings} == {"engine.undecodable"}


def test_nothing_is_returned_when_the_audit_record_cannot_be_written() -> None:
    pipeline, _, audit = line(answer("en", "sms", (1,)))
    audit.full = True
    with pytest.raises(AuditWriteFailed):
        pipeline.draft(brief(channel="sms"))


def test_unknown_products_and_days_out_of_force_are_errors_with_a_hint() -> None:
    pipeline, _, audit = line(answer("en", "sms", (1,)))
    for wrong in (brief(product_code="NO-SUCH"), brief(as_of="2025-12-31")):
        with pytest.raises(UnknownProduct) as caught:
            pipeline.draft(wrong)
        assert caught.value.hint
    assert list(audit.records()) == []


def test_no_figure_and_no_document_text_enters_the_prompt() -> None:
    pipeline, engine, _ = line(answer("en", "email", (1, 2, 3)))
    pipeline.draft(brief(channel="email"))
    prompt = engine.prompts[0]
    assert "7.25" not in prompt
    assert "444" not in prompt
    assert "nominee may be named" not in prompt


@settings(max_examples=40)
@given(
    language=st.sampled_from(LANGUAGES),
    channel=st.sampled_from(CHANNELS),
    junk=st.text(min_size=1, max_size=12),
    at=st.integers(0, 60),
)
def test_whatever_is_slipped_into_a_claim_is_never_released(language: str, channel: str, junk: str, at: int) -> None:
    """Property: a claim with anything added is refused, or is the same words apart from blanks and punctuation."""
    good = json.loads(answer(language, channel, (1,)))
    text = good["claims"][0]["text"]
    spoiled = unicodedata.normalize("NFC", text[:at] + junk + text[at:])
    good["claims"][0]["text"] = spoiled
    pipeline, _, _ = line(json.dumps(good, ensure_ascii=False))
    result = pipeline.draft(brief(language, channel))
    if result.status == "accepted":

        def letters(value: str) -> str:
            return "".join(
                char for char in value.casefold() if unicodedata.category(char)[0] in "LMN" or char in "{}₹%"
            )

        assert letters(spoiled) == letters(text)


def test_a_figure_that_ends_in_a_stop_closes_its_sentence_and_a_sentence_begins_with_a_capital() -> None:
    pipeline, _, _ = line(
        json.dumps(
            {
                "claims": [
                    {"cite": "S2", "fact": "", "text": "Place a fixed deposit for {S2a} and earn interest at {S2b}."}
                ]
            },
            ensure_ascii=False,
        )
    )
    result = pipeline.draft(brief(channel="sms"))
    assert result.status == "accepted", result.findings
    assert result.claims[0].text == "Place a fixed deposit for 444 days and earn interest at 7.25% p.a."


def test_evidence_that_holds_a_persons_number_is_neither_told_nor_recorded() -> None:
    text = "Call our officer on 98765 43210 to name a nominee."
    spoilt = EVIDENCE[2].model_copy(update={"id": "S4", "quote": text, "text": text})
    retriever = MemoryRetriever({"fd": (DOCUMENT, TEXT)}, (*EVIDENCE[:2], spoilt))
    pipeline, _, audit = line(answer("en", "whatsapp", (1, 2)))
    pipeline.retriever = retriever
    result = pipeline.draft(brief())
    assert result.status == "accepted"
    assert "98765" not in json.dumps(audit.get(result.draft_id), ensure_ascii=False, default=str)
