"""Preprocessing (3.6 of the ALIMN paper): standardise, one-hot, PCA; each fitted on the training rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput
from ragmarket.prediction.tables import Table, TableSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

BINS = 24


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows as arrays: ``numeric`` (n, p) standardised, missing as 0; ``codes`` (n, c), 0 for a category never met.

    ``flat`` (n, p + p_missing + categories): numeric, missing flags, one-hot. ``unseen`` counts, per column, the rows
    whose category was not in the training rows.
    """

    numeric: Floats
    codes: Indices
    flat: Floats
    unseen: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """What the training rows taught: means, spreads, categories, bin edges (p, bins + 1)."""

    spec: TableSpec
    mean: Floats
    scale: Floats
    gaps: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    edges: Floats

    @staticmethod
    def fit(table: Table, spec: TableSpec, bins: int = BINS) -> Preprocessor:
        """Learn from training rows only.

        Raises:
            InvalidInput: A column is missing, or there is no row.
        """
        import numpy as np

        raw = _numbers(table, spec)
        if not len(table):
            raise InvalidInput("preprocessing: there is no row to learn from")
        known = np.isfinite(raw)
        counted = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, raw, 0.0).sum(axis=0) / counted
        variance = (np.where(known, raw - mean, 0.0) ** 2).sum(axis=0) / counted
        scale = np.where(variance > 1e-18, np.sqrt(variance), 1.0)
        z = np.where(known, (raw - mean) / scale, 0.0)
        edges = np.zeros((raw.shape[1], bins + 1))
        for place in range(raw.shape[1]):
            cuts = np.unique(np.quantile(z[:, place], np.linspace(0, 1, bins + 1)))
            edges[place] = np.concatenate([cuts, np.full(bins + 1 - len(cuts), cuts[-1])])
        categories = {name: tuple(sorted({str(one) for one in table.columns[name]})) for name in spec.categorical}
        gaps = tuple(name for place, name in enumerate(spec.numeric) if not known[:, place].all())
        return Preprocessor(spec, mean, scale, gaps, categories, edges)

    def transform(self, table: Table) -> Encoded:
        """Encode rows.

        A missing number becomes the training mean, with a flag where training had gaps too; a category never met
        becomes code 0 and no one-hot column: the model then knows nothing of it, rather than something wrong.

        Raises:
            InvalidInput: A column is missing or holds the wrong type.
        """
        import numpy as np

        raw = _numbers(table, self.spec)
        known = np.isfinite(raw)
        z = np.where(known, (raw - self.mean) / self.scale, 0.0)
        blocks = [z, *(1.0 - known[:, [self.spec.numeric.index(name)]] for name in self.gaps)]
        codes = np.zeros((len(table), len(self.spec.categorical)), dtype=np.int64)
        unseen = {}
        for place, name in enumerate(self.spec.categorical):
            _demand(table, name)
            known_names = self.categories[name]
            numbers = {category: number for number, category in enumerate(known_names, start=1)}
            codes[:, place] = [numbers.get(str(one), 0) for one in table.columns[name]]
            unseen[name] = int((codes[:, place] == 0).sum())
            blocks.append((codes[:, [place]] == np.arange(1, len(known_names) + 1)).astype(np.float64))
        return Encoded(z, codes, np.hstack(blocks), unseen)

    @property
    def flat_names(self) -> tuple[str, ...]:
        """What each column of `Encoded.flat` is."""
        one_hot = (f"{name}={value}" for name in self.spec.categorical for value in self.categories[name])
        return (*self.spec.numeric, *(f"{name} missing" for name in self.gaps), *one_hot)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Categories per categorical column."""
        return tuple(len(self.categories[name]) for name in self.spec.categorical)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain JSON."""
        return {
            "spec": self.spec.model_dump(mode="json"),
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "gaps": list(self.gaps),
            "categories": {name: list(values) for name, values in self.categories.items()},
            "edges": self.edges.tolist(),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Preprocessor:
        """The inverse of `as_dict`."""
        import numpy as np

        return Preprocessor(
            TableSpec.model_validate(data["spec"]),
            np.array(data["mean"], dtype=np.float64),
            np.array(data["scale"], dtype=np.float64),
            tuple(data["gaps"]),
            {name: tuple(values) for name, values in data["categories"].items()},
            np.array(data["edges"], dtype=np.float64).reshape(len(data["mean"]), -1),
        )


@dataclass(frozen=True, slots=True)
class Pca:
    """Principal components: ``components`` (c, d), ``explained`` (c,) shares of the variance."""

    mean: Floats
    components: Floats
    explained: Floats

    @staticmethod
    def fit(rows: Floats, count: int, weights: Floats | None = None) -> Pca:
        """Fit on training rows (n, d), each counted ``weights`` (n,) times.

        Raises:
            InvalidInput: There are fewer than two rows.
        """
        import numpy as np

        if len(rows) < 2:
            raise InvalidInput("PCA: at least two rows are needed")
        w = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64)
        w = w / w.sum()
        mean = w @ rows
        centred = rows - mean
        values, vectors = np.linalg.eigh((centred * w[:, None]).T @ centred)
        order = np.argsort(values)[::-1][: min(count, rows.shape[1])]
        components = vectors[:, order].T
        # A fixed sign, so that the same rows give the same components on any machine.
        signs = np.sign(components[np.arange(len(order)), np.abs(components).argmax(axis=1)])
        total = max(float(values.sum()), 1e-18)
        return Pca(mean, components * signs[:, None], np.maximum(values[order], 0.0) / total)

    def transform(self, rows: Floats) -> Floats:
        """(n, d) to (n, c)."""
        return (rows - self.mean) @ self.components.T


def _demand(table: Table, name: str) -> None:
    if name not in table.columns:
        raise InvalidInput(f"the column {name!r} is missing", hint=f"There are: {', '.join(sorted(table.columns))}.")


def _numbers(table: Table, spec: TableSpec) -> Floats:
    import numpy as np

    found = np.zeros((len(table), len(spec.numeric)))
    for place, name in enumerate(spec.numeric):
        _demand(table, name)
        try:
            found[:, place] = np.asarray(table.columns[name], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"the numeric column {name!r} holds something else: {error}") from error
    return np.where(np.isinf(found), np.nan, found)
