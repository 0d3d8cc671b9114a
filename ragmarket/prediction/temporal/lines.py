"""Beside the network, one line per head on the little that preferences speak through: few weights, no noise to learn.

What somebody prefers never changes within the months that are seen, so a head of it has as many answers as there are
customers, not months; a network of thousands of weights learns them by heart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ragmarket.prediction.temporal.fitting import MISSING
from ragmarket.prediction.temporal.inputs import Prepared
from ragmarket.prediction.temporal.reader import Reader

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
_STRENGTH = 0.03
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_READ = ("is state ", "is income_band ", "is occupation ", "age ", "holds_", "sent", "opened", "complaints")


def rows_of(reader: Reader, prepared: Prepared) -> Floats:
    """(n * T, p): counts of habits, intents, who somebody is, how earlier touches ended, complaints so far."""
    names = reader.names
    columns = prepared.columns[..., [place for place, name in enumerate(names) if name.startswith(_READ)]]
    parts = [prepared.habits, prepared.intents, columns]
    if "complaints" in names:
        place = names.index("complaints")
        counts = np.expm1(prepared.columns[..., [place]] * reader.scale[place] + reader.mean[place])
        parts.append(counts.cumsum(axis=1))
    found = np.concatenate(parts, axis=2)
    return np.asarray(found.reshape(-1, found.shape[2]), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class ClassLine:
    """``weights`` (p, classes), ``bias`` (classes,); of classes never met it is very low."""

    weights: Floats
    bias: Floats

    def chances(self, rows: Floats) -> Floats:
        """(m, p) to (m, classes)."""
        logits = rows @ self.weights + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_line(rows: Floats, codes: Indices, classes: int) -> ClassLine | None:
    """Multinomial logistic regression; None where fewer than two classes were met."""
    from sklearn.linear_model import LogisticRegression

    known = codes != MISSING
    met = np.unique(codes[known])
    if len(met) < 2:
        return None
    spread = rows[known].std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    model = LogisticRegression(C=_STRENGTH, max_iter=150, tol=1e-3).fit(rows[known] / scale, codes[known])
    weights, bias = np.zeros((rows.shape[1], classes)), np.full(classes, -30.0)
    if len(met) == 2:
        weights[:, met[1]], bias[met[0]], bias[met[1]] = model.coef_[0], 0.0, model.intercept_[0]
    else:
        weights[:, met], bias[met] = model.coef_.T, model.intercept_
    return ClassLine(weights / scale[:, None], bias)


def mixed(network: Floats, line: Floats, share: float) -> Floats:
    """The geometric mean of both, ``share`` of it the line's, as chances (m, classes)."""
    logs = (1 - share) * np.log(np.maximum(network, 1e-9)) + share * np.log(np.maximum(line, 1e-9))
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def best_share(network: Floats, line: Floats, codes: Indices) -> float:
    """The line's share with the least log loss on rows that neither learnt from."""
    known = np.flatnonzero(codes != MISSING)

    def loss(share: float) -> float:
        chances = mixed(network[known], line[known], share)
        return -float(np.log(np.maximum(chances[np.arange(len(known)), codes[known]], 1e-9)).mean())

    return min(_SHARES, key=loss)


def mix(beliefs: Mapping[str, Floats], lines: Mapping[str, Floats], shares: Mapping[str, float]) -> dict[str, Floats]:
    """Beliefs (n, T, classes) of each head, with what its line says (m, classes) where it has a share."""
    found = {}
    for name, values in beliefs.items():
        flat = values.reshape(-1, values.shape[2])
        share = shares.get(name, 0.0)
        found[name] = (mixed(flat, lines[name], share) if share else flat).reshape(values.shape)
    return found
