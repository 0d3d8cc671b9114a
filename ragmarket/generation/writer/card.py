"""The model card: what the weights were made of, what they reached on data kept apart, and what they cannot do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ragmarket.generation.prompt import PROMPT_VERSION

CARD = """# ragmarket writer

A {parameters:.1f}-million-parameter causal language model of the Llama architecture, trained from nothing on text
that this project wrote itself. It turns facts with named figure slots into claims in nine languages. Prompt:
`{prompt}`.

| | |
|---|---|
| Layers, width, heads | {layers}, {hidden_size}, {heads} |
| Vocabulary | {vocab_size}, byte-level BPE, every slot one token |
| Training | {pretrain_steps} steps of domain-adaptive pretraining, {sft_steps} of fine-tuning on completions |
| Batch, peak learning rate, seed | {batch_tokens} tokens, {peak_lr}, {seed} |
| Optimiser | Muon for the layers' matrices, AdamW for the rest |
| Steps done | {step} of {of} |

## Data

- The phrasebook: {phrasings} phrasings of {kinds} kinds of fact in {languages} languages, with openings, subjects and
  calls to action.
- The corpus in plain text with every figure masked (pretraining only).
- Fine-tuning examples are drawn without end: a product class, an intent, a segment, a channel, up to twelve facts
  in any order with any conditions; the answer tells the facts that the intent prefers. No figure, no product name
  and no personal data is part of any example.

One in twelve combinations of language, product class and intent is never trained on. Mean completion loss on those,
in nats per token:

{losses}

## Limits

- It says nothing that the phrasebook does not hold: review releases only known phrasings, so freer wording is
  refused.
- It cannot read a document. What a document's sentence means is decided before, by the encoder and the catalogue.
- It has seen no language but these nine, and no product class but the eleven of this project.
"""


def write_card(folder: Path, summary: Mapping[str, Any], *, kinds: int, phrasings: int) -> None:
    """Write ``README.md`` and ``card.json`` beside the weights.

    Args:
        folder: The model folder.
        summary: What `training.train` returned.
        kinds: Kinds of fact in the catalogue.
        phrasings: Phrasings in all language packs.
    """
    losses = summary["held_out_loss"]
    rows = [
        "| " + " | ".join(losses) + " |",
        "|" + "---|" * len(losses),
        "| " + " | ".join(f"{v:.3f}" for v in losses.values()) + " |",
    ]
    facts = {"kinds": kinds, "phrasings": phrasings, "prompt": PROMPT_VERSION}
    text = CARD.format(
        **{**summary["plan"], **facts, "parameters": summary["parameters"] / 1e6},
        languages=len(losses),
        losses="\n".join(rows),
        step=summary["step"],
        of=summary["of"],
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    card = json.dumps({**summary, **facts}, indent=2, sort_keys=True)
    (folder / "card.json").write_text(card + "\n", encoding="utf-8")
