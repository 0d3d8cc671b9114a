"""Tables 1 and 2 on simulated banks, bank by bank; what is finished is kept.

Every seed is another bank, with other customers: 70 % of them to learn from, the others to be judged. Of the hidden
segments and intents the models learn from a tenth of the training customers only, as if somebody had labelled a sample;
no feature holds any. "columns" is what a bank's tables have; "bag" adds counts of event types, without order or words;
"stacked" trees have those columns and all labels that our model learns from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eval.propensity.simulated.bank import open_bank
from eval.propensity.simulated.figures import Found, problem
from eval.propensity.simulated.rows import BOUND, SEEN, order, systems
from eval.propensity.simulated.stacking import STACKED
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import CARD, write

CONTROL = ("XGBoost", "LightGBM", STACKED, "Full", "w/o LLM", BOUND, SEEN)
SEEDS = (40_001, 40_002, 40_003, 40_004, 40_005)


def run(
    cache: Path,
    *,
    quick: bool,
    note: Callable[[str], None],
    name: str = "default",
    chosen: Sequence[str] = (),
    customers: int | None = None,
) -> dict[str, Any]:
    """Simulate, fit, judge; what is finished is kept in the cache and not run again.

    Args:
        cache: Folder for banks and figures.
        quick: Two banks of 1,200 customers and fewer rows.
        note: Receives lines of progress.
        name: The preset: ``default``, or ``control``, in which words and order know nothing.
        chosen: Names of the rows to run, beside the bound; all by default.
        customers: Of one bank; 4,000, or 1,200 where quick, by default.

    Returns:
        One problem of the report of `eval.prediction`.
    """
    import torch

    torch.set_num_threads(1)
    customers, folds = customers or (1_200 if quick else 4_000), 2
    seeds = SEEDS[:2] if quick else SEEDS
    only = CONTROL if name == "control" else None
    found: Found = {}
    # The rows that matter most on all banks first: a run that is cut short says something of each.
    for names, seed in ((names, seed) for names in order(quick) for seed in seeds):
        folder = cache / f"{name}-{seed}-{customers}"
        if not (folder / CARD).is_file():
            note(f"simulating {customers} customers, seed {seed}")
            write(preset(name, customers=customers), seed, folder, lambda *_: None)
        kept = cache / f"{folder.name}.json"
        done: dict[str, dict[str, Any]] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
        bank = None
        for row in names:
            if row in done or (only is not None and row not in only) or (chosen and row not in (BOUND, *chosen)):
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
    return problem(found, name, customers)
