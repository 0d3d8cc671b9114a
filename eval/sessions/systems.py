"""Every system of the two tasks: what differs is what it reads.

The production-like baseline (counts with recency, popularity, the customer's columns) is learned by gradient boosting
too, and the better of the two on validation stands for it. For tiles every representation of a visit, the baseline's
counts among them, is also read visit by visit by one and the same reader.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from eval.sessions.models import boosting, markov, network
from eval.sessions.parting import Split
from eval.sessions.questions import PLACES, Task
from eval.sessions.reader import read
from eval.sessions.scores import log_losses

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Note = Callable[[str], None]
BASELINES = ("baseline, boosting", "baseline, network")
ALIKE = "counts, visit by visit"
READ: dict[str, tuple[str, ...]] = {
    ALIKE: ("counts",),
    "labels": ("labels",),
    "embedding": ("embedding",),
    "embedding and labels": ("embedding", "labels"),
    "baseline and labels": ("counts", "labels"),
    "baseline and embedding": ("counts", "embedding"),
    "baseline, embedding and labels": ("counts", "embedding", "labels"),
}
COLUMNS: dict[str, tuple[str, ...]] = {
    "labels": ("labels",),
    "embedding": ("embedding",),
    "embedding and labels": ("embedding", "labels"),
    "baseline and labels": ("baseline", "labels"),
    "baseline and embedding": ("baseline", "embedding"),
    "baseline, embedding and labels": ("baseline", "embedding", "labels"),
    "purpose known (not available)": ("baseline", "truth"),
}


def systems_of(task: Task, parts: Split, count: int, truth: Floats | None, note: Note) -> tuple[dict[str, Floats], str]:
    """Every system's probabilities, shape (rows, count), and which of the baselines is the better on validation."""
    offsets = _offsets(task, parts, count) if task.offered is not None else None
    base = task.columns["baseline"]
    found = {
        "popularity": markov([""] * len(task.classes), task.classes, count, parts, offsets),
        "first-order Markov": markov(task.states, task.classes, count, parts, offsets),
        BASELINES[0]: boosting(base, task.classes, count, parts, offsets),
        BASELINES[1]: network(base, task.classes, count, parts, offsets),
    }
    for name, one in _learners(task, count, truth, offsets, parts):
        began = time.perf_counter()
        found[name] = one()
        note(f"  {name}: {time.perf_counter() - began:.0f} s")
    right = task.classes[parts.choose]
    ranked = {name: float(log_losses(found[name][parts.choose], right).mean()) for name in BASELINES}
    return found, min(ranked, key=lambda name: ranked[name])


def _learners(
    task: Task, count: int, truth: Floats | None, offsets: Floats | None, parts: Split
) -> Iterator[tuple[str, Callable[[], Floats]]]:
    """Where there are earlier visits, the same reader for every representation; else the same choice of models."""
    import numpy as np

    if task.journeys is not None and offsets is not None:
        for name, tables in READ.items():
            yield name, partial(read, task.journeys, tables, task.classes, parts, offsets)
        return
    columns = task.columns if truth is None else {**task.columns, "truth": truth}
    for name, wanted in COLUMNS.items():
        if all(one in columns for one in wanted):
            table = np.concatenate([columns[one] for one in wanted], axis=1)
            yield name, partial(network, table, task.classes, count, parts, offsets)


def _offsets(task: Task, parts: Split, count: int) -> Floats:
    """What a place is worth, and that a tile that is not shown cannot be clicked."""
    import numpy as np

    shown = task.offered if task.offered is not None else np.zeros((0, PLACES), dtype=np.int64)
    place = (shown == task.classes[:, None]).argmax(axis=1)
    worth = np.log(np.bincount(place[parts.learn], minlength=PLACES) + 1.0)
    found = np.full((len(shown), count), -30.0)
    np.put_along_axis(found, shown, np.broadcast_to(worth - worth.max(), shown.shape), axis=1)
    return found
