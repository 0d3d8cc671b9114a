"""Twenty thousand characters of anything are reviewed in less than two seconds."""

from __future__ import annotations

import time
from datetime import date

import pytest

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.policy import PolicyBook
from ragmarket.schemas.compliance import CheckRequest

LENGTH = 20_000
UNITS = {
    "a letter": "a",
    "letters apart": "g u a r a n t e e d  ",
    "every word a hit": "top fd ",
    "a hit a sentence": "top fd. ",
    "hits of two rules": "guaranteed returns ",
    "hits in disguise": "gty g@in ",
    "mixed tongues": "no1 fd पक्का लाभ ",
    "denied hits": "never wait no gty gain ",
    "lawful hits": "sum assured gain ",
    "words of a disclaimer": "mutual fund investments market risks read all ",
    "digits": "1 ",
    "addresses": "a@b.co ",
    "scraps": "ab c ",
    "stretched": "aaab ",
    "questions": "risk free? ",
    "romanised": "hami rabadi ",
    "one word": "guaranteed",
    "gaps": "never never ",
    "labels": "myth, guaranteed returns ",
    "denied by others": "no guaranteed returns elsewhere ",
    "marks on one letter": "a" + "\u0301" * 199,
    "hidden characters": "a\u200b",
    "only signs": ".!",
    "bars": "|",
    "letters for noughts": "1O",
    "figures apart from letters": "o n l y 7.5 ",
    "letters of one script apart": "ல ",
    "questions and answers": "guaranteed returns? no. ",
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_long_copy_is_reviewed_in_time(review: GuardedReview, unit: str) -> None:
    text = (unit * LENGTH)[:LENGTH]
    request = CheckRequest(
        text=text, language="en", product_class="mutual_fund", channel="email", as_of=date(2026, 11, 20)
    )
    assert cost(review, request) < 2.0


def cost(review: GuardedReview, request: CheckRequest) -> float:
    """Seconds of this process, the best of a few runs: threads that other tests have left behind count too."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        review.check(request)
        best = min(best, time.process_time() - started)
        if best < 1.0:
            break
    return best


def test_altered_copies_in_long_text_are_compared_in_time(book: PolicyBook, review: GuardedReview) -> None:
    warning = book.ledger.at(date(2026, 11, 20), "en")["mf-standard-warning"].text
    for altered in (warning, warning.replace("are", "is"), " ".join(reversed(warning.split()))):
        text = (f"{altered} " * 400)[:LENGTH]
        request = CheckRequest(
            text=text, language="en", product_class="mutual_fund", channel="email", as_of=date(2026, 11, 20)
        )
        assert review.check(request).verdict == "fail"
        assert cost(review, request) < 2.0
