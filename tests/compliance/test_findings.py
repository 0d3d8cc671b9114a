from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.mending import Mender, applied, sentence_span
from ragmarket.compliance.policy import PolicyBook
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.findings import explained, load_explanations
from ragmarket.schemas.base import Language
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, Finding, Policy

DAY = date(2026, 11, 20)
PACKAGE = Path(__file__).parents[2] / "ragmarket"
ROOMS = "channel|disclosures|language|personal_data|policy|grounding|evidence|engine|guard|dlt"
PROMISE = "Dear customer. Guaranteed 12% returns every year. Ask at the branch."


def check(review: GuardedReview, text: str, language: Language = "en", **fields: object) -> CheckVerdict:
    asked = {"product_class": "mutual_fund", "channel": "email", "as_of": DAY} | fields
    request = CheckRequest.model_validate({"text": text, "language": language, **asked})
    return review.check(request, body_only=True)


def rule_ids() -> set[str]:
    found: set[str] = set()
    for path in [*(PACKAGE / "compliance").rglob("*.py"), PACKAGE / "pipeline.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if re.fullmatch(rf"(?:{ROOMS})\.[a-z_]+", node.value) else set()
    return found


def test_every_rule_that_the_code_names_is_explained() -> None:
    ids = rule_ids()
    assert {"channel.length", "policy.no_room", "dlt.differs", "guard.fault"} <= ids
    for id_ in ids:
        finding = explained(Finding(rule=id_, severity="block", message="m"))
        assert len(finding.explanation) > 20, id_
        assert finding.authority, id_
        assert finding.in_force_from, id_
        assert finding.confidence, id_


def test_every_claim_rule_explains_itself_with_day_and_confidence(book: PolicyBook, review: GuardedReview) -> None:
    for rule in book.packs.lexicon.sources:
        assert len(rule.explanation) > 40, rule.id
    (finding, *_) = check(review, PROMISE).findings
    rule = next(one for one in book.packs.lexicon.sources if one.id == finding.rule)
    assert (finding.explanation, finding.authority) == (rule.explanation, rule.authority)
    assert (finding.in_force_from, finding.confidence) == (rule.effective_from, rule.confidence)


def test_what_a_finding_says_itself_is_kept() -> None:
    own = Finding(
        rule="channel.length", severity="block", message="m", authority="A", in_force_from=DAY, explanation="E",
        confidence="A",
    )  # fmt: skip
    assert explained(own) == own
    assert explained(Finding(rule="unheard.of", severity="info", message="m")).explanation == ""


def test_a_bad_file_of_explanations_is_refused_with_its_line(tmp_path: Path) -> None:
    entry = "\n    explanation: e\n    authority: a\n    effective_from: 2026-01-01\n    confidence: A\n"
    for text, line in ((f"findings:\n  roomless:{entry}", 2), ("findings:\n  a.b:\n    explanation: ''\n", 3)):
        path = tmp_path / f"{line}.yaml"
        path.write_text(text)
        with pytest.raises(BadKnowledge) as caught:
            load_explanations(path)
        assert caught.value.line == line


def test_a_flagged_sentence_gets_a_lawful_one_and_the_rest_stays(review: GuardedReview) -> None:
    verdict = check(review, PROMISE)
    assert verdict.verdict == "fail"
    rewrite = verdict.findings[0].rewrite
    assert rewrite is not None
    assert PROMISE[rewrite.start : rewrite.end] == "Guaranteed 12% returns every year."
    assert rewrite.source == "phrasebook"
    mended = applied(PROMISE, verdict.findings)
    assert mended.startswith("Dear customer. ")
    assert mended.endswith(" Ask at the branch.")
    assert check(review, mended).findings == ()


def test_a_missing_and_an_altered_wording_are_offered_as_the_ledger_has_them(
    book: PolicyBook, review: GuardedReview
) -> None:
    policy = book.resolve(product_class="mutual_fund", channel="email", language="en", as_of=DAY)
    request = CheckRequest(
        text="Start with a small amount every month.", language="en", product_class="mutual_fund", channel="email",
        as_of=DAY,
    )  # fmt: skip
    whole = applied(request.text, review.check(request).findings)
    assert review.check(request.model_copy(update={"text": whole})).verdict == "pass"
    wording = next(one.text for one in policy.disclaimers if one.id == "mf-standard-warning")
    altered = whole.replace(wording, wording.replace("market risks", "some market risks"))
    found = review.check(request.model_copy(update={"text": altered}))
    assert found.verdict == "fail"
    assert applied(altered, found.findings) == whole


def test_every_offer_passes_the_rules_that_it_answers(book: PolicyBook, review: GuardedReview) -> None:
    tried = offered = 0
    for rule in book.packs.lexicon.sources:
        for group in rule.examples:
            if group.tongue is None or group.tongue == "hi_latn" or not group.fail:
                continue
            text = group.fail[0]
            verdict = check(review, text, group.tongue, product_class=group.product)
            wrong = [one for one in verdict.findings if one.rule.startswith("claims.") and one.severity == "block"]
            if not wrong:
                continue
            tried += 1
            offers = [one.rewrite for one in wrong if one.rewrite is not None]
            offered += len(offers) == len(wrong)
            if len(offers) == len(wrong):
                again = check(review, applied(text, verdict.findings), group.tongue, product_class=group.product)
                left = [one for one in again.findings if one.start is not None]
                assert left == [], (text, applied(text, verdict.findings))
    assert tried > 100
    assert offered > 0.9 * tried


class Liar:
    source = "writer"

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def rewrite(self, finding: Finding, text: str, policy: Policy, language: Language) -> str | None:  # noqa: ARG002
        self.asked.append(text[finding.start : finding.end])
        return self.text


def test_a_rewriter_that_proposes_something_unlawful_is_not_heard(book: PolicyBook) -> None:
    liar = Liar("You will surely double your money.")
    verdict = check(GuardedReview(book, rewriters=(liar,)), PROMISE)
    assert liar.asked == ["Guaranteed 12% returns every year."] * len(liar.asked)
    assert liar.asked
    assert all(one.rewrite and one.rewrite.source == "phrasebook" for one in verdict.findings)


def test_a_rewriter_that_proposes_something_lawful_goes_before_the_phrasebook(book: PolicyBook) -> None:
    sentence = "Returns depend on the market."
    verdict = check(GuardedReview(book, rewriters=(Liar(sentence),)), PROMISE)
    assert {(one.rewrite.text, one.rewrite.source) for one in verdict.findings if one.rewrite} == {(sentence, "writer")}


def test_without_a_lawful_sentence_the_flagged_one_is_left_out_unless_nothing_would_remain(
    book: PolicyBook, review: GuardedReview
) -> None:
    policy = book.resolve(product_class="mutual_fund", channel="email", language="en", as_of=DAY)

    def rules(text: str, bound: Policy) -> tuple[Finding, ...]:
        return review.findings(text, bound, body_only=True)

    mender = Mender((), rules)
    for text, left in ((PROMISE, "Dear customer. Ask at the branch."), ("Guaranteed 12% returns every year.", None)):
        found = mender.mend(rules(text, policy), text, policy)
        assert found
        if left is None:
            assert all(one.rewrite is None for one in found)
        else:
            assert applied(text, found) == left


@pytest.mark.parametrize(
    ("text", "word", "sentence"),
    [
        ("One. Two sure things. Three.", "sure", "Two sure things."),
        ("Pay Rs. 500 now. Sure gain at 8.5 % p.a. Then more.", "gain", "Sure gain at 8.5 % p.a."),
        ("पहला। दूसरा पक्का। तीसरा।", "पक्का", "दूसरा पक्का।"),
        ("Line one\nsure line\nlast", "sure", "sure line"),
        ("no stop at all", "stop", "no stop at all"),
        ("Is it safe?! Yes sure!!", "sure", "Yes sure!"),
    ],
)
def test_the_sentence_around_a_finding(text: str, word: str, sentence: str) -> None:
    at = text.index(word)
    start, end = sentence_span(text, at, at + len(word))
    assert text[start:end].startswith(sentence)


def test_subjects_that_feign_an_answer_or_shout(book: PolicyBook, review: GuardedReview) -> None:
    policy = book.resolve(product_class="deposit", channel="email", language="en", as_of=DAY)

    def of(subject: str) -> set[str]:
        found = review.findings("Details are in the product document.", policy, subject, body_only=True)
        return {one.rule for one in found if one.rule.startswith("channel.")}

    for subject in ("Re: your deposit", "FWD: Deposit rates", "re[2]: rates"):
        assert of(subject) == {"channel.subject_reply"}, subject
    assert of("OPEN YOUR DEPOSIT TODAY") == {"channel.subject_capitals"}
    for subject in ("Your FD and SIP at a glance", "Rates: what changed", "Reach your goal", "An offer: FD RATE"):
        assert of(subject) == set(), subject
