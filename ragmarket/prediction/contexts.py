"""Response rates of recurring contexts (a campaign day, a branch), computed so that no row sees its own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.prediction.calibration import logit
from ragmarket.prediction.tables import Table, TableSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Floats = npt.NDArray[np.float64]

_SMOOTHING = 20.0
_PARTS = 5


def _keys(table: Table, names: Sequence[str]) -> list[str]:
    columns = [table.columns[name] for name in names]
    return ["\x1f".join(str(column[row]) for column in columns) for row in range(len(table))]


@dataclass(frozen=True, slots=True)
class ContextRates:
    """Per context of the spec: how many training rows it had, and how many said yes.

    A context that was never met has the overall rate and count 0.
    """

    spec: TableSpec
    rate: float
    counts: tuple[Mapping[str, tuple[float, float]], ...]

    @staticmethod
    def fit(table: Table, target: Floats, spec: TableSpec) -> ContextRates:
        """Count on training rows."""
        found = []
        for names in spec.contexts:
            counted: dict[str, tuple[float, float]] = {}
            for key, answer in zip(_keys(table, names), target.tolist(), strict=True):
                met, yes = counted.get(key, (0.0, 0.0))
                counted[key] = (met + 1, yes + answer)
            found.append(counted)
        return ContextRates(spec, float(target.mean()), tuple(found))

    def extend(self, table: Table) -> Table:
        """New rows (not those it was fitted on: `extend_training` is for them) with the rates as columns."""
        import numpy as np

        columns = dict(table.columns)
        for place, names in enumerate(self.spec.contexts):
            pairs = np.array([self.counts[place].get(key, (0.0, 0.0)) for key in _keys(table, names)])
            pairs = pairs.reshape(-1, 2)
            smooth = (pairs[:, 1] + _SMOOTHING * self.rate) / (pairs[:, 0] + _SMOOTHING)
            columns[f"context {place} rate"] = logit(smooth)
            columns[f"context {place} count"] = np.log1p(pairs[:, 0])
        return Table(columns)

    @property
    def extended(self) -> TableSpec:
        """The spec with the new columns."""
        extra = [f"context {place} {what}" for place in range(len(self.counts)) for what in ("rate", "count")]
        return self.spec.model_copy(update={"numeric": (*self.spec.numeric, *extra)})

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        counts = [{key: list(pair) for key, pair in one.items()} for one in self.counts]
        return {"spec": self.spec.model_dump(mode="json"), "rate": self.rate, "counts": counts}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> ContextRates:
        """The inverse of `as_dict`."""
        counts = tuple({key: (float(n), float(yes)) for key, (n, yes) in one.items()} for one in data["counts"])
        return ContextRates(TableSpec.model_validate(data["spec"]), float(data["rate"]), counts)


def extend_training(table: Table, target: Floats, spec: TableSpec, seed: int) -> Table:
    """Training rows with the rates as columns, each row's rate counted on the other parts of five."""
    import numpy as np

    part = np.random.default_rng(seed).permutation(len(table)) % _PARTS
    columns: dict[str, Any] = {}
    for number in range(_PARTS):
        inside, outside = np.flatnonzero(part == number), np.flatnonzero(part != number)
        if not len(inside):
            continue
        extended = ContextRates.fit(table.take(outside), target[outside], spec).extend(table.take(inside))
        for name, values in extended.columns.items():
            columns.setdefault(name, np.empty(len(table), dtype=values.dtype))[inside] = values
    return Table(columns)


def shared_numbers(table: Table, spec: TableSpec) -> tuple[str, ...]:
    """The numeric columns that have one value in every context: what the day knows, not the customer.

    A model that weighs them says something of periods, of which there are few, and follows them out of the range that
    it has seen.
    """
    import numpy as np

    found = set()
    for names in spec.contexts:
        first, place = np.unique(_keys(table, names), return_index=True, return_inverse=True)[1:]
        for name in spec.numeric:
            values = table.columns[name]
            if np.array_equal(values, values[first][place], equal_nan=True):
                found.add(name)
    return tuple(name for name in spec.numeric if name in found)


def memberships(table: Table, spec: TableSpec) -> csr_matrix:
    """(n, contexts met): 1 where a row belongs to a context."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack

    rows = np.arange(len(table))
    parts = [np.unique(_keys(table, names), return_inverse=True)[1] for names in spec.contexts]
    return csr_matrix(hstack([csr_matrix((np.ones(len(rows)), (rows, place))) for place in parts]))
