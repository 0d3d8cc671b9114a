"""What each reader of a simulated bank turns into numbers: columns, bags, order, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ragmarket.signals.simulate.aims import PRODUCT_PAGES
from ragmarket.signals.simulate.store import read

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

READERS = ("columns", "bag", "order", "words")
KEYS = ["customer_id", "period"]
LAGS = 2


def matrix(folder: Path, rows: pl.DataFrame, reader: str) -> NDArray[np.float32]:
    """The numbers of a reader, and of all before it, for the given customers and months.

    Args:
        folder: A written bank.
        rows: Columns ``customer_id`` and ``period``.
        reader: One of `READERS`.
    """
    import numpy as np
    import polars as pl

    parts = [_columns(folder)]
    makers = {"bag": _bag, "order": _order, "words": _words}
    for name in READERS[1 : READERS.index(reader) + 1]:
        parts.append(_remembered(makers[name](folder)))
    frame = rows
    for part in parts:
        frame = frame.join(part, on=KEYS, how="left", maintain_order="left")
    numbers = frame.drop(KEYS).select(pl.all().to_physical().cast(pl.Float32))
    return np.asarray(numbers.to_numpy())


def _columns(folder: Path) -> pl.DataFrame:
    import polars as pl

    people = read(folder, "customers").drop("opened_on").collect()
    people = people.with_columns(pl.col(pl.Enum).to_physical())
    months = read(folder, "periods").drop("start").sort(KEYS).collect()
    moving = [name for name in months.columns if name not in KEYS and not name.startswith("holds_")]
    months = months.with_columns(
        *(
            pl.col(name).shift(lag).over("customer_id").alias(f"{name}_{lag}")
            for lag in range(1, LAGS + 1)
            for name in moving
        ),
        *(pl.col(name).cast(pl.Float64).cum_sum().over("customer_id").alias(f"{name}_sum") for name in moving),
    )
    touch = read(folder, "campaigns").sort(KEYS).collect()
    history = []
    for column in ("product", "channel", "timing", "intensity"):
        same = ["customer_id", column]
        for answer in ("sent", "opened", "responded"):
            flag = pl.col(answer).cast(pl.Int32)
            history.append((flag.cum_sum().over(same) - flag).alias(f"{column}_{answer}_before"))
            for value in touch[column].unique().sort().to_list():
                hit = flag * (pl.col(column) == value)
                history.append((hit.cum_sum() - hit).over("customer_id").alias(f"{column}_{value}_{answer}"))
    touch = touch.with_columns(history).drop("touch_id", "at", "sent", "opened", "responded")
    return months.join(touch, on=KEYS).join(people, on="customer_id").with_columns(pl.col(pl.Enum).to_physical())


def _counts(events: pl.DataFrame, column: pl.Expr, prefix: str) -> pl.DataFrame:
    import polars as pl

    named = events.with_columns((pl.lit(prefix) + column).alias("_what")).filter(pl.col("_what").is_not_null())
    table = named.group_by(*KEYS, "_what").len()
    return table.pivot("_what", index=KEYS, values="len", sort_columns=True).fill_null(0)


def _outer(parts: list[pl.DataFrame]) -> pl.DataFrame:
    frame = parts[0]
    for part in parts[1:]:
        frame = frame.join(part, on=KEYS, how="full", coalesce=True)
    return frame.fill_null(0)


def _remembered(frame: pl.DataFrame) -> pl.DataFrame:
    """Each month's counts beside what faded of the earlier ones'."""
    import polars as pl

    names = [name for name in frame.columns if name not in KEYS]
    periods = len(frame["period"].unique())
    grid = frame.select("customer_id").unique().join(
        pl.DataFrame({"period": range(periods)}, schema={"period": pl.Int32}), how="cross"
    )  # fmt: skip
    full = grid.join(frame, on=KEYS, how="left").fill_null(0).sort(KEYS)
    faded = (
        pl.col(name).ewm_mean(alpha=0.5, adjust=False).over("customer_id").alias(f"{name}_faded") for name in names
    )
    return full.with_columns(*faded)


def _visits(folder: Path) -> pl.DataFrame:
    """Events of visits with a login, all of them traced to the customer."""
    import polars as pl

    events = read(folder, "session_events").sort("session_id", "event").collect()
    owner = events.group_by("session_id").agg(pl.col("customer_id").drop_nulls().first().alias("_owner"))
    events = events.join(owner, on="session_id", maintain_order="left").filter(pl.col("_owner").is_not_null())
    return events.with_columns(pl.col("_owner").alias("customer_id")).drop("_owner")


def _bag(folder: Path) -> pl.DataFrame:
    import polars as pl

    paid, events = read(folder, "transactions").collect(), _visits(folder)
    first = events.filter(pl.col("event") == 0)
    hour = (pl.col("at").dt.hour() // 6).cast(pl.String)
    weekend = (pl.col("at").dt.weekday() > 5).cast(pl.String)
    text = pl.String
    return _outer(
        [
            _counts(paid, pl.col("category").cast(text), "paid "),
            _counts(events, pl.col("page").cast(text), "page "),
            _counts(events, pl.col("product").cast(text), "product "),
            _counts(events, pl.col("tile_clicked").cast(text), "tile "),
            _counts(first, pl.col("referrer").cast(text), "from "),
            _counts(first, pl.lit("hour ") + hour + weekend, ""),
        ]
    )


def _order(folder: Path) -> pl.DataFrame:
    import polars as pl

    paid, events = read(folder, "transactions").collect(), _visits(folder)
    reading = events.filter(pl.col("product").is_not_null())
    # How far each step goes round the product pages: the direction of reading.
    place = (
        pl.col("page").cast(pl.String).replace_strict({name: i for i, name in enumerate(PRODUCT_PAGES)}, default=None)
    )
    step = (place - place.shift(1).over("session_id")) % len(PRODUCT_PAGES)
    habit = pl.col("category").cast(pl.String) + " " + pl.col("is_recurring").cast(pl.String)
    third = (pl.col("at").dt.day().cast(pl.Int32).sub(1).clip(0, 27) // 9.5).cast(pl.Int32).cast(pl.String)
    return _outer(
        [
            _counts(reading, pl.lit("step ") + step.cast(pl.String), ""),
            _counts(paid, habit, "habit "),
            _counts(paid, pl.col("category").cast(pl.String) + pl.lit(" in ") + third, ""),
        ]
    )


def _words(folder: Path) -> pl.DataFrame:
    import polars as pl

    said = read(folder, "notes").select(*KEYS, "text").collect()
    asked = _visits(folder).filter(pl.col("text").is_not_null()).select(*KEYS, "text")
    words = (
        pl.concat([said, asked])
        .with_columns(pl.col("text").str.to_lowercase().str.extract_all(r"[a-z0-9]{3,}").alias("word"))
        .explode("word")
    )
    common = words["word"].value_counts(sort=True).head(600)["word"]
    return _counts(words.filter(pl.col("word").is_in(common.implode())), pl.col("word"), "word ")
