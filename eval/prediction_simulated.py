"""Tables 1 and 2 on simulated banks: every row beside the best that is possible, on banks that nothing was tuned on.

    python eval/prediction.py --simulate            # 5 banks
    python eval/prediction.py --simulate --quick    # 2 small ones

Every seed is another bank, with other customers: 70 % of them to learn from, the others to be judged. Of the hidden
segments and intents the models learn from a tenth of the training customers only, as if somebody had labelled a sample;
no feature holds any. "columns" is what a bank's tables have; "bag" adds counts of event types, without order or words.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.prediction_statistics import mean_sd, paired
from eval.simulator_features import KEYS, matrix
from ragmarket.signals.simulate.bounds import auc
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import CARD, read, write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.prediction.temporal.config import TemporalConfig
    from ragmarket.prediction.temporal.fitting import Answers
    from ragmarket.prediction.temporal.reader import Reader
    from ragmarket.prediction.temporal.sequences import Sequences

    Floats = NDArray[np.float64]

SEEDS = (40_001, 40_002, 40_003, 40_004, 40_005)
HEADS = ("segment", "intent", "product", "channel", "timing", "intensity")
TABLES = ("customers", "periods", "transactions", "session_events", "notes", "campaigns")
LABELLED = 0.1
BOUND = "Bayes bound (all tables)"
SEEN = "Bayes bound (columns)"
COLUMNS = ("roc_auc", "f1", "accuracy", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Bank:
    """One simulated bank, read: training and judged customers, answers, and the hidden truth of all."""

    folder: Path
    reader: Reader
    learn: Sequences
    judge: Sequences
    answers: Answers
    classes: dict[str, tuple[str, ...]]
    truth: dict[str, NDArray[np.int64]]  # judged customers only
    bounds: dict[str, Any]
    rows: Any  # (customer_id, period, responded, sent), all cells in order
    learns: NDArray[np.bool_]  # (cells,)
    intents: dict[tuple[bool, bool], Any]  # fitted models of intents, by (words heard, months linked)


def open_bank(folder: Path) -> Bank:
    """Read a bank and split its customers; the reader learns from training customers alone."""
    import numpy as np
    import polars as pl

    from ragmarket.prediction.temporal.answers import read_answers
    from ragmarket.prediction.temporal.reader import fit_reader

    people = read(folder, "customers").select("customer_id").sort("customer_id").collect()["customer_id"]
    part = np.random.default_rng(1).random(len(people))
    halves = {"learn": people.filter(pl.Series(part < 0.7)), "judge": people.filter(pl.Series(part >= 0.7))}
    frames = {
        name: {table: _of(read(folder, table), who, table).collect() for table in TABLES}
        for name, who in halves.items()
    }
    reader, cells, learn = fit_reader(frames["learn"])
    seen, judge = reader.read(frames["judge"])
    truth = (
        read(folder, "truth_periods")
        .select(*KEYS, "intent")
        .join(read(folder, "truth_customers").select("customer_id", "segment"), on="customer_id")
        .sort(KEYS)
        .collect()
    )
    labelled = halves["learn"].filter(pl.Series(np.random.default_rng(2).random(len(halves["learn"])) < LABELLED))
    labels = truth.filter(pl.col("customer_id").is_in(labelled.implode()))
    outcomes = read(folder, "outcomes").collect()
    answers, classes = read_answers(cells, learn, outcomes, labels)
    judged, _ = read_answers(seen, judge, outcomes, truth, classes)
    bounds = seen.join(read(folder, "bounds").collect(), on=KEYS, how="left", maintain_order="left")
    rows = read(folder, "outcomes").select(*KEYS, "responded").sort(KEYS).collect()
    return Bank(
        folder, reader, learn, judge, answers, classes, dict(judged.heads),
        {name: bounds[name] for name in bounds.columns}, rows,
        rows["customer_id"].is_in(halves["learn"].implode()).to_numpy(), {},
    )  # fmt: skip


def _of(frame: Any, who: Any, table: str) -> Any:
    import polars as pl

    if table != "session_events":
        return frame.filter(pl.col("customer_id").is_in(who.implode()))
    # Visits without any login are nobody's.
    owned = frame.filter(pl.col("customer_id").is_in(who.implode())).select("session_id").unique()
    return frame.join(owned, on="session_id", how="semi")


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


def run(cache: Path, *, quick: bool, note: Callable[[str], None], name: str = "default") -> dict[str, Any]:
    """Simulate, fit, judge; what is finished is kept in the cache and not run again.

    Args:
        cache: Folder for banks and figures.
        quick: Two banks of 1,200 customers and fewer rows.
        note: Receives lines of progress.
        name: The preset: ``default``, or ``control``, in which words and order know nothing.

    Returns:
        One problem of the report of `eval.prediction`.
    """
    import torch

    torch.set_num_threads(1)
    customers, folds = (1_200, 2) if quick else (4_000, 2)
    seeds = SEEDS[:2] if quick or name == "control" else SEEDS
    only = ("XGBoost", "LightGBM", "Full", "w/o LLM", BOUND, SEEN) if name == "control" else None
    found: dict[int, dict[str, dict[str, Any]]] = {}
    # The rows that matter most on all banks first: a run that is cut short says something of each.
    for names, seed in ((names, seed) for names in _names(quick) for seed in seeds):
        folder = cache / f"{name}-{seed}-{customers}"
        if not (folder / CARD).is_file():
            note(f"simulating {customers} customers, seed {seed}")
            write(preset(name, customers=customers), seed, folder, lambda *_: None)
        kept = cache / f"{folder.name}.json"
        done: dict[str, dict[str, Any]] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
        bank = None
        for row in names:
            if row in done or (only is not None and row not in only):
                continue
            bank = bank or open_bank(folder)
            clock = time.process_time()
            done[row] = systems(bank, seed, folds, quick=quick)[row]()
            done[row]["seconds"] = time.process_time() - clock
            beside = kept.with_suffix(".part")
            beside.write_text(json.dumps(done), "utf-8")
            beside.replace(kept)
            note(f"{name} {seed}: {row}: AUC {done[row].get('roc_auc', float('nan')):.4f}")
        found[seed] = done
    return _problem(found, name, customers)


def _names(quick: bool) -> list[list[str]]:
    """The rows in the order in which they are run; the same that `systems` has."""
    few = [BOUND, SEEN, "XGBoost", "LightGBM", "Baseline DNN", "LightGBM, bag of event types", "Full", "w/o Fusion",
           "w/o LLM", "w/o notes and searches", "w/o temporal", "w/o intent"]  # fmt: skip
    more = ["LR", "w/o temporal and intent", "Transformer", *(f"single task: {head}" for head in (*HEADS, "response"))]
    return [few] if quick else [few, more]


def _problem(found: dict[int, dict[str, dict[str, Any]]], name: str, customers: int) -> dict[str, Any]:
    seeds = list(found)
    rows: dict[str, Any] = {}
    for system in next(iter(found.values())):
        each = [found[seed][system] for seed in seeds if system in found[seed]]
        entry: dict[str, Any] = {}
        for column in COLUMNS:
            values = [one[column] for one in each if column in one]
            if values:
                entry[column] = dict(zip(("mean", "sd"), mean_sd(values), strict=True))
        if system != "Full" and "Full" in found[seeds[0]] and "roc_auc" in entry:
            entry["against_full"] = _against(found, system, "roc_auc")
            entry["against_full_f1"] = _against(found, system, "f1")
        for part in ("heads",):
            if part in each[0]:
                entry[part] = {
                    head: dict(zip(("mean", "sd"), mean_sd([one[part][head] for one in each]), strict=True))
                    for head in each[0][part]
                }
        if "nmi" in each[0]:
            entry["nmi"] = dict(zip(("mean", "sd"), mean_sd([one["nmi"] for one in each]), strict=True))
        entry["seconds"] = mean_sd([one["seconds"] for one in each])[0]
        rows[system] = entry
    return {
        "title": f"Simulated bank, {name}: {customers} customers x 6 months, {len(seeds)} banks",
        "rows": customers * 6,
        "positives": mean_sd([one[BOUND]["positives"] for one in found.values()])[0],
        "splits": len(seeds),
        "notes": _notes(found),
        "source": "ragmarket simulate; seeds " + ", ".join(map(str, seeds)),
        "columns": list(COLUMNS),
        "systems": {key: row for key, row in rows.items() if "roc_auc" in row},
        "heads": {key: row["heads"] for key, row in rows.items() if "heads" in row},
        "recovery": {key: row["nmi"] for key, row in rows.items() if "nmi" in row},
        "statements": statements(found),
    }


def _against(found: dict[int, dict[str, dict[str, Any]]], system: str, column: str, to: str = "Full") -> dict[str, Any]:
    seeds = [seed for seed in found if system in found[seed] and to in found[seed]]
    ours = [found[seed][system][column] for seed in seeds]
    # Banks share no customer, so nothing is corrected: the test share is none.
    return paired(ours, [found[seed][to][column] for seed in seeds], 0.0)


def statements(found: dict[int, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """What was to be shown, as figures."""
    some = next(iter(found.values()))
    told: dict[str, Any] = {}

    def has(*names: str) -> bool:
        return all(name in one for one in found.values() for name in names)

    if has("Full", "LightGBM", BOUND):
        shares = [
            (one["Full"]["roc_auc"] - one["LightGBM"]["roc_auc"]) / (one[BOUND]["roc_auc"] - one["LightGBM"]["roc_auc"])
            for one in found.values()
        ]
        told["gap_closed"] = dict(zip(("mean", "sd"), mean_sd(shares), strict=True)) | {"least": min(shares)}
    order = ("Baseline DNN", "w/o LLM", "w/o Fusion", "Full")
    if has(*order):
        told["table_1"] = {f"{low} < {high}": _against(found, high, "roc_auc", low) for low, high in pairwise(order)}
    if has("Full", "XGBoost"):
        told["full_minus_xgboost"] = {
            column: _against(found, "Full", column, "XGBoost") for column in ("roc_auc", "f1")
        }
    for name in ("w/o temporal", "w/o intent", "w/o temporal and intent", "w/o notes and searches", "w/o LLM"):
        if has(name, "Full"):
            told[f"full_minus_{name.replace(' ', '_').replace('/', '')}"] = _against(found, "Full", "roc_auc", name)
    for name in ("w/o temporal", "w/o intent", "w/o temporal and intent"):
        if has(name, "Full"):
            told[f"accuracy, full minus {name}"] = {
                head: paired(
                    [one["Full"]["heads"][head] for one in found.values()],
                    [one[name]["heads"][head] for one in found.values()],
                    0.0,
                )
                for head in HEADS
            }
    alone = {head: f"single task: {head}" for head in (*HEADS, "response")}
    if has(*alone.values()):
        wins = {}
        for head, row in alone.items():
            pairs = [
                (one["Full"]["roc_auc"], one[row]["roc_auc"]) if head == "response"
                else (one["Full"]["heads"][head], one[row]["heads"][head])
                for one in found.values()
            ]  # fmt: skip
            wins[head] = paired([a for a, _ in pairs], [b for _, b in pairs], 0.0)
        told["multi_task_minus_single"] = wins
        told["multi_task_not_worse_on"] = sum(one["difference"] >= 0 for one in wins.values())
    if "nmi" in some.get("Full", {}):
        told["nmi"] = [one["Full"]["nmi"] for one in found.values()]
    return told


def _notes(found: dict[int, dict[str, dict[str, Any]]]) -> list[str]:
    told = statements(found)
    rows = (
        "w/o LLM: columns alone, no narrative, note or search is read. w/o Fusion: beliefs and touch side by side, in "
    )
    test = "p: paired t-test over banks that share no customer. F1 at the threshold chosen on training customers; the "
    lines = [rows + "no gate and no product.", test + "bounds' at their best threshold."]
    if "gap_closed" in told:
        gap = told["gap_closed"]
        lines.append(
            f"Full closes {gap['mean']:.0%} (sd {gap['sd']:.0%}) of the gap between LightGBM on columns and the bound."
        )
    for name, pair in told.get("table_1", {}).items():
        lines.append(f"{name}: {pair['difference']:+.4f}, p {_p(pair)}.")
    for column, pair in told.get("full_minus_xgboost", {}).items():
        lines.append(f"Full minus XGBoost, {column}: {pair['difference']:+.4f}, p {_p(pair)}.")
    for name in ("temporal", "intent", "temporal_and_intent"):
        if f"full_minus_wo_{name}" in told:
            pair = told[f"full_minus_wo_{name}"]
            what = f"Leaving out {name.replace('_', ' ')} costs {pair['difference']:.4f} AUC (p {_p(pair)})"
            heads = told[f"accuracy, full minus w/o {name.replace('_', ' ')}"]
            costs = [f"{head} {one['difference']:+.3f} (p {_p(one)})" for head, one in heads.items()]
            lines.append(f"{what}; accuracy: {', '.join(costs)}.")
    if "nmi" in told:
        lines.append("NMI of hidden states and true intents: " + ", ".join(f"{one:.3f}" for one in told["nmi"]) + ".")
    if "multi_task_not_worse_on" in told:
        lines.append(f"Joint heads are not worse than single ones on {told['multi_task_not_worse_on']} of 7.")
    return lines


def _p(pair: dict[str, Any]) -> str:
    return "-" if pair["p"] is None else f"{pair['p']:.2g}"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    print(json.dumps(run(place, quick="--quick" in sys.argv, note=lambda line: print(line, file=sys.stderr),
                         name=sys.argv[2] if len(sys.argv) > 2 and not sys.argv[2].startswith("-") else "default"),
                     indent=1))  # fmt: skip
