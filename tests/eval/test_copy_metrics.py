"""The measures of varied copy, against cases worked out by hand."""

from __future__ import annotations

import math

import pytest

from eval.copy_metrics import TermUse, bleu, distinct, overlap, repeated, self_bleu, words
from eval.pages import page, shares_plot, table
from ragmarket.knowledge.language import load_language


def test_words_are_letters_with_their_marks_and_no_figure_or_name() -> None:
    assert words("Aranya Smart Saver में ₹5,000 की FD।", "Aranya Smart Saver") == ["में", "की", "fd"]
    assert words("₹1.5 ലക്ഷം വരെ") == ["ലക്ഷം", "വരെ"]


def test_distinct_counts_different_ngrams() -> None:
    texts = [["a", "b", "a"], ["a", "b"]]
    assert distinct(texts, 1) == pytest.approx(2 / 5)
    assert distinct(texts, 2) == pytest.approx(2 / 3)
    assert distinct([], 1) == 0.0


def test_repetition_within_a_text() -> None:
    assert repeated(["a", "b", "c", "d", "a", "b", "c", "d"], 4) == pytest.approx(1 / 5)
    assert repeated(["a"], 4) == 0.0


def test_bleu_of_a_copy_is_one_and_of_a_stranger_nothing() -> None:
    text = ["interest", "is", "paid", "every", "month"]
    assert bleu(text, [text]) == pytest.approx(1.0)
    assert bleu(text, [["quite", "other", "words", "stand", "here"]]) == 0.0
    # 4 of 5 words, then (3+1)/(4+1), (2+1)/(3+1), (1+1)/(2+1); same length, so no brevity penalty.
    near = ["interest", "is", "paid", "every", "quarter"]
    assert bleu(near, [text]) == pytest.approx(math.exp(sum(map(math.log, (0.8, 0.8, 0.75, 2 / 3))) / 4))


def test_self_bleu_tells_repeating_texts_from_varied_ones() -> None:
    same = [["a", "b", "c", "d"]] * 3
    assert self_bleu(same) == pytest.approx(1.0)
    assert self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) == 0.0


def test_overlap_counts_shared_words_with_repetition() -> None:
    assert overlap([["a", "a", "b"], ["a", "b", "c"]]) == pytest.approx(2 / 4)
    assert overlap([["a"], ["a"], ["b"]]) == pytest.approx(1 / 3)


def test_terms_are_found_at_the_beginning_of_a_word_with_any_ending() -> None:
    pack = load_language("hi")
    term = next(term for term in pack.terms if term.avoid)
    use = TermUse(pack)
    assert use.avoided(f"यह {term.avoid[0].form} है")
    assert use.approved(f"यह {term.customer[0]} है")
    assert not use.avoided("नमस्ते")


def test_a_page_holds_its_plots_and_fetches_nothing() -> None:
    html = page(
        "A <bench>", "lead", [table(["a"], [["<b>"]]), shares_plot("Accepted", {"hi": (9, 10), "none": (0, 0)})]
    )
    assert "&lt;bench&gt;" in html
    assert "&lt;b&gt;" in html
    assert "<svg" in html
    assert "src=" not in html
    assert "@import" not in html
