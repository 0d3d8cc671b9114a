"""Metadata tokens: each structured feature as a vector of its own (H_meta of Eq. 5)."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn


def piecewise_linear(values: Tensor, edges: Tensor) -> Tensor:
    """Piecewise-linear encoding (Gorishniy et al. 2022, Eq. 1): how far each bin is filled.

    Args:
        values: (n, p).
        edges: (p, b + 1), rising; equal neighbours are an empty bin, which stays 0.

    Returns:
        (n, p, b) in [0, 1].
    """
    low, high = edges[:, :-1], edges[:, 1:]
    span = (high - low).clamp_min(1e-12)
    filled = ((values[:, :, None] - low) / span).clamp(0.0, 1.0)
    return filled * (high > low)


class NumericTokens(nn.Module):
    """Numbers to tokens: one linear map per feature over the value, its periodic or its piecewise-linear encoding.

    ``periodic`` is PLR (Gorishniy et al. 2022, Eqs. 2 and 3): ReLU(Linear([sin 2 pi c x, cos 2 pi c x])), c learned.
    """

    def __init__(
        self,
        count: int,
        width: int,
        kind: Literal["linear", "periodic", "piecewise"],
        edges: Tensor | None = None,
        frequencies: int = 16,
        scale: float = 0.3,
    ) -> None:
        super().__init__()
        self.kind = kind
        inputs = 1
        if kind == "periodic":
            self.coefficients = nn.Parameter(torch.randn(count, frequencies) * scale)
            inputs = 2 * frequencies
        elif kind == "piecewise":
            if edges is None or edges.shape[0] != count:
                raise ValueError("piecewise embeddings need the bin edges of every numeric feature")
            self.register_buffer("edges", edges.float())
            inputs = edges.shape[1] - 1
        self.weight = nn.Parameter(torch.randn(count, inputs, width) / math.sqrt(inputs))
        self.bias = nn.Parameter(torch.zeros(count, width))

    def forward(self, values: Tensor) -> Tensor:
        """(n, p) to (n, p, d)."""
        if self.kind == "linear":
            encoded = values[:, :, None]
        elif self.kind == "periodic":
            angle = 2 * math.pi * self.coefficients * values[:, :, None]
            encoded = torch.cat([angle.sin(), angle.cos()], dim=-1)
        else:
            encoded = piecewise_linear(values, self.get_buffer("edges"))
        found = torch.einsum("npi,pid->npd", encoded, self.weight) + self.bias
        return torch.relu(found) if self.kind == "periodic" else found


class CategoryTokens(nn.Module):
    """Categories to tokens: one learned vector per category; code 0 (a category never met) is the zero vector."""

    def __init__(self, sizes: tuple[int, ...], width: int) -> None:
        super().__init__()
        offsets = [0]
        for size in sizes[:-1]:
            offsets.append(offsets[-1] + size)
        self.register_buffer("offsets", torch.tensor(offsets if sizes else [], dtype=torch.long))
        self.table = nn.Embedding(max(1, sum(sizes)) + 1, width, padding_idx=0)
        nn.init.normal_(self.table.weight, std=0.3)
        with torch.no_grad():
            self.table.weight[0].zero_()

    def forward(self, codes: Tensor) -> Tensor:
        """(n, c) codes, 0 for unseen, to (n, c, d)."""
        places = torch.where(codes > 0, codes + self.get_buffer("offsets"), torch.zeros_like(codes))
        found: Tensor = self.table(places)
        return found
