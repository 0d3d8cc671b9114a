"""Examples and texts as token ids, gathered into batches of like length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import torch
from transformers import PreTrainedTokenizerFast

from ragmarket.generation.writer.examples import Example

Tokens = tuple[list[int], int]
"""Token ids, and how many of them are prompt and not learned."""


def encode_example(tokenizer: PreTrainedTokenizerFast, example: Example) -> Tokens:
    """Token ids with begin and end, and how many of them are prompt."""
    prompt = tokenizer.encode(example.prompt, add_special_tokens=False)
    completion = tokenizer.encode(example.completion, add_special_tokens=False)
    return [tokenizer.bos_token_id, *prompt, *completion, tokenizer.eos_token_id], len(prompt) + 1


def encode_text(tokenizer: PreTrainedTokenizerFast, text: str) -> Tokens:
    """Token ids of plain text; all of them are learned."""
    return [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id], 1


def padded(batch: Sequence[Tokens], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and labels of shape (batch, width), padded at the right; labels are -100 where nothing is learned."""
    width = max(len(ids) for ids, _ in batch)
    inputs = torch.full((len(batch), width), pad)
    labels = torch.full((len(batch), width), -100)
    for row, (ids, prompt) in enumerate(batch):
        inputs[row, : len(ids)] = torch.tensor(ids)
        labels[row, prompt : len(ids)] = inputs[row, prompt : len(ids)]
    return inputs, labels


def batches(source: Iterator[Tokens], *, batch_tokens: int, max_length: int, seed: int) -> Iterator[list[Tokens]]:
    """Batches of like length with at most ``batch_tokens`` tokens, padding included; order shuffled under ``seed``."""
    rng = random.Random(seed)
    while True:
        pool = sorted((next(source) for _ in range(1024)), key=lambda item: len(item[0]))
        ready: list[list[Tokens]] = []
        batch: list[Tokens] = []
        for ids, prompt in pool:
            if len(ids) > max_length:
                continue
            if batch and (len(batch) + 1) * len(ids) > batch_tokens:
                ready.append(batch)
                batch = []
            batch.append((ids, prompt))
        ready.append(batch)
        rng.shuffle(ready)
        yield from (item for item in ready if item)
