"""The network: tokens, hierarchical attention, gate, branches, one logit (Eqs. 5 to 9)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ragmarket.prediction.alimn.attention import HybridAttention, TextPooling
from ragmarket.prediction.alimn.branches import Branches, SimplexHead
from ragmarket.prediction.alimn.config import NetworkConfig
from ragmarket.prediction.alimn.embeddings import CategoryTokens, NumericTokens
from ragmarket.prediction.alimn.fusion import ConcatFusion, GatedFusion


@dataclass(frozen=True, slots=True)
class Shape:
    """What the network reads: p numbers, c categories of given sizes, text vectors of ``text_width`` (0: none)."""

    numeric: int
    categories: tuple[int, ...]
    text_width: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded customers.

    ``numeric`` (n, p) standardised; ``codes`` (n, c), 0 for a category never met; ``text`` (n, T, text_width) with
    ``mask`` (n, T) and ``counts`` (n, T). Any encoder may give the text tokens: sentences, events, sessions.
    """

    numeric: Tensor
    codes: Tensor
    text: Tensor | None = None
    mask: Tensor | None = None
    counts: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network made of a batch: ``logits`` (n, k); ``z`` (n, k, q); ``h`` (M, n, k, q); ``shares`` (M, n, k).

    ``gate`` (n, q) and ``attention`` (n, T, M features) are None where that part is switched off.
    """

    logits: Tensor
    z: Tensor
    h: Tensor
    shares: Tensor
    gate: Tensor | None
    attention: Tensor | None

    @property
    def probability(self) -> Tensor:
        """(n,): the mean of the members' probabilities."""
        return torch.sigmoid(self.logits).mean(dim=1)


class Encoder(nn.Module):
    """Everything up to z: what other heads (segments, products, channels) share with the response's head."""

    def __init__(self, shape: Shape, config: NetworkConfig, edges: Tensor | None = None) -> None:
        super().__init__()
        width = config.token_width
        tokens = shape.numeric + len(shape.categories)
        if tokens == 0:
            raise ValueError("ALIMN needs at least one structured feature")
        self.numbers = NumericTokens(shape.numeric, width, config.numeric, edges) if shape.numeric else None
        self.categories = CategoryTokens(shape.categories, width) if shape.categories else None
        self.dropout = nn.Dropout(config.dropout)
        self.text = nn.Linear(shape.text_width, width) if config.text and shape.text_width else None
        structured = tokens * width
        self.attention = self.fusion = self.pooling = self.alone = None
        if self.text is None:
            self.alone = nn.Linear(structured, config.width)
        else:
            self.attention = HybridAttention(width, config.combine) if config.cross_attention else None
            self.pooling = TextPooling(width, config.pooling)
            kind = GatedFusion if config.fusion == "gate" else ConcatFusion
            self.fusion = kind(width, structured, config.width)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """A batch to z (n, q), the gate and A_cross."""
        parts = []
        if self.numbers is not None:
            parts.append(self.numbers(batch.numeric))
        if self.categories is not None:
            parts.append(self.categories(batch.codes))
        meta = torch.cat(parts, dim=1)
        structured = self.dropout(meta.flatten(1))
        if self.text is None or self.fusion is None or self.pooling is None:
            assert self.alone is not None  # noqa: S101 (set above whenever there is no text)
            return self.alone(structured), None, None
        if batch.text is None or batch.mask is None:
            raise ValueError("this network reads text, and the batch has none")
        words, weights = self.text(batch.text), None
        if self.attention is not None:
            words, weights = self.attention(words, meta, batch.mask)
        e = self.pooling(words, batch.mask, batch.counts)
        z, gate = self.fusion(self.dropout(e), structured)
        return z, gate, weights


class Alimn(nn.Module):
    """ALIMN: `Encoder`, `Branches`, `SimplexHead`.

    Args:
        shape: What it reads.
        config: How it is built.
        edges: (p, b + 1) bin edges, for piecewise numeric tokens.
    """

    def __init__(self, shape: Shape, config: NetworkConfig, edges: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(shape, config, edges)
        self.branches = Branches(config.width, config.branches, residual=config.residual, members=config.members)
        self.head = SimplexHead(
            len(config.branches), config.width, members=config.members, unit=config.unit_projections
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, batch: Batch) -> Seen:
        """Predict a batch, and keep what explains it."""
        z, gate, weights = self.encoder(batch)
        spread = z[:, None, :].expand(-1, self.config.members, -1)
        h = self.branches(spread)
        logits, shares = self.head(self.dropout(h))
        return Seen(logits, spread, h, shares, gate, weights)


class PlainNetwork(nn.Module):
    """Table 1's Baseline DNN: the flat table through two hidden layers; no text, gate, branch or member."""

    def __init__(self, inputs: int, width: int = 128, dropout: float = 0.15) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width // 2),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width // 2, 1),
        )

    def forward(self, flat: Tensor) -> Tensor:
        """(n, inputs) to logits (n, 1)."""
        found: Tensor = self.layers(flat)
        return found
