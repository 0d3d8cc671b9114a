"""How the line's predictor is trained: a temporal model teaches a small network that reads the line's own features.

Published tables hold no campaigns and requests hold still less, and five milliseconds are not enough for the temporal
model; the network that it teaches reads whatever is there, and says what is not.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import today

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.prediction.temporal.estimator import TemporalModel

Report = Callable[[dict[str, Any]], None]
TABLES = ("customers", "periods", "transactions", "session_events", "notes", "campaigns")
# Shares of customers: the teacher learns from the first, the student from both of the first two, calibration takes the
# third, and the figures are of the last.
PARTS = {"teach": 0.45, "transfer": 0.25, "calibrate": 0.15, "judge": 0.15}
CUSTOMERS, SEED = 24_000, 1
# What a request usually tells; the rest is known from tables alone.
ASKED = (
    "age_band", "income_band", "city_tier", "language", "tenure_months", "balance_inr", "deposits_inr", "loans_inr",
    "holdings", "txn_counts", "app_logins", "page_views", "messages_sent", "messages_answered",
)  # fmt: skip


def train_predictor(
    folder: Path,
    report: Report,
    *,
    bank: Path | None = None,
    labels: Path | None = None,
    customers: int = CUSTOMERS,
    seed: int = SEED,
) -> dict[str, Any]:
    """Train the predictor that the line serves; returns its card.

    Args:
        folder: Receives ``card.json`` and ``weights.npz``; beside them ``teacher`` and, where no bank is given,
            ``bank``, which a second run takes up again.
        report: Receives rows of progress.
        bank: A folder as `ragmarket simulate` writes it; None simulates one.
        labels: A CSV file (customer_id, period, intent, segment) of labelled customers; None takes the hidden truth of
            a simulated bank as the labels of those customers that the teacher learns from.
        customers: How many to simulate.
        seed: Of everything random.

    Raises:
        InvalidInput: There are no labels of intent and segment, or too few customers.
    """
    import polars as pl

    from ragmarket.prediction.student_training import train_student
    from ragmarket.signals.features import DEFAULT_SPEC
    from ragmarket.signals.simulate import presets, store

    own = bank is not None
    if bank is None:
        bank = folder / "bank"
        if not (bank / "card.json").is_file():
            report({"simulating": customers})
            store.write(presets.preset("default", customers=customers), seed, bank, lambda *_: None, bounds=False)
    frames = {name: store.read(bank, name).collect() for name in TABLES}
    labelled = _labels(bank, labels)
    outcomes = store.read(bank, "outcomes").collect()
    people = frames["customers"]["customer_id"].sort()
    who = _split(people, seed)
    # Nobody labelled those whom the student learns from beside the teacher's: there it has the teacher's word alone.
    known = labelled.filter(~pl.col("customer_id").is_in(who["transfer"].implode()))
    answers = outcomes.join(known, on=["customer_id", "period"], how="left")
    seen = {name: _of(frames, ids) for name, ids in who.items()}
    teacher = _teacher(folder / "teacher", seen["teach"], outcomes, labelled, report, seed)
    beliefs = {name: _beliefs(teacher, seen[name], own=name == "teach") for name in ("teach", "transfer", "judge")}
    rows = {name: _months(seen[name], answers, report) for name in PARTS}
    labelled_share = float(labelled["customer_id"].is_in(who["teach"].implode()).sum()) / (
        len(who["teach"]) * frames["periods"]["period"].n_unique()
    )
    data = {
        "origin": "a bank's own tables" if own else "simulated customers (ragmarket.signals.simulate); nobody real",
        "customers": {name: len(ids) for name, ids in who.items()},
        "periods": frames["periods"]["period"].n_unique(),
        "labelled_share_of_teaching_customers": round(labelled_share, 3),
        "seed": seed,
        "limits": "The figures say how well these customers' hidden answers are found"
        + ("" if own else " in a simulator, not how well any real customer is; train again on a deployment's records")
        + ". Response is the chance of an answer to a touch whose product and channel are not known yet.",
    }
    del frames, seen
    return train_student(
        folder, rows, beliefs, teacher.classes,
        spec=DEFAULT_SPEC, asked=ASKED, data=data, trained_on=today(), seed=seed, report=report,
    )  # fmt: skip


def _labels(bank: Path, labels: Path | None) -> pl.DataFrame:
    import polars as pl

    from ragmarket.errors import NotFound
    from ragmarket.signals.simulate import store

    if labels is not None:
        try:
            found = pl.read_csv(labels, schema_overrides={"customer_id": pl.String, "period": pl.Int32})
        except (OSError, pl.exceptions.PolarsError) as error:
            raise InvalidInput(f"{labels}: the labels cannot be read: {error}") from error
        lacking = [name for name in ("customer_id", "period", "intent", "segment") if name not in found.columns]
        if lacking:
            raise InvalidInput(f"{labels}: the labels lack {', '.join(lacking)}")
        return found.select("customer_id", "period", "intent", "segment")
    try:
        truth = store.read(bank, "truth_periods").select("customer_id", "period", "intent")
        people = store.read(bank, "truth_customers").select("customer_id", "segment")
    except NotFound as error:
        hint = "Give --labels: customer_id, period, intent and segment of customers whom somebody labelled."
        raise InvalidInput("there are no labels of intent and segment", hint=hint) from error
    return truth.join(people, on="customer_id").collect()


def _split(people: pl.Series, seed: int) -> dict[str, pl.Series]:
    import numpy as np

    order = np.random.default_rng(seed).permutation(len(people))
    found, start = {}, 0
    for name, share in PARTS.items():
        stop = len(people) if name == "judge" else start + round(share * len(people))
        found[name] = people[np.sort(order[start:stop])]
        start = stop
    if min(len(ids) for ids in found.values()) < 30:
        raise InvalidInput(f"training: {len(people)} customers are too few", hint="Give at least 400.")
    return found


def _of(frames: Mapping[str, pl.DataFrame], ids: pl.Series) -> dict[str, pl.DataFrame]:
    import polars as pl

    found = {
        name: frame.filter(pl.col("customer_id").is_in(ids.implode()))
        for name, frame in frames.items()
        if name != "session_events"
    }
    events = frames["session_events"]
    owned = events.filter(pl.col("customer_id").is_in(ids.implode())).select("session_id").unique()
    return found | {"session_events": events.join(owned, on="session_id", how="semi")}


def _teacher(
    folder: Path,
    frames: Mapping[str, pl.DataFrame],
    outcomes: pl.DataFrame,
    labelled: pl.DataFrame,
    report: Report,
    seed: int,
) -> TemporalModel:
    from ragmarket.prediction.temporal.answers import read_answers
    from ragmarket.prediction.temporal.config import TemporalConfig
    from ragmarket.prediction.temporal.estimator import fit
    from ragmarket.prediction.temporal.reader import fit_reader
    from ragmarket.prediction.temporal.store import load, save

    if (folder / "card.json").is_file():
        return load(folder)
    report({"teacher": "reading"})
    reader, cells, sequences = fit_reader(frames)
    answers, classes = read_answers(cells, sequences, outcomes, labelled)
    model = fit(
        reader, sequences, answers, classes, TemporalConfig(seed=seed), folder=folder / "checkpoints", report=report
    )
    save(model, folder, {"name": "temporal", "data": {"customers": sequences.size[0], "periods": sequences.size[1]}})
    return model


def _beliefs(
    teacher: TemporalModel, frames: Mapping[str, pl.DataFrame], *, own: bool
) -> dict[tuple[str, int], dict[str, Any]]:
    """Customer and period to the teacher's chances; of its ``own`` customers, from the fold that left them out."""
    import numpy as np

    from ragmarket.prediction.temporal.estimator import held_out_beliefs

    cells, sequences = teacher.reader.read(frames)
    found = held_out_beliefs(teacher, sequences) if own else teacher.predict(sequences)
    flat = {name: found[name].reshape(len(cells), -1).astype(np.float32) for name in teacher.classes}
    yes = found["response"].reshape(-1)
    flat["response"] = np.stack([1 - yes, yes], axis=1).astype(np.float32)
    keys = list(cells.iter_rows())
    return {key: {name: values[place] for name, values in flat.items()} for place, key in enumerate(keys)}


def _months(frames: Mapping[str, pl.DataFrame], answers: pl.DataFrame, report: Report) -> list[dict[str, Any]]:
    """Every customer at every month's end: signals, and what became known afterwards."""
    import polars as pl

    from ragmarket.prediction.offers import OFFER
    from ragmarket.signals.standing import signals_on

    found: list[dict[str, Any]] = []
    months = frames["periods"].select("period", "start").unique().sort("period")
    touched = frames["campaigns"].select(
        "customer_id",
        "period",
        "sent",
        "opened",
        *(pl.col(name).cast(pl.String).alias(f"sent_{name}") for name in OFFER),
    )
    names = ("segment", "intent", "product", "channel", "timing", "intensity")
    for period, start in months.iter_rows():
        assert isinstance(start, date)  # noqa: S101
        day = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        signals = signals_on(dict(frames), day)
        known = answers.filter(pl.col("period") == period).join(touched, on=["customer_id", "period"], how="left")
        for row in known.iter_rows(named=True):
            customer = row["customer_id"]
            if customer not in signals:
                continue
            one = {name: None if row[name] is None else str(row[name]) for name in names}
            answered = None if not row["sent"] or row["responded"] is None else ("no", "yes")[int(row["responded"])]
            met = {"opened": bool(row["opened"]), "offered": {name: row[f"sent_{name}"] for name in OFFER}}
            answers_ = {**one, "response": answered}
            found.append({"key": (customer, period), "signals": signals[customer], "answers": answers_, **met})
        report({"months read": period, "rows": len(found)})
    return found
