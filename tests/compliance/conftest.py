"""One policy book and one guarded review for all tests of the room."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.policy import PolicyBook, load_policy_book

LEDGER = Path(__file__).parents[2] / "approved_disclaimers"


@pytest.fixture(scope="session")
def book() -> PolicyBook:
    return load_policy_book(LEDGER)


@pytest.fixture(scope="session")
def ledger(book: PolicyBook) -> Ledger:
    return book.ledger


@pytest.fixture(scope="session")
def review(book: PolicyBook) -> GuardedReview:
    guarded = GuardedReview(book)
    guarded.warm_up()
    return guarded
