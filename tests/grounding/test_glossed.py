"""English as glosses would leave it: learnt words and places, nothing lost on which a verdict hangs."""

from __future__ import annotations

import random

import pytest

from ragmarket.compliance.grounding.model.glossed import Glosser, words_of

THINGS = ("locker", "card", "loan", "account", "cheque", "transfer", "deposit", "passbook")
PAIRS = [
    *((f"{thing} of fee not charge .", f"The fee of the {thing} is not charged.") for thing in THINGS),
    *((f"{thing} close .", f"Close the {thing}.") for thing in THINGS),
    *((f"{thing} to see .", f"See to the {thing}.") for thing in THINGS),
    *((f"{word} fee is .", f"Is there a {word} fee.") for word in ("yearly", "small", "joining", "late")),
    *((f"{word} of address .", f"Address of {word}.") for word in ("office", "branch", "owner", "firm")),
    *((f"{word} not .", f"Not {word}.") for word in ("here", "there", "now", "yet")),
] * 2


@pytest.fixture(scope="module")
def glosser() -> Glosser:
    return Glosser(PAIRS)


def test_words_go_where_native_sentences_have_them_and_articles_go(glosser: Glosser) -> None:
    rng = random.Random(1)
    said = [words_of(glosser("Close the account.", rng)) for _ in range(30)]
    assert sum("the" not in words for words in said) > 20
    assert sum(words.index("account") < words.index("close") for words in said) > 20


def test_what_a_verdict_hangs_on_stays(glosser: Glosser) -> None:
    for seed in range(50):
        said = words_of(
            glosser("The card is not charged at rupees b, the loan only at percent c.", random.Random(seed))
        )
        assert {"not", "only", "rupees b", "percent c", "card", "loan"} <= set(said)


def test_unknown_words_and_an_empty_lesson_leave_a_sentence_as_it_is() -> None:
    assert Glosser([])("Nominees may be added, always.", random.Random(1)) == "nominees may be added , always ."


def test_the_same_seed_says_the_same(glosser: Glosser) -> None:
    text = "The fee of the account is not charged."
    assert glosser(text, random.Random(3)) == glosser(text, random.Random(3))
