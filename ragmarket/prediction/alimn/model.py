"""A fitted ALIMN: fold models, the sum of their branches, calibration, and why it says what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ragmarket.prediction.alimn.blending import Blend
from ragmarket.prediction.alimn.config import AlimnConfig
from ragmarket.prediction.alimn.folds import Customers, FoldModel
from ragmarket.prediction.calibration import Calibrator, estimate_prior, shift_prior
from ragmarket.prediction.tables import TableSpec

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sum's weights were fitted on: each branch's logits for rows that it did not see.

    ``rows`` (n,) places in the training table, ``groups`` (n,) inner folds.
    """

    by_branch: dict[str, Floats]
    rows: Indices
    groups: Indices


@dataclass(frozen=True, slots=True)
class AlimnModel:
    """A fitted ALIMN: fold models whose logits are averaged, a blend of branches, a calibrator.

    ``threshold`` has the best F1 out of fold; ``base_rate`` is the training share of positives; ``held_out`` are the
    out-of-fold figures (the blend, five numbers or fewer, was fitted on the same rows: see the card).
    """

    config: AlimnConfig
    spec: TableSpec
    folds: tuple[FoldModel, ...]
    blend: Blend
    calibrator: Calibrator
    threshold: float
    base_rate: float
    held_out: dict[str, float]
    evidence: Evidence | None = None

    def branch_logits(self, customers: Customers) -> dict[str, Floats]:
        """Each branch's logits (n,), the mean over folds."""
        each = [model.logits(customers) for model in self.folds]
        return {name: np.mean([one[name] for one in each], axis=0) for name in each[0]}

    def logits(self, customers: Customers) -> Floats:
        """The sum of Eq. 8 before sigma and calibration, (n,)."""
        return self.blend.logits(self.branch_logits(customers))

    def predict(self, customers: Customers) -> Floats:
        """Calibrated probabilities (n,).

        Raises:
            InvalidInput: A column is missing or holds the wrong type.
        """
        if not len(customers):
            return np.zeros(0)
        return self.calibrator.probabilities(self.logits(customers))

    def predict_shifted(self, customers: Customers) -> tuple[Floats, float]:
        """Probabilities under the share of positives that these customers themselves suggest (Saerens 2002), and it."""
        plain = self.predict(customers)
        share = estimate_prior(plain, self.base_rate)
        return shift_prior(plain, self.base_rate, share), share

    def explain(self, customers: Customers, most: int = 5) -> list[dict[str, Any]]:
        """Why, per customer: probability, the branches' weights, the mean gate, the columns that spoke most.

        A gate of 1 is all text. Contributions are in logits (SHAP values of the trees, products of the line), weighted
        by the blend; where neither stands beside the network there are none.
        """
        first = self.folds[0]
        encoded, tensors = first.encode(customers)
        import torch

        first.network.eval()
        with torch.inference_mode():
            seen = first.network(tensors.batch(torch.arange(len(customers))))
        gate = None if seen.gate is None else seen.gate.mean(dim=1).tolist()
        spoken = np.zeros(encoded.flat.shape)
        for name, model in first.companions.items():
            spoken += self.blend.alpha.get(name, 0.0) * model.contributions(encoded.flat)
        names = first.preprocessor.flat_names
        probability = self.predict(customers)
        found = []
        for row in range(len(customers)):
            order = np.argsort(-np.abs(spoken[row]))[:most]
            found.append(
                {
                    "probability": float(probability[row]),
                    "blend": dict(self.blend.alpha),
                    "branches": first.network.head.alpha.tolist(),
                    "gate": None if gate is None else gate[row],
                    "contributions": {names[place]: float(spoken[row, place]) for place in order if spoken[row, place]},
                }
            )
        return found
