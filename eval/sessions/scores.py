"""Recall, F1, log loss and what a system gains on another, with intervals over customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eval.sessions.parting import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Interval = tuple[float, float, float]
ROUNDS = 300


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

    The likeliest product is predicted where it is likely enough, the rule that maximises an expected F1 (Lipton et al.
    2014); the threshold is the one of the best micro-F1 on validation rows.
    """
    import numpy as np

    best = chances[:, 1:].argmax(axis=1) + 1
    likely = chances[:, 1:].max(axis=1)
    trial = np.quantile(likely[parts.choose], np.linspace(0.3, 0.98, 35))
    cut = max(trial, key=lambda one: micro_f1(np.where(likely >= one, best, 0)[parts.choose], classes[parts.choose]))
    return np.where(likely >= cut, best, 0)


def micro_f1(predicted: NDArray[np.int64], classes: NDArray[np.int64]) -> float:
    """Micro-F1 over products; class 0 is none and counts in no cell."""
    hits = float(((predicted == classes) & (classes > 0)).sum())
    said, there = float((predicted > 0).sum()), float((classes > 0).sum())
    return 2 * hits / (said + there) if said + there else 0.0


def tile_figures(
    systems: Mapping[str, Floats], classes: NDArray[np.int64], parts: Split, owners: Sequence[str], against: str,
    alike: str,
) -> dict[str, Any]:  # fmt: skip
    """Recall, log loss and what each system gains on test rows, with intervals.

    Args:
        systems: Probabilities by system, shape (rows, count).
        classes: The right class of each row.
        parts: Whose rows are scored.
        owners: Whose row it is.
        against: The production-like baseline.
        alike: The baseline's counts, read as the representations are.
    """
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
            "log loss, over counts read alike": resampled(
                own,
                lambda rows, n=name: float(losses[n][rows].mean() / losses[alike][rows].mean() - 1),  # type: ignore[misc]
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
