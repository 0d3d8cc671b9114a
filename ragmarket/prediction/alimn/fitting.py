"""Training the network in phases: copying the teacher (Eq. 3), then the task (Eq. 11), stopped early, resumable."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.config import TrainingConfig
from ragmarket.prediction.alimn.data import Tensors
from ragmarket.prediction.alimn.losses import Objective, auxiliary, bce, binary_distillation, l2
from ragmarket.prediction.alimn.network import Alimn, PlainNetwork
from ragmarket.prediction.metrics import roc_auc

Floats = npt.NDArray[np.float64]
Curve = list[dict[str, float]]
Report = Callable[[dict[str, float]], None]
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Watched:
    """Rows that decide when to stop; nothing is learned from them."""

    data: Tensors
    target: Floats


def objective(network: Alimn, data: Tensors, rows: Tensor, target: Tensor, config: TrainingConfig,
              teacher: Tensor | None, *, copying: bool) -> Objective:  # fmt: skip
    """Eq. 11 on a batch; while copying, Eq. 3 stands in for the labels."""
    seen = network(data.batch(rows))
    zero = torch.zeros(())
    distilled = zero
    if teacher is not None:
        weight = 1.0 if copying else config.distillation_weight
        if weight:
            distilled = weight * binary_distillation(seen.logits, teacher[rows], config.distillation_temperature)
    share = 0.0 if copying else 1.0 - (config.distillation_weight if teacher is not None else 0.0)
    return Objective(
        bce=share * bce(seen.logits, target[rows]) if share else zero,
        reg=l2(network.parameters(), config.l2),
        aux=config.auxiliary_weight * auxiliary(seen.h, seen.z) if config.auxiliary_weight else zero,
        distillation=distilled,
    )


def fit_network(
    network: Alimn,
    data: Tensors,
    target: Floats,
    config: TrainingConfig,
    *,
    watched: Watched | None = None,
    teacher: Floats | None = None,
    epochs: int | None = None,
    checkpoint: Path | None = None,
    report: Report = lambda _row: None,
) -> Curve:
    """Train in place; the best epoch's weights stay.

    Args:
        network: Changed in place.
        data: (n) rows.
        target: (n,) 0 or 1.
        config: Loss weights, phases and optimiser.
        watched: Rows for early stopping; without them all epochs run and the last weights stay.
        teacher: (n,) logits of a teacher that did not see the row's own answer; None: no distillation.
        epochs: Instead of the configured number, for a fit on all rows.
        checkpoint: A file; a killed run goes on from its last epoch.
        report: Receives each epoch's row.

    Returns:
        The curve: per epoch the terms of Eq. 11 and, with watched rows, log loss and AUC on them (Fig. 5).
    """
    answers = torch.from_numpy(target.astype(np.float32))
    guide = None if teacher is None else torch.from_numpy(teacher.astype(np.float32))
    copying = config.copy_epochs if guide is not None else 0

    def step(rows: Tensor, epoch: int) -> Objective:
        return objective(network, data, rows, answers, config, guide, copying=epoch < copying)

    def score() -> tuple[float, float]:
        assert watched is not None  # noqa: S101 (asked for only where given)
        return _quality(predict_network(network, watched.data), watched.target)

    return _loop(
        network, step, score if watched is not None else None, len(data), config, copying,
        epochs or config.epochs, checkpoint, report,
    )  # fmt: skip


def fit_plain(
    x: Floats, y: Floats, xv: Floats, yv: Floats, config: TrainingConfig, width: int = 128, dropout: float = 0.15
) -> tuple[Callable[[Floats], Floats], Curve]:
    """Table 1's Baseline DNN: rows (n, p) to probabilities (n,), and the curve."""
    torch.manual_seed(config.seed)
    network = PlainNetwork(x.shape[1], width, dropout)
    rows_in = torch.from_numpy(np.clip(x, -8, 8).astype(np.float32))
    answers = torch.from_numpy(y.astype(np.float32))
    zero = torch.zeros(())

    def step(rows: Tensor, _epoch: int) -> Objective:
        return Objective(bce(network(rows_in[rows]), answers[rows]), l2(network.parameters(), config.l2), zero, zero)

    def predict(rows: Floats) -> Floats:
        network.eval()
        with torch.inference_mode():
            logits = network(torch.from_numpy(np.clip(rows, -8, 8).astype(np.float32)))[:, 0]
        return np.asarray(torch.sigmoid(logits).double().numpy())

    def score() -> tuple[float, float]:
        return _quality(predict(xv), yv)

    curve = _loop(network, step, score, len(x), config, 0, config.epochs, None, lambda _row: None)
    return predict, curve


def predict_network(network: Alimn, data: Tensors) -> Floats:
    """Probabilities (n,)."""
    network.eval()
    with torch.inference_mode():
        parts = [
            network(data.batch(torch.arange(start, min(start + _CHUNK, len(data))))).probability
            for start in range(0, len(data), _CHUNK)
        ]
    return np.asarray(torch.cat(parts).double().numpy()) if parts else np.zeros(0)


def _quality(probability: Floats, target: Floats) -> tuple[float, float]:
    p = np.clip(probability, 1e-7, 1 - 1e-7)
    loss = float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).mean())
    return loss, roc_auc(probability, target)


def _loop(
    network: nn.Module,
    step: Callable[[Tensor, int], Objective],
    score: Callable[[], tuple[float, float]] | None,
    count: int,
    config: TrainingConfig,
    copying: int,
    task_epochs: int,
    checkpoint: Path | None,
    report: Report,
) -> Curve:
    """Epochs of both phases; the order is drawn from (seed, epoch), so that a resumed run is the same run."""
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    total = copying + task_epochs
    curve: Curve = []
    best, best_state, waited = -math.inf, None, 0
    mark = _mark(network, config, count, copying, task_epochs)
    if checkpoint is not None and checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
        if kept["mark"] != mark:
            raise InvalidInput(
                f"{checkpoint} belongs to a run with other data or settings", hint="Name another folder, or delete it."
            )
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
        torch.set_rng_state(kept["random"])
        curve, best, best_state, waited = kept["curve"], kept["best"], kept["best_state"], kept["waited"]
    for epoch in range(len(curve), total):
        if waited >= config.patience:
            break
        network.train()
        pace = 0.5 * (1 + math.cos(math.pi * epoch / max(total, 1)))
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * (0.1 + 0.9 * pace)
        order = torch.from_numpy(np.random.default_rng((config.seed, epoch)).permutation(count))
        sums: dict[str, float] = {}
        batches = list(order.split(config.batch_size))
        for rows in batches:
            terms = step(rows, epoch)
            optimiser.zero_grad()
            terms.total.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            for name, value in terms.as_row().items():
                sums[name] = sums.get(name, 0.0) + value / len(batches)
        row = {"epoch": float(epoch), "copying": float(epoch < copying), **sums}
        if score is not None:
            row["watched_log_loss"], row["watched_auc"] = score()
            if epoch >= copying:
                if row["watched_auc"] > best:
                    best, waited = row["watched_auc"], 0
                    best_state = {name: value.clone() for name, value in network.state_dict().items()}
                else:
                    waited += 1
        curve.append(row)
        report(row)
        if checkpoint is not None:
            _keep(checkpoint, {
                "network": network.state_dict(), "optimiser": optimiser.state_dict(),
                "random": torch.get_rng_state(), "curve": curve, "best": best, "best_state": best_state,
                "waited": waited, "mark": mark,
            })  # fmt: skip
    if best_state is not None:
        network.load_state_dict(best_state)
    return curve


def _mark(network: nn.Module, config: TrainingConfig, count: int, copying: int, epochs: int) -> str:
    """What a checkpoint must have in common with the run that goes on from it."""
    shapes = [(name, list(value.shape)) for name, value in network.state_dict().items()]
    text = f"{shapes} {config.model_dump_json()} {count} {copying} {epochs}"
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(path: Path, state: dict[str, Any]) -> None:
    """Written beside and moved, so that a kill never leaves half a checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save(state, beside)
    beside.replace(path)
