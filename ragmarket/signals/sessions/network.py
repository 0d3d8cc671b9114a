"""The session Transformer: events of many kinds to one compact vector, and the decoder that it learns from.

The vector is a bottleneck. A decoder that sees it and one event must say which event comes next, for events that were
masked in what the encoder read (masked events and next events at once); so the vector has to hold how this visitor
moves, not only which pages were met. From the vector alone, pages, products and the steps between pages are told once
more as bags of the whole session.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor, nn

from ragmarket.schemas.base import Frozen
from ragmarket.signals.sessions.events import FIELDS, NUMBERS

PREDICTED = ("page", "product", "tile_clicked")


class NetworkConfig(Frozen):
    """Sizes: ``width`` inside, ``vector`` of what a session becomes, ``longest`` events that are read."""

    width: int = Field(default=64, ge=8)
    vector: int = Field(default=64, ge=4, le=64)
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    longest: int = Field(default=24, ge=2)
    dropout: float = Field(default=0.1, ge=0.0, lt=1.0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sessions.

    Codes (n, L, fields), seen (n, L, tiles), numbers (n, L, numbers), text (n, L, text width) zero without a query, and
    ``there`` (n, L).
    """

    codes: Tensor
    seen: Tensor
    numbers: Tensor
    text: Tensor
    there: Tensor


class EventEncoder(nn.Module):
    """One event to one vector: the sum of what each of its modes says."""

    def __init__(self, sizes: dict[str, int], text_width: int, width: int) -> None:
        super().__init__()
        self.fields = nn.ModuleList([nn.Embedding(sizes[field], width) for field in FIELDS])
        self.shown = nn.Embedding(sizes["tile_clicked"], width, padding_idx=0)
        self.numbers = nn.Linear(len(NUMBERS), width)
        self.text = nn.Linear(text_width, width, bias=False)
        # Product and page together: the overview of a fund is neither of the two alone.
        self.mix = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU())

    def forward(self, batch: Batch) -> Tensor:
        """Shape (n, L, width)."""
        found: Tensor = self.numbers(batch.numbers) + self.text(batch.text) + self.shown(batch.seen).sum(2)
        for place, table in enumerate(self.fields):
            found = found + table(batch.codes[..., place])
        mixed: Tensor = self.mix(found)
        return found + mixed


class SessionNetwork(nn.Module):
    """Encoder and decoder.

    Args:
        sizes: Codes of each field.
        text_width: Width of a query's vector.
        config: Sizes.
    """

    def __init__(self, sizes: dict[str, int], text_width: int, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.events = EventEncoder(sizes, text_width, width)
        self.masked = nn.Parameter(torch.randn(width) * 0.02)
        self.opening = nn.Parameter(torch.randn(width) * 0.02)
        self.places = nn.Embedding(config.longest, width)
        # Two neighbours at once: where a visitor came from is half of what a page says.
        self.pairs = nn.Sequential(nn.Linear(2 * width, width), nn.GELU())
        layer = nn.TransformerEncoderLayer(
            width, config.heads, 2 * width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.vector = nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, config.vector))
        self.decoder = nn.Sequential(nn.Linear(config.vector + width, 2 * width), nn.GELU())
        self.heads = nn.ModuleDict({field: nn.Linear(2 * width, sizes[field]) for field in PREDICTED})
        self.text = nn.Linear(config.vector, text_width)
        self.pages = pages = sizes["page"]
        self.bags = nn.ModuleDict(
            {
                "page": nn.Linear(config.vector, pages),
                "product": nn.Linear(config.vector, sizes["product"]),
                "step": nn.Linear(config.vector, pages * pages),
            }
        )

    def forward(self, batch: Batch, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Vectors of sessions, shape (n, vector), and of their events, shape (n, L, width).

        Args:
            batch: The sessions.
            hidden: (n, L), events that the encoder may not see.
        """
        events = self.events(batch)
        read = events if hidden is None else torch.where(hidden[..., None], self.masked, events)
        before = nn.functional.pad(read[:, :-1], (0, 0, 1, 0))
        read = read + self.pairs(torch.cat([before, read], dim=2)) + self.places.weight[: read.shape[1]]
        read = torch.cat([self.opening.expand(len(read), 1, -1), read], dim=1)
        there = nn.functional.pad(batch.there, (1, 0), value=True)
        out = self.layers(read, src_key_padding_mask=~there)
        weight = batch.there[..., None].float()
        mean = (out[:, 1:] * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        vector: Tensor = self.vector(torch.cat([out[:, 0], mean], dim=1))
        return vector, events

    def decode(self, vectors: Tensor, events: Tensor) -> Tensor:
        """What follows each event, given its session's vector, shape (n, L, 2 width); the first follows the opening."""
        before = torch.cat([self.opening.expand(len(events), 1, -1), events[:, :-1]], dim=1)
        spread = vectors[:, None].expand(-1, events.shape[1], -1)
        found: Tensor = self.decoder(torch.cat([spread, before], dim=2))
        return found
