"""A bank's workflow log (BPI 2012, the loan applications' work steps): which step comes next?

Out of time, as a bank would use it: the encoder and the models learn on the earlier cases, the last third is scored. A
case's end counts as a step. No step has a name in the file that is used here, so that there are no labels to compare.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.sessions.parting import Split
from eval.sessions.questions import Task
from eval.sessions.scores import log_losses, macro_recall, resampled
from eval.sessions.systems import Note, systems_of
from ragmarket.signals.sessions.encoder import SessionEncoder
from ragmarket.signals.sessions.pretraining import PretrainingConfig
from ragmarket.visits.home import KeptTexts

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FILE = "bpi2012_w.csv.gz"
LEARN, CHOOSE = 0.5, 2 / 3
# Steps that must have been seen before a question is asked (Tax et al. 2017), and questions per case.
LEAST, ASKED = 2, 3
_DAY = 86_400.0


def workflow(folder: Path) -> pl.DataFrame:
    """The log in this project's columns, one case a session, cases in the order in which they began."""
    import polars as pl

    raw = pl.read_csv(gzip.decompress((folder / FILE).read_bytes()))
    return (
        raw.with_row_index("line")
        .with_columns(pl.col("CompleteTimestamp").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ms").alias("at"))
        .sort("CaseID", "at", "line")
        .with_columns(pl.col("at").first().over("CaseID").alias("begun"))
        .sort("begun", "CaseID", "at", "line")
        .select(
            pl.format("W{}", "CaseID").alias("session_id"),
            pl.int_range(pl.len()).over("CaseID").cast(pl.Int32).alias("event"),
            "at",
            pl.format("step {}", "ActivityID").alias("page"),
        )
    )


def questions(events: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, Task, Split]:
    """Beginnings of cases and what came next, with who learns and who is scored.

    Args:
        events: Of `workflow`.
        seed: Draws at most `ASKED` beginnings of each case.

    Returns:
        The beginnings as sessions of their own, the task, and its parts.
    """
    import numpy as np
    import polars as pl

    steps = events["page"].unique().sort().to_list()
    dice = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    owners, sessions, classes, states, lengths, columns, order = [], [], [], [], [], [], []
    cases = events.partition_by("session_id", maintain_order=True)
    for place, case in enumerate(cases):
        own = case.to_dicts()
        open_ = range(LEAST, len(own) + 1)
        for cut in sorted(dice.permutation(open_)[:ASKED].tolist()):
            name, seen = f"{own[0]['session_id']}:{cut:04d}", own[:cut]
            rows += [one | {"session_id": name} for one in seen]
            pages = [one["page"] for one in seen]
            since = [(seen[-1]["at"] - seen[at]["at"]).total_seconds() / _DAY for at in (0, -2)]
            columns.append(
                [
                    *(math.log1p(pages.count(one)) for one in steps), *(float(pages[-1] == one) for one in steps),
                    *(float(pages[-2] == one) for one in steps), *(math.log1p(one) for one in since), math.log(cut),
                    seen[-1]["at"].hour / 24, float(seen[-1]["at"].weekday() > 4),
                ]
            )  # fmt: skip
            owners.append(own[0]["session_id"])
            sessions.append(name)
            classes.append(steps.index(own[cut]["page"]) if cut < len(own) else len(steps))
            states.append(pages[-1])
            lengths.append(cut)
            order.append(place / len(cases))
    when = np.array(order)
    parts = Split(
        np.flatnonzero(when < LEARN), np.flatnonzero((when >= LEARN) & (when < CHOOSE)), np.flatnonzero(when >= CHOOSE)
    )
    task = Task(
        tuple(owners), tuple(sessions), np.array(classes), {"baseline": np.array(columns)}, tuple(states), None,
        np.zeros(len(owners), dtype=np.int64), np.array(lengths),
    )  # fmt: skip
    return pl.DataFrame(rows, schema=events.schema), task, parts


def next_step(folder: Path, reader: KeptTexts, note: Note, *, epochs: int, seed: int, most: int | None = None) -> Any:
    """How well each system says the next step.

    Args:
        folder: Holds `FILE`.
        reader: Of texts; the log has none.
        note: Receives lines of progress.
        epochs: Passes over the cases.
        seed: Of questions and models.
        most: Cases to read, evenly over time; all without it.
    """
    import numpy as np
    import polars as pl

    events = workflow(folder)
    names = events["session_id"].unique(maintain_order=True).to_list()
    if most is not None and most < len(names):
        names = [names[int(place)] for place in np.linspace(0, len(names) - 1, most)]
        events = events.filter(pl.col("session_id").is_in(names))
    seen, task, parts = questions(events, seed)
    earlier = names[: int(LEARN * len(names))]
    encoder = SessionEncoder.fit(
        events.filter(pl.col("session_id").is_in(earlier)), reader, lambda _: None,
        plan=PretrainingConfig(epochs=epochs, seed=seed),
    )  # fmt: skip
    ids, vectors = encoder.embed(seen)
    place = {id_: row for row, id_ in enumerate(ids)}
    table = vectors[[place[one] for one in task.sessions]].astype(np.float64)
    task = Task(
        task.owners, task.sessions, task.classes, {**task.columns, "embedding": table}, task.states, None, task.history,
        task.lengths,
    )  # fmt: skip
    note(f"BPI 2012: {len(names):,} cases, {len(task.classes):,} questions")
    found, against = systems_of(task, parts, int(task.classes.max()) + 1, None, note)
    return {"rows": len(parts.test), "against": against, "figures": step_figures(found, task, parts, against)}


def step_figures(systems: Mapping[str, Floats], task: Task, parts: Split, against: str) -> dict[str, Any]:
    """Accuracy, macro Recall@1, log loss, and accuracy over Markov's and log loss over the baseline's, relative."""
    test = parts.test
    own: Sequence[str] = [task.owners[row] for row in test.tolist()]
    right = task.classes[test]
    hits = {name: chances[test].argmax(axis=1) == right for name, chances in systems.items()}
    losses = {name: log_losses(chances[test], right) for name, chances in systems.items()}
    chain = hits["first-order Markov"]
    found: dict[str, Any] = {}
    for name in systems:
        hit, loss = hits[name], losses[name]
        found[name] = {
            "accuracy": resampled(own, lambda rows, hit=hit: float(hit[rows].mean())),  # type: ignore[misc]
            "macro Recall@1": resampled(own, lambda rows, hit=hit: macro_recall(hit[rows], right[rows])),  # type: ignore[misc]
            "log loss": resampled(own, lambda rows, loss=loss: float(loss[rows].mean())),  # type: ignore[misc]
            "accuracy over Markov": resampled(
                own,
                lambda rows, hit=hit: float(hit[rows].mean() / chain[rows].mean() - 1),  # type: ignore[misc]
            ),
            "log loss, relative": resampled(
                own,
                lambda rows, loss=loss: float(loss[rows].mean() / losses[against][rows].mean() - 1),  # type: ignore[misc]
            ),
        }
    return found
