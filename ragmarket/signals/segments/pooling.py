"""Learned pooling: a small recurrent reader of a customer's sentences in order, trained without labels.

Contrastive learning for event sequences (CoLES, Babaev et al. 2022, arXiv:2002.08232): two random slices of one
customer's history shall be near, slices of different customers far apart. The mean forgets order and pace; this reader
need not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.schemas.base import Frozen
from ragmarket.signals.narratives import with_narratives
from ragmarket.signals.segments.clusters import principal_axes

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.signals.segments.vectors import NarrativeVectors


class PoolingConfig(Frozen):
    """How the reader is built and trained.

    ``inputs`` components of a sentence's vector, with log days since the event before, go through a GRU of ``width``.
    Each step draws ``customers`` customers and ``slices`` slices of ``shortest`` to ``longest`` events of each.
    """

    inputs: int = Field(default=32, gt=0)
    width: int = Field(default=64, gt=0)
    steps: int = Field(default=200, gt=0)
    customers: int = Field(default=48, gt=1)
    slices: int = Field(default=4, gt=1)
    shortest: int = Field(default=10, gt=0)
    longest: int = Field(default=60, gt=0)
    temperature: float = Field(default=0.1, gt=0)
    learning_rate: float = Field(default=2e-3, gt=0)
    last: int = Field(default=200, gt=0)
    seed: int = 7


class LearnedPooling:
    """A trained reader; ``embed`` gives unit vectors of shape (customers, width)."""

    def __init__(self, config: PoolingConfig, centre: Any, axes: Any, network: Any, losses: tuple[float, ...]) -> None:
        self.config = config
        self._centre = centre
        self._axes = axes
        self._network = network
        self.losses = losses

    @classmethod
    def fit(
        cls, transactions: pl.DataFrame, vectors: NarrativeVectors, config: PoolingConfig | None = None
    ) -> LearnedPooling:
        """Train on customers with at least twice the shortest slice.

        Raises:
            InvalidInput: Fewer than two customers have so many transactions.
            MissingDependency: torch is not installed.
        """
        torch = _torch()
        import numpy as np

        config = config or PoolingConfig()
        histories = _histories(transactions, vectors)
        centre, axes, _ = principal_axes(histories.table, config.inputs)
        torch.manual_seed(config.seed)
        network = _network(torch, axes.shape[0] + 1, config.width)
        made = cls(config, centre, axes, network, ())
        events = [made._events(histories, row) for row in range(len(histories.customers))]
        usable = [one for one in events if len(one) >= 2 * config.shortest]
        if len(usable) < 2:
            raise InvalidInput(f"too few customers have {2 * config.shortest} transactions to learn from")
        dice = np.random.default_rng(config.seed)
        optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
        losses = []
        network.train()
        for _ in range(config.steps):
            count = min(config.customers, len(usable))
            who = dice.choice(len(usable), count, replace=False)
            slices = [_slice(usable[at], dice, config) for at in who for _ in range(config.slices)]
            found = _read(torch, network, slices)
            likeness = found @ found.T / config.temperature
            owner = torch.arange(count).repeat_interleave(config.slices)
            itself = torch.eye(len(owner), dtype=torch.bool)
            same = (owner[:, None] == owner[None]) & ~itself
            chances = torch.log_softmax(likeness.masked_fill(itself, -1e9), dim=1)
            loss = -(chances * same).sum(1).div(same.sum(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
        network.eval()
        made.losses = tuple(losses)
        return made

    def embed(
        self, transactions: pl.DataFrame, vectors: NarrativeVectors
    ) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Customer ids, sorted, and a unit vector of each one's last transactions."""
        torch = _torch()
        import numpy as np

        histories = _histories(transactions, vectors)
        found = []
        with torch.inference_mode():
            for first in range(0, len(histories.customers), 256):
                rows = range(first, min(first + 256, len(histories.customers)))
                events = [self._events(histories, row)[-self.config.last :] for row in rows]
                found.append(_read(torch, self._network, events).numpy())
        return histories.customers, np.concatenate(found).astype(np.float32)

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """All numbers of the reader, by name."""
        import numpy as np

        own = {name: value.detach().numpy() for name, value in self._network.state_dict().items()}
        return {"centre": np.asarray(self._centre), "axes": np.asarray(self._axes), **own}

    @classmethod
    def restored(cls, config: PoolingConfig, arrays: Mapping[str, Any]) -> LearnedPooling:
        """A reader from its numbers."""
        torch = _torch()
        network = _network(torch, arrays["axes"].shape[0] + 1, config.width)
        state = {name: torch.from_numpy(value) for name, value in arrays.items() if name not in ("centre", "axes")}
        network.load_state_dict(state)
        network.eval()
        return cls(config, arrays["centre"], arrays["axes"], network, ())

    def _events(self, histories: _Histories, row: int) -> NDArray[np.float32]:
        """The events of one customer, shape (events, inputs + 1)."""
        import numpy as np

        first, end = histories.bounds[row], histories.bounds[row + 1]
        told = (histories.table[histories.sentence[first:end]] - self._centre) @ self._axes.T
        gaps = np.diff(histories.days[first:end], prepend=histories.days[first])
        return np.concatenate([told, np.log1p(np.maximum(gaps, 0.0))[:, None]], axis=1).astype(np.float32)


class _Histories:
    """Sentences of all customers in order of time, flat, with where each customer's begin."""

    def __init__(self, customers: tuple[str, ...], bounds: Any, sentence: Any, days: Any, table: Any) -> None:
        self.customers, self.bounds, self.sentence, self.days, self.table = customers, bounds, sentence, days, table


def _histories(transactions: pl.DataFrame, vectors: NarrativeVectors) -> _Histories:
    import numpy as np
    import polars as pl

    told = with_narratives(transactions).sort("customer_id", "at", "narrative", maintain_order=True)
    sizes = told.group_by("customer_id", maintain_order=True).len()
    sentences = told["narrative"].unique().sort()
    places = np.searchsorted(sentences.to_numpy().astype(str), told["narrative"].to_numpy().astype(str))
    days = told.select(pl.col("at").cast(pl.Datetime("ms")).dt.epoch("ms") / 86_400_000).to_series().to_numpy()
    bounds = np.concatenate([[0], sizes["len"].to_numpy().cumsum()]).astype(np.int64)
    table = vectors.of(sentences.to_list()).astype(np.float64)
    return _Histories(tuple(sizes["customer_id"].to_list()), bounds, places, days, table)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingDependency("torch", "signals") from error
    return torch


def _network(torch: Any, inputs: int, width: int) -> Any:
    return torch.nn.GRU(inputs, width, batch_first=True)


def _slice(events: NDArray[np.float32], dice: np.random.Generator, config: PoolingConfig) -> NDArray[np.float32]:
    length = int(dice.integers(config.shortest, min(config.longest, len(events)) + 1))
    first = int(dice.integers(0, len(events) - length + 1))
    return events[first : first + length]


def _read(torch: Any, network: Any, slices: list[NDArray[np.float32]]) -> Any:
    packed = torch.nn.utils.rnn.pack_sequence([torch.from_numpy(one) for one in slices], enforce_sorted=False)
    _, last = network(packed)
    return torch.nn.functional.normalize(last[-1], dim=1)
