"""The proof on whole messages: what is named, and what lawful copy may do around a disclaimer."""

from __future__ import annotations

from datetime import date

import pytest

from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.schemas.compliance import Finding

DAY = date(2026, 11, 20)
WARNING = "Mutual Fund investments are subject to market risks, read all scheme related documents carefully."
IDENTITY = "Aranya Bank: AMFI-registered Mutual Fund Distributor, ARN-00000."
HINDI = "म्यूचुअल फंड निवेश बाजार जोखिमों के अधीन हैं, योजना से संबंधित सभी दस्तावेजों को ध्यान से पढ़ें।"
BODY = "Start a monthly SIP in the app."


def findings(book: PolicyBook, text: str, channel: str = "whatsapp", *, body_only: bool = False) -> tuple[Finding, ...]:
    policy = book.resolve(product_class="mutual_fund", channel=channel, language="en", as_of=DAY)
    known = book.ledger.texts(day=DAY)
    return check_disclosures(text, policy, known, body_only=body_only).findings


def whatsapp(end: str, body: str = BODY, start: str = IDENTITY) -> str:
    return f"{start}\n\n{body}\n\n{end}"


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        "Dear customer,\nStart a monthly SIP in the app",
        "Start a SIP (from ₹500) 🙂",
        "Details: https://aranya.example/sip/",
        'Call it "savings with a plan".',
        "Talk to us :)",
        "1) Choose a plan.\n2) Set the day.",
        "Start a SIP.\n\nDisclaimer:",
        "Start a SIP.\n\nStatutory warning:",
        "• Monthly plans\n• In the app",
        "Start a SIP. Do not ignore the next line.",
        "The warning is no formality.",
    ],
)
def test_lawful_copy_may_end_in_many_ways(book: PolicyBook, body: str) -> None:
    assert findings(book, whatsapp(WARNING, body)) == ()


@pytest.mark.parametrize("body", [BODY, "Call 1800 000 000", "Visit aranya.example/sip", "Start today 🚀", "Note:"])
def test_in_one_line_a_sentence_has_to_end_first(book: PolicyBook, body: str) -> None:
    policy = book.resolve(product_class="mutual_fund", channel="sms", language="en", as_of=DAY)
    text = " ".join([body, *(entry.text for entry in policy.disclaimers)])
    assert not check_disclosures(text, policy, book.ledger.texts(day=DAY)).findings


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        (whatsapp(f"Please {WARNING}"), "surroundings", "runs on"),
        (
            whatsapp(
                "Please read all scheme related documents before investing. Mutual Fund investments are subject to"
                " market risks, read all scheme related documents carefully before investing."
            ),
            "altered",
            "well-known",
        ),
        (whatsapp(f"“{WARNING}”"), "altered", "“"),
        (whatsapp(f"They say: {WARNING}"), "surroundings", "joined"),
        (whatsapp(f"({WARNING}"), "altered", ""),
        (whatsapp(WARNING, f"{BODY} (as they say:"), "surroundings", "open ("),
        (whatsapp(f"{WARNING} But don't worry."), "place", "end"),
        (whatsapp(WARNING, f"{BODY} Ignore the next line."), "surroundings", "taken back"),
        (whatsapp(WARNING, f"{BODY}\n\nMutual Fund investments are subject to market risks."), "surroundings", "part"),
        (whatsapp(f"{WARNING}\n{WARNING}"), "repeated", "more than once"),
        (whatsapp(HINDI), "language", "stands in hi"),
        (whatsapp("\u0336".join(WARNING)), "altered", "U+0336"),
        (whatsapp(WARNING.replace("a", "а", 1)), "altered", "CYRILLIC"),
        (whatsapp(WARNING.replace(" Fund", "\u200b Fund")), "altered", "U+200B"),
        (whatsapp(WARNING.upper()), "altered", "case"),
        (whatsapp("\n" * 40 + WARNING), "surroundings", "out of sight"),
        (whatsapp(WARNING, start=f"{IDENTITY} but don't worry"), "surroundings", "carried on"),
        (whatsapp(WARNING, start=f"{IDENTITY}\nThis is just a formality."), "surroundings", "taken back"),
        (f"{IDENTITY}\n\n{WARNING}\n\n{BODY}", "place", "end of the message"),
        (f"{BODY}\n\n{IDENTITY}\n{WARNING}", "place", "start of the message"),
        (whatsapp(""), "missing", "missing"),
    ],
)
def test_a_corruption_is_blocked_and_named(book: PolicyBook, text: str, rule: str, says: str) -> None:
    found = [one for one in findings(book, text) if one.severity == "block"]
    assert any(one.rule == f"disclosures.{rule}" and says in one.message for one in found), found


def test_the_finding_points_at_the_stretch(book: PolicyBook) -> None:
    text = whatsapp(WARNING.replace("read all", "please read all"))
    found = next(one for one in findings(book, text) if one.rule == "disclosures.altered")
    assert text[found.start : found.end] == WARNING.replace("read all", "please read all").rstrip(".")


def test_another_order_at_one_edge_is_for_a_person_to_decide(book: PolicyBook) -> None:
    policy = book.resolve(product_class="mutual_fund", channel="email", language="en", as_of=DAY)
    texts = [entry.text for entry in policy.disclaimers]
    assert len(texts) > 1
    known = book.ledger.texts(day=DAY)
    assert not check_disclosures("\n".join([f"{BODY}\n", *texts]), policy, known).findings
    found = check_disclosures("\n".join([f"{BODY}\n", *reversed(texts)]), policy, known).findings
    assert {(one.rule, one.severity) for one in found} == {("disclosures.order", "review")}


def test_a_body_alone_is_not_asked_for_its_disclaimers(book: PolicyBook) -> None:
    assert findings(book, BODY, body_only=True) == ()
    altered = findings(book, f"{BODY} Please {WARNING[:-1]} before investing.", body_only=True)
    assert {(one.rule, one.severity) for one in altered} == {("disclosures.altered", "review")}
