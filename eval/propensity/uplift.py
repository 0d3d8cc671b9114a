"""Hillstrom: whom the e-mail changes. ALIMN on the transformed class against two models and other learners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eval.propensity.networks import changed, full_config
from eval.propensity.outcomes import Options, Outcome, inner
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.baselines import fit_baseline
from ragmarket.prediction.preprocessing import Preprocessor
from ragmarket.prediction.uplift import qini_auc, qini_curve, t_learner, transformed_class, uplift_at

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEARNERS = ("T-learner, LightGBM", "T-learner, LR", "transformed class, LightGBM", "random order", "Full")


def uplift(name: str, problem: Problem, treated: Floats, split: Split, options: Options) -> Outcome:
    """Uplift scores of the test rows by one learner."""
    import time

    import numpy as np

    start = time.process_time()
    if name == "random order":
        return Outcome(np.random.default_rng(split.seed).random(len(split.test)), 0.0, 0.0)
    if name == "Full":
        from ragmarket.prediction.alimn.estimator import fit

        crossed = replace(problem, target=transformed_class(treated, problem.target))
        config = full_config(crossed, split, options)
        # Uplift is a weak signal: a narrower network, fewer parts.
        config = changed(config, "network", width=32, token_width=8, members=2, text=False)
        config = changed(changed(config, "ensemble", folds=3), "training", batch_size=1024, learning_rate=2e-3)
        model = fit(crossed.customers(split.train), problem.spec, config)
        scores = 2 * model.predict(crossed.customers(split.test)) - 1
        return Outcome(scores, 0.0, time.process_time() - start, [], {"blend": dict(model.blend.alpha)})
    learn, watch = inner(split)
    preprocessor = Preprocessor.fit(problem.table.take(learn), problem.spec)
    x, xv, xt = (preprocessor.transform(problem.table.take(rows)).flat for rows in (learn, watch, split.test))
    model_name = name.rsplit(", ", 1)[1]

    def one_arm(rows: Floats, answers: Floats) -> Callable[[Floats], Floats]:
        held = problem.target[watch]
        return fit_baseline(model_name, rows, answers, xv, held, options.get(model_name, {}), split.seed)

    if name.startswith("T-learner"):
        scorer = t_learner(one_arm, x, treated[learn], problem.target[learn])
        return Outcome(scorer(xt), 0.0, time.process_time() - start)
    z = transformed_class(treated, problem.target)
    score = fit_baseline(model_name, x, z[learn], xv, z[watch], options.get(model_name, {}), split.seed)
    return Outcome(2 * score(xt) - 1, 0.0, time.process_time() - start)


def uplift_scores(scores: Floats, treated: Floats, target: Floats) -> dict[str, float]:
    """Qini coefficient and uplift among the best tenth and three tenths."""
    return {
        "qini": qini_auc(scores, treated, target),
        "uplift_10": uplift_at(scores, treated, target, 0.1),
        "uplift_30": uplift_at(scores, treated, target, 0.3),
    }


def curve_points(scores: Floats, treated: Floats, target: Floats, points: int = 60) -> dict[str, list[float]]:
    """A thinned Qini curve: share targeted against extra responses per customer."""
    import numpy as np

    x, q = qini_curve(scores, treated, target)
    chosen = np.unique(np.linspace(0, len(x) - 1, points).astype(int))
    found: dict[str, Any] = {"share": (x[chosen] / x[-1]).tolist(), "gain": (q[chosen] / len(scores)).tolist()}
    return found
