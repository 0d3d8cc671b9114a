"""A table of customers: which columns it has, and how a row reads as sentences."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.schemas.base import Frozen

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Indices = npt.NDArray[np.int64]


class TableSpec(Frozen):
    """Which columns are read, and as what.

    ``sentences`` are templates over columns (``{age}``); a number is rounded to the nearest of its ``steps``.
    ``contexts`` name columns whose joint value recurs over many customers (a campaign day, a branch): their response
    rate is a feature, computed out of fold.
    """

    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    target: str
    positive: str
    sentences: tuple[str, ...] = ()
    steps: dict[str, float] = {}
    contexts: tuple[tuple[str, ...], ...] = ()
    source: str = Field("", description="where the table comes from, for the card")

    @model_validator(mode="after")
    def _consistent(self) -> TableSpec:
        names = [*self.numeric, *self.categorical]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"columns stand twice: {', '.join(twice)}")
        if not names:
            raise ValueError("at least one column is needed")
        if self.target in names:
            raise ValueError(f"the target {self.target!r} may not be a feature")
        used = {field for text in self.sentences for _, field, _, _ in string.Formatter().parse(text) if field}
        used |= {name for names in self.contexts for name in names} | set(self.steps)
        unknown = sorted(used - set(names))
        if unknown:
            raise ValueError(f"sentences, steps and contexts may only name feature columns, not {', '.join(unknown)}")
        return self

    def without(self, *names: str) -> TableSpec:
        """The same without some columns; sentences and contexts that name them go too."""
        gone = set(names)
        texts = (t for t in self.sentences if not gone & {f for _, f, _, _ in string.Formatter().parse(t) if f})
        return TableSpec(
            numeric=tuple(name for name in self.numeric if name not in gone),
            categorical=tuple(name for name in self.categorical if name not in gone),
            target=self.target,
            positive=self.positive,
            sentences=tuple(texts),
            steps={name: step for name, step in self.steps.items() if name not in gone},
            contexts=tuple(names for names in self.contexts if not gone & set(names)),
            source=self.source,
        )


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length: floats (NaN where missing) for numeric ones, strings for categorical ones."""

    columns: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def take(self, rows: Indices) -> Table:
        """Some rows, in the given order."""
        return Table({name: values[rows] for name, values in self.columns.items()})


def read_table(path: Path, spec: TableSpec, *, target: bool = True) -> tuple[Table, npt.NDArray[np.float64]]:
    """Read a CSV file (plain or gzipped).

    Returns:
        The table, and the target as 0 and 1 (empty without ``target``).

    Raises:
        InvalidInput: The file cannot be read, a column is missing, a numeric column holds words, or the target never,
            or always, has its positive value.
        MissingDependency: polars is not installed.
    """
    try:
        import numpy as np
        import polars as pl
    except ImportError as error:
        raise MissingDependency("polars", "prediction") from error
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidInput(f"{path}: the table cannot be read: {error}") from error
    wanted = [*spec.numeric, *spec.categorical, *([spec.target] if target else [])]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise InvalidInput(
            f"{path}: the columns {', '.join(missing)} are missing", hint=f"It has: {', '.join(frame.columns)}."
        )
    columns: dict[str, npt.NDArray[Any]] = {}
    for name in spec.numeric:
        try:
            columns[name] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        except pl.exceptions.PolarsError as error:
            raise InvalidInput(f"{path}: the numeric column {name!r} holds something else: {error}") from error
    for name in spec.categorical:
        columns[name] = np.array(frame[name].fill_null("").to_list(), dtype=object)
    if not target:
        return Table(columns), np.zeros(0)
    answer = np.array(frame[spec.target].to_list(), dtype=object) == spec.positive
    if answer.all() or not answer.any():
        raise InvalidInput(f"{path}: {spec.target!r} is {spec.positive!r} in {int(answer.sum())} of {len(answer)} rows")
    return Table(columns), answer.astype(np.float64)


def narrate(table: Table, spec: TableSpec) -> list[tuple[str, ...]]:
    """Each row as its sentences; equal rows read alike, so that few distinct texts need an encoder."""
    import numpy as np

    shown: dict[str, Sequence[str]] = {}
    for name in {field for text in spec.sentences for _, field, _, _ in string.Formatter().parse(text) if field}:
        values = table.columns[name]
        if name in spec.numeric:
            step = spec.steps.get(name, 1.0)
            rounded = np.round(values / step) * step
            shown[name] = ["unknown" if np.isnan(one) else f"{one:.6g}" for one in rounded]
        else:
            shown[name] = [str(one).replace(".", " ").replace("_", " ") or "unknown" for one in values]
    return [
        tuple(text.format(**{name: values[row] for name, values in shown.items()}) for text in spec.sentences)
        for row in range(len(table))
    ]
