"""Everything that is measured on a simulated bank, whose purposes are known."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from eval.sessions.comparisons import buckets, distilled_gain, gain
from eval.sessions.measures import before_tiles, hot, latency, linked, recovered
from eval.sessions.parting import TEST, draw, split
from eval.sessions.questions import conversion_task, tile_task
from eval.sessions.scores import conversion_figures, tile_figures
from eval.sessions.systems import ALIKE, Note, systems_of
from eval.sessions.tile_bounds import by_setting, tile_bounds
from eval.sessions.visits import Visits
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.sessions import OTHER
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.sessions.encoder import SessionEncoder
from ragmarket.signals.sessions.model import SessionModel
from ragmarket.signals.sessions.pretraining import PretrainingConfig
from ragmarket.signals.sessions.sampling import diverse
from ragmarket.signals.sessions.taxonomy import build_taxonomy
from ragmarket.signals.sessions.telling import SearchKinds, tell
from ragmarket.visits.distilling import distil
from ragmarket.visits.hands import WriterHand, label_all, without_last
from ragmarket.visits.home import KeptTexts, vocabularies


def on_bank(bank: Path, reader: KeptTexts, house: Any, note: Note, *, epochs: int, sample: int, seed: int) -> Any:
    """Everything that is measured on a simulated bank."""
    import numpy as np
    import polars as pl

    source = Tables(bank)
    events = source.read("session_events")
    customers = source.read("customers")
    hidden = pl.read_parquet(bank / "truth" / "truth_sessions" / "*.parquet")
    purpose = dict(hidden.select("session_id", pl.col("intent").cast(pl.String)).iter_rows())
    whose = dict(hidden.select("session_id", "customer_id").iter_rows())
    held = {session for session, owner in whose.items() if draw(owner, seed) >= TEST}
    learn = events.filter(~pl.col("session_id").is_in(list(held)))
    note(f"{events['session_id'].n_unique():,} sessions, {learn['session_id'].n_unique():,} to learn from")

    began = time.perf_counter()
    encoder = SessionEncoder.fit(
        learn, reader, lambda row: note(f"  epoch {row['epoch']:.0f}: loss {row['loss']:.3f}"),
        plan=PretrainingConfig(epochs=epochs, seed=seed),
    )  # fmt: skip
    fitted = time.perf_counter() - began
    began = time.perf_counter()
    ids, table_ = encoder.embed(events)
    spent = time.perf_counter() - began
    vectors = dict(zip(ids, table_.astype(np.float64), strict=True))
    spent_on = {
        "sessions": len(ids), "seconds to pretrain": fitted, "seconds to embed": spent,
        "seconds for 100,000 sessions": spent / len(ids) * 1e5,
    }  # fmt: skip

    known = vocabularies()
    kinds = SearchKinds(reader, known.queries)
    groups = {name: (group.about, group.intents) for name, group in known.groups.items()}
    seeds = {name: one.definition for name, one in known.intents.items()}
    taxonomy = build_taxonomy([], seeds, reader, groups=groups or None)
    own = [row for row, id_ in enumerate(ids) if id_ not in held]
    shown = [ids[own[place]] for place in diverse(table_[own], sample, seed=seed)]
    told = tell(learn.filter(pl.col("session_id").is_in(shown)), known, kinds)
    hand, last = WriterHand(house, known), [0.0]

    def progress(what: str, done: int, total: int) -> None:
        if time.perf_counter() - last[0] > 20 or done == total:
            last[0] = time.perf_counter()
            note(f"  {what}: {done} of {total}")

    first = label_all(hand, told, progress)
    second = label_all(hand, dict(list(without_last(told).items())[: sample // 3]), progress, what="second look")
    student, card = distil(learn, taxonomy, known, kinds, first, second, table_[own], [ids[row] for row in own])
    model = SessionModel(student, taxonomy)
    readings = {one.session_id: one for one in model.read_all(events)}

    report: dict[str, Any] = {"cost": spent_on, "agreement": card["agreement"], "drift": card["drift"]}
    report["taxonomy"] = recovered(bank, purpose, held, readings, events, known, kinds, taxonomy, first, whose)
    report["latency"] = latency(student, events, held)
    links, report["linking"] = linked(events, customers, whose)

    visits = Visits(events, customers, links)
    names = [*taxonomy.intents, OTHER]
    labels = {id_: hot(one.intent, one.confidence, names) for id_, one in readings.items()}
    early = before_tiles(events)
    cut_ids, cut = encoder.embed(early)
    cut_vectors = dict(zip(cut_ids, cut.astype(np.float64), strict=True))
    cut_labels = {one.session_id: hot(one.intent, one.confidence, names) for one in model.read_all(early)}
    outcomes = pl.read_parquet(bank / "outcomes" / "session_outcomes" / "*.parquet")
    converted = dict(outcomes.select("session_id", pl.col("converted").cast(pl.String)).iter_rows())
    places = {name: place for place, name in enumerate(sorted(set(purpose.values())))}
    report["tiles by setting"] = by_setting(min(len(customers), 2_000), seed)
    told_by = ("baseline, network", "baseline and embedding", "baseline and labels", "embedding", "labels")
    for title, task, count, tiles in (
        ("tile ranking", tile_task(visits, vectors, labels, cut_vectors, cut_labels), len(PRODUCT_CLASSES), True),
        ("conversion", conversion_task(visits, converted, vectors, labels), 1 + len(PRODUCT_CLASSES), False),
    ):
        note(f"{title}: {len(task.classes):,} rows")
        # A visitor without a name is split by whose visit it truly was: nobody's other visits stand on the other side.
        parts = split([whose[session] for session in task.sessions], seed)
        truth = np.eye(len(places))[[places[purpose[session]] for session in task.sessions]]
        found, against = systems_of(task, parts, count, truth, note)
        if tiles:
            best = tile_bounds(bank, task)
            figures = tile_figures(found | best, task.classes, parts, task.owners, against, ALIKE)
        else:
            figures = conversion_figures(found, task.classes, parts, task.owners, against)
        report[title] = {
            "rows": len(parts.test), "against": against, "figures": figures,
            "buckets": (["bucket", "rows", *told_by], buckets(task, parts, found, told_by, tiles=tiles)),
        }  # fmt: skip
        if not tiles:
            report[title]["embedding over labels"] = gain(found, task, parts, "embedding", "labels")
            report[title]["distilled over hands"] = distilled_gain(
                task, parts, first, events, known, kinds, taxonomy, names
            )
    return report
