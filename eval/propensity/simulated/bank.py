"""A simulated bank as the bench sees it: customers to learn from, customers to judge, and what is hidden of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.simulator_features import KEYS
from ragmarket.signals.simulate.store import read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.prediction.temporal.fitting import Answers
    from ragmarket.prediction.temporal.reader import Reader
    from ragmarket.prediction.temporal.sequences import Sequences

TABLES = ("customers", "periods", "transactions", "session_events", "notes", "campaigns")
LABELLED = 0.1


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
