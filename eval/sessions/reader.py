"""A reader of a customer's visits one by one: what each system's representation of a visit is worth, read alike.

Each earlier visit speaks for some of K unnamed purposes, less the longer ago it was (a decay per purpose is learned);
so do the part of the visit at hand that stands before the question, and the customer's columns. The purposes' shares
mix the purposes' own preferences: a mixture of softmaxes (Yang et al. 2018), which is what an unsure reader needs, as
the mean of two tastes is nobody's. What is learned from and how is the same for every representation.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.sessions.parting import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

PURPOSES, READERS, EPOCHS, PATIENCE = 32, 3, 60, 8


@dataclass(frozen=True, slots=True)
class Journeys:
    """What was known of each row's visitor when the question came.

    Attributes:
        past: By representation, earlier visits, the latest first, shape (rows, visits, width).
        early: By representation, what stands before the question in the visit at hand, shape (rows, width).
        days: How long ago each earlier visit was, -1 where there is none, shape (rows, visits).
        begun: Whether anything stands before the question in the visit at hand, shape (rows,).
        standing: The customer's columns and the visit's, shape (rows, columns).
    """

    past: dict[str, Singles]
    early: dict[str, Singles]
    days: Singles
    begun: NDArray[np.bool_]
    standing: Singles


def read(
    journeys: Journeys, names: tuple[str, ...], classes: NDArray[np.int64], parts: Split, offsets: Floats
) -> Floats:
    """Probabilities of the mean of three readers, shape (rows, count).

    Args:
        journeys: What was known.
        names: Representations to read, side by side.
        classes: The right class of each row.
        parts: Who learns, and who decides when to stop and how sure the readers are.
        offsets: Added to the scores, shape (rows, count).
    """
    import numpy as np
    import torch
    from torch import nn

    torch.set_num_threads(1)
    there = journeys.days >= 0
    past = np.concatenate([journeys.past[name] for name in names], axis=2)
    early = np.concatenate([journeys.early[name] for name in names], axis=1)
    learn = np.zeros(len(classes), dtype=bool)
    learn[parts.learn] = True
    data = tuple(
        torch.from_numpy(np.asarray(one, dtype=np.float32))
        for one in (
            _spread(past, there & learn[:, None]) * there[..., None], _spread(early, journeys.begun & learn),
            journeys.begun[:, None], there[..., None], np.maximum(journeys.days, 0)[..., None],
            _spread(journeys.standing, learn),
        )
    )  # fmt: skip
    right, shift = torch.from_numpy(classes), torch.from_numpy(offsets.astype(np.float32))
    chosen = torch.from_numpy(parts.choose)
    found = torch.zeros(())
    for seed in range(READERS):
        torch.manual_seed(seed)
        net = _network(past.shape[2], journeys.standing.shape[1], offsets.shape[1])
        optimiser = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.05)
        best, kept, waited = float("inf"), copy.deepcopy(net.state_dict()), 0
        for epoch in range(EPOCHS):
            net.train()
            order = torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(parts.learn))
            for first in range(0, len(order), 128):
                rows = order[first : first + 128]
                loss = nn.functional.cross_entropy(net(*(one[rows] for one in data)) + shift[rows], right[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            net.eval()
            with torch.no_grad():
                scores = net(*(one[chosen] for one in data)) + shift[chosen]
            now = float(nn.functional.cross_entropy(scores, right[chosen]))
            waited += 1
            if now < best - 1e-4:
                best, kept, waited = now, copy.deepcopy(net.state_dict()), 0
            if waited >= PATIENCE:
                break
        net.load_state_dict(kept)
        with torch.no_grad():
            found = found + torch.softmax(net(*data) + shift, dim=1) / READERS
    return calibrated(found.numpy().astype(np.float64), classes, parts)


def calibrated(chances: Floats, classes: NDArray[np.int64], parts: Split) -> Floats:
    """The same at the temperature of least log loss on the rows that choose (Guo et al. 2017)."""
    import numpy as np

    logs = np.log(np.maximum(chances, 1e-12))

    def at(temperature: float) -> Floats:
        power = np.exp(logs / temperature)
        return np.asarray(power / power.sum(axis=1, keepdims=True))

    rows, right = parts.choose, classes[parts.choose]
    losses = {
        trial: -np.log(np.maximum(at(trial)[rows, right], 1e-12)).mean()
        for trial in (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
    }
    return at(min(losses, key=lambda trial: losses[trial]))


def _spread(table: Any, rows: NDArray[np.bool_]) -> Any:
    """Columns centred and scaled by what some rows show."""
    import numpy as np

    shown = table[rows]
    centre, width = shown.mean(axis=0), shown.std(axis=0)
    return ((table - centre) / np.where(width > 1e-6, width, 1.0)).clip(-6, 6)


def _network(width: int, columns: int, count: int) -> Any:
    import torch
    from torch import Tensor, nn

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(0.3)
            self.visit, self.begun = nn.Linear(width, PURPOSES), nn.Linear(width, PURPOSES)
            self.standing = nn.Linear(columns, PURPOSES)
            for part in (self.visit, self.begun, self.standing):
                nn.init.normal_(part.weight, std=0.05)
            # At first a visit of two weeks ago speaks half as loud.
            self.fading = nn.Parameter(torch.full((PURPOSES,), -3.0))
            self.tastes = nn.Parameter(torch.randn(PURPOSES, count) * 0.1)
            self.common = nn.Parameter(torch.zeros(count))

        def forward(
            self, past: Tensor, early: Tensor, begun: Tensor, there: Tensor, days: Tensor, standing: Tensor
        ) -> Tensor:
            heard = there * torch.exp(-days * nn.functional.softplus(self.fading))
            speaks = (self.visit(self.drop(past)) * heard).sum(1) + self.begun(self.drop(early)) * begun
            shares = torch.log_softmax(speaks + self.standing(self.drop(standing)), dim=1)
            mixed: Tensor = torch.logsumexp(shares[:, :, None] + self.tastes[None], dim=1) + self.common
            return mixed

    return Reader()
