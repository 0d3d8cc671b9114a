"""The rows of Tables 1 and 2 on one simulated bank: bounds, baselines on the columns, our model and its ablations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eval.propensity.simulated.bank import Bank
from eval.propensity.simulated.stacking import STACKED, stacked_chances
from eval.simulator_features import KEYS, matrix
from ragmarket.signals.simulate.bounds import auc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.prediction.temporal.config import TemporalConfig

    Floats = NDArray[np.float64]

HEADS = ("segment", "intent", "product", "channel", "timing", "intensity")
BOUND = "Bayes bound (all tables)"
SEEN = "Bayes bound (columns)"
COLUMNS = ("roc_auc", "f1", "accuracy", "precision", "recall")


def scored(chance: Floats, threshold: float, bank: Bank) -> dict[str, float]:
    """Figures of the judged touches that went out."""
    from ragmarket.prediction.metrics import binary_scores

    sent = bank.judge.sent
    found = binary_scores(chance[sent], bank.judge.responded[sent].astype(float), threshold)
    return {name: float(found[name]) for name in COLUMNS}


def baseline(name: str, bank: Bank, reader: str, seed: int) -> dict[str, float]:
    """A model of Table 2 on the columns (or another reader of `eval.simulator_features`)."""
    import numpy as np

    from ragmarket.prediction.alimn.config import TrainingConfig
    from ragmarket.prediction.alimn.fitting import fit_plain
    from ragmarket.prediction.baselines import fit_baseline
    from ragmarket.prediction.calibration import best_f1_threshold

    values = matrix(bank.folder, bank.rows.select(KEYS), reader).astype(np.float64)
    answered = bank.rows["responded"].is_not_null().to_numpy()
    target = bank.rows["responded"].fill_null(False).to_numpy().astype(float)
    who = bank.rows["customer_id"].rank("dense").to_numpy().astype(np.int64)
    rows = bank.learns & answered
    watch, learn = rows & (who % 7 == 0), rows & (who % 7 != 0)
    mean, spread = np.nanmean(values[learn], axis=0), np.nanstd(values[learn], axis=0)
    values = np.nan_to_num((values - mean) / np.where(spread > 1e-9, spread, 1.0))
    parts = (values[learn], target[learn], values[watch], target[watch])
    if name == "Baseline DNN":
        score, _ = fit_plain(*parts, TrainingConfig(seed=seed, epochs=12, patience=4))
    else:
        score = fit_baseline(name, *parts, {}, seed)
    threshold = best_f1_threshold(score(parts[2]), parts[3])
    return scored(score(values[~bank.learns]).reshape(bank.judge.size), threshold, bank)


def stacked(bank: Bank, seed: int) -> dict[str, float]:
    """LightGBM with all that our model has but events: both readings of the columns, its own beliefs of the heads."""
    chance, threshold = stacked_chances(bank, HEADS, seed)
    return scored(chance.reshape(bank.judge.size), threshold, bank)


def temporal(bank: Bank, config: TemporalConfig) -> dict[str, Any]:
    """Our model under one setting: response figures, each head's accuracy, recovery of the intents."""
    from sklearn.metrics import normalized_mutual_info_score

    from ragmarket.prediction.temporal.estimator import fit

    key = (config.encoder.text, config.temporal)
    model = fit(bank.reader, bank.learn, bank.answers, bank.classes, config, intents=bank.intents.get(key))
    if model.hmm is not None:
        bank.intents[key] = model.hmm
    found = model.predict(bank.judge)
    told: dict[str, Any] = {}
    if "response" in found:
        told |= scored(found["response"], model.threshold, bank)
    told["heads"] = {
        name: float((found[name].argmax(axis=-1) == bank.truth[name]).mean()) for name in HEADS if name in found
    }
    if "state" in found:
        states = found["state"].argmax(axis=-1).ravel()
        told["nmi"] = float(normalized_mutual_info_score(bank.truth["intent"].ravel(), states))
    told["blend"] = dict(model.blend.alpha)
    told["curve"] = [{"epoch": row["epoch"], "watched": row["watched"]} for row in model.curve]
    return told


def bound(bank: Bank, view: str) -> dict[str, Any]:
    """What is possible at best: AUC and best F1 of the exact posterior, accuracy of its most probable classes."""
    import numpy as np

    from ragmarket.prediction.calibration import best_f1_threshold
    from ragmarket.prediction.metrics import binary_scores

    sent = bank.judge.sent
    chance = bank.bounds[f"response_{view}"].to_numpy().reshape(sent.shape)[sent]
    answers = bank.judge.responded[sent].astype(np.int64)
    heads = {}
    for name in HEADS:
        places = {value: place for place, value in enumerate(bank.classes[name])}
        best = np.array([places[str(one)] for one in bank.bounds[f"{name}_{view}"].to_list()]).reshape(sent.shape)
        heads[name] = float((best == bank.truth[name]).mean())
    # At its best threshold on the judged customers themselves: a bound, no measurement.
    figures = binary_scores(chance, answers.astype(float), best_f1_threshold(chance, answers.astype(float)))
    told: dict[str, Any] = {name: float(figures[name]) for name in COLUMNS}
    return told | {"roc_auc": float(auc(answers, chance)), "heads": heads, "positives": float(answers.mean())}


def settings(folds: int) -> dict[str, TemporalConfig]:
    """The rows of Table 1 and the ablations of the temporal paper."""
    from ragmarket.prediction.temporal.config import TemporalConfig
    from ragmarket.prediction.temporal.network import EncoderConfig

    full = TemporalConfig(folds=folds)

    def with_(temporal: bool = True, **changes: Any) -> TemporalConfig:
        return full.model_copy(update={"encoder": EncoderConfig(**changes), "temporal": temporal})

    return {
        "Full": full,
        "w/o Fusion": with_(fusion=False),
        "w/o LLM": with_(behaviour=False, intents=False, text=False),
        "w/o notes and searches": with_(text=False),
        "w/o temporal": with_(temporal=False),
        "w/o intent": with_(intents=False),
        "w/o temporal and intent": with_(temporal=False, intents=False),
        "Transformer": with_(encoder="transformer"),
    }


def systems(bank: Bank, seed: int, folds: int, *, quick: bool) -> dict[str, Callable[[], dict[str, Any]]]:
    """Every row, by name."""
    rows: dict[str, Callable[[], dict[str, Any]]] = {
        BOUND: lambda: bound(bank, "all"),
        SEEN: lambda: bound(bank, "columns"),
    }
    for name in ("LR", "XGBoost", "LightGBM", "Baseline DNN") if not quick else ("XGBoost", "LightGBM", "Baseline DNN"):
        rows[name] = lambda name=name: baseline(name, bank, "columns", seed)  # type: ignore[misc]
    rows["LightGBM, bag of event types"] = lambda: baseline("LightGBM", bank, "bag", seed)
    rows[STACKED] = lambda: stacked(bank, seed)
    chosen = settings(folds)
    for name, config in chosen.items():
        if quick and name in ("Transformer", "w/o temporal and intent"):
            continue
        rows[name] = lambda config=config: temporal(bank, config)  # type: ignore[misc]
    if not quick:
        for head in (*HEADS, "response"):
            alone = chosen["Full"].model_copy(update={"heads": (head,)})
            rows[f"single task: {head}"] = lambda alone=alone: temporal(bank, alone)  # type: ignore[misc]
    return rows


def order(quick: bool) -> list[list[str]]:
    """The rows in the order in which they are run; the same that `systems` has."""
    few = [BOUND, SEEN, "XGBoost", "LightGBM", "Baseline DNN", "LightGBM, bag of event types", STACKED, "Full",
           "w/o Fusion", "w/o LLM", "w/o notes and searches", "w/o temporal", "w/o intent"]  # fmt: skip
    more = ["LR", "w/o temporal and intent", "Transformer", *(f"single task: {head}" for head in (*HEADS, "response"))]
    return [few] if quick else [few, more]
