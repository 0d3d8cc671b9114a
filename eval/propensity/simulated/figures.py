"""From the figures of every bank to one problem of the report: means, paired tests, and what was to be shown."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from eval.propensity.simulated.rows import BOUND, COLUMNS, HEADS
from eval.propensity.simulated.stacking import STACKED
from eval.propensity.statistics import mean_sd, paired

Found = dict[int, dict[str, dict[str, Any]]]


def problem(found: Found, name: str, customers: int) -> dict[str, Any]:
    """One problem of the report of `eval.prediction`.

    Args:
        found: Figures of every row, by seed of the bank and name of the row.
        name: The preset of the banks.
        customers: Customers of one bank.
    """
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


def _against(found: Found, system: str, column: str, to: str = "Full") -> dict[str, Any]:
    seeds = [seed for seed in found if system in found[seed] and to in found[seed]]
    ours = [found[seed][system][column] for seed in seeds]
    # Banks share no customer, so nothing is corrected: the test share is none.
    return paired(ours, [found[seed][to][column] for seed in seeds], 0.0)


def statements(found: Found) -> dict[str, Any]:
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
    less = ("w/o temporal", "w/o intent", "w/o temporal and intent", "w/o notes and searches", "w/o LLM")
    for name in (*less, STACKED):
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


def _notes(found: Found) -> list[str]:
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
    counterpart = told.get(f"full_minus_{STACKED.replace(' ', '_')}")
    if counterpart is not None:
        gap = f"{counterpart['difference']:+.4f} (p {_p(counterpart)})"
        lines.append(f"Full minus {STACKED}, which has the same columns and labels but no events: {gap}.")
    if "nmi" in told:
        lines.append("NMI of hidden states and true intents: " + ", ".join(f"{one:.3f}" for one in told["nmi"]) + ".")
    if "multi_task_not_worse_on" in told:
        each = ", ".join(
            f"{head} {one['difference']:+.4f} (p {_p(one)})" for head, one in told["multi_task_minus_single"].items()
        )
        lines.append(f"Joint heads are not worse than single ones on {told['multi_task_not_worse_on']} of 7: {each}.")
        lines.append("Response in AUC, the others in accuracy; 0 where a line answers, which learns each head alone.")
    return lines


def _p(pair: dict[str, Any]) -> str:
    return "-" if pair["p"] is None else f"{pair['p']:.2g}"
