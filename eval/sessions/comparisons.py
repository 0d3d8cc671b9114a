"""Systems against each other: on kinds of visitor, on the same customers, and the student against its teachers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eval.sessions.measures import hot
from eval.sessions.models import network
from eval.sessions.parting import Split
from eval.sessions.questions import Task
from eval.sessions.scores import macro_recall, micro_f1, resampled, thresholded
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.sessions import SessionLabel

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def buckets(task: Task, parts: Split, systems: Mapping[str, Floats], names: Sequence[str], *, tiles: bool) -> list[Any]:
    """The figure of chosen systems on visitors with and without a past, and on short and long sessions."""
    known, long = task.history[parts.test], task.lengths[parts.test]
    cuts = {
        "cold start: no earlier visit": known == 0,
        "1 to 3 earlier visits": (known > 0) & (known <= 3),
        "more earlier visits": known > 3,
    }
    edges = (0, 3) if tiles else (6, 9)
    cuts |= {
        f"session of {edges[0] if tiles else f'at most {edges[0]}'} events": long <= edges[0],
        f"session of {edges[0] + 1} to {edges[1]} events": (long > edges[0]) & (long <= edges[1]),
        f"session of more than {edges[1]} events": long > edges[1],
    }
    right = task.classes[parts.test]
    rows = []
    for name, inside in cuts.items():
        if inside.sum() < 30:
            continue
        cells: list[Any] = [name, int(inside.sum())]
        for system in names:
            if tiles:
                hit = systems[system][parts.test].argmax(axis=1) == right
                cells.append(macro_recall(hit[inside], right[inside]))
            else:
                said = thresholded(systems[system], task.classes, parts)[parts.test]
                cells.append(micro_f1(said[inside], right[inside]))
        rows.append(cells)
    return rows


def gain(found: Mapping[str, Floats], task: Task, parts: Split, one: str, other: str) -> tuple[float, float, float]:
    """By how much one system's micro-F1 is above another's, relative, with its interval."""
    said = {name: thresholded(found[name], task.classes, parts)[parts.test] for name in (one, other)}
    right = task.classes[parts.test]
    return resampled(
        [task.owners[row] for row in parts.test.tolist()],
        lambda rows: micro_f1(said[one][rows], right[rows]) / max(micro_f1(said[other][rows], right[rows]), 1e-9) - 1,
    )


def distilled_gain(
    task: Task, parts: Split, first: Mapping[str, SessionLabel], events: pl.DataFrame, known: Any, kinds: Any,
    taxonomy: Any, names: Sequence[str],
) -> tuple[float, float, float]:  # fmt: skip
    """Micro-F1 of the student's labels over that of the hands' own, relative, on sessions that hands labelled."""
    import numpy as np

    from ragmarket.signals.sessions import labels as hands

    words = hands.from_words(events, known, kinds, taxonomy)
    trusted = hands.calibrated(first, {key: one.intent for key, one in words.items()})
    joined = hands.together([words, trusted])
    inside = np.array([session in joined for session in task.sessions])
    own = np.stack(
        [
            hot(joined[session].intent, joined[session].confidence, names)
            if session in joined
            else np.zeros(len(names))
            for session in task.sessions
        ]
    )
    cut = Split(*(part[inside[part]] for part in (parts.learn, parts.choose, parts.test)))
    count = 1 + len(PRODUCT_CLASSES)
    found = {
        "student": network(task.columns["labels"], task.classes, count, cut, None),
        "hands": network(own, task.classes, count, cut, None),
    }
    return gain(found, task, cut, "student", "hands")
