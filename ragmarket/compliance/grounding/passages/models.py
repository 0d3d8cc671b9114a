"""The models that judge a row: trees and a linear model, and how several are heard together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def _trees(seed: int, rounds: int, leaves: int) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        n_estimators=rounds,
        num_leaves=leaves,
        learning_rate=0.04,
        min_child_samples=15,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.4,
        reg_lambda=5.0,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_col_wise=True,
        verbose=-1,
    )


def _linear(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2_000))


def extra_trees(seed: int, leaf: int) -> Any:
    """Two hundred extremely randomised trees, unfitted, with at least ``leaf`` rows a leaf."""
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(200, min_samples_leaf=leaf, max_features=0.25, random_state=seed, n_jobs=1)


def answer_models(table: NDArray[np.float64], wrong: NDArray[np.bool_], seed: int) -> list[Any]:
    """Three models of answers by the most, the least and the mean of every feature."""
    return [model.fit(table, wrong) for model in (_trees(seed, 150, 7), extra_trees(seed, 3), _linear(0.01))]


def summing_models(table: NDArray[np.float64], wrong: NDArray[np.bool_], seed: int) -> list[Any]:  # noqa: ARG001
    """The model of answers by what their sentences come to."""
    return [_linear(0.1).fit(table, wrong)]


def sentence_models(matrix: NDArray[np.float32], wrong: NDArray[np.bool_], seed: int) -> list[Any]:
    """Two ensembles of trees for sentences in their context."""
    return [model.fit(matrix, wrong) for model in (_trees(seed, 150, 7), extra_trees(seed, 4))]


def mean_chance(models: Sequence[Any], matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Mean probability of the models, shape (rows,)."""
    import numpy as np

    found: NDArray[np.float64] = np.mean([model.predict_proba(matrix)[:, 1] for model in models], axis=0)
    return found


def mean_log_odds(models: Sequence[Any], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log-odds of the models."""
    import numpy as np

    shares = [np.clip(model.predict_proba(table)[:, 1], 3e-3, 1 - 3e-3) for model in models]
    found: NDArray[np.float64] = np.mean([np.log(one / (1 - one)) for one in shares], axis=0)
    return found
