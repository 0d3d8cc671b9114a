"""Training the classifier: the same copy gives the same bytes, and near-copies are never measured by one another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ragmarket.compliance.paraphrase.augment import typed_in_latin, variants
from ragmarket.compliance.paraphrase.grouping import groups_of
from ragmarket.compliance.paraphrase.model import load
from ragmarket.compliance.paraphrase.samples import Sample, read_copy
from ragmarket.compliance.paraphrase.training import Bench, train
from ragmarket.knowledge.files import ROOT


def few() -> list[Sample]:
    return [one for one in read_copy(ROOT / "copy") if one.tongue in ("en", "ta") and one.number in (0, 1, 9)]


def test_the_same_copy_gives_the_same_bytes(tmp_path: Path) -> None:
    told: list[str] = []
    for name in ("a", "b"):
        train(few(), tmp_path / name, told.append, {"origin": "test", "limits": "test"})
    for file in ("weights.npz", "card.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    card = load(tmp_path / "a").card
    assert card["data"]["texts"]["paraphrase"] == sum(one.kind == "paraphrase" for one in few())
    assert set(card["figures"]["by_tongue"]) == {"en", "ta"}
    assert told


def test_texts_that_differ_by_a_word_are_of_one_group() -> None:
    lines = ["The bank will give a loan to everybody who asks", "The bank will give a loan to anybody who asks", "Rain"]
    one, other, third = groups_of([Sample(text, "loan", "en", 9, "plain") for text in lines], seed=1)
    assert one == other != third


def test_every_sample_has_one_variant_with_its_label() -> None:
    samples = few()
    varied = variants(samples, seed=3)
    assert [(one.number, one.kind, one.tongue) for one in varied] == [
        (one.number, one.kind, one.tongue) for one in samples
    ]
    assert sum(one.text != other.text for one, other in zip(samples, varied, strict=True)) > 0.8 * len(samples)
    assert varied == variants(samples, seed=3)


def test_native_letters_are_typed_as_people_type_them() -> None:
    assert typed_in_latin("लोन पर २%", "hi") == "lon par 2%"
    assert typed_in_latin("லாபம்", "ta") == "lapam"


def test_a_claim_is_learnt_from_the_passages_that_make_it_and_another_author_is_held_out_whole() -> None:
    hours = "The branch opens at ten. Parking is behind the building. Bring your passbook."
    samples = [
        replace(one, text=f"{hours} {one.text}", author="b" if place % 5 == 0 else "a")
        for place, one in enumerate(few())
        if one.tongue == "en"
    ]
    bench = Bench(samples, 7, lambda _: None)
    telling = bench.witnesses(np.ones(bench.count, dtype=bool), lambda _: None)
    unlawful = bench.unlawful[bench.own]
    assert telling[~unlawful].all()
    assert set(bench.text[telling & unlawful]) == set(bench.text[unlawful])
    assert telling[unlawful].mean() < 0.75
    folds = {author: {int(fold) for fold in bench.fold[bench.author == author]} for author in ("a", "b")}
    assert len(folds["b"]) == 1
    assert not folds["a"] & folds["b"]
