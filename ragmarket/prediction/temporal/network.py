"""One encoder over months, seven heads: what a month was and all before it, gated with its text, answers jointly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ragmarket.schemas.base import Frozen

Encoder = Literal["gru", "transformer", "none"]
TOUCH_HEADS = ("product", "channel", "timing", "intensity")


class EncoderConfig(Frozen):
    """Shape of the network.

    ``none``: no recurrence; each month is read alone beside the mean of those before. ``fusion``: text and structure
    meet in a gate and answers in products of state and touch; without it everything is concatenated.
    """

    encoder: Encoder = "gru"
    width: int = Field(64, ge=4, le=512)
    token_width: int = Field(32, ge=2, le=256)
    layers: int = Field(1, ge=1, le=4)
    attention_heads: int = Field(4, ge=1, le=16)
    dropout: float = Field(0.15, ge=0, lt=1)
    fusion: bool = True
    intents: bool = Field(True, description="whether the intents' posterior is among the inputs")
    text: bool = Field(True, description="whether notes and searches are read")
    behaviour: bool = Field(True, description="whether events are read at all; else columns alone")


@dataclass(frozen=True, slots=True)
class Inputs:
    """A batch of n customers over T months.

    ``columns`` (n, T, C); ``intents`` (n, T, I); ``habits`` (n, T, H), counts so far; ``events``, ``text``, sparse
    (n * T, V), weighted token counts; ``touch`` (n, T, 4) codes.
    """

    columns: Tensor
    intents: Tensor
    habits: Tensor
    events: Tensor
    text: Tensor
    touch: Tensor


@dataclass(frozen=True, slots=True)
class Widths:
    """Sizes: columns, intent inputs, habits, event tokens, text tokens, values of each touch code, classes."""

    columns: int
    intents: int
    habits: int
    events: int
    text: int
    touch: tuple[int, ...]
    classes: Mapping[str, int]


class TemporalNetwork(nn.Module):
    """Reads months, answers for each.

    Columns, intents and events make the structured vector s of a month, its words the vector e; fused as
    g * e + (1 - g) * s (ALIMN, Eq. 6), they are read by a GRU or a causal Transformer.

    The response is a chain: a message is opened, then answered. Opening is a product of what the customer likes and
    what was sent; answering one of what is wanted and what was offered.
    """

    def __init__(self, widths: Widths, config: EncoderConfig) -> None:
        super().__init__()
        self.widths, self.config = widths, config
        width = config.width
        self.columns = nn.Linear(widths.columns, width)
        self.intents = nn.Linear(widths.intents, width, bias=False) if config.intents else None
        self.events = _bag(widths.events, config.token_width, width) if config.behaviour else None
        self.text = _bag(widths.text, config.token_width, width) if config.behaviour and config.text else None
        self.gate = nn.Linear(2 * width, width) if config.fusion and self.text is not None else None
        self.joined = nn.Linear(2 * width, width) if not config.fusion and self.text is not None else None
        self.drop = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(width)
        self.gru: nn.GRU | None = None
        self.transformer: nn.TransformerEncoder | None = None
        if config.encoder == "gru":
            self.gru = nn.GRU(width, width, config.layers, batch_first=True)
        elif config.encoder == "transformer":
            self.transformer = nn.TransformerEncoder(
                nn.TransformerEncoderLayer(
                    width, config.attention_heads, 2 * width, config.dropout, batch_first=True, norm_first=True
                ),
                config.layers,
                enable_nested_tensor=False,
            )
            self.position = nn.Embedding(64, width)
        inner = 2 * width + (widths.intents if config.intents else 0)
        self.trunk = nn.Sequential(nn.Linear(inner, width), nn.SiLU(), nn.Dropout(config.dropout))
        self.heads = nn.ModuleDict({name: nn.Linear(width, count) for name, count in widths.classes.items()})
        # Counts of what somebody keeps doing speak for a preference each on its own, as in naive Bayes.
        self.direct = nn.ModuleDict()
        if widths.habits:
            for name, count in widths.classes.items():
                line = nn.Linear(widths.habits, count)
                nn.init.zeros_(line.weight)
                self.direct[name] = line
        shown = sum(widths.touch)
        answering = width // 4
        self.readiness = nn.Sequential(nn.Linear(inner, answering), nn.SiLU(), nn.Dropout(0.3))
        self.ready = nn.Linear(answering, 2)
        self.matched = config.fusion and bool(widths.classes)  # without a belief there is nothing to match
        if self.matched:
            # What is liked and what is wanted, as the other heads believe, each answered by what was sent. Few weights:
            # answers are rare, and a touch is one of hundreds.
            believed = sum(widths.classes.values())
            self.liked = nn.Linear(believed, shown)
            self.wanted = nn.Linear(believed, widths.touch[0])
            self.held = nn.Sequential(nn.Dropout(0.5), nn.Linear(widths.columns, widths.touch[0], bias=False))
        else:
            self.plain = nn.Sequential(nn.Linear(inner + shown, answering), nn.SiLU(), nn.Linear(answering, 2))

    def forward(self, inputs: Inputs) -> dict[str, Tensor]:
        """Logits (n, T, classes) of each head; ``opened`` and ``answered`` (n, T), log odds of the response's chain."""
        months = inputs.columns.shape[:2]
        month = self.columns(inputs.columns)
        if self.intents is not None:
            month = month + self.intents(inputs.intents)
        if self.events is not None:
            month = month + self.events(inputs.events).reshape(*months, -1)
        if self.text is not None:
            told = self.text(inputs.text).reshape(*months, -1)
            both = torch.cat([told, month], dim=-1)
            if self.gate is not None:
                share = torch.sigmoid(self.gate(both))
                month = share * told + (1 - share) * month
            elif self.joined is not None:
                month = self.joined(both)
        month = self.drop(self.norm(torch.nn.functional.silu(month)))
        parts = [month, self._over_time(month)]
        if self.config.intents:
            parts.append(inputs.intents)
        state = torch.cat(parts, dim=-1)
        trunk = self.trunk(state)
        found = {name: head(trunk) for name, head in self.heads.items()}
        for name, line in self.direct.items():
            found[name] = found[name] + line(inputs.habits)
        sent = torch.cat(
            [
                torch.nn.functional.one_hot(inputs.touch[..., place], count).to(month.dtype)
                for place, count in enumerate(self.widths.touch)
            ],
            dim=-1,
        )
        ready = self.ready(self.readiness(state))
        if self.matched:
            beliefs = torch.cat([torch.softmax(found[name], dim=-1) for name in self.heads], dim=-1)
            offered = sent[..., : self.widths.touch[0]]
            wanted = self.wanted(beliefs) + self.held(inputs.columns)
            found["opened"] = ready[..., 0] + (self.liked(beliefs) * sent).sum(dim=-1)
            found["answered"] = ready[..., 1] + (wanted * offered).sum(dim=-1)
        else:
            plain = self.plain(torch.cat([state, sent], dim=-1)) + ready
            found["opened"], found["answered"] = plain[..., 0], plain[..., 1]
        return found

    def _over_time(self, month: Tensor) -> Tensor:
        periods = month.shape[1]
        found: Tensor
        if self.gru is not None:
            found = self.gru(month)[0]
        elif self.transformer is not None:
            later = torch.triu(torch.ones(periods, periods, dtype=torch.bool), 1)
            found = self.transformer(month + self.position(torch.arange(periods)), mask=later)
        else:
            found = month.cumsum(dim=1) / torch.arange(1, periods + 1, dtype=month.dtype)[:, None]
        return found


class _Bag(nn.Module):
    """Weighted sums of token vectors, from sparse rows; then a line."""

    def __init__(self, tokens: int, width: int, out: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(tokens, width) / width**0.5 * 0.3)
        self.line = nn.Sequential(nn.SiLU(), nn.Linear(width, out))

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = self.line(torch.sparse.mm(rows, self.vectors))
        return found


def _bag(tokens: int, width: int, out: int) -> _Bag:
    return _Bag(max(tokens, 1), width, out)


def response_logit(opened: Tensor, answered: Tensor) -> Tensor:
    """Log odds of opening and answering, from the log odds of each."""
    both = torch.nn.functional.logsigmoid(opened) + torch.nn.functional.logsigmoid(answered)
    return both - torch.log(-torch.expm1(torch.clamp(both, max=-1e-7)))
