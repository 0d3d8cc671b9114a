"""Training the writer: domain-adaptive pretraining, then supervised fine-tuning on completions; resumable and seeded.

The loss of the first phase is the mean negative log-likelihood over all tokens (ALIMN Eq. 1); of the second, over the
completion's tokens alone. Batches hold examples of like length, so little is padded. A checkpoint (model, optimizer,
step) is written every ``checkpoint_every`` steps by rename, so a killed run leaves the last good one.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ragmarket.generation.writer.batches import Tokens, batches, encode_example, encode_text
from ragmarket.generation.writer.examples import ExampleSampler
from ragmarket.generation.writer.tokenizer import save_tokenizer, train_tokenizer

IGNORE = -100


@dataclass(frozen=True)
class TrainingPlan:
    """Sizes and schedule.

    Attributes:
        batch_tokens: Tokens of one step, padding included.
        pretrain_steps: Steps of the first phase.
        sft_steps: Steps of the second phase.
        peak_lr: Peak learning rate; cosine decay to a twentieth of it.
        minutes: Wall-clock limit of one call, None for no limit; the run resumes where it stopped.
    """

    vocab_size: int = 12_000
    hidden_size: int = 256
    layers: int = 6
    heads: int = 4
    intermediate_size: int = 704
    max_length: int = 1024
    batch_tokens: int = 8_192
    pretrain_steps: int = 80
    sft_steps: int = 1_420
    warmup_steps: int = 60
    peak_lr: float = 3e-3
    weight_decay: float = 0.05
    seed: int = 20261121
    checkpoint_every: int = 100
    minutes: float | None = None
    threads: int = 2


def build_model(plan: TrainingPlan, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A Llama-architecture model, randomly initialised under the plan's seed."""
    torch.manual_seed(plan.seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=plan.hidden_size,
        intermediate_size=plan.intermediate_size,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        num_key_value_heads=plan.heads,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def build_optimizers(model: LlamaForCausalLM, plan: TrainingPlan) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers (its updates scaled to AdamW's size), AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.dim() == 2 and ".layers." in name]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return (
        torch.optim.Muon(
            matrices, lr=plan.peak_lr, weight_decay=plan.weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(rest, lr=plan.peak_lr, betas=(0.9, 0.98), weight_decay=0.0),
    )


def loss_of(model: LlamaForCausalLM, batch: Sequence[Tokens], pad: int) -> tuple[torch.Tensor, int]:
    """Mean negative log-likelihood of a batch's learned tokens, and how many there are."""
    width = max(len(ids) for ids, _ in batch)
    inputs = torch.full((len(batch), width), pad)
    labels = torch.full((len(batch), width), IGNORE)
    for row, (ids, prompt) in enumerate(batch):
        inputs[row, : len(ids)] = torch.tensor(ids)
        labels[row, prompt : len(ids)] = inputs[row, prompt : len(ids)]
    device = next(model.parameters()).device
    inputs, labels = inputs.to(device), labels.to(device)
    # Padding stands at the right and attention is causal, so no mask is needed: no learned token sees a pad.
    hidden = model.model(input_ids=inputs, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    learned = targets != IGNORE
    logits = model.lm_head(hidden[learned])
    return functional.cross_entropy(logits.float(), targets[learned]), int(learned.sum())


def learning_rate(step: int, total: int, plan: TrainingPlan) -> float:
    """Linear warm-up, then cosine decay to a twentieth of the peak."""
    if step < plan.warmup_steps:
        return plan.peak_lr * (step + 1) / plan.warmup_steps
    progress = (step - plan.warmup_steps) / max(1, total - plan.warmup_steps)
    return plan.peak_lr * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def _save(folder: Path, model: LlamaForCausalLM, optimizers: Sequence[torch.optim.Optimizer], step: int) -> None:
    partial = folder / "checkpoint.partial"
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.save({"model": model.state_dict(), "optimizers": states, "step": step}, partial)
    partial.replace(folder / "checkpoint.pt")


def held_out_loss(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, sampler: ExampleSampler, count: int, seed: int = 7
) -> dict[str, float]:
    """Mean completion loss (nats per token) by language on combinations that training never sees."""
    stream = sampler.stream(seed, held_out=True)
    sums: dict[str, list[float]] = {}
    model.eval()
    with torch.no_grad():
        for _ in range(count):
            example = next(stream)
            loss, _ = loss_of(model, [encode_example(tokenizer, example)], int(tokenizer.pad_token_id or 0))
            sums.setdefault(example.language, []).append(float(loss))
    model.train()
    return {language: sum(values) / len(values) for language, values in sorted(sums.items())}


def train(
    plan: TrainingPlan,
    sampler: ExampleSampler,
    texts: Sequence[str],
    folder: Path,
    report: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Train, or go on training, in ``folder``; returns losses and counts once the plan is done.

    Args:
        plan: Sizes and schedule; must be that of the checkpoint when one is there.
        sampler: Where fine-tuning examples come from.
        texts: Plain texts of the first phase.
        folder: Holds tokenizer, checkpoint, log and, at the end, ``model/``.
        report: Receives one dict per ten steps (step, phase, loss, tokens_per_s).

    Returns:
        ``{"done": bool, "step": int, "held_out_loss": {language: float}, ...}``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    if not (folder / "tokenizer" / "tokenizer.json").exists():
        stream = sampler.stream(plan.seed + 1)
        sample = [
            text
            for example, _ in zip(stream, range(12_000), strict=False)
            for text in (example.prompt, example.completion)
        ]
        save_tokenizer(train_tokenizer([*sample, *texts], plan.vocab_size), folder / "tokenizer")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(folder / "tokenizer"))
    model = build_model(plan, tokenizer)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.nn.Module.to(model, device).train()
    optimizers = build_optimizers(model, plan)
    step = 0
    if (folder / "checkpoint.pt").exists():
        state = torch.load(folder / "checkpoint.pt", map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        step = int(state["step"])
    total = plan.pretrain_steps + plan.sft_steps
    pad = int(tokenizer.pad_token_id or 0)
    rng = random.Random(plan.seed + step)

    def plain() -> Iterator[Tokens]:
        while True:
            yield encode_text(tokenizer, rng.choice(texts))

    sizes = {"batch_tokens": plan.batch_tokens, "max_length": plan.max_length, "seed": plan.seed + step}
    pretraining = batches(plain(), **sizes)
    drawn = sampler.stream(plan.seed + 2 + step)
    tuning = batches((encode_example(tokenizer, item) for item in drawn), **sizes)
    began, seen, losses = time.monotonic(), 0, []
    while step < total and (plan.minutes is None or time.monotonic() - began < plan.minutes * 60):
        phase = "pretrain" if step < plan.pretrain_steps else "sft"
        batch = next(pretraining if phase == "pretrain" else tuning)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, total, plan)
        with torch.autocast(device, dtype=torch.bfloat16):
            loss, learned = loss_of(model, batch, pad)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        seen += sum(len(ids) for ids, _ in batch)
        losses.append(float(loss.detach()))
        if step % 10 == 0:
            mean = sum(losses[-10:]) / len(losses[-10:])
            row = {"step": step, "of": total, "phase": phase, "loss": round(mean, 4), "learned_tokens": learned}
            row["tokens_per_s"] = round(seen / (time.monotonic() - began))
            with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            report(row)
        if step % plan.checkpoint_every == 0:
            _save(folder, model, optimizers, step)
    _save(folder, model, optimizers, step)
    summary: dict[str, Any] = {"done": step >= total, "step": step, "of": total, "plan": asdict(plan)}
    summary["parameters"] = sum(p.numel() for p in model.parameters())
    summary["held_out_loss"] = held_out_loss(model, tokenizer, sampler, 270)
    torch.nn.Module.to(model, "cpu", torch.bfloat16)
    model.save_pretrained(str(folder / "model"), safe_serialization=True)
    save_tokenizer(tokenizer, folder / "model")
    (folder / "summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")
    return summary
