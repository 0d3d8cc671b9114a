"""The whole of it: inner folds, the sum of branches, calibration, thresholds; and a small student of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.blending import Blend, fit_blend
from ragmarket.prediction.alimn.config import AlimnConfig
from ragmarket.prediction.alimn.folds import Customers, FoldModel, Stops, fit_fold
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold, estimate_prior, shift_prior
from ragmarket.prediction.metrics import binary_scores
from ragmarket.prediction.tables import TableSpec

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Report = Callable[[dict[str, Any]], None]


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


def inner_folds(target: Floats, config: AlimnConfig) -> list[tuple[Indices, Indices]]:
    """(training rows, watched rows) of each inner fold.

    Stratified and shuffled by the seed; or, ``forward``, the last half of the folds in order: each is watched by a
    model that saw only earlier rows.

    Raises:
        InvalidInput: A fold would hold one class only.
    """
    count, number = len(target), config.ensemble.folds
    if config.ensemble.forward:
        cuts = np.linspace(0, count, number + 1).astype(int)
        found = [
            (np.arange(cuts[place]), np.arange(cuts[place], cuts[place + 1]))
            for place in range((number + 1) // 2, number)
        ]
    else:
        rng = np.random.default_rng(config.training.seed + 101)
        part = np.zeros(count, dtype=np.int64)
        for value in (0.0, 1.0):
            rows = rng.permutation(np.flatnonzero(target == value))
            part[rows] = np.arange(len(rows)) % number
        found = [(np.flatnonzero(part != place), np.flatnonzero(part == place)) for place in range(number)]
    for rows in (rows for pair in found for rows in pair):
        if not len(rows) or target[rows].min() == target[rows].max():
            raise InvalidInput("training: an inner fold holds one class only", hint="Give more rows, or fewer folds.")
    return found


def fit(
    customers: Customers,
    spec: TableSpec,
    config: AlimnConfig,
    *,
    folder: Path | None = None,
    teacher: Floats | None = None,
    report: Report = lambda _row: None,
) -> AlimnModel:
    """Fit on customers with answers.

    Every row gets each branch's logit from a model that did not see it; the blend's weights, the calibration and the
    threshold are fitted on those. In time order (``forward``) the final branches are fitted once more on all rows,
    for as many epochs and trees as the last inner fold wanted.

    Args:
        customers: Rows with answers, in time order where ``forward``.
        spec: Their columns.
        config: What to fit, and how.
        folder: For checkpoints: a killed run goes on from them.
        teacher: (n,) logits to distil instead of the out-of-fold trees'.
        report: Receives rows of progress.

    Raises:
        InvalidInput: Answers are missing or of one class, a column is missing, or a fold holds one class only.
    """
    target = customers.target
    if len(target) != len(customers) or len(target) == 0 or not set(np.unique(target)) == {0.0, 1.0}:
        raise InvalidInput("training: every row needs an answer, 0 or 1, and both must occur")
    parts = inner_folds(target, config)
    names: Sequence[str] = ("network", *config.ensemble.companions)
    held: dict[str, list[Floats]] = {name: [] for name in names}
    models: list[FoldModel] = []
    for number, (inside, outside) in enumerate(parts):
        part = config.model_copy(
            update={"training": config.training.model_copy(update={"seed": config.training.seed + 1000 * number})}
        )
        watched = customers.take(outside)
        model = fit_fold(
            customers.take(inside), spec, part, watched=watched,
            teacher=None if teacher is None else teacher[inside],
            checkpoint=None if folder is None else folder / f"fold{number}.pt",
            report=_of_fold(report, number),
        )  # fmt: skip
        models.append(model)
        for name, values in model.logits(watched).items():
            held[name].append(values)
    rows = np.concatenate([outside for _, outside in parts])
    groups = np.concatenate([np.full(len(outside), place) for place, (_, outside) in enumerate(parts)])
    by_branch = {name: np.concatenate(values) for name, values in held.items()}
    blend = fit_blend(by_branch, target[rows], groups)
    mixed = blend.logits(by_branch)
    calibrator = Calibrator.fit(mixed, target[rows], config.ensemble.calibration)
    probability = calibrator.probabilities(mixed)
    threshold = best_f1_threshold(probability, target[rows])
    held_out = binary_scores(probability, target[rows], threshold)
    if config.ensemble.forward:
        last = models[-1].stops
        stops = Stops(max(1, last.epochs), {name: max(1, count) for name, count in last.rounds.items()})
        models = [fit_fold(customers, spec, config, stops=stops, teacher=teacher, report=report)]
    report({"blend": dict(blend.alpha), **{f"held_out_{name}": value for name, value in held_out.items()}})
    evidence = Evidence(by_branch, rows, groups)
    return AlimnModel(
        config, spec, tuple(models), blend, calibrator, threshold, float(target.mean()), held_out, evidence
    )


def _of_fold(report: Report, number: int) -> Callable[[dict[str, float]], None]:
    return lambda row: report({"fold": number, **row})


def out_of_fold_logits(model: AlimnModel, customers: Customers) -> Floats:
    """The blended logits of training rows, each from the inner fold that did not see it (not for ``forward``).

    Raises:
        InvalidInput: The model kept no such logits, or not for every row.
    """
    if model.evidence is None or len(model.evidence.rows) != len(customers):
        raise InvalidInput("distillation: the teacher has no out-of-fold logits for these rows")
    found = np.zeros(len(customers))
    found[model.evidence.rows] = model.blend.logits(model.evidence.by_branch)
    return found


def distil(
    model: AlimnModel, customers: Customers, config: AlimnConfig, *, report: Report = lambda _row: None
) -> AlimnModel:
    """A student of the whole (Eq. 3): one network, taught by the teacher's out-of-fold logits.

    Args:
        model: The teacher, fitted on ``customers``.
        customers: The same rows; 15 % of them stop and calibrate the student, which does not learn from those.
        config: The student's; its companions are ignored.
        report: Receives rows of progress.

    Raises:
        InvalidInput: The teacher kept no logits for these rows.
    """
    config = config.model_copy(update={"ensemble": config.ensemble.model_copy(update={"companions": ()})})
    teacher = out_of_fold_logits(model, customers)
    order = np.random.default_rng(config.training.seed + 7).permutation(len(customers))
    cut = round(0.85 * len(order))
    learned, watched = customers.take(order[:cut]), customers.take(order[cut:])
    student = fit_fold(learned, model.spec, config, watched=watched, teacher=teacher[order[:cut]], report=report)
    logits = student.logits(watched)["network"]
    calibrator = Calibrator.fit(logits, watched.target, config.ensemble.calibration)
    probability = calibrator.probabilities(logits)
    threshold = best_f1_threshold(probability, watched.target)
    return AlimnModel(
        config, model.spec, (student,), Blend({"network": 1.0}), calibrator, threshold,
        float(customers.target.mean()), binary_scores(probability, watched.target, threshold),
    )  # fmt: skip
