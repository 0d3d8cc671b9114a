"""The small models of the downstream tasks: the same choice of them reads each system's columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eval.sessions.parting import Split
from eval.sessions.reader import calibrated
from eval.sessions.scores import log_losses

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


NETWORKS = 3


def softmax(scores: Floats) -> Floats:
    """Rows that sum to one."""
    import numpy as np

    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))


def network(
    table: Floats, classes: NDArray[np.int64], count: int, parts: Split, offsets: Floats | None, seed: int = 0
) -> Floats:
    """Probabilities of the best on validation of linear models, networks with a hidden layer, and both together.

    Three penalties of the linear model; the mean of three networks; the mean of these and the best linear model. The
    chosen one is set to the temperature of least loss on validation rows.

    Args:
        table: Shape (rows, columns).
        classes: The right class of each row.
        count: How many classes.
        parts: Who learns, and who chooses model and epoch.
        offsets: Added to the scores, shape (rows, count): far below zero where a class is not on offer, and what the
            place of a tile is worth.
        seed: Of the network.

    Returns:
        Shape (rows, count).
    """
    import numpy as np
    import torch

    torch.set_num_threads(1)
    centre, spread = table[parts.learn].mean(axis=0), table[parts.learn].std(axis=0)
    data = torch.from_numpy(((table - centre) / np.where(spread > 1e-6, spread, 1.0)).clip(-6, 6).astype(np.float32))
    right = torch.from_numpy(classes)
    shift = torch.zeros((len(table), count)) if offsets is None else torch.from_numpy(offsets.astype(np.float32))
    trials = [_linear(data, right, shift, count, parts, penalty) for penalty in (1e-3, 1e-2, 5e-2)]

    def loss(chances: Floats) -> float:
        return float(log_losses(chances[parts.choose], classes[parts.choose]).mean())

    straight = min(trials, key=loss)
    deep = np.mean([_hidden(data, right, shift, count, parts, seed + turn) for turn in range(NETWORKS)], axis=0)
    return calibrated(min((straight, deep, (straight + deep) / 2), key=loss), classes, parts)


def _linear(data: Any, right: Any, shift: Any, count: int, parts: Split, penalty: float) -> Floats:
    import numpy as np
    import torch
    from torch import nn

    rows = torch.from_numpy(parts.learn)
    x, y, z = data[rows], right[rows], shift[rows]
    model = nn.Linear(data.shape[1], count)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(x) + z, y) + penalty * (model.weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    with torch.no_grad():
        return softmax((model(data) + shift).numpy().astype(np.float64))


def _hidden(data: Any, right: Any, shift: Any, count: int, parts: Split, seed: int) -> Floats:
    import numpy as np
    import torch
    from torch import nn

    torch.manual_seed(seed)
    body = nn.Sequential(nn.Linear(data.shape[1], 48), nn.GELU(), nn.Dropout(0.3), nn.Linear(48, count))
    optimiser = torch.optim.AdamW(body.parameters(), lr=2e-3, weight_decay=0.05)
    best, kept, waited = float("inf"), softmax(shift.numpy().astype(np.float64)), 0
    chosen = torch.from_numpy(parts.choose)
    for epoch in range(40):
        body.train()
        order = torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(parts.learn))
        for first in range(0, len(order), 256):
            rows = order[first : first + 256]
            loss = nn.functional.cross_entropy(body(data[rows]) + shift[rows], right[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        body.eval()
        with torch.no_grad():
            now = float(nn.functional.cross_entropy(body(data[chosen]) + shift[chosen], right[chosen]))
            if now < best - 1e-4:
                best, kept, waited = now, softmax((body(data) + shift).numpy().astype(np.float64)), 0
            else:
                waited += 1
        if waited >= 4:
            break
    return kept


def boosting(table: Floats, classes: NDArray[np.int64], count: int, parts: Split, offsets: Floats | None) -> Floats:
    """The same with LightGBM; offsets are added to the logarithms afterwards."""
    import lightgbm as lgb
    import numpy as np

    names = sorted(set(classes[parts.learn].tolist()))
    place = {name: row for row, name in enumerate(names)}
    own = np.array([place[one] for one in classes[parts.learn].tolist()])
    known = np.array([row for row in parts.choose if classes[row] in place])
    model = lgb.LGBMClassifier(
        n_estimators=150, learning_rate=0.05, num_leaves=15, min_child_samples=30, n_jobs=1, verbose=-1, random_state=0,
        subsample=0.8, subsample_freq=1, colsample_bytree=0.5,
    )  # fmt: skip
    model.fit(
        table[parts.learn],
        own,
        eval_X=table[known],
        eval_y=np.array([place[one] for one in classes[known].tolist()]),
        callbacks=[lgb.early_stopping(15, verbose=False)],
    )
    scores = np.full((len(table), count), -30.0)
    chances = np.asarray(model.booster_.predict(table))
    if chances.ndim == 1:
        chances = np.stack([1 - chances, chances], axis=1)
    scores[:, names] = np.log(np.maximum(chances, 1e-12))
    return softmax(scores if offsets is None else scores + offsets)


def markov(
    states: Sequence[str], classes: NDArray[np.int64], count: int, parts: Split, offsets: Floats | None
) -> Floats:
    """A first-order Markov chain's answer: how often each class followed the last state, smoothed by popularity."""
    import numpy as np

    counted = np.bincount(classes[parts.learn], minlength=count) + 1.0
    everybody: Floats = np.asarray(counted / counted.sum(), dtype=np.float64)
    seen: dict[str, Floats] = {}
    for row in parts.learn.tolist():
        table = seen.setdefault(states[row], np.zeros(count))
        table[classes[row]] += 1.0
    chances = np.stack([_smoothed(seen.get(state), everybody) for state in states])
    return chances if offsets is None else softmax(np.log(chances) + offsets)


def _smoothed(counts: Floats | None, everybody: Floats) -> Floats:
    return everybody if counts is None else (counts + 10 * everybody) / (counts.sum() + 10)
