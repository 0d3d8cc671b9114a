"""The same number of trials for every model, on the first training fold alone; kept beside the results."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.propensity.flat import baseline
from eval.propensity.networks import TEXT, full_config, network
from eval.propensity.outcomes import inner
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.metrics import roc_auc

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ROWS = 8_000

SPACES: dict[str, dict[str, tuple[Any, ...]]] = {
    "LR": {"C": ("log", 1e-3, 10.0)},
    "RF": {"min_samples_leaf": ("int", 3, 60), "max_features": ("float", 0.05, 0.5)},
    "SVM": {"C": ("log", 0.05, 10.0), "gamma": ("log", 1e-3, 0.1)},
    "XGBoost": {
        "eta": ("log", 0.02, 0.15),
        "max_depth": ("int", 2, 7),
        "min_child_weight": ("log", 1.0, 60.0),
        "colsample_bytree": ("float", 0.25, 0.9),
        "lambda": ("log", 0.3, 30.0),
    },
    "LightGBM": {
        "learning_rate": ("log", 0.015, 0.1),
        "num_leaves": ("int", 5, 48),
        "min_child_samples": ("int", 10, 150),
        "colsample_bytree": ("float", 0.25, 0.9),
        "reg_lambda": ("log", 0.3, 30.0),
    },
    "CatBoost": {"learning_rate": ("log", 0.03, 0.15), "depth": ("int", 3, 7), "l2_leaf_reg": ("log", 1.0, 30.0)},
    "TabM": {
        "learning_rate": ("log", 7e-4, 6e-3),
        "dropout": ("float", 0.0, 0.3),
        "d_block": ("choice", 48, 64, 96),
    },
    "DNN": {
        "learning_rate": ("log", 5e-4, 8e-3),
        "dropout": ("float", 0.0, 0.4),
        "width": ("choice", 64, 128, 192),
        "l2": ("log", 1e-7, 1e-4),
    },
    "network": {
        "learning_rate": ("log", 1e-3, 8e-3),
        "dropout": ("float", 0.0, 0.4),
        "width": ("choice", 48, 64, 96),
        "l2": ("log", 1e-7, 1e-4),
    },
}


def tuned(
    problem: Problem,
    trials: int,
    cache: Path,
    report: Callable[[str], None] = lambda _line: None,
    models: Sequence[str] = (),
) -> dict[str, dict[str, Any]]:
    """The best options of every model on the validation rows of the first training fold.

    At most `ROWS` of its rows are used; no test row of any fold that is not in this training fold is seen, and the
    first fold's test rows never are. What was found is kept in ``cache`` and not searched for again.

    Raises:
        MissingDependency: optuna is not installed.
    """
    if trials == 0:
        return {}
    file = cache / f"{problem.family or problem.name}-options.json"
    found: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    split = _small(problem)
    for name, space in SPACES.items():
        if name in found or (models and name not in models):
            continue
        report(f"{problem.name}: tuning {name}, {trials} trials")
        found[name] = _search(name, space, problem, split, trials)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def _small(problem: Problem) -> Split:
    """A split inside the first training fold: its validation rows are what trials are scored on."""
    import numpy as np

    first = problem.splits[0]
    rows = first.train
    if len(rows) > ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, ROWS).astype(np.int64)]
    learn, scored = inner(replace(first, train=rows))
    return Split("tuning", learn, scored, first.seed)


def _search(
    name: str, space: dict[str, tuple[Any, ...]], problem: Problem, split: Split, trials: int
) -> dict[str, Any]:
    try:
        import optuna
    except ImportError as error:
        from ragmarket.errors import MissingDependency

        raise MissingDependency("optuna", "benches") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    truth: npt.NDArray[np.float64] = problem.target[split.test]

    def score(trial: Any) -> float:
        options = {key: _suggest(trial, key, kind) for key, kind in space.items()}
        if name == "network":
            text = TEXT if problem.texts else None
            answer = network(problem, split, full_config(problem, split, {"network": options}), text)
        else:
            answer = baseline(name, problem, split, {name: options})
        return roc_auc(answer.probability, truth)

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=4))
    study.optimize(score, n_trials=trials)
    return dict(study.best_params)


def _suggest(trial: Any, name: str, kind: tuple[Any, ...]) -> Any:
    if kind[0] == "log":
        return trial.suggest_float(name, kind[1], kind[2], log=True)
    if kind[0] == "float":
        return trial.suggest_float(name, kind[1], kind[2])
    if kind[0] == "int":
        return trial.suggest_int(name, kind[1], kind[2])
    return trial.suggest_categorical(name, list(kind[1:]))
