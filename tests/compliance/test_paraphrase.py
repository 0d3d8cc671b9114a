"""The classifier behind the rules: one answer for one text, nothing beyond what is in force, bad files refused."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.paraphrase.check import check_paraphrases, without_echoes
from ragmarket.compliance.paraphrase.features import BITS, features, passages
from ragmarket.compliance.paraphrase.model import SHIPPED, load
from ragmarket.compliance.paraphrase.samples import read_copy
from ragmarket.compliance.paraphrase.skeleton import skeleton
from ragmarket.compliance.paraphrase.training import FALSE_ALARMS
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.normalise import fold
from ragmarket.errors import BadKnowledge, ModelMissing
from ragmarket.knowledge.files import ROOT
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.compliance import CheckRequest, Finding

DAY = date(2027, 1, 15)
COPY = read_copy(ROOT / "copy")


def found(text: str, book: PolicyBook, product_class: str = "mutual_fund", day: date = DAY) -> tuple[Finding, ...]:
    return check_paraphrases(text, load(), book.packs.lexicon, product_class=product_class, channel="email", as_of=day)


def flagged(book: PolicyBook) -> list[tuple[str, str]]:
    """Training lines that the classifier flags: a certain supply of findings."""
    lines = [one for one in COPY if one.kind == "paraphrase"][::40]
    return [(one.text, one.product_class) for one in lines if found(one.text, book, one.product_class)]


@pytest.mark.parametrize(
    "words", [("loan", "लोन", "லோன்", "ಲೋನ್"), ("labh", "लाभ", "লাভ"), ("bank", "बैंक", "బ్యాంక్")], ids=lambda words: words[0]
)
def test_one_word_is_spelt_alike_in_all_scripts(words: tuple[str, ...]) -> None:
    spelt = {skeleton(fold(word).text).replace("y", "").replace("i", "") for word in words}
    assert len(spelt) == 1


def test_what_it_learnt_it_finds_with_probability_class_and_authority(book: PolicyBook) -> None:
    lines = flagged(book)
    assert lines
    for text, product_class in lines:
        for finding in found(text, book, product_class):
            assert (finding.severity, finding.origin) == ("review", "classifier")
            assert finding.authority
            assert finding.probability is not None
            assert load().threshold <= finding.probability <= 1
            rule = next(one for one in book.packs.lexicon.sources if one.id == finding.rule)
            assert rule.binds(product_class, "email", DAY)


@given(st.text(max_size=300), st.sampled_from(PRODUCT_CLASSES))
def test_any_text_has_an_answer_with_spans_inside_it(text: str, product_class: str) -> None:
    for passage in passages(text):
        assert 0 <= passage.start < passage.end <= len(text)
        places = features(passage.words, product_class)
        assert places.min() >= 0
        assert places.max() < 1 << BITS


def test_a_text_s_features_are_the_same_on_every_machine() -> None:
    words = passages("Guaranteed लाभ, 100% of 5,000!")[0].words
    places = features(words, "mutual_fund")
    assert words == ("guaranteed", "लाभ", ",", "100%", "of", "7")
    assert (len(places), int(places.sum())) == (99, 12602938)


def test_eight_threads_say_what_one_says(book: PolicyBook) -> None:
    lines = [(one.text, one.product_class) for one in COPY[::60]]
    alone = [found(text, book, product_class) for text, product_class in lines]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda line: found(line[0], book, line[1]), lines * 3))
    assert together == alone * 3


def test_a_long_message_takes_no_more_than_its_length(book: PolicyBook) -> None:
    """How many milliseconds it takes is counted by eval."""
    texts = [
        " ".join(one.text for one in COPY[place : place + size]) for place in range(0, 6000, 200) for size in (1, 4, 20)
    ]
    took = []
    for text in texts:
        # The first time: what is kept of a text makes the next reading cheaper, of a short one more than of a long one.
        started = time.thread_time()
        found(text[:1500], book)
        took.append(time.thread_time() - started)
    long = [seconds / len(text[:1500]) for text, seconds in zip(texts, took, strict=True) if len(text) > 1000]
    short = [seconds / len(text) for text, seconds in zip(texts, took, strict=True) if len(text) < 300]
    assert min(len(long), len(short)) > 20
    assert sorted(long)[len(long) // 2] < 2 * sorted(short)[len(short) // 2]


def test_what_stands_in_a_proved_disclaimer_is_not_read(book: PolicyBook) -> None:
    text, product_class = flagged(book)[0]
    arguments = {"product_class": product_class, "channel": "email", "as_of": DAY}
    whole = check_paraphrases(text, load(), book.packs.lexicon, masked=[(0, len(text))], **arguments)  # type: ignore[arg-type]
    assert whole == ()


def test_a_class_is_found_only_while_a_rule_of_it_is_in_force(book: PolicyBook) -> None:
    text, product_class = flagged(book)[0]
    assert found(text, book, product_class)
    assert found(text, book, product_class, day=date(1990, 1, 1)) == ()


def test_a_finding_of_the_classifier_alone_fails_the_verdict(book: PolicyBook) -> None:
    with_it, without = GuardedReview(book), GuardedReview(book, classifier=None)
    seen = 0
    for one in (one for one in COPY if one.kind == "paraphrase" and one.tongue == "en"):
        request = CheckRequest.model_validate(
            {"text": one.text, "language": "en", "product_class": one.product_class, "channel": "email", "as_of": DAY}
        )
        if without.check(request, body_only=True).verdict == "pass":
            verdict = with_it.check(request, body_only=True)
            if any(finding.origin == "classifier" for finding in verdict.findings):
                assert verdict.verdict == "fail"
                seen += 1
    assert seen


def test_a_passage_that_a_rule_blocks_is_not_reported_twice() -> None:
    rule = Finding(rule="claims.risk_denial", severity="block", message="m", start=5, end=9)
    echo = Finding(rule="claims.risk_denial", severity="review", message="m", start=0, end=20, origin="classifier")
    other = echo.model_copy(update={"start": 30, "end": 40})
    assert without_echoes([rule, echo, other]) == (rule, other)


def test_weights_that_do_not_match_their_card_are_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "m")
    data = bytearray((tmp_path / "m" / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "m" / "weights.npz").write_bytes(bytes(data))
    with pytest.raises(ModelMissing, match="do not match"):
        load(tmp_path / "m")
    with pytest.raises(ModelMissing, match="absent"):
        load(tmp_path / "nowhere")
    shutil.copytree(SHIPPED, tmp_path / "old")
    card = json.loads((tmp_path / "old" / "card.json").read_text(encoding="utf-8"))
    card["features"]["version"] += 1
    (tmp_path / "old" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelMissing, match="other features"):
        load(tmp_path / "old")


def test_the_shipped_model_is_small_and_its_card_tells_what_it_was_made_of() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 6_000_000
    card = load().card
    shares = card["figures"]["cross_validation"]
    lawful = [shares["lawful"], shares["neutral"]]
    assert sum(one["flagged"] for one in lawful) <= FALSE_ALARMS * sum(one["of"] for one in lawful)
    assert set(card["figures"]["leave_one_tongue_out"]) == {"all", *(one.tongue for one in COPY)}
    assert card["data"]["limits"]
    assert np.isfinite(load().lawless).all()


def test_lawful_copy_may_look_like_no_class_in_particular(tmp_path: Path) -> None:
    body = "tongue: en\nunlawful:\n  9:\n    - [loan, plain, x]\nlawful:\n- [loan, y]\n- [deposit, z]\n"
    (tmp_path / "en.yaml").write_text(body, encoding="utf-8")
    told = [(one.kind, one.number, one.text) for one in read_copy(tmp_path)]
    assert told == [("plain", 9, "x"), ("lawful", 0, "y"), ("lawful", 0, "z")]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("tongue: en\nunlawful:\n  99:\n    - [loan, plain, x]\n", "no class 99"),
        ("tongue: en\nunlawful:\n  0:\n    - [loan, plain, x]\n", "no class 0"),
        ("tongue: en\nunlawful:\n  1:\n    - [boat, plain, x]\n", "unlawful"),
        ("tongue: en\nunlawful:\n  1:\n    - [loan, hard, x]\n", "unlawful"),
        ("tongue: [\n", "not YAML"),
    ],
)
def test_copy_with_a_mistake_is_refused_with_its_file(tmp_path: Path, body: str, problem: str) -> None:
    (tmp_path / "en.yaml").write_text(body, encoding="utf-8")
    with pytest.raises(BadKnowledge, match=problem) as caught:
        read_copy(tmp_path)
    assert "en.yaml" in str(caught.value)
