"""Hierarchical attention for hybrid inputs (Eq. 5), and how tokens become one vector."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn


def cross_attention(text: Tensor, meta: Tensor, text_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Eq. 5: A_cross = softmax(H_text H_meta^T / sqrt d), H_fusion = A_cross H_meta.

    The softmax runs over the metadata, so that each text token asks which features concern it. As printed there are no
    learned query, key or value maps; those lie in what makes the tokens.

    Args:
        text: (n, T, d).
        meta: (n, M, d).
        text_mask: (n, T), False where padded; a padded token's row of A is all zeros.

    Returns:
        H_fusion (n, T, d) and A_cross (n, T, M).
    """
    weights = torch.softmax(text @ meta.transpose(1, 2) / math.sqrt(text.shape[-1]), dim=-1)
    if text_mask is not None:
        weights = weights * text_mask[:, :, None]
    return weights @ meta, weights


class TextPooling(nn.Module):
    """Tokens to one vector: the masked mean, or an attention learned for the task; no token at all gives zeros."""

    def __init__(self, width: int, kind: Literal["mean", "attention"]) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1) if kind == "attention" else None
        if self.score is not None:  # starts as the mean
            nn.init.zeros_(self.score.weight)
            nn.init.zeros_(self.score.bias)

    def forward(self, tokens: Tensor, mask: Tensor, counts: Tensor | None = None) -> Tensor:
        """Pool.

        Args:
            tokens: (n, T, d).
            mask: (n, T), False where padded.
            counts: (n, T) how often each token occurred; once each where absent.

        Returns:
            (n, d).
        """
        weight = mask.to(tokens.dtype)
        if counts is not None:
            weight = weight * counts
        if self.score is not None:
            score = self.score(tokens)[:, :, 0].masked_fill(~mask, -1e4)
            weight = weight * torch.exp(score - score.amax(dim=1, keepdim=True))
        total = weight.sum(dim=1, keepdim=True)
        return torch.einsum("nt,ntd->nd", weight / total.clamp_min(1e-9), tokens)


class HybridAttention(nn.Module):
    """Text tokens that have looked at the metadata; the paper says "combined" and no more.

    ``sum`` adds H_fusion to H_text (a residual, so that the text survives); ``concat`` maps [H_text; H_fusion] back
    to d.
    """

    def __init__(self, width: int, combine: Literal["sum", "concat"]) -> None:
        super().__init__()
        self.back = nn.Linear(2 * width, width) if combine == "concat" else None
        self.norm = nn.LayerNorm(width)

    def forward(self, text: Tensor, meta: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(n, T, d) and (n, M, d) to the combined tokens (n, T, d) and A_cross (n, T, M)."""
        fused, weights = cross_attention(text, meta, mask)
        joined = text + fused if self.back is None else self.back(torch.cat([text, fused], dim=-1))
        return self.norm(joined) * mask[:, :, None], weights
