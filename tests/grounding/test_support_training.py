"""Fine-tuning on a handful of claims: what is held out is counted, a killed run goes on, bad folders are refused."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragmarket.compliance.grounding.model import fine_tuning
from ragmarket.compliance.grounding.model.claims import Claim, read_claims
from ragmarket.compliance.grounding.model.cross_encoder import CrossEncoder
from ragmarket.compliance.grounding.model.fine_tuning import Recipe, train
from ragmarket.compliance.grounding.model.glossed import Glosser
from ragmarket.compliance.grounding.model.lessons import Lesson, lessons
from ragmarket.compliance.grounding.model.public import BEGIN, FACTCHECK, read_public
from ragmarket.compliance.grounding.model.store import load
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.errors import BadKnowledge, CorruptDocument, InvalidInput, ModelMissing
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.embedding import packaged_path
from ragmarket.retrieval.figures import recognise

SMALL = Recipe(layers=1, epochs=2, batch=4)
FACTS = {
    "A locker is rented for one year at a time.": ("Rent the locker by the year.", "The locker rent is for life."),
    "Cheque books are free.": ("You pay nothing for cheque books.", "Every cheque book is charged."),
    "Cards may be blocked in the app.": ("Block your card in the app.", "Cards can be blocked at branches only."),
}


@pytest.fixture(scope="module")
def taught() -> list[Lesson]:
    read = ClaimVerifier(recognise, load_languages(load_catalogue())).pair
    found: list[Lesson] = []
    for author in ("one", "two"):
        claims = [
            Claim(f"{place}", "en", text, (fact,), label, "-", english=None)
            for place, (fact, said) in enumerate(FACTS.items())
            for label, text in zip(("supported", "contradicted"), said, strict=True)
        ]
        claims += [Claim("x", "hi", "लॉकर में बीमा भी है।", (next(iter(FACTS)),), "unsupported", "-", english="Insured.")]
        found += lessons(claims, author, read)
    return found


def test_an_authors_english_is_learnt_beside_the_claim_and_never_counted(taught: list[Lesson], tmp_path: Path) -> None:
    assert sum(one.twin for one in taught) == 2
    card = train(taught, packaged_path(), tmp_path, {"origin": "a test"}, held=["two"], recipe=SMALL)
    assert card["lessons"] == {"one": 8}
    assert card["held_out"]["authors"] == ["two"]
    assert {name: one["of"] for name, one in card["held_out"].items() if name != "authors"} == {
        "supported_recall": 3, "contradicted_flagged": 3, "unsupported_flagged": 1,
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.json", "weights.npz"]
    pair = taught[0].pair
    assert CrossEncoder(packaged_path(), tmp_path).score([pair]).shape == (1, 3)


def test_a_killed_training_goes_on_and_ends_as_if_it_had_not_been(
    taught: list[Lesson], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(taught, packaged_path(), tmp_path / "whole", {}, recipe=SMALL)
    real = fine_tuning.encoded
    calls: list[int] = []

    def killed(*given: Any) -> Any:
        calls.append(1)
        if len(calls) > len(fine_tuning._batches(taught, Glosser([]), SMALL, 0)) + 1:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(fine_tuning, "encoded", killed)
    with pytest.raises(KeyboardInterrupt):
        train(taught, packaged_path(), tmp_path / "killed", {}, recipe=SMALL)
    monkeypatch.setattr(fine_tuning, "encoded", real)
    train(taught, packaged_path(), tmp_path / "killed", {}, recipe=SMALL)
    one, other = load(tmp_path / "whole")[0], load(tmp_path / "killed")[0]
    assert all(np.allclose(one[name], other[name], atol=1e-4) for name in one)


def test_training_goes_on_from_a_model_and_says_so(taught: list[Lesson], tmp_path: Path) -> None:
    before = train(taught, packaged_path(), tmp_path / "first", {}, recipe=SMALL)
    still = replace(SMALL, rate=1e-9, epochs=1)
    card = train(taught, packaged_path(), tmp_path / "second", {}, start=tmp_path / "first", recipe=still)
    one, other = load(tmp_path / "first")[0], load(tmp_path / "second")[0]
    assert all(np.allclose(one[name], other[name], atol=1e-4) for name in one)
    assert card["start"]["training"] == before["training"]
    assert card["start"]["name"] == load(tmp_path / "first")[1]["name"]
    with pytest.raises(ModelMissing):
        train(taught, packaged_path(), tmp_path / "third", {}, start=tmp_path / "nowhere", recipe=still)


def test_without_claims_there_is_nothing_to_learn(taught: list[Lesson], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no claim is left"):
        train(taught, packaged_path(), tmp_path, {}, held=["one", "two"], recipe=SMALL)


def test_claims_without_their_evidence_are_refused(tmp_path: Path) -> None:
    (tmp_path / "documents.yaml").write_text('A1: "Free."\n', encoding="utf-8")
    (tmp_path / "en.yaml").write_text("- {evidence: [B2], label: supported, claim: x}\n", encoding="utf-8")
    with pytest.raises(BadKnowledge, match="unknown evidence"):
        read_claims(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"holds no documents\.yaml"):
        read_claims(tmp_path / "nowhere")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
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
    found = {(claim.evidence, claim.label) for claim in read_public(tmp_path, 1)}
    assert found == {(("The tower is 300 metres tall.",), "supported"), (("Cats sleep.",), "supported")}


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
