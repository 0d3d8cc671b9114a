"""The detector for longer answers: what it counts, how it learns, and which numbers follow from which."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.compliance.grounding.passages.derivation import (
    DERIVATION_NAMES,
    answer_value,
    derivation_features,
    operation,
)
from ragmarket.compliance.grounding.passages.detector import AnswerDetector
from ragmarket.compliance.grounding.passages.features import NAMES, AnswerFeatures, FeatureReader
from ragmarket.compliance.grounding.passages.labels import Labelled, best_threshold, folds, sentence_labels
from ragmarket.compliance.grounding.passages.rows import in_context
from ragmarket.compliance.grounding.passages.text import sentences
from ragmarket.compliance.grounding.passages.tokens import TokenEncoder
from ragmarket.retrieval.embedding import packaged_path

PASSAGES = (
    "The scheme was launched in 2015. Depositors earn 7.1% a year, paid every quarter.",
    "Withdrawals are allowed after five years. Dr. Rao heads the committee that sets the rate.",
)


@pytest.fixture(scope="module")
def reader() -> FeatureReader:
    return FeatureReader(TokenEncoder(packaged_path()))


def _column(found: AnswerFeatures, name: str) -> list[float]:
    return [float(value) for value in found.matrix[:, NAMES.index(name)]]


def test_copied_words_are_held_and_invented_ones_are_not(reader: FeatureReader) -> None:
    answer = "Depositors earn 7.1% a year, paid every quarter. Penguins in Chile pay 9% for submarines."
    found = reader.read("How much is earned?", PASSAGES, answer)
    assert [answer[start:end] for start, end in found.spans] == [one.text for one in sentences(answer)]
    for name, higher in (
        ("new content words", True),
        ("new numbers", True),
        ("new 5-grams of characters", True),
        ("alignment least", False),
        ("nearest sentence", False),
        ("longest copied run", False),
    ):
        held, invented = _column(found, name)
        assert (invented > held) == higher, name
    assert _column(found, "new numbers") == [0.0, 1.0]


def test_a_word_turned_round_is_seen(reader: FeatureReader) -> None:
    found = reader.read("", ("Revenue increased in the last quarter.",), "Revenue decreased in the last quarter.")
    assert _column(found, "opposites against nearest") == [1.0]
    same = reader.read("", ("Revenue increased in the last quarter.",), "Revenue increased in the last quarter.")
    assert _column(same, "opposites against nearest") == [0.0]


def test_an_answer_without_evidence_is_read_and_one_without_words_is_not(reader: FeatureReader) -> None:
    assert np.isfinite(reader.read("", (), "It is so.").matrix).all()
    with pytest.raises(ValueError, match="no sentence"):
        reader.read("", PASSAGES, " ... ")


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert [one.text for one in sentences("Dr. Rao paid Rs 5.50. Then\nhe left.")] == [
        "Dr. Rao paid Rs 5.50.",
        "Then",
        "he left.",
    ]


@given(st.text(max_size=200))
def test_sentences_lie_where_they_say(text: str) -> None:
    found = sentences(text)
    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


def _made_up(count: int, seed: int) -> Labelled:
    dice = np.random.default_rng(seed)
    features, marked = [], []
    for number in range(count):
        length = int(dice.integers(2, 6))
        matrix = dice.normal(size=(length, len(NAMES))).astype(np.float32)
        wrong = np.zeros(length, dtype=bool)
        if number % 3 == 0:
            wrong[int(dice.integers(length))] = True
        matrix[wrong, 3] += 4.0
        spans = np.asarray([(place * 10, place * 10 + 9) for place in range(length)], dtype=np.int32)
        features.append(AnswerFeatures(spans, matrix))
        marked.append(wrong)
    return Labelled(
        features, np.asarray([one.any() for one in marked]), [str(number // 2) for number in range(count)], marked
    )


@pytest.mark.parametrize("with_sentences", [True, False])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_it_learns_and_the_same_seed_gives_the_same_model(with_sentences: bool) -> None:
    known, held = _made_up(120, 1), _made_up(60, 2)
    if not with_sentences:
        known = Labelled(known.features, known.wrong, known.groups)
    one, other = AnswerDetector("f1", 3).fit(known), AnswerDetector("f1", 3).fit(known)
    scores = one.score(held.features)
    assert np.array_equal(scores, other.score(held.features))
    assert ((scores >= one.threshold) == held.wrong).mean() > 0.9
    if with_sentences:
        assert held.sentences is not None
        found = one.sentences(held.features)
        hits = [bool(own[int(np.argmax(p))]) for own, p in zip(held.sentences, found, strict=True) if own.any()]
        assert np.mean(hits) > 0.9


def test_one_kind_of_answer_teaches_nothing() -> None:
    data = _made_up(30, 1)
    with pytest.raises(ValueError, match="both kinds"):
        AnswerDetector().fit(Labelled(data.features, np.zeros(30, dtype=bool), data.groups))


def test_groups_stay_whole() -> None:
    groups = [str(number // 5) for number in range(100)]
    fold = folds(groups, np.arange(100) % 3 == 0, 0)
    assert all(len(set(fold[number : number + 5])) == 1 for number in range(0, 100, 5))


def test_a_threshold_parts_what_is_apart() -> None:
    scores = np.concatenate([np.linspace(0, 0.3, 80), np.linspace(0.7, 1, 20)])
    wrong = np.arange(100) >= 80
    for aim in ("f1", "balanced"):
        assert 0.2 < best_threshold(scores, wrong, aim) <= 0.8


def test_context_adds_neighbours_and_labels_follow_spans() -> None:
    one = _made_up(1, 0).features[0]
    assert in_context(one.matrix).shape[0] == len(one.matrix)
    assert in_context(one.matrix).shape[1] > len(NAMES)
    assert list(sentence_labels(one, [(12, 13)]))[:2] == [False, True]


SALES = ("the net sales of 2015 is $ 1241 ; the net sales of 2014 is $ 891 ; the net income of 2015 is $ 100 .",)


@pytest.mark.parametrize(
    ("question", "answer", "follows"),
    [
        ("what was the percentage change in net sales from 2014 to 2015?", "39.3%", True),
        ("what was the percentage change in net sales from 2014 to 2015?", "52.1%", False),
        ("what was the average net sales in 2014 and 2015?", "1066", True),
        ("what were the net sales in 2015?", "The net sales were $1,241.", True),
        ("what was the difference of net sales between 2014 and 2015?", "350", True),
        ("what was the difference of net sales between 2014 and 2015?", "360", False),
    ],
)
def test_which_numbers_follow(question: str, answer: str, follows: bool) -> None:
    found = dict(zip(DERIVATION_NAMES, derivation_features(question, SALES, answer), strict=True))
    assert (found["never under the operation asked for"] == 0.0) == follows


def test_what_a_question_asks_for_and_what_an_answer_comes_to() -> None:
    assert operation("what was the average revenue?") == "average"
    assert operation("what is the revenue?") == "as it stands"
    assert answer_value("(500 - 400) / 400 = 25%") == 25.0
    assert answer_value("The context does not say.") is None
    found = dict(zip(DERIVATION_NAMES, derivation_features("how much?", SALES, "unknown"), strict=True))
    assert found["gives no number"] == 1.0
