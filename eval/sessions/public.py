"""What is measured on public data: two clickstreams, a bank's workflow, intents of bank customers' sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.intervals import wilson
from eval.sessions import workflow
from eval.sessions.clickstreams import online_shoppers, retentioneering, shopper_events, utterances
from eval.sessions.comparisons import gain
from eval.sessions.parting import TEST, draw, split
from eval.sessions.questions import Task
from eval.sessions.scores import conversion_figures
from eval.sessions.systems import Note, systems_of
from ragmarket.signals.sessions.encoder import SessionEncoder
from ragmarket.signals.sessions.pretraining import PretrainingConfig
from ragmarket.signals.sessions.utterances import UtteranceStudent
from ragmarket.visits.home import KeptTexts

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def clickstream(
    title: str, events: pl.DataFrame, owners: Mapping[str, str], target: Mapping[str, bool], base: Mapping[str, Floats],
    reader: KeptTexts, note: Note, *, epochs: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """Conversion on a public clickstream; its labels are unnamed: clusters of vectors."""
    import numpy as np
    import polars as pl
    from sklearn.cluster import KMeans

    test = {session for session, owner in owners.items() if draw(owner, seed) >= TEST}
    encoder = SessionEncoder.fit(
        events.filter(~pl.col("session_id").is_in(list(test))), reader, lambda _: None,
        plan=PretrainingConfig(epochs=epochs, seed=seed),
    )  # fmt: skip
    ids, vectors = encoder.embed(events)
    learned = np.array([id_ not in test for id_ in ids])
    spread = (vectors - vectors.mean(axis=0)) / np.maximum(vectors.std(axis=0), 1e-6)
    clusters = KMeans(12, n_init=3, random_state=seed).fit(spread[learned]).predict(spread)
    last = events.sort("session_id", "event").group_by("session_id").agg(pl.col("page").last())
    final = dict(last.iter_rows())
    sizes = dict(events.group_by("session_id").len().iter_rows())
    task = Task(
        tuple(owners[id_] for id_ in ids), tuple(ids), np.array([int(target[id_]) for id_ in ids]),
        {"baseline": np.stack([base[id_] for id_ in ids]), "embedding": vectors.astype(np.float64),
         "labels": np.eye(12)[clusters]},
        tuple(final[id_] for id_ in ids), None, np.zeros(len(ids), dtype=np.int64),
        np.array([sizes[id_] for id_ in ids]),
    )  # fmt: skip
    parts = split(task.owners, seed)
    note(f"{title}: {len(ids):,} sessions")
    found, against = systems_of(task, parts, 2, None, note)
    figures = conversion_figures(found, task.classes, parts, task.owners, against)
    return {
        "rows": len(parts.test), "against": against, "figures": figures,
        "embedding over labels": gain(found, task, parts, "embedding", "labels"),
    }  # fmt: skip


def public(folder: Path, reader: KeptTexts, note: Note, *, epochs: int, seed: int, quick: bool) -> dict[str, Any]:
    """Retentioneering, UCI online shoppers, BPI 2012 and Banking77, whichever are there."""
    import numpy as np
    import polars as pl

    report: dict[str, Any] = {}
    if (folder / "retentioneering_ecom_synthetic.csv.gz").is_file():
        log = retentioneering(folder)
        # What is asked is whether a purchase follows what was seen so far: the session up to its first checkout page.
        stop = ["payment_details", "shipping_details", "purchase", "payment_error", "checkout_bug"]
        bought = dict(log.group_by("session_id").agg((pl.col("page") == "purchase").any()).iter_rows())
        seen = log.filter(~pl.col("page").is_in(stop).cum_max().over("session_id", order_by="event"))
        pages = seen["page"].unique().sort().to_list()
        base = {}
        for session, rows in seen.partition_by("session_id", as_dict=True).items():
            own = rows["page"].to_list()
            base[str(session[0])] = np.array([*(math.log1p(own.count(one)) for one in pages), float(len(own))])
        owners = dict(log.select("session_id", "owner").unique().iter_rows())
        report["Retentioneering, purchase"] = clickstream(
            "Retentioneering", seen.drop("owner"), {id_: owners[id_] for id_ in base}, bought, base, reader, note,
            epochs=2 * epochs, seed=seed,
        )  # fmt: skip
    else:
        note(f"no Retentioneering in {folder}: skipped")
    if (folder / "uci_online_shoppers_intention.csv.gz").is_file():
        shop = online_shoppers(folder)
        if quick:
            shop = shop.head(3_000)
        ids = [f"S{row:06d}" for row in shop["row"].to_list()]
        plain = shop.drop("row", "Revenue").to_dummies([n for n, t in shop.schema.items() if t == pl.String])
        values = plain.cast(pl.Float64).fill_null(0.0).to_numpy()
        revenue = dict(zip(ids, [str(one).lower() == "true" for one in shop["Revenue"].to_list()], strict=True))
        report["UCI online shoppers, revenue"] = clickstream(
            "UCI online shoppers", shopper_events(shop), {id_: id_ for id_ in ids}, revenue,
            dict(zip(ids, values, strict=True)), reader, note, epochs=max(2, epochs // 3), seed=seed,
        )  # fmt: skip
    else:
        note(f"no UCI online shoppers in {folder}: skipped")
    if (folder / workflow.FILE).is_file():
        report["BPI 2012, next step"] = workflow.next_step(
            folder, reader, note, epochs=max(2, epochs // 2), seed=seed, most=600 if quick else None
        )
    else:
        note(f"no BPI 2012 in {folder}: skipped")
    if (folder / "banking77_train.csv.gz").is_file():
        learn, test = (utterances(folder / f"banking77_{part}.csv.gz") for part in ("train", "test"))
        if quick:
            learn, test = learn[::12], test[::12]
        student = UtteranceStudent.fit([one for one, _ in learn], [name for _, name in learn], reader)
        said = student.label([one for one, _ in test], reader)
        hits = sum(name == own for (name, _), (_, own) in zip(said, test, strict=True))
        report["Banking77"] = {
            "learned from": len(learn),
            "accuracy": (hits / len(test), *wilson(hits, len(test))),
            "n": len(test),
        }
    else:
        note(f"no Banking77 in {folder}: skipped")
    return report
