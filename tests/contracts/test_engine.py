"""What every engine promises: the grammar is followed, and the same seed gives the same text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ragmarket.bootstrap import WRITER_WEIGHTS
from ragmarket.errors import ModelMissing, UndecodableOutput
from ragmarket.generation.engines.embedded import EmbeddedEngine
from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.protocols import Engine
from ragmarket.testing import ScriptedEngine

YES_OR_NO = 'root ::= "yes" | "no"\n'


@pytest.fixture(scope="module", params=["scripted", "embedded", pytest.param("vllm", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "vllm":
        return VllmEngine(request.getfixturevalue("vllm_url"))
    return ScriptedEngine(["yes"]) if request.param == "scripted" else EmbeddedEngine(WRITER_WEIGHTS, threads=1)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_text_follows_the_grammar_and_the_seed(engine: Engine, temperature: float) -> None:
    answers = {
        engine.generate("any prompt", YES_OR_NO, seed=seed, max_tokens=8, temperature=temperature).raw
        for seed in (1, 2, 3)
    }
    assert answers <= {"yes", "no"}
    one, two = (engine.generate("p", YES_OR_NO, seed=5, max_tokens=8, temperature=temperature) for _ in range(2))
    assert one == two
    assert one.revision


@pytest.mark.parametrize(
    "choices",
    [
        ("नमस्ते, {product} की जानकारी:", "नमस्कार, {product} की मुख्य बातें यहां देखिए:", "नमस्कार, यह पढ़िए:"),
        ("Hello, here is more:", "Hello from your bank:", "Hello and welcome:"),
        ("வணக்கம், விவரங்கள் இதோ:", "வணக்கம்! மேலும் படிக்கலாம்:", "வணக்கங்கள்:"),
    ],
)
def test_what_the_grammar_forces_is_read_as_the_model_would_have_split_it(
    monkeypatch: pytest.MonkeyPatch, choices: tuple[str, ...]
) -> None:
    grammar = 'root ::= "{\\"opening\\":\\"" (' + " | ".join(f'"{one}"' for one in choices) + ') "\\"}"\n'
    prompt = "<task> draft <lang> hi <channel> whatsapp <register> customer <style> any\n<write>\n"
    at_once = EmbeddedEngine(WRITER_WEIGHTS, threads=1)
    one_by_one = EmbeddedEngine(WRITER_WEIGHTS, threads=1)
    monkeypatch.setattr(one_by_one, "_forced", lambda *_: ([], []))
    one, other = (
        engine.generate(prompt, grammar, seed=0, max_tokens=80, temperature=0.0) for engine in (at_once, one_by_one)
    )
    assert one.raw == other.raw


def test_a_text_without_an_end_is_undecodable() -> None:
    with pytest.raises(UndecodableOutput):
        EmbeddedEngine(WRITER_WEIGHTS, threads=1).generate(
            "p", 'root ::= "a" root\n', seed=0, max_tokens=5, temperature=0
        )


@pytest.mark.parametrize("fault", ["absent", "empty", "truncated", "not json"])
def test_missing_or_damaged_weights_are_named(tmp_path: Path, fault: str) -> None:
    folder = tmp_path / "weights"
    if fault != "absent":
        shutil.copytree(WRITER_WEIGHTS, folder)
    if fault == "empty":
        (folder / "model.safetensors").write_bytes(b"")
    if fault == "truncated":
        whole = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(whole[:4096])
    if fault == "not json":
        (folder / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelMissing) as missing:
        EmbeddedEngine(folder, threads=1).warm_up()
    assert missing.value.hint


def test_the_shipped_weights_fit_their_budget_and_have_a_card() -> None:
    assert sum(file.stat().st_size for file in WRITER_WEIGHTS.iterdir()) <= 64 * 2**20
    card = json.loads((WRITER_WEIGHTS / "card.json").read_text(encoding="utf-8"))
    assert card["done"]
    assert set(card["held_out_loss"]) == {"en", "hi", "ta", "te", "kn", "ml", "bn", "mr", "gu"}
