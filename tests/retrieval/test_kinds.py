"""Kinds: held-out phrasings, statements of no kind, and what may compete at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.figures import recognise
from ragmarket.retrieval.kinds import KindClassifier, compatible, mask_types, masked

HELD_OUT = Path(__file__).with_name("held_out_kinds.yaml")
# A second set, terser, which holds the kinds that came later too.
MORE = Path(__file__).parent.parent / "content" / "kind_sentences.yaml"


@pytest.fixture(scope="module")
def classifier(encoder: SentenceEncoder) -> KindClassifier:
    return KindClassifier(load_catalogue(), encoder.embed)


def _held_out(split: str) -> list[dict[str, Any]]:
    items = [item for path in (HELD_OUT, MORE) for item in yaml.safe_load(path.read_text(encoding="utf-8"))["items"]]
    return [item for item in items if item["split"] == split]


def _classified(classifier: KindClassifier, items: list[dict[str, Any]]) -> list[str | None]:
    answers = []
    for item in items:
        text = re.sub(r"[{}]", "", item["text"])
        figures = recognise(text)
        answers.append(classifier.classify([masked(text, figures)], [[f.type for f in figures]], item["class"])[0][0])
    return answers


def test_held_out_phrasings_of_every_kind(classifier: KindClassifier) -> None:
    items = [item for item in _held_out("test") if item["kind"]]
    answers = _classified(classifier, items)
    right = sum(answer == item["kind"] for answer, item in zip(answers, items, strict=True))
    wrong = sum(answer not in (None, item["kind"]) for answer, item in zip(answers, items, strict=True))
    assert {item["kind"] for item in items} == set(load_catalogue().kinds)
    assert right / len(items) >= 0.85
    assert wrong / len(items) <= 0.04


def test_statements_of_no_kind_are_rejected(classifier: KindClassifier) -> None:
    items = [item for item in _held_out("test") if item["kind"] is None]
    answers = _classified(classifier, items)
    assert sum(answer is None for answer in answers) / len(items) >= 0.88


def test_every_kind_has_varied_exemplars() -> None:
    for kind in load_catalogue().kinds.values():
        assert len(set(kind.exemplars)) >= 5, kind.id
        for exemplar in kind.exemplars:
            assert compatible(kind, mask_types(exemplar)), (kind.id, exemplar)


def test_no_held_out_phrasing_is_an_exemplar() -> None:
    known = {
        e.lower() for kind in load_catalogue().kinds.values() for e in (*kind.exemplars, *kind.counter_exemplars)
    } | {n.lower() for n in load_catalogue().none}
    for item in [*_held_out("dev"), *_held_out("test")]:
        text = re.sub(r"[{}]", "", item["text"])
        assert masked(text, recognise(text)).lower() not in known, text


def test_only_kinds_of_the_class_with_fitting_figures_compete(classifier: KindClassifier) -> None:
    text, types = "The maximum loan amount is AMOUNT.", [["amount"]]
    assert classifier.classify([text], types, "loan")[0][0] == "loan_max_amount"
    assert classifier.classify([text], types, "savings")[0][0] is None
    assert classifier.classify([text], [["duration"]], "loan")[0][0] != "loan_max_amount"
    assert classifier.classify([], [], "loan") == []


def test_it_is_deterministic(encoder: SentenceEncoder) -> None:
    texts = ["Exit load of RATE within DURATION.", "Processing fee is AMOUNT."]
    first = KindClassifier(load_catalogue(), encoder.embed).classify(texts, [["rate", "duration"], ["amount"]], None)
    assert first == KindClassifier(load_catalogue(), encoder.embed).classify(
        texts, [["rate", "duration"], ["amount"]], None
    )
