"""The model card: what the weights were made of, what they reached on data kept apart, and what they cannot do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ragmarket.generation.prompt import PROMPT_VERSION

CARD = """# ragmarket writer

A {parameters:.1f}-million-parameter causal language model of the Llama architecture, trained from nothing on text
that this project wrote itself. It turns facts with named figure slots into claims in nine languages, and, in prompts of
their own, names segments, labels sessions and chooses lawful rewrites. Prompt: `{prompt}`.

| | |
|---|---|
| Layers, width, heads | {layers}, {hidden_size}, {heads} |
| Vocabulary | {vocab_size}, byte-level BPE, every slot one token |
| Training | {pretrain_steps} steps of domain-adaptive pretraining, {sft_steps} of fine-tuning on completions |
| Batch, peak learning rate, seed | {batch_tokens} tokens, {peak_lr}, {seed} |
| Optimiser | Muon for the layers' matrices, AdamW for the rest |
| Steps done | {step} of {of} |
| Preference tuning | {preference} |

{legs}

## Data

- The phrasebook: {phrasings} phrasings of {kinds} kinds of fact in {languages} languages, with openings, bridges,
  subjects and calls to action.
- The corpus in plain text with every figure masked (pretraining only).
- Drafting examples are drawn without end: a product class, an intent, an angle, a style, a channel, up to twelve facts
  in any order with any conditions, some kinds twice; the answer tells the facts that the angle leads with. No figure,
  no product name and no personal data is part of any example.
- Segments: statistics drawn from `knowledge/profiles.yaml`; sessions: events drawn from the process that
  `knowledge/sessions.yaml` describes; rewrites: sentences that a rule flags (`knowledge/copy`, the rules' examples)
  with the rule's lawful sentences. All of it was written or invented for this project.

One in twelve combinations (of language, product class and intent; of a task's own key elsewhere) is never trained on.
Mean completion loss of drafting on those, in nats per token; the answer is drawn at random among phrasings that are
equally good, so a part of it cannot be learned away:

{losses}

## Limits

- It says nothing that the phrasebook does not hold: review releases only known phrasings, so freer wording is
  refused.
- It cannot read a document. What a document's sentence means is decided before, by the encoder and the catalogue.
- It has seen no language but these nine (and romanised Hindi in rewrites), and no product class but the eleven of this
  project.
- Names of segments and labels of sessions follow invented statistics: they say how well a teacher was learned, not how
  well any bank's customers are described.
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
    tuned = summary.get("preference")
    preference = f"DPO on {tuned['pairs']} pairs of its own drafts, ranked by review" if tuned else "none"
    text = CARD.format(
        **{**summary["plan"], **facts, "parameters": summary["parameters"] / 1e6},
        languages=len(losses),
        losses="\n".join(rows),
        legs=_legs(summary.get("legs", [])),
        preference=preference,
        step=summary["step"],
        of=summary["of"],
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    card = json.dumps({**summary, **facts}, indent=2, sort_keys=True)
    (folder / "card.json").write_text(card + "\n", encoding="utf-8")


def _legs(legs: Sequence[Mapping[str, Any]]) -> str:
    """How the run came about: a run that was stopped and went on is not what one command gives."""
    if len(legs) < 2:
        return "The run was made in one go."
    said = "; ".join(f"from step {leg['from']} towards {leg['of']} ({', '.join(leg['tasks'])})" for leg in legs)
    return (
        f"The run was made in {len(legs)} legs: {said}. A leg takes up knowledge and plan as they stand at its "
        "start, so one command does not give these bytes again."
    )
