"""Preference tuning and adapters on models small enough to train here: real loops, real files."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from ragmarket.bootstrap import WRITER_WEIGHTS
from ragmarket.compliance.support import SupportCheck
from ragmarket.errors import ModelMissing
from ragmarket.generation.engines.embedded import EmbeddedEngine
from ragmarket.generation.prompt import build_prompt
from ragmarket.generation.writer.adapter import AdapterPlan, train_adapter
from ragmarket.generation.writer.examples import DraftSampler, Mixture
from ragmarket.generation.writer.preference import PreferencePlan, sample_pairs, tune
from ragmarket.generation.writer.reward import OVERLAP_CAP, Reward
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.schemas.draft import Generation
from ragmarket.training import as_evidence

CATALOGUE = load_catalogue()
PACKS = load_languages(CATALOGUE)
SAMPLER = DraftSampler(CATALOGUE, PACKS, load_angles())
CHECK = SupportCheck(PACKS)
REWARD = Reward(
    PACKS,
    lambda language, text, fact: CHECK.claim(text, as_evidence(fact), language).verdict == "supported",
    SAMPLER.choose,
)


def drawn(count: int, seed: int = 1) -> list[tuple[object, str]]:
    rng = random.Random(seed)
    tasks = [SAMPLER.task(rng) for _ in range(count)]
    return [(task, SAMPLER.answer(rng, task)) for task in tasks]


def test_the_packs_own_copy_is_worth_most() -> None:
    for task, answer in drawn(60):
        score = REWARD.score(task, answer)  # type: ignore[arg-type]
        assert (score.supported, score.aim, score.length, score.lines) == (1.0, 1.0, 1.0, 1.0)


def test_what_pleases_review_cheaply_is_worth_less() -> None:
    """Length floor, preferred facts and the overlap cap: each hack scores below the honest draft."""
    seen = {"short": 0, "other": 0, "repeated": 0, "free": 0}
    for task, answer in drawn(200, seed=2):
        honest = REWARD.score(task, answer)  # type: ignore[arg-type]
        if honest.overlap > OVERLAP_CAP:
            continue
        data = json.loads(answer)
        claims = data["claims"]
        if len(claims) > 1:
            short = REWARD.score(task, json.dumps({**data, "claims": claims[:1]}))  # type: ignore[arg-type]
            assert short.total < honest.total
            seen["short"] += 1
            twice = [claims[0], {**claims[1], "text": claims[0]["text"]}]
            repeated = REWARD.score(task, json.dumps({**data, "claims": twice}))  # type: ignore[arg-type]
            if repeated.overlap > OVERLAP_CAP:
                assert repeated.total < honest.total / 1.5
                seen["repeated"] += 1
        text = claims[0]["text"].replace(" ", " sure ", 1)
        free = REWARD.score(task, json.dumps({**data, "claims": [{**claims[0], "text": text}, *claims[1:]]}))  # type: ignore[arg-type]
        if " " in claims[0]["text"]:
            assert free.total < honest.total
            seen["free"] += 1
        rest = [fact for fact in task.facts if fact not in SAMPLER.choose(task)]  # type: ignore[attr-defined, arg-type]
        if rest:
            other = [{**claims[0], "cite": rest[0].id}, *claims[1:]]
            assert REWARD.score(task, json.dumps({**data, "claims": other})).total < honest.total  # type: ignore[arg-type]
            seen["other"] += 1
    assert min(seen.values()) > 10, seen


def test_what_is_no_draft_is_worth_nothing() -> None:
    task, answer = drawn(1)[0]
    assert REWARD.score(task, answer[:-2]).total == 0.0  # type: ignore[arg-type]


class Alternating:
    """An engine that answers the pack's own copy or, every second time, only its first claim."""

    def __init__(self, seed: int, count: int) -> None:
        rng = random.Random(seed)
        tasks = [SAMPLER.task(rng) for _ in range(count)]
        self.answers = {build_prompt(task): SAMPLER.answer(random.Random(0), task) for task in tasks}
        self.asked = 0

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:  # noqa: ARG002
        self.asked += 1
        data = json.loads(self.answers[prompt])
        raw = json.dumps({**data, "claims": data["claims"][:1]} if seed % 2 else data, ensure_ascii=False)
        return Generation(
            raw=raw, prompt=prompt, prompt_tokens=1, completion_tokens=1, model="t", revision="t", engine="t", seed=seed
        )


def test_pairs_rank_the_fuller_draft_first_and_a_killed_run_samples_on(tmp_path: Path) -> None:
    plan = PreferencePlan(tasks=30, samples=2, margin=0.01)
    engine, file = Alternating(plan.seed, plan.tasks), tmp_path / "pairs.jsonl"
    pairs = sample_pairs(plan, engine, SAMPLER, PACKS, REWARD, file, lambda _: None)
    assert len(pairs) > 5
    for pair in pairs:
        assert len(json.loads(pair["chosen"])["claims"]) > len(json.loads(pair["rejected"])["claims"])
    whole = file.read_text(encoding="utf-8")
    cut = "".join(line + "\n" for line in whole.splitlines()[:20])
    file.write_text(cut, encoding="utf-8")
    asked = engine.asked
    assert sample_pairs(plan, engine, SAMPLER, PACKS, REWARD, file, lambda _: None) == pairs
    assert engine.asked - asked == 2 * 10


def tiny(folder: Path, architecture: str) -> Path:
    """A base of another architecture with random weights and the writer's tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, Gemma3TextConfig, LlamaConfig, PreTrainedTokenizerFast, Qwen3Config

    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(WRITER_WEIGHTS))
    sizes = {
        "vocab_size": len(tokenizer), "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 2048, "head_dim": 64,
        "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id, "tie_word_embeddings": True,
    }  # fmt: skip
    torch.manual_seed(0)
    config = {"qwen3": Qwen3Config, "gemma3": Gemma3TextConfig, "llama": LlamaConfig}[architecture](**sizes)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


@pytest.mark.filterwarnings("ignore")
def test_dpo_tunes_a_model_that_the_engine_loads(tmp_path: Path) -> None:
    base = tiny(tmp_path / "base", "llama")
    pairs = []
    for task, answer in drawn(8):
        data = json.loads(answer)
        worse = json.dumps({**data, "claims": data["claims"][::-1]}, ensure_ascii=False)
        pairs.append({"prompt": build_prompt(task), "chosen": answer, "rejected": worse})  # type: ignore[arg-type]
    rows: list[dict[str, object]] = []
    outcome = tune(PreferencePlan(batch=4, epochs=2), base, pairs, tmp_path / "run", rows.append)
    assert outcome["pairs"] == 8
    before = EmbeddedEngine(base, threads=1)
    after = EmbeddedEngine(tmp_path / "run" / "model", threads=1)
    answers = [
        one.generate("p", 'root ::= "a" | "b"\n', seed=0, max_tokens=4, temperature=0) for one in (before, after)
    ]
    assert answers[0].revision != answers[1].revision


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("architecture", ["qwen3", "gemma3"])
def test_an_adapter_for_another_base_is_trained_and_resumes(tmp_path: Path, architecture: str) -> None:
    base = tiny(tmp_path / "base", architecture)
    mixture = Mixture([(SAMPLER, 1.0)])
    plan = AdapterPlan(steps=2, batch=2, max_length=256, rank=2, checkpoint_every=1)
    train_adapter(plan, str(base), mixture, tmp_path / "run", lambda _: None)
    config = json.loads((tmp_path / "run" / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["r"] == 2
    assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").exists()
    more = train_adapter(
        AdapterPlan(**{**vars(plan), "steps": 3}), str(base), mixture, tmp_path / "run", lambda _: None
    )
    assert more["step"] == 3


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="nowhere"):
        train_adapter(AdapterPlan(), str(tmp_path / "nowhere"), Mixture([(SAMPLER, 1.0)]), tmp_path, lambda _: None)
