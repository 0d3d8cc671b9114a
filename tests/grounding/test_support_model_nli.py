"""A cross-encoder of the user's choice, at its boundary: a tiny model with random weights in a local folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ragmarket.compliance.grounding.model.nli import CrossEncoderSupport
from ragmarket.errors import ModelMissing
from ragmarket.schemas.grounding import SupportPair

NAMES = ["entailment", "neutral", "contradiction"]


def pairs(claims: list[str], evidence: list[str]) -> list[SupportPair]:
    return [
        SupportPair(claim=said, evidence=held, language="hi", english_claim="-", english_evidence="-")
        for said, held in zip(claims, evidence, strict=True)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    path = tmp_path_factory.mktemp("nli")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{c}" for c in "abcdefghij"),
    ]
    (path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(path / "vocab.txt")).save_pretrained(path)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        id2label=dict(enumerate(NAMES)), label2id={name: place for place, name in enumerate(NAMES)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([3.0, 0.0, -3.0]))
    model.save_pretrained(path)
    return path


def _renamed(folder: Path, target: Path, names: list[str]) -> Path:
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {str(place): name for place, name in enumerate(names)}
    config["label2id"] = {name: place for place, name in enumerate(names)}
    (target / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return target


def test_the_folder_says_which_output_means_what(folder: Path, tmp_path: Path) -> None:
    plain = CrossEncoderSupport(folder).score(pairs(["a b", "c"], ["d e f", "g"]))
    assert plain.shape == (2, 3)
    assert np.allclose(plain.sum(axis=1), 1)
    assert (plain[:, 0] > 0.8).all()
    turned = _renamed(folder, tmp_path / "turned", ["CONTRADICTION", "not entailment", "Entailment"])
    other = CrossEncoderSupport(turned).score(pairs(["a b", "c"], ["d e f", "g"]))
    assert np.allclose(other[:, [1, 0, 2]], plain)


def test_batches_and_temperature(folder: Path) -> None:
    claims, evidence = ["a", "b c", "d"], ["e", "f", "g h i"]
    whole = CrossEncoderSupport(folder).score(pairs(claims, evidence))
    assert np.allclose(CrossEncoderSupport(folder, batch_size=1).score(pairs(claims, evidence)), whole, atol=1e-5)
    assert (CrossEncoderSupport(folder, temperature=5.0).score(pairs(claims, evidence))[:, 0] < whole[:, 0]).all()
    assert CrossEncoderSupport(folder).score(pairs([], [])).shape == (0, 3)


def test_outputs_without_names_are_refused(folder: Path, tmp_path: Path) -> None:
    nameless = _renamed(folder, tmp_path / "nameless", ["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(ModelMissing, match="outputs are named label_0, label_1, label_2"):
        CrossEncoderSupport(nameless).score(pairs(["a"], ["b"]))


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no cross-encoder at"):
        CrossEncoderSupport(tmp_path).score(pairs(["a"], ["b"]))
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        CrossEncoderSupport(tmp_path).score(pairs(["a"], ["b"]))


def test_a_temperature_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="temperature"):
        CrossEncoderSupport(folder, temperature=0)


def test_the_setting_chooses_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ragmarket.bootstrap import House
    from ragmarket.settings import read_settings

    monkeypatch.setenv("RAGMARKET_COMPLIANCE__NLI_MODEL", str(folder))
    assert isinstance(House(read_settings()).support_model, CrossEncoderSupport)
