"""The baselines of Table 2 on the flat table, alone and with what Full has around it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from eval.propensity.networks import full_config
from eval.propensity.outcomes import Options, Outcome, inner
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.baselines import fit_baseline
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold, logit
from ragmarket.prediction.preprocessing import Preprocessor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]


def baseline(name: str, problem: Problem, split: Split, options: Options, *, bag: str = "") -> Outcome:
    """A model of Table 2 on the flat table; ``bag``: on the narrative types ("only") or on both ("beside")."""
    import numpy as np

    learn, watch = inner(split)
    start = time.process_time()
    preprocessor = Preprocessor.fit(problem.table.take(learn), problem.spec)

    def flat(rows: Indices) -> Floats:
        table = preprocessor.transform(problem.table.take(rows)).flat
        if not bag or problem.bag is None:
            return table
        return problem.bag[rows] if bag == "only" else np.hstack([table, problem.bag[rows]])

    x, xv = flat(learn), flat(watch)
    y, yv = problem.target[learn], problem.target[watch]
    if name == "DNN":
        from ragmarket.prediction.alimn.config import TrainingConfig
        from ragmarket.prediction.alimn.fitting import fit_plain

        network = {"epochs": 12, "patience": 4, **options.get("DNN", {})}
        shape = {key: network.pop(key) for key in ("width", "dropout") if key in network}
        score, curve = fit_plain(x, y, xv, yv, TrainingConfig(**network, seed=split.seed), **shape)
    elif name == "TabM":
        from eval.propensity.tabm import fit_tabm

        score, curve = fit_tabm(x, y, xv, yv, dict(options.get("TabM", {})), split.seed)
    else:
        score, curve = fit_baseline(name, x, y, xv, yv, options.get(name, {}), split.seed), []
    seconds = time.process_time() - start
    return Outcome(score(flat(split.test)), best_f1_threshold(score(xv), yv), seconds, curve)


def bagged(name: str, problem: Problem, split: Split, options: Options, *, contexts: bool) -> Outcome:
    """A control: the baseline with what Full has around it, inner folds averaged and, or not, context rates."""
    import numpy as np

    from ragmarket.prediction.alimn.config import AlimnConfig
    from ragmarket.prediction.alimn.estimator import inner_folds
    from ragmarket.prediction.contexts import ContextRates, extend_training

    start = time.process_time()
    config = full_config(problem, split, {})
    assert isinstance(config, AlimnConfig)  # noqa: S101
    target, table = problem.target[split.train], problem.table.take(split.train)
    total, held = np.zeros(len(split.test)), np.zeros(len(target))
    rated = contexts and bool(problem.spec.contexts)
    for number, (inside, outside) in enumerate(inner_folds(target, config)):
        learn, watch, test = table.take(inside), table.take(outside), problem.table.take(split.test)
        spec = problem.spec
        if rated:
            rates = ContextRates.fit(learn, target[inside], spec)
            learn = extend_training(learn, target[inside], spec, split.seed)
            watch, test, spec = rates.extend(watch), rates.extend(test), rates.extended
        preprocessor = Preprocessor.fit(learn, spec)
        rows = [preprocessor.transform(one).flat for one in (learn, watch, test)]
        score = fit_baseline(
            name, rows[0], target[inside], rows[1], target[outside], options.get(name, {}), split.seed + number
        )
        total += logit(score(rows[2]))
        held[outside] = score(rows[1])
    parts = config.ensemble.folds
    calibrator = Calibrator.fit(logit(held), target, "temperature")
    threshold = best_f1_threshold(calibrator.probabilities(logit(held)), target)
    return Outcome(calibrator.probabilities(total / parts), threshold, time.process_time() - start)
