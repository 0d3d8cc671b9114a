"""Learning session vectors without a label: masked and next events, and two views of one session if asked for.

Contrastive part: the normalised temperature-scaled cross entropy of SimCLR (Chen et al. 2020, Eq. 1), where the two
views are two maskings of one session.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ragmarket.schemas.base import Frozen
from ragmarket.signals.sessions.events import FIELDS, Sessions
from ragmarket.signals.sessions.network import PREDICTED, Batch, SessionNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

Report = Callable[[dict[str, float]], None]
_TEMPERATURE = 0.1


class PretrainingConfig(Frozen):
    """How long and how hard.

    ``seen_weight`` is how much events that were not masked count, ``bag_weight`` how much the bags of the whole session
    do, ``contrast`` the weight of the contrastive loss (0 leaves it out).
    """

    epochs: int = Field(default=12, ge=1)
    batch: int = Field(default=128, ge=4)
    peak_lr: float = Field(default=3e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    least_masked: float = Field(default=0.1, gt=0, lt=1)
    most_masked: float = Field(default=0.4, gt=0, lt=1)
    seen_weight: float = Field(default=0.5, ge=0)
    bag_weight: float = Field(default=1.0, ge=0)
    contrast: float = Field(default=0.0, ge=0)
    seed: int = Field(default=0, ge=0)


def batch_of(sessions: Sessions, text: NDArray[np.float32], chosen: NDArray[np.int64], longest: int) -> Batch:
    """Sessions as tensors, padded to the longest of them.

    Args:
        sessions: All sessions.
        text: Vectors of their queries, shape (queries, text width).
        chosen: Places of the sessions to take.
        longest: Events kept of each, the last ones.
    """
    rows = sessions.rows(chosen, int(min(longest, sessions.lengths[chosen].max())))
    there = rows >= 0
    query = np.where(there, sessions.query[rows], -1)
    texts = np.concatenate([text, np.zeros((1, text.shape[1]), dtype=np.float32)])[query]
    return Batch(
        codes=torch.from_numpy(np.where(there[..., None], sessions.codes[rows], 0)),
        seen=torch.from_numpy(np.where(there[..., None], sessions.seen[rows], 0)),
        numbers=torch.from_numpy(np.where(there[..., None], sessions.numbers[rows], 0).astype(np.float32)),
        text=torch.from_numpy(texts.astype(np.float32)),
        there=torch.from_numpy(there),
    )


def loss_of(network: SessionNetwork, batch: Batch, config: PretrainingConfig, dice: torch.Generator) -> Tensor:
    """The loss of one batch."""
    vectors, total = _masked(network, batch, config, dice)
    if config.contrast > 0 and len(vectors) > 1:
        other, second = _masked(network, batch, config, dice)
        both = nn.functional.normalize(torch.cat([vectors, other]), dim=1)
        near = both @ both.T / _TEMPERATURE
        near.fill_diagonal_(-1e9)
        count = len(vectors)
        partner = torch.cat([torch.arange(count, 2 * count), torch.arange(count)])
        total = (total + second) / 2 + config.contrast * nn.functional.cross_entropy(near, partner)
    return total


def _masked(
    network: SessionNetwork, batch: Batch, config: PretrainingConfig, dice: torch.Generator
) -> tuple[Tensor, Tensor]:
    count, length = batch.there.shape
    share = config.least_masked + (config.most_masked - config.least_masked) * torch.rand((count, 1), generator=dice)
    hidden = (torch.rand((count, length), generator=dice) < share) & batch.there
    vectors, events = network(batch, hidden)
    told = network.decode(vectors, events)
    # What was seen counts too: a vector that only guesses forgets what it was told.
    weight = torch.where(hidden, 1.0, config.seen_weight) * batch.there
    total = torch.zeros(())
    for field in PREDICTED:
        target = batch.codes[..., FIELDS.index(field)]
        chosen = weight * (batch.there if field == "page" else target > 0)
        each = nn.functional.cross_entropy(network.heads[field](told).transpose(1, 2), target, reduction="none")
        total = total + (each * chosen).sum() / chosen.sum().clamp(min=1.0)
    for name, (row, code) in _bags(batch, network.pages).items():
        if len(row):
            likely = nn.functional.log_softmax(network.bags[name](vectors), dim=1)
            total = total - config.bag_weight * likely[row, code].mean()
    asked = (batch.text.abs().sum(2) > 0) & batch.there
    if int(asked.sum()) > 1:
        # From the vector alone, whatever page the search stood on.
        owners = asked.nonzero()[:, 0]
        guess = nn.functional.normalize(network.text(vectors[owners]), dim=1)
        wanted = nn.functional.normalize(batch.text[asked], dim=1)
        near = guess @ wanted.T / _TEMPERATURE
        # Equal queries in one batch are one answer, not rivals.
        same = (wanted @ wanted.T > 0.999).float()
        likely = nn.functional.log_softmax(near, dim=1)
        total = total - ((likely * same).sum(1) / same.sum(1)).mean()
    return vectors, total


def _bags(batch: Batch, pages: int) -> dict[str, tuple[Tensor, Tensor]]:
    """What stands in each session, as pairs of row and code: pages, products, and steps between pages.

    Where a session has products, steps lead from one product page to the next, whatever stands between.
    """
    page, product = batch.codes[..., FIELDS.index("page")], batch.codes[..., FIELDS.index("product")]
    rows = torch.arange(len(page))
    reads = batch.there & ((product > 0) | ~(product > 0).any(dim=1, keepdim=True))
    before = torch.zeros(len(page), dtype=torch.long)
    places, steps = [], []
    for place in range(page.shape[1]):
        here, now = reads[:, place], page[:, place]
        taken = here & (before > 0)
        places.append(rows[taken])
        steps.append((before * pages + now)[taken])
        before = torch.where(here, now, before)
    about = batch.there & (product > 0)
    return {
        "page": (batch.there.nonzero()[:, 0], page[batch.there]),
        "product": (about.nonzero()[:, 0], product[about]),
        "step": (torch.cat(places), torch.cat(steps)),
    }


def pretrain(
    network: SessionNetwork,
    sessions: Sessions,
    text: NDArray[np.float32],
    config: PretrainingConfig,
    report: Report,
    checkpoint: Path | None = None,
) -> list[dict[str, float]]:
    """Train in place; a killed run goes on from its checkpoint.

    Args:
        network: What is trained.
        sessions: At least two sessions.
        text: Vectors of their queries.
        config: The plan.
        report: Receives epoch and loss.
        checkpoint: Where progress is kept.

    Returns:
        One row per epoch.
    """
    torch.manual_seed(config.seed)
    steps = config.epochs * (len(sessions) // config.batch + 1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.peak_lr, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.peak_lr, total_steps=steps + 1)
    rows: list[dict[str, float]] = []
    if checkpoint is not None and checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
        if kept["config"] == config.model_dump(mode="json") and kept["sessions"] == len(sessions):
            network.load_state_dict(kept["network"])
            optimiser.load_state_dict(kept["optimiser"])
            schedule.load_state_dict(kept["schedule"])
            rows = list(kept["rows"])
    for epoch in range(len(rows), config.epochs):
        dice = torch.Generator().manual_seed(config.seed * 10_007 + epoch)
        order = np.random.default_rng((config.seed, epoch)).permutation(len(sessions))
        network.train()
        losses = []
        for first in range(0, len(order), config.batch):
            batch = batch_of(sessions, text, order[first : first + config.batch], network.config.longest)
            loss = loss_of(network, batch, config, dice)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        rows.append({"epoch": epoch + 1, "loss": float(np.mean(losses))})
        report(rows[-1])
        if checkpoint is not None:
            _keep(checkpoint, network, optimiser, schedule, config, len(sessions), rows)
    network.eval()
    return rows


def _keep(
    file: Path,
    network: SessionNetwork,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    config: PretrainingConfig,
    sessions: int,
    rows: list[dict[str, float]],
) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".pt", delete=False) as stream:
        torch.save(
            {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "config": config.model_dump(mode="json"),
                "sessions": sessions,
                "rows": rows,
            },
            stream,
        )
    os.replace(stream.name, file)  # noqa: PTH105 (a rename that replaces, on every system)
