"""Finished folds on disk, and the figures made of them."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.propensity.outcomes import Outcome
from eval.propensity.problems import Problem, Split
from eval.propensity.statistics import mean_sd, paired
from ragmarket.prediction.metrics import binary_scores, reliability

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

COLUMNS = ("accuracy", "precision", "recall", "f1", "roc_auc", "pr_auc", "brier", "ece", "lift_10")
UPLIFT_COLUMNS = ("qini", "uplift_10", "uplift_30")


class Results:
    """One folder per problem: an array file and a JSON file per system and fold, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _stem(self, name: str, split: Split) -> Path:
        safe = "".join(letter if letter.isalnum() else "_" for letter in name)
        digest = hashlib.sha256(name.encode()).hexdigest()[:6]
        return self._folder / f"{split.name.replace(' ', '_')}--{safe}-{digest}"

    def has(self, name: str, split: Split) -> bool:
        """Whether this entry is finished."""
        return self._stem(name, split).with_suffix(".json").is_file()

    def keep(self, entry: str, split: Split, problem: Problem, outcomes: dict[str, Outcome]) -> None:
        """Keep what one entry gave (Full gives several rows); the entry's own file is written last."""
        for name in sorted(outcomes, key=lambda name: name == entry):
            outcome = outcomes[name]
            stem = self._stem(name, split)
            stem.parent.mkdir(parents=True, exist_ok=True)
            body = {
                "name": name,
                "split": split.name,
                "rows": len(problem.target),
                "probability": [round(float(one), 7) for one in outcome.probability],
                "threshold": outcome.threshold,
                "seconds": outcome.seconds,
                "curve": outcome.curve,
                "more": outcome.more,
            }
            beside = stem.with_suffix(".part")
            beside.write_text(json.dumps(body), encoding="utf-8")
            beside.replace(stem.with_suffix(".json"))

    def read(self, split: Split) -> dict[str, dict[str, Any]]:
        """Every system of a fold."""
        found = {}
        for path in sorted(self._folder.glob(f"{split.name.replace(' ', '_')}--*.json")):
            body = json.loads(path.read_text(encoding="utf-8"))
            found[body["name"]] = body
        return found


def _ordered(names: set[str]) -> list[str]:
    """Table 2's order, then Table 1's, then the rest."""
    first = (
        "LR",
        "RF",
        "SVM",
        "XGBoost",
        "LightGBM",
        "CatBoost",
        "TabM",
        "Baseline DNN",
        "ALIMN as printed",
        "network",
    )
    return [name for name in first if name in names] + sorted(names - set(first))


def figures(problem: Problem, results: Results) -> dict[str, Any]:
    """Per system: mean, sd and each fold's value of every metric; the paired test against Full; curves; diagrams.

    A fold counts only where the system finished it; the test uses the folds that both finished.
    """
    import numpy as np

    by_split = {split.name: found for split in problem.splits if (found := results.read(split))}
    names = {name for rows in by_split.values() for name in rows}
    scored: dict[str, dict[str, dict[str, float]]] = {name: {} for name in names}
    pooled: dict[str, tuple[list[Any], list[Any]]] = {name: ([], []) for name in names}
    for split in (one for one in problem.splits if one.name in by_split):
        truth = problem.target[split.test]
        for name, row in by_split[split.name].items():
            probability = np.clip(np.asarray(row["probability"]), 0.0, 1.0)
            at_half = binary_scores(probability, truth)
            chosen = binary_scores(probability, truth, row["threshold"])
            scored[name][split.name] = {**at_half, "f1_chosen": chosen["f1"], "accuracy_chosen": chosen["accuracy"]}
            pooled[name][0].append(probability)
            pooled[name][1].append(truth)
    systems: dict[str, Any] = {}
    for name in _ordered(names):
        rows = scored[name]
        each = {metric: [row[metric] for row in rows.values()] for metric in next(iter(rows.values()))}
        entry: dict[str, Any] = {
            metric: dict(zip(("mean", "sd"), mean_sd(values), strict=True)) for metric, values in each.items()
        }
        entry["folds"] = {split: row["roc_auc"] for split, row in rows.items()}
        entry["seconds"] = mean_sd([by_split[split][name]["seconds"] for split in rows])[0]
        first = by_split[next(iter(rows))][name]
        entry["curve"], entry["more"] = first["curve"], [by_split[split][name]["more"] for split in rows]
        probability, truth = np.concatenate(pooled[name][0]), np.concatenate(pooled[name][1])
        entry["reliability"] = reliability(probability, truth)
        shared = [split for split in rows if split in scored.get("Full", {})]
        if name != "Full" and shared:
            entry["against_full"] = {
                **paired([rows[split]["roc_auc"] for split in shared],
                         [scored["Full"][split]["roc_auc"] for split in shared], problem.test_share),
                "folds_lost": sum(rows[split]["roc_auc"] < scored["Full"][split]["roc_auc"] for split in shared),
            }  # fmt: skip
            entry["against_full_f1"] = paired(
                [rows[split]["f1_chosen"] for split in shared],
                [scored["Full"][split]["f1_chosen"] for split in shared],
                problem.test_share,
            )
        systems[name] = entry
    return {
        "title": problem.title,
        "rows": len(problem.target),
        "positives": float(problem.target.mean()),
        "splits": len(by_split),
        "same_split": problem.forward,
        "notes": list(problem.notes),
        "source": problem.spec.source,
        "columns": [*COLUMNS, "f1_chosen"],
        "systems": systems,
        "figure_4": figure_4(problem),
    }


def figure_4(problem: Problem) -> dict[str, Any]:
    """Fig. 4's data, on the first training fold: PCA of the augmented features, histograms of standardised columns."""
    import numpy as np

    from ragmarket.prediction.preprocessing import Pca, Preprocessor

    train = problem.splits[0].train
    encoded = Preprocessor.fit(problem.table.take(train), problem.spec).transform(problem.table.take(train))
    flat = encoded.flat
    if problem.texts:
        text = next(iter(problem.texts.values())).take(train).mean()
        flat = np.hstack([flat, text / max(float(text.std()), 1e-9)])
    pca = Pca.fit(flat, 10)
    rows = np.linspace(0, len(flat) - 1, min(600, len(flat))).astype(int)
    points = pca.transform(flat[rows])[:, :2]
    histograms = {}
    for place, name in enumerate(problem.spec.numeric[:8]):
        counts, edges = np.histogram(np.clip(encoded.numeric[:, place], -3, 3), bins=24)
        histograms[name] = {"counts": counts.tolist(), "edges": np.round(edges, 3).tolist()}
    return {
        "explained": np.round(pca.explained, 4).tolist(),
        "points": np.round(points, 3).tolist(),
        "positive": problem.target[train][rows].astype(int).tolist(),
        "histograms": histograms,
    }


def uplift_figures(problem: Problem, treated: Floats, results: Results) -> dict[str, Any]:
    """Qini and uplift per learner, with the paired test against Full."""
    import numpy as np

    from eval.propensity.uplift import curve_points, uplift_scores

    by_learner: dict[str, dict[str, dict[str, float]]] = {}
    curves: dict[str, Any] = {}
    for split in problem.splits:
        for name, row in results.read(split).items():
            scores = np.asarray(row["probability"])
            given = (scores, treated[split.test], problem.target[split.test])
            by_learner.setdefault(name, {})[split.name] = uplift_scores(*given)
            curves.setdefault(name, curve_points(*given))
    systems: dict[str, Any] = {}
    for name in sorted(by_learner):
        rows = by_learner[name]
        each = {metric: [row[metric] for row in rows.values()] for metric in UPLIFT_COLUMNS}
        entry: dict[str, Any] = {
            metric: dict(zip(("mean", "sd"), mean_sd(values), strict=True)) for metric, values in each.items()
        }
        shared = [split for split in rows if split in by_learner.get("Full", {})]
        if name != "Full" and shared:
            full = [by_learner["Full"][split]["qini"] for split in shared]
            entry["against_full"] = paired([rows[split]["qini"] for split in shared], full, problem.test_share)
        entry["qini_curve"] = curves[name]
        systems[name] = entry
    return {
        "title": problem.title,
        "rows": len(problem.target),
        "positives": float(problem.target.mean()),
        "splits": len(problem.splits),
        "notes": ["Treatment was random and even, so the transformed class gives uplift without propensities."],
        "source": problem.spec.source,
        "columns": list(UPLIFT_COLUMNS),
        "systems": systems,
    }


def summary(options: argparse.Namespace, encoders: dict[str, Any]) -> dict[str, Any]:
    """What the reader must know of the run."""
    from eval.propensity.paper import COLUMNS as PRINTED
    from eval.propensity.paper import KNOWN, TABLE_1, TABLE_2

    return {
        "quick": options.quick,
        "trials_per_model": 0 if options.quick else options.trials,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "paper": {"columns": PRINTED, "table_1": TABLE_1, "table_2": TABLE_2, "known": KNOWN},
        "encoders": encoders,
    }
