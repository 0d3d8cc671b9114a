"""The models that ALIMN is measured against (Table 2 and the gradient-boosted trees that the paper left out)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.prediction.calibration import sigmoid

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Scorer = Callable[["Floats"], "Floats"]
Fit = Callable[["Floats", "Floats", "Floats", "Floats", Mapping[str, Any], int], Scorer]
SVM_ROWS = 6_000
_ROUNDS, _PATIENCE = 1_200, 50


def logistic_regression(
    x: Floats, y: Floats, _xv: Floats, _yv: Floats, options: Mapping[str, Any], seed: int
) -> Scorer:
    """L2 logistic regression; option ``C``."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=options.get("C", 1.0), max_iter=1500, random_state=seed).fit(x, y)
    return lambda rows: model.predict_proba(rows)[:, 1]


def random_forest(x: Floats, y: Floats, _xv: Floats, _yv: Floats, options: Mapping[str, Any], seed: int) -> Scorer:
    """A random forest; options ``min_samples_leaf``, ``max_features``."""
    from sklearn.ensemble import RandomForestClassifier

    chosen = {"n_estimators": 200, "min_samples_leaf": 8, "max_features": "sqrt", **options}
    model = RandomForestClassifier(**chosen, n_jobs=1, random_state=seed).fit(x, y)
    return lambda rows: model.predict_proba(rows)[:, 1]


def support_vectors(x: Floats, y: Floats, xv: Floats, yv: Floats, options: Mapping[str, Any], seed: int) -> Scorer:
    """An RBF machine on at most `SVM_ROWS` rows (its time grows with their square); Platt's map on the validation rows.

    Options ``C``, ``gamma``.
    """
    import numpy as np
    from sklearn.svm import SVC

    from ragmarket.prediction.calibration import Calibrator

    rows = np.random.default_rng(seed).permutation(len(x))[:SVM_ROWS]
    model = SVC(**{"C": 1.0, "gamma": "scale", **options}, cache_size=500).fit(x[rows], y[rows])
    platt = Calibrator.fit(model.decision_function(xv), yv, "temperature")
    return lambda found: platt.probabilities(model.decision_function(found))


def lightgbm(x: Floats, y: Floats, xv: Floats, yv: Floats, options: Mapping[str, Any], seed: int) -> Scorer:
    """LightGBM, stopped early on the validation rows' AUC."""
    import lightgbm as lgb
    import numpy as np

    chosen = {
        "objective": "binary",
        "metric": "auc",
        "learning_rate": 0.03,
        "num_leaves": 15,
        "min_child_samples": 40,
        "subsample": 0.8,
        "subsample_freq": 1,
        "colsample_bytree": 0.5,
        "reg_lambda": 5.0,
        **options,
        "verbose": -1,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
    }
    train = lgb.Dataset(x, y, free_raw_data=False)
    model = lgb.train(
        chosen, train, _ROUNDS, valid_sets=[lgb.Dataset(xv, yv, reference=train)],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )  # fmt: skip
    return lambda rows: np.asarray(model.predict(rows), dtype=np.float64)


def xgboost(x: Floats, y: Floats, xv: Floats, yv: Floats, options: Mapping[str, Any], seed: int) -> Scorer:
    """XGBoost, stopped early on the validation rows' AUC."""
    import xgboost as xgb

    chosen = {
        "objective": "binary:logistic",
        "eval_metric": "auc",
        "eta": 0.04,
        "max_depth": 4,
        "min_child_weight": 10,
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "lambda": 5.0,
        **options,
        "nthread": 1,
        "seed": seed,
        "tree_method": "hist",
    }
    model = xgb.train(
        chosen, xgb.DMatrix(x, y), _ROUNDS, evals=[(xgb.DMatrix(xv, yv), "v")],
        early_stopping_rounds=_PATIENCE, verbose_eval=False,
    )  # fmt: skip
    return lambda rows: model.predict(xgb.DMatrix(rows), iteration_range=(0, model.best_iteration + 1)).astype(
        "float64"
    )


def catboost(x: Floats, y: Floats, xv: Floats, yv: Floats, options: Mapping[str, Any], seed: int) -> Scorer:
    """CatBoost, stopped early on the validation rows' AUC."""
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        iterations=600,
        eval_metric="AUC",
        **{"learning_rate": 0.06, "depth": 5, "l2_leaf_reg": 5.0, **options},
        thread_count=1,
        random_seed=seed,
        verbose=False,
        allow_writing_files=False,
    )
    model.fit(x, y, eval_set=(xv, yv), early_stopping_rounds=_PATIENCE)
    return lambda rows: sigmoid(model.predict(rows, prediction_type="RawFormulaVal"))


BASELINES: dict[str, Fit] = {
    "LR": logistic_regression,
    "RF": random_forest,
    "SVM": support_vectors,
    "XGBoost": xgboost,
    "LightGBM": lightgbm,
    "CatBoost": catboost,
}
_PACKAGES = {
    "XGBoost": ("xgboost", "benches"),
    "CatBoost": ("catboost", "benches"),
    "LightGBM": ("lightgbm", "prediction"),
}


def fit_baseline(
    name: str, x: Floats, y: Floats, xv: Floats, yv: Floats, options: Mapping[str, Any] | None = None, seed: int = 0
) -> Scorer:
    """Fit one of `BASELINES`.

    Args:
        name: Which.
        x: (n, p) training rows, from a `Preprocessor` fitted on them.
        y: (n,) 0 or 1.
        xv: Validation rows, for early stopping and the SVM's calibration.
        yv: Their answers.
        options: Hyperparameters in the library's own words.
        seed: Makes the fit repeatable.

    Returns:
        Rows (n, p) to probabilities (n,).

    Raises:
        InvalidInput: No such baseline.
        MissingDependency: Its library is not installed.
    """
    if name not in BASELINES:
        raise InvalidInput(f"there is no baseline {name!r}", hint=f"There are: {', '.join(BASELINES)}.")
    try:
        return BASELINES[name](x, y, xv, yv, options or {}, seed)
    except ImportError as error:
        raise MissingDependency(*_PACKAGES.get(name, ("scikit-learn", "prediction"))) from error
