"""Language-model losses (Eq. 1), over any encoder that gives hidden states and word embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class LanguageHead(nn.Module):
    """Hidden states to logits over the vocabulary through the encoder's own word embeddings.

    Sentence encoders such as MiniLM are shipped without the head they were pretrained with; this one starts as the
    identity and serves adaptation alone.
    """

    def __init__(self, words: Tensor) -> None:
        super().__init__()
        size, width = words.shape
        self.words = words
        self.transform = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(size))
        nn.init.eye_(self.transform.weight)
        nn.init.zeros_(self.transform.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """(..., width) to (..., V)."""
        return functional.linear(self.norm(self.transform(hidden)), self.words, self.bias)


def next_token_loss(logits: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
    """Eq. 1: -sum_i log p(t_i | t_<i), the mean over tokens.

    The print lacks the minus sign, without which adaptation would unlearn the domain; we take the mean so that the step
    does not hang on the text's length. The first token has nothing before it and is not predicted.

    Args:
        logits: (n, T, V), those at i predict token i + 1, from a model that cannot look ahead.
        tokens: (n, T).
        mask: (n, T), False where padded.
    """
    wanted = tokens[:, 1:].masked_fill(~mask[:, 1:], -100)
    return functional.cross_entropy(logits[:, :-1].flatten(0, 1), wanted.flatten(), ignore_index=-100)


def masked_token_loss(logits: Tensor, tokens: Tensor, chosen: Tensor) -> Tensor:
    """The variant of Eq. 1 for an encoder that reads both ways: -log p(t_i | the rest), over hidden tokens only.

    Args:
        logits: (n, T, V).
        tokens: (n, T), as they were before hiding.
        chosen: (n, T), True where the token was hidden.
    """
    return functional.cross_entropy(
        logits.flatten(0, 1), tokens.masked_fill(~chosen, -100).flatten(), ignore_index=-100
    )


def hide(
    tokens: Tensor, usable: Tensor, mask_token: int, share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Hide a share of the usable tokens, at least one a row where there is one.

    Returns:
        The tokens with the hidden ones replaced, and which they are.
    """
    draw = torch.rand(tokens.shape, generator=generator).masked_fill(~usable, 2.0)
    chosen = (draw < share) | ((draw == draw.amin(dim=1, keepdim=True)) & usable)
    return tokens.masked_fill(chosen, mask_token), chosen


def causal_mask(mask: Tensor) -> Tensor:
    """An additive mask (n, 1, T, T) under which no token sees a later or padded one."""
    size = mask.shape[1]
    seen = torch.tril(torch.ones(size, size, dtype=torch.bool))[None] & mask[:, None, :]
    return torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)[:, None]
