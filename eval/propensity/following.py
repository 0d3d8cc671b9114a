"""Out of time: ALIMN set up for periods that differ, and what the answers of earlier days add to anybody's odds.

Set up by looking at earlier windows of the training rows alone; the tested rows were measured once, at the end.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from eval.propensity.flat import baseline
from eval.propensity.networks import TEXT, changed, full_config
from eval.propensity.outcomes import Options, Outcome
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.calibration import RollingOffset, logit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.alimn.config import AlimnConfig

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

ACROSS = "Full, across periods"
FOLLOWED = ("LR", "RF", "XGBoost", "LightGBM", "CatBoost")
SUFFIX = ", answers of earlier days"


def across_config(problem: Problem, split: Split, options: Options) -> AlimnConfig:
    """Branches that extrapolate what a day knows beside branches that do not read it, all alike; fitted is the offset.

    On windows inside the training rows the best branch was now this one, now that one, and a slope fitted on the
    windows before came out as none at all: one economy's order of customers runs the other way in the next.
    """
    return changed(
        full_config(problem, split, options), "ensemble", companions=("linear", "steady_linear", "steady_trees"),
        weights="equal", rounds=100, context_intercepts=True, calibration="offset",
    )  # fmt: skip


def across_periods(problem: Problem, split: Split, options: Options) -> dict[str, Outcome]:
    """Full so set up, and with an offset that follows the answers of earlier days."""
    from ragmarket.prediction.alimn.estimator import fit

    config = across_config(problem, split, options)
    text = TEXT if problem.texts else None
    start = time.process_time()
    model = fit(problem.customers(split.train, text), problem.spec, config)
    seconds = time.process_time() - start
    logits = model.logits(problem.customers(split.test, text)) + model.calibrator.offset
    return {
        ACROSS + SUFFIX: Outcome(followed(logits, problem, split), model.threshold, seconds),
        ACROSS: Outcome(RollingOffset().probabilities(logits), model.threshold, seconds),
    }


def follower(name: str, problem: Problem, split: Split, options: Options) -> Outcome:
    """A baseline with an offset that follows the answers of earlier days, as Full's does."""
    plain = baseline(name, problem, split, options)
    return replace(plain, probability=followed(logit(plain.probability), problem, split))


def followed(logits: Floats, problem: Problem, split: Split) -> Floats:
    """Each tested day's probabilities (n,), by an offset that knows the answers of the tested days before it.

    Args:
        logits: (n,) of the tested rows, in time order.
        problem: Its first context is what makes a day.
        split: The tested rows.
    """
    import numpy as np

    answers, found, offset = problem.target[split.test], np.empty(len(logits)), RollingOffset()
    for day in days(problem, split.test):
        found[day] = offset.probabilities(logits[day])
        offset = offset.learned(logits[day], answers[day])
    return found


def days(problem: Problem, rows: Indices) -> list[Indices]:
    """Places of the rows of each day: neighbours with the same first context."""
    import numpy as np

    columns = [problem.table.columns[name][rows] for name in problem.spec.contexts[0]]
    starts = np.flatnonzero(np.any([column[1:] != column[:-1] for column in columns], axis=0)) + 1
    return np.split(np.arange(len(rows)), starts)
