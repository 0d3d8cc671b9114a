"""What explains a served draft that differs: the real writer, decoded token by token as a server does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.parity import NEAR_TIE, Difference
from eval.parity_recut import Recut, _parts, recut
from ragmarket.bootstrap import WRITER_WEIGHTS

PROMPT = "Answer: "
SHARED = "நன்றிகள் பற்றி"
GRAMMAR = f'root ::= "{SHARED} " ("a" | "b")\n'


def cut_by_letters(text: str) -> list[int]:
    """The smallest tokens that spell a text."""
    tokenizer = _parts(WRITER_WEIGHTS)[0]
    return [token for letter in text for token in tokenizer.encode(letter, add_special_tokens=False)]


def usual(text: str) -> list[int]:
    tokenizer = _parts(WRITER_WEIGHTS)[0]
    return [int(token) for token in tokenizer.encode(text, add_special_tokens=False)]


def judged(tokens: list[int], grammar: str = GRAMMAR, served: str = f"{SHARED} b") -> Recut:
    return recut(WRITER_WEIGHTS, PROMPT, grammar, f"{SHARED} a", served, tokens)


def test_another_cut_of_forced_letters_is_seen() -> None:
    found = judged(cut_by_letters(f"{SHARED} b"))
    assert found.spelled
    assert found.same_letters
    assert found.other_cut
    assert found.forced
    # A server that decodes greedily never chose the smallest tokens: a cut alone explains nothing.
    assert found.behind > NEAR_TIE
    assert not found.explains(NEAR_TIE)


def test_the_usual_cut_explains_nothing() -> None:
    found = judged(usual(f"{SHARED} b"))
    assert found.spelled
    assert not found.other_cut
    assert not found.explains(NEAR_TIE)


def test_letters_that_were_chosen_are_not_forced() -> None:
    open_grammar = 'root ::= [^0-9]+ ("a" | "b")\n'
    assert not judged(cut_by_letters(f"{SHARED} b"), open_grammar).forced


def test_tokens_of_another_text_are_no_proof() -> None:
    assert not judged(cut_by_letters(f"{SHARED} a")).spelled


@pytest.mark.parametrize("spoilt", ["spelled", "same_letters", "other_cut", "forced"])
def test_each_part_of_the_proof_is_needed(spoilt: str) -> None:
    whole = Recut(spelled=True, same_letters=True, other_cut=True, forced=True, behind=NEAR_TIE / 2)
    difference = Difference("brief", 3, "a", "b", 1.0, whole)
    assert difference.why is not None
    assert "greedily" in difference.why
    assert replace(difference, recut=replace(whole, **{spoilt: False})).why is None
    assert replace(difference, recut=replace(whole, behind=2 * NEAR_TIE)).why is None
    assert replace(difference, recut=None).why is None
