"""No corrupted wording is accepted: every edit of every wording in every language, inside a whole rendered message."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.schemas.base import LANGUAGES
from tests.compliance.ledger_edits import DAY, Sent, character_edits, moved, sent_messages, whole_edits, word_edits


@pytest.fixture(scope="module")
def messages(book: PolicyBook) -> dict[tuple[str, str], list[Sent]]:
    return sent_messages(book)


def corrupted(sent: Sent, book: PolicyBook, *, first: bool) -> Iterator[str]:
    """Changed messages; character and word edits only once per wording, as the bytes around it do not matter there."""
    for change in whole_edits(sent, book):
        yield sent.with_wording(change)
    yield from moved(sent)
    if first:
        for change in character_edits(sent.wording.text):
            yield sent.with_wording(change)
        for change in word_edits(sent.wording.text):
            yield sent.with_wording(change)


def try_all(book: PolicyBook, messages: dict[tuple[str, str], list[Sent]], every: int) -> tuple[int, list[str]]:
    known = book.ledger.texts(day=DAY)
    tried, accepted, number = 0, [], 0
    for sents in messages.values():
        for index, sent in enumerate(sents):
            for text in corrupted(sent, book, first=index == 0):
                number += 1
                if number % every or text == sent.text:
                    continue
                tried += 1
                found = check_disclosures(text, sent.policy, known).findings
                if not any(finding.severity == "block" for finding in found):
                    accepted.append(f"{sent.wording.id} {sent.wording.language} {sent.policy.channel}: {text!r}")
    return tried, accepted


def test_every_wording_of_the_ledger_is_demanded_somewhere_and_passes_as_rendered(
    book: PolicyBook, messages: dict[tuple[str, str], list[Sent]]
) -> None:
    assert messages.keys() == {(id_, language) for id_ in book.ledger.ids for language in LANGUAGES}
    known = book.ledger.texts(day=DAY)
    for sents in messages.values():
        for sent in sents:
            assert not check_disclosures(sent.text, sent.policy, known).findings, sent.text


def test_no_sampled_edit_is_accepted(book: PolicyBook, messages: dict[tuple[str, str], list[Sent]]) -> None:
    tried, accepted = try_all(book, messages, every=61)
    assert tried > 5_000
    assert not accepted, accepted[:5]


@pytest.mark.slow
def test_no_edit_at_all_is_accepted(
    book: PolicyBook, messages: dict[tuple[str, str], list[Sent]], capsys: pytest.CaptureFixture[str]
) -> None:
    start = time.process_time()  # of this core alone, whatever else the machine does
    tried, accepted = try_all(book, messages, every=1)
    spent = time.process_time() - start
    with capsys.disabled():
        print(f"\n{tried} edits tried, {len(accepted)} accepted, {spent:.0f} s ({spent / tried * 1e3:.3f} ms each)")
    assert tried >= 100_000
    assert not accepted, accepted[:5]


def test_the_proof_takes_less_than_a_millisecond(book: PolicyBook, messages: dict[tuple[str, str], list[Sent]]) -> None:
    known = book.ledger.texts(day=DAY)
    times = []
    for _ in range(3):
        for sents in messages.values():
            for sent in sents:
                start = time.perf_counter()
                check_disclosures(sent.text, sent.policy, known)
                times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.001
