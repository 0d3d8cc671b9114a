"""What a bank learns afterwards, and what somebody labelled, as codes beside the sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ragmarket.errors import InvalidInput
from ragmarket.prediction.temporal.fitting import MISSING, Answers
from ragmarket.prediction.temporal.tokens import KEYS

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.prediction.temporal.sequences import Sequences

OUTCOMES = ("product", "channel", "timing", "intensity")
LABELS = ("segment", "intent")


def read_answers(
    cells: pl.DataFrame,
    sequences: Sequences,
    outcomes: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    classes: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Answers, dict[str, tuple[str, ...]]]:
    """Answers of the cells.

    Args:
        cells: ``customer_id`` and ``period`` in the order of the sequences, as `Reader.read` gives them.
        sequences: Theirs.
        outcomes: Those columns, and ``product``, ``channel``, ``timing`` and ``intensity``, null where not known.
        labels: Those columns, and ``segment`` or ``intent`` or both, null for all whom nobody labelled. Without a label
            there is no such head.
        classes: Known classes of a head; else all that occur (of an enumeration, all that it has).

    Returns:
        The answers, and each head's classes.

    Raises:
        InvalidInput: A column is missing, a cell has two rows, or a class is not known.
    """
    heads: dict[str, npt.NDArray[np.int64]] = {}
    found: dict[str, tuple[str, ...]] = {}
    parts: list[tuple[str, pl.DataFrame, tuple[str, ...]]] = [("outcomes", outcomes, OUTCOMES)]
    if labels is not None:
        parts.append(("labels", labels, tuple(name for name in LABELS if name in labels.columns)))
    for table, frame, names in parts:
        lacking = [name for name in (*KEYS, *names) if name not in frame.columns]
        if lacking:
            raise InvalidInput(f"behaviour: {table} lacks {', '.join(lacking)}")
        joined = cells.join(frame.select(*KEYS, *names), on=KEYS, how="left", maintain_order="left")
        if len(joined) != len(cells):
            raise InvalidInput(f"behaviour: {table} has more than one row for a customer and period")
        for name in names:
            known = tuple((classes or {}).get(name, ())) or _classes(joined[name])
            heads[name] = _codes(joined[name], known, name).reshape(sequences.size)
            found[name] = known
    return Answers(heads, sequences.sent, sequences.opened, sequences.responded), found


def _classes(values: pl.Series) -> tuple[str, ...]:
    import polars as pl

    if isinstance(values.dtype, pl.Enum):
        return tuple(values.dtype.categories.to_list())
    return tuple(sorted(str(one) for one in values.drop_nulls().unique().to_list()))


def _codes(values: pl.Series, classes: tuple[str, ...], name: str) -> npt.NDArray[np.int64]:
    places = {value: place for place, value in enumerate(classes)}
    texts = [None if one is None else str(one) for one in values.to_list()]
    unknown = sorted({one for one in texts if one is not None and one not in places})
    if unknown:
        raise InvalidInput(f"behaviour: {name} has unknown classes: {', '.join(unknown)}")
    return np.array([MISSING if one is None else places[one] for one in texts], dtype=np.int64)
