"""The two downstream tasks of session vectors: which tile is clicked, and what is applied for within the week.

Every system is the same choice of small models on other columns, so that what differs is what it reads. The
production-like baseline (counts with recency, popularity, the customer's columns) is learned by gradient boosting too,
and the better of the two on validation stands for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Interval = tuple[float, float, float]
ROUNDS = 300
LEARN, TEST = 0.6, 0.75


@dataclass(frozen=True, slots=True)
class Split:
    """Places of rows for learning, choosing and testing; no customer stands in two of them."""

    learn: NDArray[np.int64]
    choose: NDArray[np.int64]
    test: NDArray[np.int64]


def split(owners: Sequence[str], seed: int) -> Split:
    """60, 15 and 25 % of the owners; an owner's part depends on the seed alone, not on who else is there."""
    import numpy as np

    value = np.array([draw(owner, seed) for owner in owners])
    return Split(
        np.flatnonzero(value < LEARN), np.flatnonzero((value >= LEARN) & (value < TEST)), np.flatnonzero(value >= TEST)
    )


def draw(owner: str, seed: int) -> float:
    """Where an owner falls between 0 and 1."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {owner}".encode(), digest_size=8).digest(), "big") / 2**64


def softmax(scores: Floats) -> Floats:
    """Rows that sum to one."""
    import numpy as np

    power = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))


def network(
    table: Floats, classes: NDArray[np.int64], count: int, parts: Split, offsets: Floats | None, seed: int = 0
) -> Floats:
    """Probabilities of the best on validation of three linear models (penalties) and a network with a hidden layer.

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
    trials.append(_hidden(data, right, shift, count, parts, seed))
    losses = [float(log_losses(one[parts.choose], classes[parts.choose]).mean()) for one in trials]
    return trials[int(np.argmin(losses))]


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


def log_losses(chances: Floats, classes: NDArray[np.int64]) -> Floats:
    """Minus the logarithm of what the right class got, shape (rows,)."""
    import numpy as np

    return -np.log(np.maximum(chances[np.arange(len(classes)), classes], 1e-9))


def macro_recall(right: NDArray[np.bool_], classes: NDArray[np.int64]) -> float:
    """Recall@1 averaged over the classes that occur."""
    import numpy as np

    return float(np.mean([right[classes == one].mean() for one in np.unique(classes)]))


def resampled(owners: Sequence[str], measure: Callable[[NDArray[np.int64]], float], seed: int = 0) -> Interval:
    """A figure with its percentile interval over owners (95 %)."""
    import numpy as np

    rows: dict[str, list[int]] = {}
    for row, owner in enumerate(owners):
        rows.setdefault(owner, []).append(row)
    names = sorted(rows)
    groups = [np.array(rows[name]) for name in names]
    dice = np.random.default_rng(seed)
    found = []
    for _ in range(ROUNDS):
        chosen = dice.integers(0, len(groups), len(groups))
        found.append(measure(np.concatenate([groups[one] for one in chosen])))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(measure(np.arange(len(owners)))), float(low), float(high)


def thresholded(chances: Floats, classes: NDArray[np.int64], parts: Split) -> NDArray[np.int64]:
    """Products predicted for each row, 0 for none.

    A product is predicted where something is likely enough; the threshold is the one of the best micro-F1 on validation
    rows.
    """
    import numpy as np

    best = chances[:, 1:].argmax(axis=1) + 1
    anything = 1 - chances[:, 0]
    trial = np.quantile(anything[parts.choose], np.linspace(0.3, 0.98, 35))
    cut = max(trial, key=lambda one: micro_f1(np.where(anything >= one, best, 0)[parts.choose], classes[parts.choose]))
    return np.where(anything >= cut, best, 0)


def micro_f1(predicted: NDArray[np.int64], classes: NDArray[np.int64]) -> float:
    """Micro-F1 over products; class 0 is none and counts in no cell."""
    hits = float(((predicted == classes) & (classes > 0)).sum())
    said, there = float((predicted > 0).sum()), float((classes > 0).sum())
    return 2 * hits / (said + there) if said + there else 0.0


def tile_figures(
    systems: Mapping[str, Floats], classes: NDArray[np.int64], parts: Split, owners: Sequence[str], against: str
) -> dict[str, Any]:
    """Recall, log loss and what each system gains on ``against``, on test rows, with intervals."""
    test = parts.test
    own = [owners[row] for row in test.tolist()]
    right = classes[test]
    hits = {name: chances[test].argmax(axis=1) == right for name, chances in systems.items()}
    losses = {name: log_losses(chances[test], right) for name, chances in systems.items()}
    found: dict[str, Any] = {}
    for name in systems:
        found[name] = {
            "macro Recall@1": resampled(own, lambda rows, n=name: macro_recall(hits[n][rows], right[rows])),  # type: ignore[misc]
            "log loss": resampled(own, lambda rows, n=name: float(losses[n][rows].mean())),  # type: ignore[misc]
            "macro Recall@1, relative": resampled(
                own,
                lambda rows, n=name: (  # type: ignore[misc]
                    macro_recall(hits[n][rows], right[rows]) / macro_recall(hits[against][rows], right[rows]) - 1
                ),
            ),
            "log loss, relative": resampled(
                own,
                lambda rows, n=name: float(losses[n][rows].mean() / losses[against][rows].mean() - 1),  # type: ignore[misc]
            ),
        }
    return found


def conversion_figures(
    systems: Mapping[str, Floats], classes: NDArray[np.int64], parts: Split, owners: Sequence[str], against: str
) -> dict[str, Any]:
    """Micro-F1, log loss and what each system gains on ``against``, on test rows, with intervals."""
    test = parts.test
    own = [owners[row] for row in test.tolist()]
    right = classes[test]
    said = {name: thresholded(chances, classes, parts)[test] for name, chances in systems.items()}
    losses = {name: log_losses(chances[test], right) for name, chances in systems.items()}
    found: dict[str, Any] = {}
    for name in systems:
        found[name] = {
            "micro-F1": resampled(own, lambda rows, n=name: micro_f1(said[n][rows], right[rows])),  # type: ignore[misc]
            "log loss": resampled(own, lambda rows, n=name: float(losses[n][rows].mean())),  # type: ignore[misc]
            "micro-F1, relative": resampled(
                own,
                lambda rows, n=name: (  # type: ignore[misc]
                    micro_f1(said[n][rows], right[rows]) / max(micro_f1(said[against][rows], right[rows]), 1e-9) - 1
                ),
            ),
        }
    return found
