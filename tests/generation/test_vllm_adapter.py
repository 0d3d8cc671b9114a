"""An adapter trained here is loaded by a real vLLM server and writes under a grammar."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.generation.engines.vllm import VllmEngine
from ragmarket.generation.writer.adapter import AdapterPlan, train_adapter
from ragmarket.generation.writer.examples import Mixture
from tests.generation.test_preference_and_adapter import SAMPLER, tiny
from tests.vllm_server import serving

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_vllm_serves_base_and_adapter_side_by_side(tmp_path: Path) -> None:
    base = tiny(tmp_path / "base", "qwen3")
    plan = AdapterPlan(steps=4, batch=2, max_length=256, rank=8, peak_lr=1e-2, checkpoint_every=4)
    train_adapter(plan, str(base), Mixture([(SAMPLER, 1.0)]), tmp_path / "run", lambda _: None)
    adapter = f"adapted={tmp_path / 'run' / 'adapter'}"
    with serving(base, tmp_path / "log", "--max-model-len", "1024", "--enable-lora", "--lora-modules", adapter) as url:
        grammar = 'root ::= ("yes" | "no") "." \n'
        answers = {
            name: VllmEngine(url, name).generate("p", grammar, seed=1, max_tokens=12, temperature=0.0)
            for name in ("ragmarket-writer", "adapted")
        }
    assert {answer.raw for answer in answers.values()} <= {"yes.", "no."}
    assert answers["ragmarket-writer"].revision != answers["adapted"].revision
