"""Teaching the network that serves: the temporal model's beliefs beside outcomes, features left out at random.

Hinton, Vinyals and Dean 2015: the loss of a head is (1 - share) CE(outcome) + share CE(teacher). Requests know less
than tables, and tables have gaps: in each step some features of some customers are hidden, so that the network learns
what the rest says and how sure it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ragmarket.schemas.base import Frozen

if TYPE_CHECKING:
    from ragmarket.prediction.student import Student

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Report = Callable[[dict[str, Any]], None]
MISSING = -1
# Share of customers of whom nearly all, some or hardly any features are known, and the chance that one is hidden.
GAPS = ((0.6, 0.03), (0.25, 0.3), (0.15, 0.75))


class StudentPlan(Frozen):
    """Shape and optimiser; ``share`` is the teacher's part of the loss, ``asked`` that of request-like customers."""

    width: int = Field(40, ge=2)
    trunk: int = Field(96, ge=2)
    epochs: int = Field(12, ge=1)
    patience: int = Field(3, ge=1)
    batch: int = Field(512, ge=2)
    learning_rate: float = Field(2e-3, gt=0)
    weight_decay: float = Field(0.2, ge=0)
    dropout: float = Field(0.2, ge=0, lt=1)
    share: float = Field(0.7, ge=0, le=1)
    asked: float = Field(0.3, ge=0, lt=1)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Lesson:
    """n rows: ``z`` (n, C) standardised; ``answers`` (n,) codes or `MISSING`.

    ``beliefs`` (n, classes) of the teacher are NaN for rows of which it says nothing.
    """

    z: npt.NDArray[np.float16]
    answers: Mapping[str, Indices]
    beliefs: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand: columns of each feature (start, stop after its flag), of each group, of each head.

    ``asked`` says which features a request usually has; ``flag`` (C,) what a set missing flag is, standardised.
    """

    features: Sequence[tuple[int, int]]
    groups: Mapping[str, Indices]
    heads: Mapping[str, int]
    asked: Flags
    flag: Floats


class _Network(nn.Module):
    def __init__(self, layout: Layout, plan: StudentPlan) -> None:
        super().__init__()
        count, columns, classes = len(layout.groups), len(layout.flag), sum(layout.heads.values())
        self.places = {name: torch.from_numpy(places) for name, places in layout.groups.items()}
        self.branches = nn.ModuleDict(
            {name: nn.Linear(len(places), plan.width) for name, places in layout.groups.items()}
        )
        self.gate = nn.Linear(count * plan.width, count)
        self.trunk = nn.Linear(count * plan.width, plan.trunk)
        self.out = nn.Linear(plan.trunk, classes)
        self.direct = nn.Linear(columns, classes, bias=False)
        self.drop = nn.Dropout(plan.dropout)
        nn.init.zeros_(self.direct.weight)
        nn.init.zeros_(self.gate.weight)

    def forward(self, z: Tensor) -> Tensor:
        """(n, C) to logits (n, classes of all heads)."""
        branches = [functional.silu(line(z[:, self.places[name]])) for name, line in self.branches.items()]
        stacked = torch.stack(branches, dim=1)
        gates = torch.softmax(self.gate(stacked.flatten(1)), dim=1)
        joined = self.drop((stacked * (gates[:, :, None] * len(branches))).flatten(1))
        found: Tensor = self.out(self.drop(functional.silu(self.trunk(joined)))) + self.direct(z)
        return found


def hidden(layout: Layout, rows: int, plan: StudentPlan, rng: np.random.Generator) -> Flags:
    """(rows, F): which features to hide, as tables and requests lack them."""
    kind = rng.choice(len(GAPS), rows, p=[share for share, _ in GAPS])
    chance = np.array([chance for _, chance in GAPS])[kind]
    found = rng.random((rows, len(layout.features))) < chance[:, None]
    return np.asarray(found | ((rng.random(rows) < plan.asked)[:, None] & ~layout.asked[None]))


def hide(z: Floats, mask: Flags, layout: Layout) -> Floats:
    """Rows with the masked features as those of customers of whom they are not known."""
    found = z.copy()
    for number, (start, stop) in enumerate(layout.features):
        rows = np.flatnonzero(mask[:, number])
        found[rows, start : stop - 1] = 0.0
        found[rows, stop - 1] = layout.flag[stop - 1]
    return found


def fit_student(
    layout: Layout, lesson: Lesson, watched: Lesson, plan: StudentPlan, report: Report = lambda _row: None
) -> tuple[dict[str, Floats], list[dict[str, float]]]:
    """Arrays of a `Student`, and the curve.

    Args:
        layout: The spec's columns.
        lesson: Rows to learn from.
        watched: Rows of other customers: the epoch with the least loss on them is kept.
        plan: Shape and optimiser.
        report: Receives a row per epoch.
    """
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    network = _Network(layout, plan)
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay)
    steps = -(-len(lesson.z) // plan.batch) * plan.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.learning_rate, total_steps=steps, pct_start=0.15)
    check = np.random.default_rng(plan.seed + 1)
    shown = hide(watched.z.astype(np.float32), hidden(layout, len(watched.z), plan, check), layout)
    best, state, worse, curve = np.inf, {}, 0, list[dict[str, float]]()
    for epoch in range(plan.epochs):
        network.train()
        order, total = rng.permutation(len(lesson.z)), 0.0
        for start in range(0, len(order), plan.batch):
            rows = order[start : start + plan.batch]
            z = hide(lesson.z[rows].astype(np.float32), hidden(layout, len(rows), plan, rng), layout)
            loss = _loss(network(torch.from_numpy(z)), lesson, rows, layout, plan.share)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        network.eval()
        with torch.no_grad():
            parts = [
                float(_loss(network(torch.from_numpy(shown[rows])), watched, rows, layout, 0.0)) * len(rows)
                for rows in np.array_split(np.arange(len(shown)), max(1, len(shown) // 4096))
            ]
        row = {"epoch": float(epoch), "loss": total / len(order), "watched": sum(parts) / len(shown)}
        curve.append(row)
        report(row)
        if row["watched"] < best:
            best, worse = row["watched"], 0
            state = {name: value.clone() for name, value in network.state_dict().items()}
        else:
            worse += 1
            if worse >= plan.patience:
                break
    network.load_state_dict(state)
    return _arrays(network), curve


def _loss(logits: Tensor, lesson: Lesson, rows: Indices, layout: Layout, share: float) -> Tensor:
    total, start = logits.new_zeros(()), 0
    for name, count in layout.heads.items():
        logs = torch.log_softmax(logits[:, start : start + count], dim=1)
        start += count
        codes = torch.from_numpy(lesson.answers[name][rows])
        weight = torch.ones(len(rows))
        if share and name in lesson.beliefs:
            soft = torch.from_numpy(lesson.beliefs[name][rows])
            told = torch.isfinite(soft[:, 0])
            weight = torch.where(told, 1.0 - share, 1.0)
            if told.any():
                total = total - share * (soft[told] * logs[told]).sum(dim=1).sum() / len(rows)
        known = codes != MISSING
        if known.any():
            each = functional.nll_loss(logs[known], codes[known], reduction="none")
            total = total + (weight[known] * each).sum() / len(rows)
    return total


def _arrays(network: _Network) -> dict[str, Floats]:
    found = {
        "gate.weight": network.gate.weight.T, "gate.bias": network.gate.bias,
        "trunk.weight": network.trunk.weight.T, "trunk.bias": network.trunk.bias,
        "out.weight": network.out.weight.T, "out.bias": network.out.bias, "direct": network.direct.weight.T,
    }  # fmt: skip
    for name, line in network.branches.items():
        assert isinstance(line, nn.Linear)  # noqa: S101
        found |= {f"branch.{name}.weight": line.weight.T, f"branch.{name}.bias": line.bias}
    return {name: np.ascontiguousarray(value.detach().numpy(), dtype=np.float32) for name, value in found.items()}


def readings(student: Student, z: npt.NDArray[Any], chunk: int = 4096) -> Floats:
    """Logits (n, classes of all heads) of many rows, a chunk at a time."""
    parts = [student.read(z[start : start + chunk].astype(np.float32)).logits for start in range(0, len(z), chunk)]
    return np.concatenate(parts)
