"""Bring your own base: any causal language model learns the writer's tasks through a LoRA adapter.

Prompt, grammar and slots stay the same: a base's own tokenizer may cut a slot into pieces, and the grammar still admits
only whole ones. The loop is TRL's `SFTTrainer` with a PEFT adapter; vLLM loads the result with ``--enable-lora``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import InvalidInput, MissingDependency, ModelMissing
from ragmarket.generation.writer.examples import Mixture


@dataclass(frozen=True)
class AdapterPlan:
    """Sizes of the adapter and of its training."""

    steps: int = 1_000
    batch: int = 16
    max_length: int = 2_048
    peak_lr: float = 2e-4
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    seed: int = 20261121
    checkpoint_every: int = 100


def train_adapter(
    plan: AdapterPlan, base: str, mixture: Mixture, folder: Path, report: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Train, or go on training, an adapter for ``base`` in ``folder``; the adapter lies in ``folder/adapter``.

    Args:
        plan: Sizes.
        base: A model folder, or an id that the local cache holds; nothing is downloaded while HF_HUB_OFFLINE is set.
        mixture: Where examples come from.
        folder: Holds checkpoints and the adapter.
        report: Receives the trainer's log rows.

    Raises:
        MissingDependency: The extra ``training`` is not installed.
        ModelMissing: The base cannot be loaded.
        InvalidInput: The base's tokenizer has no end-of-text token.
    """
    try:
        import torch
        from datasets import IterableDataset
        from peft import LoraConfig
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from trl import SFTConfig, SFTTrainer
    except ImportError as error:
        raise MissingDependency("trl, peft, datasets", "training") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForCausalLM.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise ModelMissing(
            f"the base {base} cannot be loaded: {error}",
            hint="Give a folder that transformers can load, or fetch the model first (`hf download`).",
        ) from error
    if tokenizer.eos_token is None:
        raise InvalidInput(f"--base: the tokenizer of {base} has no end-of-text token")

    def rows() -> Iterator[dict[str, str]]:
        for example in mixture.stream(plan.seed):
            yield {"prompt": example.prompt, "completion": example.completion}

    cuda = torch.cuda.is_available()
    arguments = SFTConfig(
        output_dir=str(folder),
        max_steps=plan.steps,
        per_device_train_batch_size=plan.batch,
        learning_rate=plan.peak_lr,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, plan.steps // 30),
        max_length=plan.max_length,
        completion_only_loss=True,
        bf16=True,
        use_cpu=not cuda,
        gradient_checkpointing=cuda,
        logging_steps=10,
        save_steps=plan.checkpoint_every,
        save_total_limit=2,
        seed=plan.seed,
        report_to=[],
        disable_tqdm=True,
    )
    adapter = LoraConfig(
        r=plan.rank,
        lora_alpha=plan.alpha,
        lora_dropout=plan.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=IterableDataset.from_generator(rows),
        processing_class=tokenizer,
        peft_config=adapter,
    )
    started = any((path / "trainer_state.json").is_file() for path in folder.glob("checkpoint-*"))
    trainer.train(resume_from_checkpoint=started or None)
    rows_ = [row for row in trainer.state.log_history if "loss" in row]
    for row in rows_:
        report({key: value for key, value in row.items() if isinstance(value, (int, float))})
    trainer.save_model(str(folder / "adapter"))
    tokenizer.save_pretrained(str(folder / "adapter"))
    return {"plan": asdict(plan), "base": base, "step": trainer.state.global_step, "last": rows_[-1] if rows_ else {}}
