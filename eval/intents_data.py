"""Tables for the downstream tasks: what was known when a tile was shown, and when a session ended."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.sessions.features import by_session
from ragmarket.signals.vocabulary import DEVICES, PAGES, REFERRERS

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# A visit of two weeks ago tells a third of what one of today tells.
MEMORY_DAYS = 14.0
PLACES = 4
PUBLISHED_COUNTS = 27  # different values of UCI's column Administrative
_STANDING = ("gender", "income_band", "city_tier", "occupation")


@dataclass(frozen=True, slots=True)
class Task:
    """One downstream task.

    Attributes:
        owners: Whose row it is, for splits and intervals.
        sessions: The session of each row.
        classes: The right class of each row, shape (rows,).
        columns: Named groups of columns, each of shape (rows, any).
        states: The last state before the question, for a Markov chain.
        offered: For tiles, which classes are on offer at which place: shape (rows, PLACES); None otherwise.
        history: Earlier visits that are known of each row's visitor, shape (rows,).
        lengths: Events that were read of the session at hand, shape (rows,).
    """

    owners: tuple[str, ...]
    sessions: tuple[str, ...]
    classes: NDArray[np.int64]
    columns: Mapping[str, Floats]
    states: tuple[str, ...]
    offered: NDArray[np.int64] | None
    history: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Visits:
    """A bank's sessions with whose they are, as far as a bank may know.

    Args:
        events: Session events.
        customers: The customers' columns.
        links: Customer by session, of visits that were linked with consent.
    """

    def __init__(self, events: pl.DataFrame, customers: pl.DataFrame, links: Mapping[str, str]) -> None:
        import polars as pl

        words = ["page", "product", "referrer", "device", "tile_clicked"]
        self.rows = by_session(
            events.sort("session_id", "event").with_columns(pl.col(words).cast(pl.String)).to_dicts()
        )
        self.owner: dict[str, str] = dict(links)
        for session, rows in self.rows.items():
            known = [row["customer_id"] for row in rows if row["customer_id"]]
            if known:
                self.owner[session] = known[-1]
        self.start = {session: rows[0]["at"].timestamp() for session, rows in self.rows.items()}
        self.past: dict[str, list[str]] = {}
        for session in sorted(self.rows, key=lambda one: (self.start[one], one)):
            if session in self.owner:
                self.past.setdefault(self.owner[session], []).append(session)
        self.standing = _standing(customers)

    def before(self, session: str) -> list[tuple[str, float]]:
        """Earlier visits of the same customer with what each still weighs."""
        owner = self.owner.get(session)
        now = self.start[session]
        return [
            (one, math.exp(-(now - self.start[one]) / 86_400 / MEMORY_DAYS))
            for one in self.past.get(owner or "", [])
            if self.start[one] < now
        ]


def _standing(customers: pl.DataFrame) -> dict[str, list[float]]:
    import polars as pl

    values = {name: customers[name].cast(pl.String).drop_nulls().unique().sort().to_list() for name in _STANDING}
    found = {}
    for row in customers.with_columns(pl.col(list(_STANDING)).cast(pl.String)).to_dicts():
        one = [row["age"] / 50.0]
        for name, known in values.items():
            one += [float(row[name] == value) for value in known]
        found[row["customer_id"]] = one
    return found


def counts(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """What a production system counts in a visit: pages, products, clicks, device, referrer, time."""
    found = dict.fromkeys(
        [*(f"page {one}" for one in PAGES), *(f"product {one}" for one in PRODUCT_CLASSES)]
        + [f"tile {one}" for one in PRODUCT_CLASSES],
        0.0,
    )
    for row in rows:
        found[f"page {row['page']}"] += 1
        if row["product"]:
            found[f"product {row['product']}"] += 1
        if row["tile_clicked"]:
            found[f"tile {row['tile_clicked']}"] += 1
    known = float(any(row["customer_id"] for row in rows))
    dwell = math.log1p(sum(row["dwell_s"] or 0.0 for row in rows))
    where = [float(bool(rows) and rows[0]["device"] == one) for one in DEVICES]
    source = [float(bool(rows) and rows[0]["referrer"] == one) for one in REFERRERS]
    return [*(math.log1p(value) for value in found.values()), dwell, float(len(rows)), known, *where, *source]


def _weighted(pairs: Sequence[tuple[str, float]], table: Mapping[str, Floats], width: int) -> Floats:
    """The weighted mean of what earlier visits left, and how much of it there is."""
    import numpy as np

    total, weight = np.zeros(width), 0.0
    for session, share in pairs:
        if session in table:
            total += share * table[session]
            weight += share
    return np.concatenate([total / max(weight, 1e-9) * (weight > 0), [math.log1p(weight)]])


def tile_task(
    visits: Visits,
    vectors: Mapping[str, Floats],
    labels: Mapping[str, Floats],
    cut_vectors: Mapping[str, Floats],
    cut_labels: Mapping[str, Floats],
) -> Task:
    """Which of the tiles on the home page is clicked, from what came before it.

    Args:
        visits: The bank's sessions.
        vectors: Of whole sessions, read where they lie in the past.
        labels: The same for labels, one-hot times confidence.
        cut_vectors: Of the part of each session that stands before the tiles.
        cut_labels: The same for labels.
    """
    import numpy as np

    wide, names = len(next(iter(vectors.values()))), len(next(iter(labels.values())))
    plain_width = len(counts([]))
    plain = {session: np.array(counts(rows)) for session, rows in visits.rows.items()}
    nothing = {"vector": np.zeros(wide), "label": np.zeros(names)}
    rows_of: dict[str, list[Floats]] = {"baseline": [], "embedding": [], "labels": []}
    owners, sessions, classes, states, offered, history, lengths = [], [], [], [], [], [], []
    for session, rows in visits.rows.items():
        place = next((at for at, row in enumerate(rows) if row["tile_clicked"]), None)
        owner = visits.owner.get(session)
        if place is None or owner is None:
            continue
        past = visits.before(session)
        early = rows[:place]
        shown = [PRODUCT_CLASSES.index(one) for one in rows[place]["tile_seen"].split("|")][:PLACES]
        last = next((row["product"] for row in reversed(early) if row["product"]), None)
        if last is None:
            last = next(
                (row["product"] for one, _ in reversed(past) for row in reversed(visits.rows[one]) if row["product"]),
                "nothing",
            )
        here = [float(rows[place]["device"] == one) for one in DEVICES]
        here += [float(rows[place]["referrer"] == one) for one in REFERRERS]
        standing = np.array(visits.standing[owner] + here)
        own = np.array(counts(early))
        rows_of["baseline"].append(np.concatenate([standing, own, _weighted(past, plain, plain_width)]))
        rows_of["embedding"].append(
            np.concatenate([cut_vectors.get(session, nothing["vector"]), _weighted(past, vectors, wide)])
        )
        rows_of["labels"].append(
            np.concatenate([cut_labels.get(session, nothing["label"]), _weighted(past, labels, names)])
        )
        owners.append(owner)
        sessions.append(session)
        classes.append(PRODUCT_CLASSES.index(rows[place]["tile_clicked"]))
        states.append(last)
        offered.append(shown)
        history.append(len(past))
        lengths.append(len(early))
    return Task(
        tuple(owners), tuple(sessions), np.array(classes), {name: np.stack(rows) for name, rows in rows_of.items()},
        tuple(states), np.array(offered), np.array(history), np.array(lengths),
    )  # fmt: skip


def conversion_task(
    visits: Visits, converted: Mapping[str, str | None], vectors: Mapping[str, Floats], labels: Mapping[str, Floats]
) -> Task:
    """What is applied for within the week, from the whole session; class 0 is nothing."""
    import numpy as np

    rows_of: dict[str, list[Floats]] = {"baseline": [], "embedding": [], "labels": []}
    owners, sessions, classes, states, history, lengths = [], [], [], [], [], []
    width = len(next(iter(visits.standing.values())))
    for session, rows in visits.rows.items():
        owner = visits.owner.get(session)
        past = visits.before(session)
        standing = visits.standing[owner] if owner else [0.0] * width
        before = [
            float(sum(any(row["page"] == "apply" for row in visits.rows[one]) for one, _ in past)),
            float(len(past)),
        ]
        rows_of["baseline"].append(np.array([*standing, *counts(rows), *before]))
        rows_of["embedding"].append(vectors[session])
        rows_of["labels"].append(labels[session])
        owners.append(owner or rows[0]["device_id"])
        sessions.append(session)
        product = converted.get(session)
        classes.append(0 if product is None else 1 + PRODUCT_CLASSES.index(product))
        final = next((row for row in reversed(rows) if row["product"]), None)
        states.append("nothing" if final is None else f"{final['page']} {final['product']}")
        history.append(len(past))
        lengths.append(len(rows))
    return Task(
        tuple(owners), tuple(sessions), np.array(classes), {name: np.stack(rows) for name, rows in rows_of.items()},
        tuple(states), None, np.array(history), np.array(lengths),
    )  # fmt: skip


def retentioneering(folder: Path) -> pl.DataFrame:
    """Retentioneering's e-commerce clickstream in this project's columns, with its customer."""
    import polars as pl

    raw = pl.read_csv(gzip.decompress((folder / "retentioneering_ecom_synthetic.csv.gz").read_bytes()))
    return (
        raw.with_columns(pl.col("timestamp").str.to_datetime(time_unit="ms").alias("at"))
        .sort("session_id", "at", maintain_order=True)
        .select(
            "session_id",
            pl.int_range(pl.len()).over("session_id").cast(pl.Int32).alias("event"),
            pl.col("user_id").alias("owner"),
            "at",
            pl.col("event").alias("page"),
            pl.col("acquisition_channel").alias("referrer"),
            pl.col("platform").alias("device"),
            (pl.col("at").shift(-1) - pl.col("at")).over("session_id").dt.total_seconds().fill_null(0)
            .cast(pl.Float64).alias("dwell_s"),
        )
    )  # fmt: skip


def online_shoppers(folder: Path) -> pl.DataFrame:
    """UCI online shoppers, one row per session, in the order of the file (its months are one year)."""
    import polars as pl

    found = pl.read_csv(
        gzip.decompress((folder / "uci_online_shoppers_intention.csv.gz").read_bytes()), infer_schema_length=None
    ).with_row_index("row")
    # PageValues holds what was earned on the pages: the answer. Some copies of the file carry an `Administrative` count
    # with fewer than half of the published values, which alone tells the answer (AUC .95); it is left out there.
    damaged = found["Administrative"].n_unique() < PUBLISHED_COUNTS // 2
    return found.drop("PageValues", *(("Administrative", "Administrative_Duration") if damaged else ()))


def shopper_events(table: pl.DataFrame, longest: int = 8) -> pl.DataFrame:
    """UCI's counts as events: pages of three kinds with their mean stay, at most ``longest`` of a kind.

    The order inside a session is not in the file, so that these have none either.
    """
    import polars as pl

    rows = []
    for one in table.to_dicts():
        place = 0
        for kind in (kind for kind in ("Administrative", "Informational", "ProductRelated") if kind in one):
            number = int(one[kind] or 0)
            for _ in range(min(number, longest)):
                rows.append(
                    {
                        "session_id": f"S{one['row']:06d}",
                        "event": place,
                        "page": f"{kind} {min(number, 200).bit_length()}",
                        "referrer": f"traffic {one['TrafficType']}",
                        "device": f"system {one['OperatingSystems']}",
                        "product": one["VisitorType"],
                        "dwell_s": float(one[f"{kind}_Duration"] or 0.0) / number,
                    }
                )
                place += 1
        if not place:
            rows.append(
                {
                    "session_id": f"S{one['row']:06d}", "event": 0, "page": "none", "referrer": None, "device": None,
                    "product": None, "dwell_s": 0.0,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"event": pl.Int32}, infer_schema_length=None)
