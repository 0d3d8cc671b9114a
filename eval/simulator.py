"""How hard the simulated bank is: LightGBM on what each kind of reader sees, beside the Bayes bounds.

Four readers of the same customers, each adding to the one before: the columns; a bag of events (counts of what was paid
for and of what was looked at); order, recurrence and timing; words. A world is worth learning from when each step tells
more of the intent, none passes the bound of its view, and in a control world no step helps at all.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.simulator_features import READERS, matrix
from ragmarket.signals.simulate.bounds import auc, best_f1
from ragmarket.signals.simulate.presets import PRESETS, preset
from ragmarket.signals.simulate.store import read, write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REPETITIONS = 200


def measure(folder: Path, trees: int) -> dict[str, Any]:
    """The figures of one written bank: customers in three parts, to learn from, to stop by, to be judged on."""
    import lightgbm
    import numpy as np
    import polars as pl

    keys = ["customer_id", "period"]
    rows = (
        read(folder, "bounds")
        .join(read(folder, "outcomes").select(*keys, "responded"), on=keys)
        .join(read(folder, "truth_periods").select(*keys, "intent"), on=keys)
        .filter(pl.col("responded").is_not_null())
        .sort(keys)
        .collect()
    )
    who = rows["customer_id"].rank("dense").to_numpy().astype(np.int64)
    part = who % 10
    learn, stop, judge = part < 6, part == 6, part > 6
    answers = rows["responded"].to_numpy().astype(int)
    intents = rows["intent"].to_physical().to_numpy()
    rng = np.random.default_rng(0)
    draws = [rng.multinomial(who.max() + 1, np.full(who.max() + 1, 1 / (who.max() + 1))) for _ in range(REPETITIONS)]
    scores: dict[str, NDArray[np.float64]] = {
        f"bound, {view}": rows[f"response_{view}"].to_numpy()[judge] for view in ("columns", "all", "truth")
    }
    found: dict[str, float] = {
        f"bound, {view}": float((rows[f"intent_{view}"].to_physical().to_numpy() == intents)[judge].mean())
        for view in ("columns", "all")
    }
    for reader in READERS:
        values = matrix(folder, rows.select(keys), reader)
        common: dict[str, Any] = {"learning_rate": 0.05, "num_leaves": 31, "min_child_samples": 40, "max_bin": 63}
        common |= {"colsample_bytree": 0.5, "n_jobs": 1, "verbose": -1, "random_state": 0}
        for target, goal in (("response", answers), ("intent", intents)):
            most = trees if target == "response" else max(20, trees // 5)
            model: Any = lightgbm.LGBMClassifier(n_estimators=most, **common)
            watch: list[Any] = [lightgbm.early_stopping(30, verbose=False)]
            model.fit(values[learn], goal[learn], eval_X=values[stop], eval_y=goal[stop], callbacks=watch)
            if target == "response":
                scores[reader] = model.predict_proba(values[judge])[:, 1]
            else:
                found[reader] = float((model.predict(values[judge]) == goal[judge]).mean())
        print(f"{reader}: AUC {auc(answers[judge], scores[reader]):.4f}, intent {found[reader]:.3f}", file=sys.stderr)
    told: dict[str, Any] = {"rows_judged": int(judge.sum()), "prevalence": float(answers[judge].mean()), "readers": {}}
    for name, score in scores.items():
        again = [np.repeat(np.arange(int(judge.sum())), draw[who[judge] - 1]) for draw in draws]
        spread = np.percentile([auc(answers[judge][rows_], score[rows_]) for rows_ in again], [2.5, 97.5])
        told["readers"][name] = {
            "auc": auc(answers[judge], score),
            "auc_interval": [float(value) for value in spread],
            "f1": best_f1(answers[judge], score),
            "intent_accuracy": found.get(name),
        }
    return told


def main() -> int:
    """Simulate, read, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=PRESETS, default="default", help="which world (default: default)")
    parser.add_argument("--customers", type=int, default=12_000, help="how many (default: 12000)")
    parser.add_argument("--seed", type=int, default=20_261, help="of the customers; choose one nobody tuned on")
    parser.add_argument("--trees", type=int, default=400, help="most trees of a model (default: 400)")
    parser.add_argument("--quick", action="store_true", help="3,000 customers, 100 trees")
    parser.add_argument("--data", type=Path, help="a folder that `ragmarket simulate` wrote, instead of a new bank")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options = parser.parse_args()
    customers, trees = (3_000, 100) if options.quick else (options.customers, options.trees)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.data or Path(scratch) / "bank"
        if options.data is None:
            bank = preset(options.preset, customers=customers)
            write(
                bank, options.seed, folder, lambda what, done, total: print(f"{what} {done}/{total}", file=sys.stderr)
            )
        told = measure(folder, trees)
    if options.json:
        print(json.dumps(told))
        return 0
    print(f"{'seen by':<16} {'AUC':>7} {'95 % interval':>18} {'best F1':>8} {'intent':>7}")
    for name, one in told["readers"].items():
        low, high = one["auc_interval"]
        intent = "" if one["intent_accuracy"] is None else f"{one['intent_accuracy']:.3f}"
        print(f"{name:<16} {one['auc']:7.4f} {low:8.4f} to {high:.4f} {one['f1']:8.3f} {intent:>7}")
    print(f"{told['rows_judged']:,} touches judged, {told['prevalence']:.1%} answered")
    return 0


if __name__ == "__main__":
    sys.exit(main())
