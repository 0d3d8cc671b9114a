from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.policy import PolicyBook
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.schemas.compliance import CheckRequest, Policy

DAY = date(2026, 11, 20)
ROOT = Path(__file__).parents[2]
BODY = {
    "en": "Details are in the product document.",
    "hi": "पूरी जानकारी प्रोडक्ट के दस्तावेज में है।",
    "mr": "संपूर्ण माहिती उत्पादनाच्या कागदपत्रात आहे.",
    "bn": "বিস্তারিত তথ্য পণ্যের নথিতে আছে।",
    "gu": "વિગતો પ્રોડક્ટના દસ્તાવેજમાં છે.",
    "ta": "விவரங்கள் திட்ட ஆவணத்தில் உள்ளன.",
    "te": "వివరాలు ఉత్పత్తి పత్రంలో ఉన్నాయి.",
    "kn": "ವಿವರಗಳು ಉತ್ಪನ್ನದ ದಾಖಲೆಯಲ್ಲಿವೆ.",
    "ml": "വിവരങ്ങൾ ഉൽപ്പന്ന രേഖയിലുണ്ട്.",
}


def lay_out(policy: Policy, body: str) -> str:
    gap, paragraph = (" ", " ") if policy.channel in {"sms", "push"} else ("\n", "\n\n")
    head = gap.join(text.text for text in policy.disclaimers if text.placement == "start")
    tail = gap.join(text.text for text in policy.disclaimers if text.placement == "end")
    return paragraph.join(part for part in (head, body, tail) if part)


def test_a_right_message_passes_in_every_language_class_and_channel(book: PolicyBook, review: GuardedReview) -> None:
    passed = 0
    for product_class in PRODUCT_CLASSES:
        for channel in CHANNELS:
            for language in LANGUAGES:
                for day in (DAY, date(2027, 1, 1)):
                    policy = book.resolve(product_class=product_class, channel=channel, language=language, as_of=day)
                    if policy.refusals:
                        continue
                    text = lay_out(policy, BODY[language])
                    assert not review.findings(text, policy), (product_class, channel, language)
                    passed += 1
    assert passed > 600


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_repeated_and_misplaced_disclaimers_block(
    book: PolicyBook, review: GuardedReview, language: str
) -> None:
    policy = book.resolve(product_class="mutual_fund", channel="email", language=language, as_of=DAY)
    text = lay_out(policy, BODY[language])
    warning = next(entry.text for entry in policy.disclaimers if entry.id == "mf-standard-warning")

    def rules(changed: str) -> set[str]:
        return {finding.rule for finding in review.findings(changed, policy) if finding.severity == "block"}

    assert "disclosures.missing" in rules(BODY[language])
    assert "disclosures.repeated" in rules(f"{text}\n{warning}")
    assert "disclosures.place" in rules(f"{text}\n\n{BODY[language]}")
    assert review.findings(BODY[language], policy, body_only=True) == ()


def test_the_classic_wrong_form_is_named(review: GuardedReview) -> None:
    text = (
        "SIP details are in the document.\n\nMutual Fund investments are subject to market risks. Please read all "
        "scheme related documents carefully before investing."
    )
    request = CheckRequest(text=text, language="en", product_class="mutual_fund", channel="email", as_of=DAY)
    verdict = review.check(request)
    assert verdict.verdict == "fail"
    altered = next(finding for finding in verdict.findings if finding.rule == "disclosures.altered")
    assert "well-known wrong form" in altered.message
    assert text[altered.start : altered.end].startswith("Mutual Fund")
    assert text[altered.start : altered.end].endswith("before investing")


def test_a_warning_in_another_language_does_not_count(book: PolicyBook, review: GuardedReview) -> None:
    policy = book.resolve(product_class="mutual_fund", channel="email", language="hi", as_of=DAY)
    english = book.ledger.at(DAY, "en")["mf-standard-warning"].text
    hindi = next(entry.text for entry in policy.disclaimers if entry.id == "mf-standard-warning")
    findings = review.findings(lay_out(policy, BODY["hi"]).replace(hindi, english), policy)
    assert "disclosures.language" in {finding.rule for finding in findings}


def test_disclaimers_are_no_claims_only_at_their_exact_bytes(book: PolicyBook, review: GuardedReview) -> None:
    policy = book.resolve(product_class="nps", channel="email", language="en", as_of=DAY)
    text = lay_out(policy, BODY["en"])
    assert not review.findings(text, policy)
    tampered = text.replace("Returns are not guaranteed", "Returns are guaranteed")
    assert {"claims.guaranteed_return", "disclosures.altered"} <= {f.rule for f in review.findings(tampered, policy)}


def test_findings_are_in_order_and_the_subject_is_read(book: PolicyBook, review: GuardedReview) -> None:
    policy = book.resolve(product_class="loan", channel="email", language="en", as_of=DAY)
    text = lay_out(policy, "Guaranteed approval. Hurry! Call 98765 43210.")
    found = review.findings(text, policy, "Last chance: 100% approval")
    placed = [finding.start for finding in found if finding.start is not None]
    assert placed == sorted(placed)
    assert {"claims.assured_approval", "claims.urgency", "personal_data.telephone"} <= {f.rule for f in found}
    assert sum(finding.message.startswith("subject: ") for finding in found) == 2


def test_a_refused_combination_fails_the_check(review: GuardedReview) -> None:
    request = CheckRequest(text=BODY["en"], language="en", product_class="ulip", channel="sms", as_of=DAY)
    assert "policy.no_room" in {finding.rule for finding in review.check(request).findings}
    assert review.check(request, body_only=True).verdict == "pass"


def test_an_empty_text_fails(review: GuardedReview) -> None:
    request = CheckRequest(text=" \n", language="en", product_class="savings", channel="push", as_of=DAY)
    assert review.check(request, body_only=True).verdict == "fail"


def test_threads_do_not_see_one_another(review: GuardedReview) -> None:
    texts = ["Guaranteed approval.", BODY["en"]] * 20

    def verdict(text: str) -> str:
        request = CheckRequest(text=text, language="en", product_class="loan", channel="sms", as_of=DAY)
        return review.check(request, body_only=True).verdict

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(verdict, texts)) == ["fail", "pass"] * 20


def test_no_socket_is_opened_and_nltk_stays_usable(tmp_path: Path) -> None:
    # A fresh process with an empty HOME: nothing that a user once configured hides a call home.
    code = f"""
import socket, time
def refuse(*args, **kwargs):
    raise AssertionError(f"a socket was opened: {{args}}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
from datetime import date
from pathlib import Path
from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.policy import load_policy_book
from ragmarket.schemas.compliance import CheckRequest
review = GuardedReview(load_policy_book(Path({str(ROOT / "approved_disclaimers")!r})))
day = date(2026, 11, 20)
request = CheckRequest(text="Guaranteed approval.", language="en", product_class="loan", channel="sms", as_of=day)
assert review.check(request).verdict == "fail"
import guardrails
from guardrails.utils.hub_telemetry_utils import HubTelemetry
guardrails.Guard().configure(allow_metrics_collection=True)
assert HubTelemetry()._enabled is False and HubTelemetry()._tracer is None
review.check(request)
import sys, nltk
assert sys.modules["nltk"] is not None
time.sleep(0.2)
print("quiet")
"""
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("quiet")
    assert "Error" not in done.stderr, done.stderr[-2000:]


def test_without_a_day_the_check_takes_the_date_in_india(
    review: GuardedReview, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = CheckRequest(text=BODY["en"], language="en", product_class="securities", channel="email")
    monkeypatch.setattr("ragmarket.compliance.guard.today", lambda: date(2023, 4, 30))
    assert "policy.not_covered" in {finding.rule for finding in review.check(request).findings}
    monkeypatch.setattr("ragmarket.compliance.guard.today", lambda: date(2023, 5, 1))
    assert "policy.not_covered" not in {finding.rule for finding in review.check(request).findings}


def test_a_day_before_the_rules_are_known_fails_the_body_too(review: GuardedReview) -> None:
    early = CheckRequest(
        text=BODY["en"], language="en", product_class="securities", channel="whatsapp", as_of=date(2022, 6, 1)
    )
    assert review.check(early, body_only=True).verdict == "fail"


@pytest.mark.parametrize("language", ["hi", "en"])
def test_romanised_copy_is_read_by_every_rule_and_its_letters_are_left_to_a_person(
    review: GuardedReview, language: str
) -> None:
    lawful = "FD par byaj ki jaankari ke liye apni branch se baat karein. Sharten aur charges KFS mein diye gaye hain."
    request = {"language": language, "product_class": "deposit", "channel": "email", "as_of": DAY}
    verdict = review.check(CheckRequest.model_validate({"text": lawful, **request}), body_only=True)
    assert verdict.verdict == "pass", verdict.findings
    assert [(f.rule, f.severity) for f in verdict.findings] == [("language.romanised", "review")]
    english = "Please visit your branch for the details of the deposit and of the charges that apply to it."
    verdict = review.check(CheckRequest.model_validate({"text": english, **request}), body_only=True)
    assert (verdict.verdict == "fail") == (language == "hi")
