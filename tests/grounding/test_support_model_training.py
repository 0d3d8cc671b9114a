"""Training the support model: small lessons, the real loop; and the readers of public pairs."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragmarket.compliance.grounding.model import lines
from ragmarket.compliance.grounding.model.crossing import Lessons, held, shuffled
from ragmarket.compliance.grounding.model.cues import CueReader
from ragmarket.compliance.grounding.model.fitting import balance, reliability, temperature
from ragmarket.compliance.grounding.model.pairs import denied, turned
from ragmarket.compliance.grounding.model.public import BEGIN, FACTCHECK, read_public
from ragmarket.compliance.grounding.model.store import load
from ragmarket.compliance.grounding.model.support import StudentSupport
from ragmarket.compliance.grounding.model.training import train
from ragmarket.errors import CorruptDocument, InvalidInput
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.schemas.base import LANGUAGES


def _lessons(kinds: int) -> Lessons:
    """The lessons of a few kinds in all languages."""
    catalogue = load_catalogue()
    packs = load_languages(catalogue)
    chosen = sorted(catalogue.kinds)[::7][:kinds]
    few = catalogue.model_copy(
        update={"kinds": {id_: catalogue.kinds[id_] for id_ in chosen}, "none": catalogue.none[:40]}
    )
    small = {
        language: pack.model_copy(update={"kinds": {id_: pack.kinds[id_] for id_ in chosen}, "terms": pack.terms[:20]})
        for language, pack in packs.items()
    }
    return Lessons(
        catalogue=few,
        packs=small,
        phrasings=lines.phrasings(few, small, 1),
        exemplars=lines.exemplars(few),
        bare=lines.bare_lines(small)[::20],
        documents=[],
        promises=lines.promises([("hi", "इस फंड में मुनाफा पक्का है।"), ("en", "Your money doubles, guaranteed.")] * 3),
        terms=lines.terms(small),
    )


@pytest.mark.slow
def test_trained_weights_are_read_back_and_judge(tmp_path: Path) -> None:
    encoder, lessons = SentenceEncoder(), _lessons(12)
    said: list[str] = []
    card = train(lessons, encoder, tmp_path / "one", {"origin": "a test"}, folds=2, epochs=3, progress=said.append)
    assert any("fold 2" in line for line in said)
    assert set(card["figures"]["by_language"]) == set(LANGUAGES)
    again = train(lessons, encoder, tmp_path / "two", {"origin": "a test"}, folds=2, epochs=3)
    assert again["figures"] == card["figures"]
    weights = [(tmp_path / name / "weights.npz").read_bytes() for name in ("one", "two")]
    assert weights[0] == weights[1]
    model = StudentSupport(encoder, lessons.packs, tmp_path / "one")
    told = model.score(["FD पर ब्याज 7% है।"] * 2, ["Deposits earn 7% interest.", "A locker costs ₹2,000."], "hi")
    assert np.allclose(told.sum(axis=1), 1)
    assert load(tmp_path / "one").kinds == tuple(sorted(lessons.catalogue.kinds))


def test_hold_outs_part_the_lines() -> None:
    lessons = _lessons(20)
    order = shuffled(lessons.catalogue.kinds, 7)
    reasons = {line: held(line, 0, order) for line in lessons.phrasings}
    assert set(reasons.values()) == {"", "kind", "language_kind", "phrasing"}
    learnt = {line.kind for line, reason in reasons.items() if not reason}
    assert not learnt & {line.kind for line, reason in reasons.items() if reason == "kind"}
    whole = {(line.language, line.kind) for line, reason in reasons.items() if reason == "language_kind"}
    assert not whole & {(line.language, line.kind) for line, reason in reasons.items() if not reason}


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("No charge is levied.", "a charge is levied."),
        ("Foreclosure charges; Amount: Nil", "Foreclosure charges; Amount: RATE"),
        ("The bank may change it.", "The bank may not change it."),
    ],
)
def test_denials(text: str, opposite: str) -> None:
    import random

    assert denied(text, random.Random(0)) == opposite


def test_bounds_are_turned_round() -> None:
    assert turned("Minimum deposit; AMOUNT") == "maximum deposit; AMOUNT"
    assert turned("Loans of up to AMOUNT") == "Loans of at least AMOUNT"
    assert turned("The fee is AMOUNT.") is None


def test_temperature_finds_the_heat_that_was_put_in() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 3)).astype(np.float32) * 2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(3, p=row / row.sum()) for row in shares.astype(float)])
    ones = 1 / np.bincount(labels)[labels].astype(np.float32)
    # The classes' weights move the best temperature little, as they are nearly equal here.
    assert temperature(logits * 2, labels, ones) == pytest.approx(2.0, rel=0.15)
    assert balance(labels, ones).mean() == pytest.approx(1.0, rel=1e-3)
    good, bad = (
        reliability(p.astype(np.float32), labels, ones)["expected_error"]
        for p in (shares, np.eye(3)[labels] * 0 + [1, 0, 0])
    )
    assert good < 0.08 < bad


def _write(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)


def test_public_pairs_take_open_parts_and_the_nearest_sentence(tmp_path: Path) -> None:
    tower = "It was built in 1889. The tower is 300 metres tall. It is iron."
    rows = [
        {"claim": "The tower is 300 metres tall.", "evidence": tower, "stance": "completely-support"},
        {"claim": "x y z", "evidence": "Nothing.", "stance": "partially-support"},
    ]
    _write(tmp_path / FACTCHECK, rows)
    full = {"begin_label": "Fully attributable"}
    rows = [
        {"data_source": "wow", "knowledge": "Cats sleep.", "response": "cats sleep", **full},
        {"data_source": "tc", "knowledge": "Dogs bark.", "response": "dogs bark", **full},
        {"data_source": "cmu", "knowledge": "Rain.", "response": "hello", "begin_label": "Generic"},
    ]
    _write(tmp_path / BEGIN, rows)
    found = {(pair.evidence, pair.label) for pair in read_public(tmp_path, 1)}
    assert found == {("The tower is COUNT metres tall.", "supported"), ("Cats sleep.", "supported")}


def test_public_folders_that_hold_nothing_or_rubbish_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds neither"):
        read_public(tmp_path, 1)
    (tmp_path / BEGIN).parent.mkdir(parents=True)
    (tmp_path / BEGIN).write_bytes(b"not gzip")
    with pytest.raises(CorruptDocument, match="cannot be read"):
        read_public(tmp_path, 1)


def test_the_real_public_pool_reads() -> None:
    folder = os.environ.get("RAGMARKET_DATA_DIR")
    if not folder or not (Path(folder) / FACTCHECK).is_file():
        pytest.skip("RAGMARKET_DATA_DIR names no folder with the public training pool")
    assert len(read_public(Path(folder), 1)) > 3_000


def test_cues_are_found_in_restrictions_of_every_language() -> None:
    from ragmarket.compliance.grounding.model.cues import load_cues
    from ragmarket.compliance.grounding.model.masking import mask

    packs = load_languages(load_catalogue())
    reader = CueReader(packs)
    missing = [
        (name, language)
        for name, limit in load_cues().limits.items()
        for language, text in limit.claim.items()
        if name not in reader.read(mask(text, language), language).groups
    ]
    assert missing == []
