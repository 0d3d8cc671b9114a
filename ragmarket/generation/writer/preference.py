"""Preference tuning: the writer's own drafts, ranked by the validators, teach it by DPO which of them to write.

Drafts are sampled under the request's grammar, so every one is well formed; what tells them apart is the reward. A pair
is kept where the best and the worst of a task differ enough. Pairs are written as they come: a killed run samples on
where it stopped.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import UndecodableOutput
from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.prompt import build_prompt
from ragmarket.generation.writer.examples import DraftSampler
from ragmarket.generation.writer.reward import Reward
from ragmarket.knowledge.language import LanguagePack
from ragmarket.protocols import Engine


@dataclass(frozen=True)
class PreferencePlan:
    """Sizes of sampling and of DPO.

    Attributes:
        tasks: Writing tasks that are sampled.
        samples: Drafts of each.
        margin: Least difference of reward between the two drafts of a pair.
        beta: DPO's temperature: how near the tuned writer stays to the one that sampled.
    """

    tasks: int = 160
    samples: int = 4
    temperature: float = 1.0
    margin: float = 0.1
    beta: float = 0.1
    peak_lr: float = 1e-4
    batch: int = 16
    epochs: int = 2
    max_tokens: int = 640
    seed: int = 20261122
    workers: int = 1


def sample_pairs(
    plan: PreferencePlan,
    engine: Engine,
    sampler: DraftSampler,
    packs: Mapping[str, LanguagePack],
    reward: Reward,
    file: Path,
    report: Callable[[dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """Sample, rank and keep pairs in ``file`` (JSON Lines, one task a line); what stands there is not sampled again.

    Returns:
        The pairs ``{"prompt", "chosen", "rejected", "rewards"}``.
    """
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    done = [json.loads(line) for line in lines if line.endswith("}")]
    rng = random.Random(plan.seed)
    tasks = [sampler.task(rng) for _ in range(plan.tasks)][len(done) :]

    def sample(number: int) -> dict[str, Any]:
        task = tasks[number]
        prompt, grammar = build_prompt(task), build_grammar(task, packs[task.language])
        ranked: list[tuple[float, str]] = []
        for seed in range(plan.samples):
            try:
                raw = engine.generate(
                    prompt, grammar, seed=seed, max_tokens=plan.max_tokens, temperature=plan.temperature
                ).raw
            except UndecodableOutput:
                continue
            ranked.append((reward.score(task, raw).total, raw))
        ranked.sort(key=lambda pair: pair[0])
        if not ranked or ranked[-1][0] - ranked[0][0] < plan.margin:
            return {"mean": sum(score for score, _ in ranked) / max(1, len(ranked))}
        (low, rejected), (high, chosen) = ranked[0], ranked[-1]
        mean = sum(score for score, _ in ranked) / len(ranked)
        return {"prompt": prompt, "chosen": chosen, "rejected": rejected, "rewards": [high, low], "mean": mean}

    with ThreadPoolExecutor(plan.workers) as pool, file.open("a", encoding="utf-8") as out:
        for row in pool.map(sample, range(len(tasks))):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            done.append(row)
            if len(done) % 20 == 0:
                pairs = sum("chosen" in one for one in done)
                mean = sum(one["mean"] for one in done) / len(done)
                report({"phase": "sample", "tasks": len(done), "of": plan.tasks, "pairs": pairs, "reward": mean})
    return [row for row in done if "chosen" in row]


def tune(
    plan: PreferencePlan,
    model_dir: Path,
    pairs: list[dict[str, Any]],
    folder: Path,
    report: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Tune the model in ``model_dir`` on pairs by DPO (Rafailov et al. 2023); the result lies in ``folder/model``.

    Returns:
        Plan, number of pairs, and the last row of the trainer's log (loss, reward accuracy and margin).
    """
    import torch
    from datasets import Dataset
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
    from trl import DPOConfig, DPOTrainer

    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(model_dir))
    model = LlamaForCausalLM.from_pretrained(str(model_dir), dtype=torch.float32)
    arguments = DPOConfig(
        output_dir=str(folder / "dpo"),
        beta=plan.beta,
        learning_rate=plan.peak_lr,
        lr_scheduler_type="cosine",
        warmup_steps=5,
        per_device_train_batch_size=plan.batch,
        num_train_epochs=plan.epochs,
        max_length=1024,
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        gradient_checkpointing=False,
        logging_steps=5,
        save_strategy="no",
        seed=plan.seed,
        report_to=[],
        disable_tqdm=True,
    )
    data = Dataset.from_list([{key: pair[key] for key in ("prompt", "chosen", "rejected")} for pair in pairs])
    trainer = DPOTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
    trainer.train()
    rows = [row for row in trainer.state.log_history if "loss" in row]
    for row in rows:
        report({"phase": "dpo", **{key: value for key, value in row.items() if isinstance(value, (int, float))}})
    torch.nn.Module.to(model, "cpu", torch.bfloat16)
    model.save_pretrained(str(folder / "model"), safe_serialization=True)
    tokenizer.save_pretrained(str(folder / "model"))
    return {"plan": asdict(plan), "pairs": len(pairs), "last": rows[-1] if rows else {}}
