"""The two downstream tasks as tables: what was known when a tile was shown, and when a session ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.sessions.reader import Journeys
from eval.sessions.visits import Visits, counts
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.vocabulary import DEVICES, REFERRERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PLACES = 4
MOST_VISITS = 12


@dataclass(frozen=True, slots=True)
class Task:
    """One downstream task.

    Attributes:
        owners: Whose row it is, for splits and intervals.
        sessions: The session of each row.
        classes: The right class of each row, shape (rows,).
        columns: Named groups of columns, each of shape (rows, any).
        states: The last state before the question, for a Markov chain.
        offered: For tiles, which classes are on offer at which place: shape (rows, PLACES); None otherwise.
        history: Earlier visits that are known of each row's visitor, shape (rows,).
        lengths: Events that were read of the session at hand, shape (rows,).
        journeys: The same visit by visit, for readers; None where the question is of one visit alone.
    """

    owners: tuple[str, ...]
    sessions: tuple[str, ...]
    classes: NDArray[np.int64]
    columns: Mapping[str, Floats]
    states: tuple[str, ...]
    offered: NDArray[np.int64] | None
    history: NDArray[np.int64]
    lengths: NDArray[np.int64]
    journeys: Journeys | None = None


def _weighted(pairs: Sequence[tuple[str, float]], table: Mapping[str, Floats], width: int) -> Floats:
    """The weighted mean of what earlier visits left, and how much of it there is."""
    import numpy as np

    total, weight = np.zeros(width), 0.0
    for session, share in pairs:
        if session in table:
            total += share * table[session]
            weight += share
    return np.concatenate([total / max(weight, 1e-9) * (weight > 0), [math.log1p(weight)]])


def tile_task(
    visits: Visits,
    vectors: Mapping[str, Floats],
    labels: Mapping[str, Floats],
    cut_vectors: Mapping[str, Floats],
    cut_labels: Mapping[str, Floats],
) -> Task:
    """Which of the tiles on the home page is clicked, from what came before it.

    Args:
        visits: The bank's sessions.
        vectors: Of whole sessions, read where they lie in the past.
        labels: The same for labels, one-hot times confidence.
        cut_vectors: Of the part of each session that stands before the tiles.
        cut_labels: The same for labels.
    """
    import numpy as np

    asked = {session: _click(rows) for session, rows in visits.rows.items() if session in visits.owner}
    sessions = [session for session, place in asked.items() if place is not None]
    before = {session: visits.rows[session][: asked[session]] for session in sessions}
    plain = {session: np.array(counts(rows)) for session, rows in visits.rows.items()}
    cut_plain = {session: np.array(counts(rows)) for session, rows in before.items() if rows}
    past = {session: visits.before(session) for session in sessions}
    width = len(counts([]))
    standing, pooled, states, classes, offered = [], [], [], [], []
    for session in sessions:
        row = visits.rows[session][len(before[session])]
        here = [float(row["device"] == one) for one in DEVICES] + [float(row["referrer"] == one) for one in REFERRERS]
        standing.append(np.array(visits.standing[visits.owner[session]] + here))
        own = cut_plain.get(session, np.array(counts([])))
        pooled.append(np.concatenate([standing[-1], own, _weighted(past[session], plain, width)]))
        states.append(_last_product(visits, before[session], past[session]))
        classes.append(PRODUCT_CLASSES.index(row["tile_clicked"]))
        offered.append([PRODUCT_CLASSES.index(one) for one in row["tile_seen"].split("|")][:PLACES])
    tables = {"counts": (plain, cut_plain), "embedding": (vectors, cut_vectors), "labels": (labels, cut_labels)}
    days = np.full((len(sessions), MOST_VISITS), -1.0, dtype=np.float32)
    for at, session in enumerate(sessions):
        ago = [(visits.start[session] - visits.start[one]) / 86_400 for one, _ in reversed(past[session])][:MOST_VISITS]
        days[at, : len(ago)] = ago
    journeys = Journeys(
        past={name: _visits_of(sessions, past, whole) for name, (whole, _) in tables.items()},
        early={name: _begun(sessions, cut, len(next(iter(whole.values())))) for name, (whole, cut) in tables.items()},
        days=days,
        begun=np.array([bool(before[session]) for session in sessions]),
        standing=np.stack(standing).astype(np.float32),
    )
    return Task(
        tuple(visits.owner[session] for session in sessions), tuple(sessions), np.array(classes),
        {"baseline": np.stack(pooled)}, tuple(states), np.array(offered),
        np.array([len(past[session]) for session in sessions]), np.array([len(before[one]) for one in sessions]),
        journeys,
    )  # fmt: skip


def _click(rows: Sequence[Mapping[str, Any]]) -> int | None:
    return next((at for at, row in enumerate(rows) if row["tile_clicked"]), None)


def _last_product(visits: Visits, early: Sequence[Mapping[str, Any]], past: Sequence[tuple[str, float]]) -> str:
    """What a Markov chain remembers: the product that was looked at last, in this visit or before."""
    rows = (row for part in (early, *(visits.rows[one] for one, _ in reversed(past))) for row in reversed(part))
    return next((str(row["product"]) for row in rows if row["product"]), "nothing")


def _visits_of(
    sessions: Sequence[str], past: Mapping[str, Sequence[tuple[str, float]]], table: Mapping[str, Floats]
) -> NDArray[np.float32]:
    """Earlier visits as a representation tells them, the latest first, shape (sessions, MOST_VISITS, width)."""
    import numpy as np

    found = np.zeros((len(sessions), MOST_VISITS, len(next(iter(table.values())))), dtype=np.float32)
    for at, session in enumerate(sessions):
        for place, (one, _) in enumerate(list(reversed(past[session]))[:MOST_VISITS]):
            found[at, place] = table[one]
    return found


def _begun(sessions: Sequence[str], table: Mapping[str, Floats], width: int) -> NDArray[np.float32]:
    import numpy as np

    found = np.zeros((len(sessions), width), dtype=np.float32)
    for at, session in enumerate(sessions):
        if session in table:
            found[at] = table[session]
    return found


def conversion_task(
    visits: Visits, converted: Mapping[str, str | None], vectors: Mapping[str, Floats], labels: Mapping[str, Floats]
) -> Task:
    """What is applied for within the week, from the whole session; class 0 is nothing."""
    import numpy as np

    rows_of: dict[str, list[Floats]] = {"baseline": [], "embedding": [], "labels": []}
    owners, sessions, classes, states, history, lengths = [], [], [], [], [], []
    width = len(next(iter(visits.standing.values())))
    for session, rows in visits.rows.items():
        owner = visits.owner.get(session)
        past = visits.before(session)
        standing = visits.standing[owner] if owner else [0.0] * width
        before = [
            float(sum(any(row["page"] == "apply" for row in visits.rows[one]) for one, _ in past)),
            float(len(past)),
        ]
        rows_of["baseline"].append(np.array([*standing, *counts(rows), *before]))
        rows_of["embedding"].append(vectors[session])
        rows_of["labels"].append(labels[session])
        owners.append(owner or rows[0]["device_id"])
        sessions.append(session)
        product = converted.get(session)
        classes.append(0 if product is None else 1 + PRODUCT_CLASSES.index(product))
        final = next((row for row in reversed(rows) if row["product"]), None)
        states.append("nothing" if final is None else f"{final['page']} {final['product']}")
        history.append(len(past))
        lengths.append(len(rows))
    return Task(
        tuple(owners), tuple(sessions), np.array(classes), {name: np.stack(rows) for name, rows in rows_of.items()},
        tuple(states), None, np.array(history), np.array(lengths),
    )  # fmt: skip
