"""The fair counterpart on columns: LightGBM that learns what our model learns, from the columns alone.

Our model reads the columns in its own way, and the labels of all heads teach it what to expect of an offer; trees on
the bank's columns have neither. Stacked (Wolpert 1992), they have: one model a head gives every customer beliefs out
of fold, which are multiplied with what was sent as our responder's are, and one more says who answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eval.propensity.simulated.bank import Bank
from eval.simulator_features import KEYS, matrix
from ragmarket.prediction.temporal.fitting import MISSING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STACKED = "LightGBM, stacked on its own beliefs"
_FOLDS = 2
_WATCHED = 7  # every seventh customer says when to stop
_ROUNDS = 80
_OPTIONS = {
    "objective": "multiclass",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 20,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
}


def stacked_chances(bank: Bank, heads: Sequence[str], seed: int) -> tuple[Floats, float]:
    """Chances of an answer of the judged cells (cells,), and the threshold with the best F1 on watched customers."""
    import numpy as np

    from ragmarket.prediction.baselines import fit_baseline
    from ragmarket.prediction.calibration import best_f1_threshold
    from ragmarket.prediction.temporal.responder import scene

    lagged = matrix(bank.folder, bank.rows.select(KEYS), "columns").astype(np.float64)
    plain = [scene(bank.reader, one, {}, bank.classes).plain for one in (bank.learn, bank.judge)]
    rows = [np.hstack([lagged[part], more]) for part, more in zip((bank.learns, ~bank.learns), plain, strict=True)]
    learnt, judged = _beliefs(bank, heads, rows[0], rows[1], seed)
    learn = scene(bank.reader, bank.learn, learnt, bank.classes)
    judge = scene(bank.reader, bank.judge, judged, bank.classes)
    know, told = np.hstack([rows[0], learn.plain]), np.hstack([rows[1], judge.plain])
    watched = np.arange(len(learn.sent)) // learn.periods % _WATCHED == 0
    inside, outside, answers = learn.sent & ~watched, learn.sent & watched, learn.responded.astype(np.float64)
    score = fit_baseline("LightGBM", know[inside], answers[inside], know[outside], answers[outside], {}, seed)
    return score(told), best_f1_threshold(score(know[outside]), answers[outside])


def _beliefs(
    bank: Bank, heads: Sequence[str], learn: Floats, judge: Floats, seed: int
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """(n, T, classes) of each head: of training customers out of fold, of judged ones the folds' mean."""
    import lightgbm
    import numpy as np

    customers, periods = bank.learn.size
    part = np.repeat(np.random.default_rng(seed).permutation(customers) % _FOLDS, periods)
    held: dict[str, Floats] = {}
    found: dict[str, Floats] = {}
    for name in heads:
        codes, count = bank.answers.heads[name].ravel(), len(bank.classes[name])
        options: dict[str, Any] = {**_OPTIONS, "num_class": count, "seed": seed}
        own, others = np.zeros((len(learn), count)), np.zeros((len(judge), count))
        for fold in range(_FOLDS):
            known = (part != fold) & (codes != MISSING)
            model = lightgbm.train(options, lightgbm.Dataset(learn[known], codes[known]), _ROUNDS)
            own[part == fold] = model.predict(learn[part == fold])
            others += np.asarray(model.predict(judge)) / _FOLDS
        held[name] = own.reshape(customers, periods, count)
        found[name] = others.reshape(*bank.judge.size, count)
    return held, found
