"""The whole of it fitted: inner folds, the sum of branches, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.blending import equal_blend, fit_blend
from ragmarket.prediction.alimn.config import AlimnConfig
from ragmarket.prediction.alimn.folds import Customers, FoldModel, Stops, fit_fold
from ragmarket.prediction.alimn.model import AlimnModel, Evidence, Floats, Indices
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold
from ragmarket.prediction.metrics import binary_scores
from ragmarket.prediction.tables import TableSpec

Report = Callable[[dict[str, Any]], None]


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
    equal = config.ensemble.weights == "equal"
    blend = equal_blend(by_branch) if equal else fit_blend(by_branch, target[rows], groups)
    mixed = blend.logits(by_branch)
    kind = config.ensemble.calibration
    told = groups == groups.max() if kind == "offset" else np.full(len(rows), True)
    calibrator = Calibrator.fit(mixed[told], target[rows][told], kind)
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
