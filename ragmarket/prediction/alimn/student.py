"""A small student of the whole (Eq. 3), taught by logits of rows that the teacher did not see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.blending import Blend
from ragmarket.prediction.alimn.config import AlimnConfig
from ragmarket.prediction.alimn.estimator import Report
from ragmarket.prediction.alimn.folds import Customers, fit_fold
from ragmarket.prediction.alimn.model import AlimnModel
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold
from ragmarket.prediction.metrics import binary_scores

Floats = npt.NDArray[np.float64]


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
