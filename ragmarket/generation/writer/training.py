"""Training the writer: domain-adaptive pretraining, then supervised fine-tuning on completions; resumable and seeded.

The loop is `transformers.Trainer`. The loss of the first phase is the mean negative log-likelihood over all tokens
(ALIMN Eq. 1); of the second, over the completion's tokens alone. Batches hold examples of like length, so little is
padded. A killed run goes on from its last whole checkpoint with data it has not seen.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from torch.utils.data import IterableDataset
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback

from ragmarket.generation.writer.batches import Tokens, batches, encode_example, encode_text, padded
from ragmarket.generation.writer.examples import Mixture
from ragmarket.generation.writer.optimizer import MuonAdamW
from ragmarket.generation.writer.tokenizer import save_tokenizer, train_tokenizer

TOKENIZER_EXAMPLES = 12_000
HELD_OUT_EXAMPLES = 270


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

    vocab_size: int = 16_000
    hidden_size: int = 256
    layers: int = 6
    heads: int = 4
    intermediate_size: int = 704
    max_length: int = 1024
    batch_tokens: int = 8_192
    pretrain_steps: int = 100
    sft_steps: int = 2_700
    warmup_steps: int = 60
    peak_lr: float = 3e-3
    weight_decay: float = 0.05
    seed: int = 20261121
    checkpoint_every: int = 100
    minutes: float | None = None
    threads: int = 2

    @property
    def steps(self) -> int:
        """Steps of both phases."""
        return self.pretrain_steps + self.sft_steps


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


def learning_rate(step: int, plan: TrainingPlan) -> float:
    """Share of the peak learning rate: linear warm-up, then cosine decay to a twentieth."""
    if step < plan.warmup_steps:
        return (step + 1) / plan.warmup_steps
    progress = (step - plan.warmup_steps) / max(1, plan.steps - plan.warmup_steps)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def completion_loss(model: Any, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood, in nats, of the labelled tokens.

    Args:
        model: A causal LM whose body is ``model.model`` and whose head is ``model.lm_head``.
        inputs: Token ids, shape (batch, width). Padding stands at the right and attention is causal, so no mask is
            needed: no learned token sees a pad.
        labels: Same shape; -100 where nothing is learned.
    """
    hidden = model.model(input_ids=inputs, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    learned = targets != -100
    # The head is the dearest part of a small model: it is applied to learned positions only.
    logits = model.lm_head(hidden[learned])
    return functional.cross_entropy(logits.float(), targets[learned])


class _Batches(IterableDataset[dict[str, torch.Tensor]]):
    """The rest of both phases, one padded batch per step, from ``step`` on."""

    def __init__(
        self, plan: TrainingPlan, tokenizer: PreTrainedTokenizerFast, mixture: Mixture, texts: Sequence[str], step: int
    ) -> None:
        self._plan, self._tokenizer, self._mixture, self._texts, self._step = plan, tokenizer, mixture, texts, step
        self.tokens = 0

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        plan, tokenizer = self._plan, self._tokenizer
        rng = random.Random(plan.seed + self._step)

        def plain() -> Iterator[Tokens]:
            while True:
                yield encode_text(tokenizer, rng.choice(self._texts))

        sizes = {"batch_tokens": plan.batch_tokens, "max_length": plan.max_length, "seed": plan.seed + self._step}
        drawn = self._mixture.stream(plan.seed + 2 + self._step)
        pretraining = batches(plain(), **sizes)
        tuning = batches((encode_example(tokenizer, item) for item in drawn), **sizes)
        # Without an end: the loader looks one batch beyond the last step.
        for step in itertools.count(self._step):
            batch = next(pretraining if step < plan.pretrain_steps else tuning)
            self.tokens += sum(len(ids) for ids, _ in batch)
            inputs, labels = padded(batch, int(tokenizer.pad_token_id or 0))
            yield {"input_ids": inputs, "labels": labels}


class _WriterTrainer(Trainer):
    def compute_loss(self, model: Any, inputs: dict[str, torch.Tensor], *_: Any, **__: Any) -> Any:
        # The trainer casts a model's `forward`; the loss goes to body and head directly.
        with self.accelerator.autocast():
            return completion_loss(model, inputs["input_ids"], inputs["labels"])


class _Progress(TrainerCallback):
    """Reports every tenth step and ends a call whose minutes are over."""

    def __init__(
        self, plan: TrainingPlan, folder: Path, data: _Batches, begun: int, report: Callable[[dict[str, Any]], None]
    ) -> None:
        self._plan, self._folder, self._data, self._begun, self._report = plan, folder, data, begun, report
        self._since = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        if self._plan.minutes is not None and time.monotonic() - self._since > self._plan.minutes * 60:
            control.should_training_stop = control.should_save = True
        return control

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        loss = kwargs["logs"].get("loss")
        if loss is None:
            return
        step, seconds = state.global_step, time.monotonic() - self._since
        row: dict[str, Any] = {"step": step, "of": self._plan.steps}
        row["phase"] = "pretrain" if step <= self._plan.pretrain_steps else "sft"
        row |= {"loss": round(float(loss), 4), "tokens_per_s": round(self._data.tokens / seconds)}
        row["minutes_left"] = round(seconds / 60 * (self._plan.steps - step) / (step - self._begun), 1)
        with (self._folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        self._report(row)


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint: the trainer writes its state last, so one without it was cut short."""
    found = [path for path in folder.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def prepare_tokenizer(
    plan: TrainingPlan, mixture: Mixture, texts: Sequence[str], folder: Path
) -> PreTrainedTokenizerFast:
    """The run's tokenizer, trained once on examples and texts and kept in ``folder``."""
    if not (folder / "tokenizer.json").exists():
        drawn = zip(mixture.stream(plan.seed + 1), range(TOKENIZER_EXAMPLES), strict=False)
        sample = [text for example, _ in drawn for text in (example.prompt, example.completion)]
        save_tokenizer(train_tokenizer([*sample, *texts], plan.vocab_size), folder)
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(str(folder))
    return tokenizer


def held_out_loss(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, mixture: Mixture, count: int, seed: int = 7
) -> dict[str, float]:
    """Mean completion loss (nats per token) by language on combinations that training never sees."""
    stream = mixture.stream(seed, held_out=True)
    sums: dict[str, list[float]] = {}
    model.eval()
    with torch.no_grad():
        for _ in range(count):
            example = next(stream)
            inputs, labels = padded([encode_example(tokenizer, example)], 0)
            sums.setdefault(example.language, []).append(float(completion_loss(model, inputs, labels)))
    return {language: sum(values) / len(values) for language, values in sorted(sums.items())}


def train(
    plan: TrainingPlan,
    mixture: Mixture,
    texts: Sequence[str],
    folder: Path,
    report: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Train, or go on training, in ``folder``; returns losses and counts.

    Args:
        plan: Sizes and schedule; must be that of the checkpoint when one is there.
        mixture: Where fine-tuning examples come from.
        texts: Plain texts of the first phase.
        folder: Holds tokenizer, checkpoints, log and, at the end, ``model/``.
        report: Receives one dict per ten steps (step, of, phase, loss, tokens_per_s, minutes_left).

    Returns:
        ``{"done": bool, "step": int, "held_out_loss": {language: float}, ...}``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    tokenizer = prepare_tokenizer(plan, mixture, texts, folder / "tokenizer")
    model = build_model(plan, tokenizer)
    checkpoint = last_checkpoint(folder)
    for path in folder.glob("checkpoint-*"):
        if checkpoint is None or int(path.name.rpartition("-")[2]) > int(checkpoint.name.rpartition("-")[2]):
            shutil.rmtree(path)  # cut short: the trainer would take it up again
    begun = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    if begun < plan.steps:
        with (folder / "legs.jsonl").open("a", encoding="utf-8") as legs:
            legs.write(json.dumps({"from": begun, "of": plan.steps, "tasks": mixture.names}) + "\n")
    data = _Batches(plan, tokenizer, mixture, texts, begun)
    optimizer = MuonAdamW(model, plan.peak_lr, plan.weight_decay)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate(step, plan))
    cuda = torch.cuda.is_available()
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=plan.steps,
        per_device_train_batch_size=1,  # one of ours is a whole batch already
        bf16=True,
        use_cpu=not cuda,
        max_grad_norm=1.0,
        logging_steps=10,
        save_steps=plan.checkpoint_every,
        save_total_limit=2,
        ignore_data_skip=True,
        seed=plan.seed,
        data_seed=plan.seed,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        logging_nan_inf_filter=False,
    )
    trainer = _WriterTrainer(
        model=model,
        args=arguments,
        train_dataset=data,
        data_collator=lambda items: items[0],
        optimizers=(optimizer, scheduler),
        callbacks=[_Progress(plan, folder, data, begun, report)],
    )
    trainer.remove_callback(PrinterCallback)
    if begun < plan.steps:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        step = trainer.state.global_step
    else:
        # Asked once more, the trainer would take one step beyond the plan.
        step, model = begun, LlamaForCausalLM.from_pretrained(str(checkpoint))
    summary: dict[str, Any] = {"done": step >= plan.steps, "step": step, "of": plan.steps, "plan": asdict(plan)}
    summary["legs"] = [json.loads(line) for line in (folder / "legs.jsonl").read_text(encoding="utf-8").splitlines()]
    summary["parameters"] = sum(p.numel() for p in model.parameters())
    torch.nn.Module.to(model, "cpu")
    summary["held_out_loss"] = held_out_loss(model, tokenizer, mixture.first, HELD_OUT_EXAMPLES)
    torch.nn.Module.to(model, "cpu", torch.bfloat16)
    model.save_pretrained(str(folder / "model"), safe_serialization=True)
    save_tokenizer(tokenizer, folder / "model")
    (folder / "summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")
    return summary
