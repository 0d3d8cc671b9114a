"""Teaching the adapters: the bank's language (Eq. 1), and what prompts ask for (instruction tuning, 3.1.2)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.language import LanguageHead, hide, masked_token_loss, next_token_loss
from ragmarket.prediction.alimn.text_encoder import TextEncoder

Report = Callable[[dict[str, float]], None]
_HIDDEN_SHARE = 0.15
_TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the bank's world, and the domain tag whose adapters learn from it."""

    text: str
    domain: str


@dataclass(frozen=True, slots=True)
class AdaptationPlan:
    """``causal`` is Eq. 1 as printed; ``masked`` its variant for an encoder that reads both ways, as later."""

    objective: Literal["causal", "masked"] = "masked"
    epochs: int = 2
    batch_size: int = 16
    learning_rate: float = 1e-3
    held_out: float = 0.15
    seed: int = 0


def adapt(
    encoder: TextEncoder, passages: Sequence[Passage], plan: AdaptationPlan, report: Report = lambda _row: None
) -> dict[str, float]:
    """Minimise Eq. 1 over the adapters of each passage's domain; the encoder itself stays as it was.

    First the language head alone learns (sentence encoders ship none), so that what follows measures the adapters: the
    second phase trains both, for as many epochs again.

    Returns:
        Held-out perplexity untrained, with the head alone, and with adapters; how many passages each side had.

    Raises:
        InvalidInput: Fewer than ten passages, or an unknown domain.
    """
    if len(passages) < 10:
        raise InvalidInput(f"adaptation: {len(passages)} passages are too few; at least ten are needed")
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    order = rng.permutation(len(passages))
    cut = max(2, int(plan.held_out * len(passages)))
    held, used = [passages[row] for row in order[:cut]], [passages[row] for row in order[cut:]]
    head = LanguageHead(encoder.words)
    found = {"passages": float(len(used)), "held_out": float(cut)}
    found["perplexity_untrained"] = _perplexity(encoder, head, held, plan)
    generator = torch.Generator().manual_seed(plan.seed)
    for phase, trained in (
        ("head", [*head.parameters()]),
        ("adapters", [*head.parameters(), *encoder.adapters.parameters()]),
    ):
        optimiser = torch.optim.Adam(trained, lr=plan.learning_rate)
        for epoch in range(plan.epochs):
            losses = []
            for batch in _batches(used, plan.batch_size, rng):
                loss = _batch_loss(encoder, head, batch, plan, generator, adapted=phase == "adapters")
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                losses.append(float(loss.detach()))
            report({"adapters": float(phase == "adapters"), "epoch": float(epoch), "loss": float(np.mean(losses))})
        found[f"perplexity_{phase}"] = _perplexity(encoder, head, held, plan, adapted=phase == "adapters")
    return found


def instruct(
    encoder: TextEncoder,
    examples: Sequence[tuple[str, str]],
    prompt: str,
    *,
    domain: str = "marketing",
    epochs: int = 2,
    batch_size: int = 48,
    learning_rate: float = 5e-4,
    seed: int = 0,
    report: Report = lambda _row: None,
) -> list[float]:
    """Instruction tuning: [x; r] of texts with the same answer to r are drawn together, others apart.

    The supervised contrastive loss (Khosla et al. 2020). The paper says only that tuning "makes the LLM respond
    better to financial prompts"; an encoder responds by its geometry.

    Args:
        encoder: Its adapters of ``domain`` are trained.
        examples: (text, answer).
        prompt: A name in the registry.
        domain: Whose adapters.
        epochs: Passes.
        batch_size: Examples a step.
        learning_rate: Of Adam.
        seed: Order of the examples.
        report: Receives a row per epoch.

    Returns:
        The mean loss of each epoch.

    Raises:
        InvalidInput: Fewer than two answers.
    """
    answers = sorted({answer for _, answer in examples})
    if len(answers) < 2:
        raise InvalidInput("instruction tuning: at least two different answers are needed")
    number = {answer: place for place, answer in enumerate(answers)}
    optimiser = torch.optim.Adam(encoder.adapters.parameters(), lr=learning_rate)
    rng = np.random.default_rng(seed)
    found = []
    for epoch in range(epochs):
        losses = []
        order = rng.permutation(len(examples))
        for start in range(0, len(order) - 1, batch_size):
            rows = order[start : start + batch_size]
            vectors = encoder.vectors([examples[row][0] for row in rows], domain, prompt)
            labels = torch.tensor([number[examples[row][1]] for row in rows])
            loss = supervised_contrast(vectors, labels, _TEMPERATURE)
            if not loss.requires_grad:
                continue
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
        found.append(float(np.mean(losses)) if losses else 0.0)
        report({"epoch": float(epoch), "loss": found[-1]})
    return found


def supervised_contrast(vectors: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Khosla et al. 2020, Eq. 2: the mean of -log softmax over others, taken at those of the same label.

    Args:
        vectors: (n, d) unit vectors.
        labels: (n,).
        temperature: Of the softmax.

    Returns:
        A scalar; zero, without gradient, where no two rows share a label.
    """
    alone = torch.eye(len(labels), dtype=torch.bool)
    logits = (vectors @ vectors.T / temperature).masked_fill(alone, -1e9)
    same = (labels[:, None] == labels[None, :]) & ~alone
    rows = same.any(dim=1)
    if not bool(rows.any()):
        return torch.zeros(())
    chances = functional.log_softmax(logits, dim=1)
    return -((chances * same).sum(dim=1)[rows] / same.sum(dim=1)[rows]).mean()


def _batches(passages: Sequence[Passage], size: int, rng: np.random.Generator) -> Iterator[list[Passage]]:
    """Batches of similar length, in random order, so that little is padding."""
    by_length = sorted(passages, key=lambda one: len(one.text))
    parts = [by_length[start : start + size] for start in range(0, len(by_length), size)]
    yield from (parts[place] for place in rng.permutation(len(parts)))


def _batch_loss(
    encoder: TextEncoder,
    head: LanguageHead,
    batch: Sequence[Passage],
    plan: AdaptationPlan,
    generator: torch.Generator,
    *,
    adapted: bool,
) -> Tensor:
    tokens, mask = encoder.tokens([one.text for one in batch])
    domains = [one.domain for one in batch] if adapted else None
    if plan.objective == "causal":
        return next_token_loss(head(encoder.hidden(tokens, mask, domains, causal=True)), tokens, mask)
    special = torch.isin(tokens, torch.tensor(encoder.tokenizer.all_special_ids))
    shown, chosen = hide(tokens, mask & ~special, encoder.tokenizer.mask_token_id, _HIDDEN_SHARE, generator)
    hidden = encoder.hidden(shown, mask, domains)
    return masked_token_loss(head(hidden[chosen])[None], tokens[chosen][None], chosen[chosen][None])


def _perplexity(
    encoder: TextEncoder, head: LanguageHead, held: Sequence[Passage], plan: AdaptationPlan, *, adapted: bool = False
) -> float:
    """On held-out passages, the same tokens hidden each time."""
    generator = torch.Generator().manual_seed(plan.seed + 1)
    rng = np.random.default_rng(0)
    with torch.inference_mode():
        losses = [
            _batch_loss(encoder, head, batch, plan, generator, adapted=adapted).item()
            for batch in _batches(held, plan.batch_size, rng)
        ]
    return math.exp(min(float(np.mean(losses)), 30.0))
