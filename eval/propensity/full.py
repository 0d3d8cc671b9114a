"""ALIMN in full: blended, calibrated, without each branch, and as its distilled student."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from eval.propensity.networks import TEXT, changed, full_config, inspected
from eval.propensity.outcomes import Options, Outcome
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.alimn.model import AlimnModel

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]


def full(problem: Problem, split: Split, options: Options, text: str | None = TEXT) -> dict[str, Outcome]:
    """Full, what it is without each branch (weights fitted anew on the same inner folds), and its distilled student."""
    import numpy as np

    from ragmarket.prediction.alimn.blending import fit_blend
    from ragmarket.prediction.alimn.estimator import fit
    from ragmarket.prediction.alimn.student import distil

    config = full_config(problem, split, options)
    start = time.process_time()
    text = text if problem.texts else None
    customers, tested = problem.customers(split.train, text), problem.customers(split.test, text)
    model = fit(customers, problem.spec, config)
    seconds = time.process_time() - start
    evidence = model.evidence
    assert evidence is not None  # noqa: S101 (fit keeps it)
    by_branch = model.branch_logits(tested)
    truth = customers.target[evidence.rows]
    logits = model.blend.logits(by_branch)
    held = model.blend.logits(evidence.by_branch)
    found = {
        "Full": Outcome(
            model.calibrator.probabilities(logits), model.threshold, seconds, model.folds[0].curve,
            {"blend": dict(model.blend.alpha), **inspected(model.folds[0], tested)},
        )
    }  # fmt: skip
    for kind in ("none", "isotonic"):
        calibrator = Calibrator.fit(held, truth, kind)
        threshold = best_f1_threshold(calibrator.probabilities(held), truth)
        found[f"Full, calibration {kind}"] = Outcome(calibrator.probabilities(logits), threshold, seconds)
    for gone in by_branch:
        kept = {name: values for name, values in evidence.by_branch.items() if name != gone}
        blend = fit_blend(kept, truth, evidence.groups)
        calibrator = Calibrator.fit(blend.logits(kept), truth, "temperature")
        threshold = best_f1_threshold(calibrator.probabilities(blend.logits(kept)), truth)
        found[f"Full w/o {gone}"] = Outcome(
            calibrator.probabilities(blend.logits(by_branch)), threshold, seconds, [], {"blend": dict(blend.alpha)}
        )
    even = np.mean([evidence.by_branch[name] for name in by_branch], axis=0)
    calibrator = Calibrator.fit(even, truth, "temperature")
    threshold = best_f1_threshold(calibrator.probabilities(even), truth)
    mixed = np.mean(list(by_branch.values()), axis=0)
    found["Full, equal weights"] = Outcome(calibrator.probabilities(mixed), threshold, seconds)
    shifted, share = model.predict_shifted(tested)
    found["Full, prior shift corrected"] = Outcome(shifted, model.threshold, seconds, [], {"estimated share": share})
    if not problem.forward:
        learn = changed(changed(config, "network", members=1, text=False), "training", distillation_weight=1.0)
        student = distil(model, customers, learn)
        fast, slow = speed(student, tested), speed(model, tested)
        found["student of Full"] = Outcome(
            student.predict(tested),
            student.threshold,
            0.0,
            [],
            {"rows_per_second": fast, "teacher_rows_per_second": slow},
        )
    return found


def speed(model: AlimnModel, customers: Any) -> float:
    """Customers a second of one thread, encoding included."""
    start = time.process_time()
    model.predict(customers)
    return len(customers) / max(time.process_time() - start, 1e-9)
