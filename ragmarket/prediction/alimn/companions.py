"""What stands beside the network in Eq. 8's sum: boosted trees, extremely randomised trees, a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.prediction.alimn.config import Companion as Kind
from ragmarket.prediction.calibration import logit

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]

_ROUNDS, _PATIENCE = 1_500, 60
_OPTIONS: dict[str, dict[str, Any]] = {
    "trees": {
        "learning_rate": 0.025,
        "num_leaves": 15,
        "min_child_samples": 40,
        "subsample": 0.8,
        "subsample_freq": 1,
        "colsample_bytree": 0.4,
        "reg_lambda": 5.0,
    },
    "extra_trees": {
        "learning_rate": 0.05,
        "num_leaves": 12,
        "min_child_samples": 60,
        "colsample_bytree": 0.5,
        "reg_lambda": 10.0,
        "extra_trees": True,
    },
    "forest": {  # bagging does not chase the last residual of a period that has passed
        "boosting": "rf",
        "num_leaves": 511,
        "min_child_samples": 24,
        "min_sum_hessian_in_leaf": 1e-6,
        "bagging_fraction": 0.632,
        "bagging_freq": 1,
        "feature_fraction_bynode": 0.13,
    },
}
_FOREST = 100
_FREEDOM = 3.0  # an intercept's prior spread, in units of a column's weight: days differ more than columns say


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError as error:
        raise MissingDependency("lightgbm", "prediction") from error
    return lightgbm


@dataclass(frozen=True, slots=True)
class Line:
    """Logistic regression: ``weights`` (p,) and ``bias``."""

    weights: Floats
    bias: float

    def logits(self, rows: Floats) -> Floats:
        """(n, p) to (n,)."""
        return np.asarray(rows @ self.weights + self.bias)

    def contributions(self, rows: Floats) -> Floats:
        """(n, p): each table column's part of the logit; what the text adds behind them is left out."""
        return np.asarray(rows * self.weights[: rows.shape[1]])


@dataclass(frozen=True, slots=True)
class Trees:
    """A LightGBM booster."""

    booster: Any

    @property
    def rounds(self) -> int:
        """How many trees count."""
        return int(self.booster.best_iteration or self.booster.current_iteration())

    def logits(self, rows: Floats) -> Floats:
        """(n, p) to (n,)."""
        return np.asarray(self.booster.predict(rows, raw_score=True, num_iteration=self.rounds, num_threads=1))

    def contributions(self, rows: Floats) -> Floats:
        """(n, p): SHAP values of each column, in logits."""
        found = self.booster.predict(rows, pred_contrib=True, num_iteration=self.rounds, num_threads=1)
        return np.asarray(found)[:, :-1]

    def as_text(self) -> str:
        """LightGBM's own text form."""
        return str(self.booster.model_to_string(num_iteration=self.rounds))

    @staticmethod
    def from_text(text: str) -> Trees:
        """The inverse of `as_text`.

        Raises:
            ModelMissing: The text is not a model.
        """
        lightgbm = _lightgbm()
        try:
            return Trees(lightgbm.Booster(model_str=text))
        except lightgbm.basic.LightGBMError as error:
            raise ModelMissing(f"the trees cannot be read: {error}", hint="Train again.") from error


Companion = Line | Trees


def fit_companion(
    kind: Kind,
    x: Floats,
    y: Floats,
    watched: tuple[Floats, Floats] | None,
    seed: int,
    *,
    rounds: int | None = None,
    options: Mapping[str, Any] | None = None,
    contexts: csr_matrix | None = None,
) -> Companion:
    """Fit one.

    Args:
        kind: Which; a steady one is fitted as any other of its family, on the rows it is given.
        x: (n, p) rows.
        y: (n,) 0 or 1.
        watched: Rows for early stopping; without them ``rounds`` trees are grown.
        seed: Makes the fit repeatable.
        rounds: Number of trees where nothing is watched.
        options: LightGBM parameters that replace ours; for the line, ``C``.
        contexts: (n, contexts) memberships; the line's random intercepts, of no use for new contexts and not kept.

    Raises:
        MissingDependency: lightgbm or scikit-learn is not installed.
    """
    family = kind.removeprefix("steady_")
    if family == "linear":
        return _fit_line(x, y, (options or {}).get("C", 0.05), contexts)
    lightgbm = _lightgbm()
    chosen = {
        "objective": "binary",
        "metric": "auc",
        **_OPTIONS[family],
        **(options or {}),
        "verbose": -1,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
    }
    train = lightgbm.Dataset(x, y, free_raw_data=False)
    if family == "forest":  # more trees never hurt a forest, so nothing is watched
        return Trees(lightgbm.train(chosen, train, rounds or _FOREST))
    if watched is None:
        return Trees(lightgbm.train(chosen, train, rounds or 150))
    valid = lightgbm.Dataset(*watched, reference=train)
    stop = lightgbm.early_stopping(_PATIENCE, verbose=False)
    return Trees(lightgbm.train(chosen, train, _ROUNDS, valid_sets=[valid], callbacks=[stop]))


def _fit_line(x: Floats, y: Floats, strength: float, contexts: csr_matrix | None) -> Line:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingDependency("scikit-learn", "prediction") from error
    rows: Any = x
    if contexts is not None:
        from scipy.sparse import csr_matrix, hstack

        rows = csr_matrix(hstack([csr_matrix(x), _FREEDOM * contexts]))
    model = LogisticRegression(C=strength, max_iter=1000).fit(rows, y)
    return Line(np.asarray(model.coef_[0][: x.shape[1]]), float(model.intercept_[0]))


def out_of_fold_teacher(
    x: Floats, y: Floats, rounds: int, seed: int, folds: int = 3, options: Mapping[str, Any] | None = None
) -> Floats:
    """The teacher of Eq. 3 on its own training rows, each scored by trees that did not see it.

    The paper's teacher is a larger language model; ours is the boosted trees, as they are what beats the printed
    network on tables (a teacher must know more than its student). Scored in sample, trees would teach their own memory.

    Returns:
        (n,) logits.
    """
    part = np.random.default_rng(seed).permutation(len(x)) % folds
    found = np.zeros(len(x))
    for number in range(folds):
        inside = part == number
        if y[~inside].min() == y[~inside].max():
            found[inside] = logit(np.array([y.mean()]))[0]
            continue
        model = fit_companion("trees", x[~inside], y[~inside], None, seed + number, rounds=rounds, options=options)
        found[inside] = model.logits(x[inside])
    return found
