"""Whether customers still look as they did in training: the population stability index of each feature.

PSI = sum_b (o_b - e_b) ln(o_b / e_b) over the bins of training's deciles (Siddiqi 2006), among customers of whom the
feature is known; how many lack it is told beside. By the trade's rule of thumb more than .1 is to be watched, more than
.25 an alarm. With n customers PSI is about (bins - 1) / n where nothing changed, so fewer than `LEAST` customers are
told nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.prediction import DriftReport, FeatureDrift, Status

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.schemas.features import FeatureSpec

    Codes = npt.NDArray[np.uint8]

ALARM, WATCH, LEAST = 0.25, 0.1, 200
# A feature that so many more customers lack than in training is a feed that broke, or a door that does not send it.
GONE = 0.25
_DECILES, _FLOOR = 10, 1e-3


@dataclass(frozen=True, slots=True)
class Reference:
    """What training looked like, by measured quantity.

    ``names`` (feature, value); ``edges`` (M, E), padded with infinity; ``shares`` (M, B) of the bins, the last being
    "not known". A category is measured by its value, a list of words by how much was said in the known vocabulary.
    """

    names: tuple[tuple[str, str], ...]
    edges: npt.NDArray[np.float32]
    shares: npt.NDArray[np.float32]

    def codes(self, spec: FeatureSpec, vectors: npt.NDArray[Any]) -> Codes:
        """(n, C) vectors to (n, M) bins."""
        import numpy as np

        values = quantities(spec, vectors)
        found = (values[:, :, None] > self.edges[None]).sum(axis=2)
        found[np.isnan(values)] = self.shares.shape[1] - 1
        return np.asarray(found, dtype=np.uint8)

    def report(self, counts: npt.NDArray[np.int64], customers: int, checkpoint: str) -> DriftReport:
        """PSI of each feature from the counts (M, B) of its bins; of a feature's quantities the worst one speaks."""
        import numpy as np

        known = counts[:, :-1].sum(axis=1)
        trained = 1.0 - self.shares[:, -1]
        observed = np.maximum(counts[:, :-1] / np.maximum(known, 1)[:, None], _FLOOR)
        expected = np.maximum(self.shares[:, :-1] / np.maximum(trained, 1e-9)[:, None], _FLOOR)
        each = np.where(known > 0, ((observed - expected) * np.log(observed / expected)).sum(axis=1), 0.0)
        worst: dict[str, FeatureDrift] = {}
        for place, (feature, value) in enumerate(self.names):
            missing, before = 1.0 - known[place] / max(customers, 1), float(1.0 - trained[place])
            psi = float(each[place])
            if feature not in worst or psi > worst[feature].psi:
                worst[feature] = FeatureDrift(
                    feature=feature,
                    value=value or None,
                    psi=round(psi, 4),
                    missing=round(float(missing), 4),
                    missing_in_training=round(before, 4),
                    status=_status(psi, int(known[place]), customers, float(missing) - before),
                )
        features = tuple(sorted(worst.values(), key=lambda one: -one.psi))
        return DriftReport(
            customers=customers,
            enough=customers >= LEAST,
            alarms=tuple(one.feature for one in features if one.status == "alarm"),
            watch=tuple(one.feature for one in features if one.status == "watch"),
            missing=tuple(one.feature for one in features if one.status == "missing"),
            features=features,
            checkpoint=checkpoint,
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON, infinity left out."""
        import numpy as np

        return {
            "names": [list(pair) for pair in self.names],
            "edges": [[float(f"{x:.9g}") for x in row[np.isfinite(row)]] for row in self.edges],
            "shares": [[round(float(x), 6) for x in row] for row in self.shares],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Reference:
        """The inverse of `as_dict`."""
        import numpy as np

        shares = np.array(data["shares"], dtype=np.float32)
        edges = np.full((len(shares), shares.shape[1] - 2), np.inf, dtype=np.float32)
        for place, row in enumerate(data["edges"]):
            edges[place, : len(row)] = row
        return Reference(tuple((str(a), str(b)) for a, b in data["names"]), edges, shares)


def _status(psi: float, known: int, customers: int, gone: float) -> Status:
    if customers >= LEAST and gone > GONE:
        return "missing"
    if known < LEAST:
        return "too few"
    return "alarm" if psi > ALARM else "watch" if psi > WATCH else "steady"


def quantities(spec: FeatureSpec, vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """(n, C) vectors to (n, M) measured quantities, NaN where not known."""
    import numpy as np

    parts = []
    for feature in spec.features:
        start, stop = spec.spans[feature.name]
        block = vectors[:, start : stop - 1].astype(np.float32)
        if feature.kind == "category":
            code = block.argmax(axis=1).astype(np.float32)
            parts.append(np.where(vectors[:, stop - 1] > 0, np.nan, code)[:, None])
        elif feature.kind == "words":
            parts.append(np.where(vectors[:, stop - 1] > 0, np.nan, block.sum(axis=1))[:, None])
        else:
            parts.append(block)
    return np.concatenate(parts, axis=1)


def learn_reference(spec: FeatureSpec, vectors: npt.NDArray[Any]) -> Reference:
    """Edges at training's deciles (a category: between its values), and the share of each bin."""
    import numpy as np

    names = [
        (feature.name, value)
        for feature in spec.features
        for value in (feature.values if feature.kind in ("members", "counts") else ("",))
    ]
    values = quantities(spec, vectors)
    longest = max((len(f.values) for f in spec.features if f.kind == "category"), default=2)
    width = max(_DECILES, longest)
    edges = np.full((len(names), width), np.inf, dtype=np.float32)
    kinds = {feature.name: feature for feature in spec.features}
    for place, (name, _) in enumerate(names):
        known = values[np.isfinite(values[:, place]), place]
        if kinds[name].kind == "category":
            cut = np.arange(len(kinds[name].values) - 1) + 0.5
        elif len(known):
            cut = np.unique(np.quantile(known, np.arange(1, _DECILES) / _DECILES))
            cut = np.unique(np.append(cut, known.min())) if kinds[name].kind != "number" else cut
        else:
            cut = np.zeros(0)
        # Half precision in training, single in serving: equal values must fall on one side of their edge in both.
        edges[place, : len(cut)] = cut + np.abs(cut) * 1e-3 + 1e-4
    blank = Reference(tuple(names), edges, np.zeros((len(names), width + 2), dtype=np.float32))
    codes = blank.codes(spec, vectors)
    shares = np.stack([np.bincount(codes[:, place], minlength=width + 2) for place in range(len(names))])
    return Reference(tuple(names), edges, (shares / max(len(vectors), 1)).astype(np.float32))


class RollingWindow:
    """The bins of the last customers served, counted as they come and go: a few microseconds and one byte a quantity.

    Args:
        reference: What training looked like.
        size: How many customers are remembered.
    """

    def __init__(self, reference: Reference, size: int = 2_000) -> None:
        import numpy as np

        measured, bins = reference.shares.shape
        self._reference = reference
        self._ring = np.zeros((size, measured), dtype=np.uint8)
        self._counts = np.zeros((measured, bins), dtype=np.int64)
        self._places = np.arange(measured)
        self._seen = 0
        self._lock = threading.Lock()

    def add(self, codes: Codes) -> None:
        """Remember customers, (n, M) bins."""
        with self._lock:
            for row in codes[-len(self._ring) :]:
                place = self._seen % len(self._ring)
                if self._seen >= len(self._ring):
                    self._counts[self._places, self._ring[place]] -= 1
                self._ring[place] = row
                self._counts[self._places, row] += 1
                self._seen += 1

    @property
    def seen(self) -> int:
        """How many customers were served since the start."""
        return self._seen

    def report(self, checkpoint: str) -> DriftReport:
        """PSI of the customers in the window."""
        with self._lock:
            return self._reference.report(self._counts.copy(), min(self._seen, len(self._ring)), checkpoint)
