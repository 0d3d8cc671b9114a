"""What are session vectors and named intents worth?

On a simulated bank, whose purposes are known: how well the distilled labels find them, how far hands agree, whether
links to customers are right, and what vector and labels add to a production-like baseline in two tasks, tile ranking
and conversion, on customers that nothing was fitted on. On public data: conversion in two clickstreams and the intents
of bank customers' sentences.

    python eval/intents.py --quick                                  # simulates 500 customers
    python eval/intents.py --customers 3000 --html intents.html     # tables and plots on one page
    python eval/intents.py --bank runs/bank --data DIR              # public sets beside it (customers/ of the data)
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from eval.intents_data import (
    PLACES,
    Task,
    Visits,
    conversion_task,
    online_shoppers,
    retentioneering,
    shopper_events,
    tile_task,
)
from eval.intents_measures import before_tiles, hot, latency, linked, recovered, utterances
from eval.intents_report import as_page, show
from eval.intents_tasks import (
    TEST,
    Split,
    boosting,
    conversion_figures,
    draw,
    log_losses,
    macro_recall,
    markov,
    micro_f1,
    network,
    resampled,
    split,
    thresholded,
    tile_figures,
)
from eval.intervals import wilson
from ragmarket.bootstrap import build
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.sessions import OTHER, SessionLabel
from ragmarket.settings import read_settings
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.sessions.encoder import SessionEncoder
from ragmarket.signals.sessions.model import SessionModel
from ragmarket.signals.sessions.pretraining import PretrainingConfig
from ragmarket.signals.sessions.sampling import diverse
from ragmarket.signals.sessions.taxonomy import build_taxonomy
from ragmarket.signals.sessions.telling import SearchKinds, tell
from ragmarket.signals.sessions.utterances import UtteranceStudent
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import write
from ragmarket.visits import KeptTexts, WriterHand, distil, label_all, vocabularies, without_last

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Note = Callable[[str], None]
ORACLE = "purpose known (not available)"


def systems_of(task: Task, parts: Split, count: int, truth: Floats | None, note: Note) -> tuple[dict[str, Floats], str]:
    """Every system's probabilities, shape (rows, count), and which of the baselines is the better on validation."""
    import numpy as np

    offsets = _offsets(task, parts, count) if task.offered is not None else None
    base, vector, labels = (task.columns[name] for name in ("baseline", "embedding", "labels"))
    wanted: dict[str, list[Floats]] = {
        "labels": [labels],
        "embedding": [vector],
        "embedding and labels": [vector, labels],
        "baseline, network": [base],
        "baseline and labels": [base, labels],
        "baseline and embedding": [base, vector],
        "baseline, embedding and labels": [base, vector, labels],
    }
    if truth is not None:
        wanted[ORACLE] = [base, truth]
    found = {
        "popularity": markov([""] * len(task.classes), task.classes, count, parts, offsets),
        "first-order Markov": markov(task.states, task.classes, count, parts, offsets),
        "baseline, boosting": boosting(base, task.classes, count, parts, offsets),
    }
    for name, tables in wanted.items():
        began = time.perf_counter()
        found[name] = network(np.concatenate(tables, axis=1), task.classes, count, parts, offsets)
        note(f"  {name}: {time.perf_counter() - began:.0f} s")
    right = task.classes[parts.choose]
    ranked = {
        name: float(log_losses(found[name][parts.choose], right).mean())
        for name in ("baseline, boosting", "baseline, network")
    }
    return found, min(ranked, key=lambda name: ranked[name])


def _offsets(task: Task, parts: Split, count: int) -> Floats:
    """What a place is worth, and that a tile that is not shown cannot be clicked."""
    import numpy as np

    shown = task.offered if task.offered is not None else np.zeros((0, PLACES), dtype=np.int64)
    place = (shown == task.classes[:, None]).argmax(axis=1)
    worth = np.log(np.bincount(place[parts.learn], minlength=PLACES) + 1.0)
    found = np.full((len(shown), count), -30.0)
    np.put_along_axis(found, shown, np.broadcast_to(worth - worth.max(), shown.shape), axis=1)
    return found


def buckets(task: Task, parts: Split, systems: Mapping[str, Floats], names: Sequence[str], *, tiles: bool) -> list[Any]:
    """The figure of chosen systems on visitors with and without a past, and on short and long sessions."""
    known, long = task.history[parts.test], task.lengths[parts.test]
    cuts = {
        "cold start: no earlier visit": known == 0,
        "1 to 3 earlier visits": (known > 0) & (known <= 3),
        "more earlier visits": known > 3,
    }
    edges = (0, 3) if tiles else (6, 9)
    cuts |= {
        f"session of {edges[0] if tiles else f'at most {edges[0]}'} events": long <= edges[0],
        f"session of {edges[0] + 1} to {edges[1]} events": (long > edges[0]) & (long <= edges[1]),
        f"session of more than {edges[1]} events": long > edges[1],
    }
    right = task.classes[parts.test]
    rows = []
    for name, inside in cuts.items():
        if inside.sum() < 30:
            continue
        cells: list[Any] = [name, int(inside.sum())]
        for system in names:
            if tiles:
                hit = systems[system][parts.test].argmax(axis=1) == right
                cells.append(macro_recall(hit[inside], right[inside]))
            else:
                said = thresholded(systems[system], task.classes, parts)[parts.test]
                cells.append(micro_f1(said[inside], right[inside]))
        rows.append(cells)
    return rows


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
        score = tile_figures if tiles else conversion_figures
        figures = score(found, task.classes, parts, task.owners, against)
        report[title] = {
            "rows": len(parts.test), "against": against, "figures": figures,
            "buckets": (["bucket", "rows", *told_by], buckets(task, parts, found, told_by, tiles=tiles)),
        }  # fmt: skip
        if not tiles:
            report[title]["embedding over labels"] = _over(found, task, parts, "embedding", "labels")
            report[title]["distilled over hands"] = _kept(task, parts, first, events, known, kinds, taxonomy, names)
    return report


def _over(found: Mapping[str, Floats], task: Task, parts: Split, one: str, other: str) -> tuple[float, float, float]:
    """By how much one system's micro-F1 is above another's, relative, with its interval."""
    said = {name: thresholded(found[name], task.classes, parts)[parts.test] for name in (one, other)}
    right = task.classes[parts.test]
    return resampled(
        [task.owners[row] for row in parts.test.tolist()],
        lambda rows: micro_f1(said[one][rows], right[rows]) / max(micro_f1(said[other][rows], right[rows]), 1e-9) - 1,
    )


def _kept(
    task: Task, parts: Split, first: Mapping[str, SessionLabel], events: pl.DataFrame, known: Any, kinds: Any,
    taxonomy: Any, names: Sequence[str],
) -> tuple[float, float, float]:  # fmt: skip
    """Micro-F1 of the student's labels over that of the hands' own, relative, on sessions that hands labelled."""
    import numpy as np

    from ragmarket.signals.sessions import labels as hands

    words = hands.from_words(events, known, kinds, taxonomy)
    trusted = hands.calibrated(first, {key: one.intent for key, one in words.items()})
    joined = hands.together([words, trusted])
    inside = np.array([session in joined for session in task.sessions])
    own = np.stack(
        [
            hot(joined[session].intent, joined[session].confidence, names)
            if session in joined
            else np.zeros(len(names))
            for session in task.sessions
        ]
    )
    cut = Split(*(part[inside[part]] for part in (parts.learn, parts.choose, parts.test)))
    count = 1 + len(PRODUCT_CLASSES)
    found = {
        "student": network(task.columns["labels"], task.classes, count, cut, None),
        "hands": network(own, task.classes, count, cut, None),
    }
    return _over(found, task, cut, "student", "hands")


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
        "embedding over labels": _over(found, task, parts, "embedding", "labels"),
    }  # fmt: skip


def public(folder: Path, reader: KeptTexts, note: Note, *, epochs: int, seed: int, quick: bool) -> dict[str, Any]:
    """Retentioneering, UCI online shoppers and Banking77, whichever are there."""
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


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, help="a folder of `ragmarket simulate`; without it one is simulated")
    parser.add_argument("--customers", type=int, default=1_500, help="customers to simulate (default %(default)s)")
    parser.add_argument("--seed", type=int, default=5_151, help="seed of bank, parts and models (default %(default)s)")
    parser.add_argument("--epochs", type=int, default=12, help="passes over the sessions (default %(default)s)")
    parser.add_argument("--sample", type=int, default=240, help="sessions shown to the writer (default %(default)s)")
    parser.add_argument("--data", type=Path, help="public data sets: customers/ there is read")
    parser.add_argument("--cache", type=Path, help="keep text vectors there between runs")
    parser.add_argument("--quick", action="store_true", help="400 customers, 4 passes, 24 sessions for the writer")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--html", type=Path, help="write one page with tables and plots there")
    arguments = parser.parse_args()
    note = Console(stderr=True, highlight=False).print
    house = build(read_settings())
    reader = KeptTexts(house.encoder, arguments.cache)
    epochs = 4 if arguments.quick else arguments.epochs
    with tempfile.TemporaryDirectory() as scratch:
        bank = arguments.bank
        if bank is None:
            size = 400 if arguments.quick else arguments.customers
            note(f"simulating {size:,} customers, seed {arguments.seed}")
            bank = Path(scratch) / "bank"
            write(preset("default", customers=size), arguments.seed, bank, lambda *_: None)
        report = on_bank(
            bank, reader, house, note, epochs=epochs, sample=24 if arguments.quick else arguments.sample,
            seed=arguments.seed,
        )  # fmt: skip
    if arguments.data is not None:
        report["public"] = public(
            arguments.data / "customers", reader, note, epochs=epochs, seed=arguments.seed, quick=arguments.quick
        )
    show(report)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2, default=str) + "\n", "utf-8")
    if arguments.html:
        arguments.html.write_text(as_page(report), "utf-8")
        note(f"the page: {arguments.html}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
