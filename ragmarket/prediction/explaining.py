"""Why the model answered as it did: groups by occlusion, columns by their pull, the segment that is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmarket.schemas.prediction import Contribution

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.checkpoint import Checkpoint
    from ragmarket.prediction.student import Reading

    Floats = npt.NDArray[np.float32]

EXPLAINED = ("product", "channel")
_REASONS, _LEAST = 4, 0.03


def contributions(
    checkpoint: Checkpoint,
    z: Floats,
    reading: Reading,
    known: Sequence[frozenset[str]],
    sketchy: npt.NDArray[np.bool_],
) -> list[tuple[Contribution, ...]]:
    """What each group of features does to the likeliest product and channel of n customers.

    Occlusion: a group's columns are replaced by the mean of the customer's likeliest segment, and the chance falls or
    rises. A group of which nothing is known says nothing.

    Args:
        checkpoint: The model.
        z: (n, C) standardised.
        reading: Of ``z``.
        known: By customer, the groups of which something is known.
        sketchy: (n,) as `Student.chances` reads it.

    Returns:
        By customer, product before channel, the largest change first.
    """
    import numpy as np

    student = checkpoint.student
    chances = student.chances(reading.logits, sketchy)
    rows = np.arange(len(z))
    best = {head: chances[head].argmax(axis=1) for head in EXPLAINED}
    means = checkpoint.means[chances["segment"].argmax(axis=1)]
    found: list[list[Contribution]] = [[] for _ in rows]
    for group, columns in student.groups.items():
        told = student.chances(student.without(reading, z, group, means[:, columns]).logits, sketchy)
        for head in EXPLAINED:
            moved = chances[head][rows, best[head]] - told[head][rows, best[head]]
            classes = student.heads[head].classes
            for row, (answer, value) in enumerate(zip(best[head].tolist(), moved.tolist(), strict=True)):
                if group in known[row]:
                    one = {"head": head, "answer": classes[answer], "group": group, "value": round(value, 4)}
                    found[row].append(Contribution.model_construct(**one))
    order = {head: place for place, head in enumerate(EXPLAINED)}
    return [tuple(sorted(one, key=lambda item: (order[item.head], -abs(item.value)))) for one in found]


def nearest(checkpoint: Checkpoint, trunk: Floats) -> list[str]:
    """The segment whose customers' centre lies nearest in the trunk (n, H), in units of their spread around it."""
    classes = checkpoint.student.heads["segment"].classes
    away = (((trunk[:, None, :] - checkpoint.centres[None]) / checkpoint.spread) ** 2).sum(axis=2)
    return [classes[place] for place in away.argmin(axis=1).tolist()]


def why(checkpoint: Checkpoint, z: Floats, vector: Floats, head: str, answer: int) -> list[str]:
    """The columns that speak most for an answer, in plain words; what is missing speaks for nothing.

    Args:
        checkpoint: The model.
        z: (C,) standardised.
        vector: (C,) as the spec encodes it.
        head: Which head.
        answer: The class's place.
    """
    pull = checkpoint.student.pull(z, head, answer)
    columns = checkpoint.spec.columns
    words: list[str] = []
    for column in pull.argsort()[::-1][: 4 * _REASONS].tolist():
        _, label, role = columns[column]
        if pull[column] <= _LEAST or len(words) == _REASONS:
            break
        if role == "level":
            words.append(f"{label}: {'more' if z[column] > 0 else 'fewer or less'} than usual")
        elif role == "flag" and vector[column] == 1.0:
            words.append(label)
    return words
