"""Training the network: inputs as tensors, a loss per head with its weight, early stopping, a curve."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ragmarket.prediction.temporal.inputs import Prepared
from ragmarket.prediction.temporal.network import TemporalNetwork, response_logit
from ragmarket.schemas.base import Frozen

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Weighting = Literal["fixed", "uncertainty"]
MISSING = -1


class FittingConfig(Frozen):
    """The optimiser and the loss.

    ``weights`` by head (1 where none is given); ``uncertainty``: learnt instead (Kendall, Gal and Cipolla 2018, Eq. 7).
    """

    epochs: int = Field(24, ge=1)
    patience: int = Field(5, ge=1)
    batch_size: int = Field(128, ge=2, description="customers")
    learning_rate: float = Field(4e-3, gt=0)
    weight_decay: float = Field(0.1, ge=0)
    weighting: Weighting = "fixed"
    weights: dict[str, float] = {"response": 2.0, "segment": 0.3, "channel": 0.5, "timing": 0.5, "intensity": 0.5}
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """Targets (n, T): class codes by head, `MISSING` where not known; how the month's touch ended."""

    heads: Mapping[str, Indices]
    sent: npt.NDArray[np.bool_]
    opened: npt.NDArray[np.bool_]
    responded: npt.NDArray[np.bool_]

    def take(self, customers: Indices) -> Answers:
        """Some customers."""
        heads = {name: codes[customers] for name, codes in self.heads.items()}
        return Answers(heads, self.sent[customers], self.opened[customers], self.responded[customers])


def losses(found: Mapping[str, Tensor], answers: Mapping[str, Tensor], heads: Sequence[str]) -> dict[str, Tensor]:
    """Mean loss of each head over the months whose answer is known; the response's is that of its chain."""
    terms: dict[str, Tensor] = {}
    for name in heads:
        if name == "response":
            sent, opened = answers["sent"], answers["opened"]
            first = functional.binary_cross_entropy_with_logits(found["opened"][sent], opened[sent].float())
            second = functional.binary_cross_entropy_with_logits(
                found["answered"][opened], answers["responded"][opened].float(), reduction="sum"
            )
            terms[name] = first + second / max(int(sent.sum()), 1)
        elif bool((answers[name] != MISSING).any()):
            terms[name] = functional.cross_entropy(
                found[name].flatten(0, 1), answers[name].flatten(), ignore_index=MISSING
            )
    return terms


def fit_network(
    network: TemporalNetwork,
    prepared: Prepared,
    answers: Answers,
    watched: tuple[Prepared, Answers],
    config: FittingConfig,
    *,
    heads: Sequence[str],
    checkpoint: Path | None = None,
    report: Callable[[dict[str, Any]], None] = lambda _row: None,
) -> list[dict[str, float]]:
    """Train in place; the epoch with the lowest watched loss is kept.

    Args:
        network: Fresh.
        prepared: Training customers.
        answers: Theirs.
        watched: Other customers, for stopping.
        config: Settings.
        heads: Those that are learnt; ``response`` among them for the chain.
        checkpoint: A file: a killed run goes on from its last epoch.
        report: Receives one row per epoch.

    Returns:
        The curve.
    """
    doubt = torch.zeros(len(heads), requires_grad=True)
    trained: list[dict[str, Any]] = [{"params": network.parameters()}]
    if config.weighting == "uncertainty":
        trained.append({"params": [doubt]})
    steps = config.epochs * -(-len(prepared) // config.batch_size)
    optimiser = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=steps, pct_start=0.2)
    rng = np.random.default_rng(config.seed)
    orders = [rng.permutation(len(prepared)) for _ in range(config.epochs)]
    curve: list[dict[str, float]] = []
    best, kept, waited, begin = float("inf"), _copy(network), 0, 0
    if checkpoint is not None and checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        with torch.no_grad():
            doubt.copy_(state["doubt"])
        curve, best, kept, waited, begin = (
            state["curve"], float(state["best"]), state["kept"], int(state["waited"]), int(state["epoch"]),
        )  # fmt: skip
    for epoch in range(begin, config.epochs):
        if waited >= config.patience:
            break
        # Seeded anew each epoch, so that a run that was killed goes on as if it had not been.
        torch.manual_seed(config.seed + epoch)
        clock, totals = time.process_time(), dict.fromkeys(heads, 0.0)
        network.train()
        for start in range(0, len(prepared), config.batch_size):
            rows = np.sort(orders[epoch][start : start + config.batch_size])
            terms = losses(network(prepared.batch(rows)), _tensors(answers, rows), heads)
            total = _summed(terms, heads, config, doubt)
            optimiser.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            for name, value in terms.items():
                totals[name] += float(value.detach()) * len(rows) / len(prepared)
        seen = _watch(network, watched, heads)
        watched_loss = sum(config.weights.get(name, 1.0) * one for name, one in seen.items())
        row: dict[str, float] = {
            "epoch": float(epoch),
            **totals,
            **{f"watched_{name}": one for name, one in seen.items()},
            "watched": watched_loss,
            "seconds": time.process_time() - clock,
        }
        curve.append(row)
        report(row)
        waited += 1
        if watched_loss < best:
            best, kept, waited = watched_loss, _copy(network), 0
        if checkpoint is not None:
            state = {
                "network": network.state_dict(), "optimiser": optimiser.state_dict(), "doubt": doubt.detach(),
                "schedule": schedule.state_dict(), "curve": curve, "best": best, "kept": kept, "waited": waited,
                "epoch": epoch + 1,
            }  # fmt: skip
            beside = checkpoint.with_suffix(".part")
            beside.parent.mkdir(parents=True, exist_ok=True)
            torch.save(state, beside)
            beside.replace(checkpoint)
    network.load_state_dict(kept)
    network.eval()
    return curve


def _copy(network: TemporalNetwork) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _summed(terms: Mapping[str, Tensor], heads: Sequence[str], config: FittingConfig, doubt: Tensor) -> Tensor:
    if config.weighting == "uncertainty":
        parts = [
            torch.exp(-doubt[heads.index(name)]) * one + 0.5 * doubt[heads.index(name)] for name, one in terms.items()
        ]
    else:
        parts = [config.weights.get(name, 1.0) * one for name, one in terms.items()]
    return torch.stack(parts).sum()


def _tensors(answers: Answers, rows: Indices) -> dict[str, Tensor]:
    found = {name: torch.from_numpy(codes[rows]) for name, codes in answers.heads.items()}
    flags = {name: torch.from_numpy(getattr(answers, name)[rows]) for name in ("sent", "opened", "responded")}
    return {**found, **flags}


def _watch(network: TemporalNetwork, watched: tuple[Prepared, Answers], heads: Sequence[str]) -> dict[str, float]:
    network.eval()
    totals: dict[str, float] = {}
    with torch.inference_mode():
        for start in range(0, len(watched[0]), 1024):
            rows = np.arange(start, min(start + 1024, len(watched[0])))
            for name, one in losses(network(watched[0].batch(rows)), _tensors(watched[1], rows), heads).items():
                totals[name] = totals.get(name, 0.0) + float(one) * len(rows) / len(watched[0])
    return totals


def predict_network(network: TemporalNetwork, prepared: Prepared, size: int = 1024) -> dict[str, Floats]:
    """Log probabilities (n, T, classes) of each head; of ``response`` the log odds (n, T), likewise ``opened``."""
    parts: dict[str, list[Floats]] = {}
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(prepared), size):
            found = network(prepared.batch(np.arange(start, min(start + size, len(prepared)))))
            odds = {"response": response_logit(found["opened"], found["answered"]), "opened": found["opened"]}
            shares = {name: torch.log_softmax(found[name], dim=-1) for name in network.widths.classes}
            for name, value in {**shares, **odds}.items():
                parts.setdefault(name, []).append(value.double().numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}
