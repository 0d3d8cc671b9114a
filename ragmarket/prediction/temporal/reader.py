"""From a bank's tables to `Sequences`: which columns, categories and tokens there are is learnt once, then kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ragmarket.errors import InvalidInput
from ragmarket.prediction.temporal.sequences import RAREST, Sequences, documents, vocabulary
from ragmarket.prediction.temporal.tokens import KEYS, NEEDED, tokens

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
STATIC = ("gender", "income_band", "city_tier", "state", "language", "occupation")
TOUCH = ("product", "channel", "timing", "intensity")
COUNTED = ("channel", "timing", "intensity")
LEVEL = "balance_inr"
# What may decide on a fresh intent: who somebody is, and the season.
AGES = (25, 30, 35, 40, 45, 50, 55, 60, 65)
_UNREAD = ("customer_id", "period", "start")


@dataclass(frozen=True, slots=True)
class Reader:
    """What `fit` learnt: categories, touch codes, month columns, vocabularies, mean and spread of each number."""

    categories: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, tuple[str, ...]]
    months: tuple[str, ...]
    vocabularies: Mapping[str, tuple[str, ...]]
    mean: Floats
    scale: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """What the last axis of ``columns`` holds."""
        return tuple(_names(self.categories, self.codes, self.months))

    @property
    def who(self) -> npt.NDArray[np.int64]:
        """The places of the columns that may decide on a fresh intent."""
        return np.flatnonzero([name.startswith(("is ", "age ", "month ")) for name in self.names])

    def read(self, frames: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, Sequences]:
        """Customers as sequences.

        Args:
            frames: ``customers``, ``periods``, ``transactions``, ``session_events``, ``notes`` and ``campaigns`` by
                their documented columns. Every customer has a row for every period, and one touch in it.

        Returns:
            The cells (``customer_id``, ``period``) in the order of the sequences, customers ascending; the sequences.

        Raises:
            InvalidInput: A table or a column is missing, or customers have other periods than one another.
        """
        cells = cells_of(frames)
        periods = cells["period"].n_unique()
        shape = (len(cells) // periods, periods)
        found = tokens(frames, cells)
        values = (_columns(frames, cells, self.categories, self.codes, self.months) - self.mean) / self.scale
        touch, flags = _touches(frames, cells, self.codes)
        level = frames["periods"].join(cells, on=KEYS).sort("cell")[LEVEL].cast(float).to_numpy()
        logs = np.where(np.isnan(level), np.nan, np.log1p(np.maximum(np.nan_to_num(level), 0.0)))
        sequences = Sequences(
            {name: documents(found[name], words) for name, words in self.vocabularies.items()},
            logs.reshape(shape),
            np.clip(values, -8, 8).reshape(*shape, -1),
            touch.reshape(*shape, -1),
            *(one.reshape(shape) for one in flags),
        )
        return cells.select(*KEYS), sequences


def cells_of(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Customers and periods in order, numbered.

    Raises:
        InvalidInput: A table is missing, or a customer lacks a period.
    """
    import polars as pl

    for name in ("customers", "periods", "campaigns", *NEEDED):
        if name not in frames:
            raise InvalidInput(f"behaviour: the table {name} is missing")
    cells = frames["periods"].select(*KEYS).sort(*KEYS).with_row_index("cell")
    if not len(cells):
        raise InvalidInput("behaviour: there is no customer")
    each = cells.group_by("customer_id").agg(pl.col("period").n_unique().alias("n"), pl.len().alias("rows"))
    periods = cells["period"].n_unique()
    if not ((each["n"] == periods) & (each["rows"] == periods)).all():
        raise InvalidInput(
            f"behaviour: not every customer has one row for each of the {periods} periods",
            hint="Add the missing months to `periods`, or leave those customers out.",
        )
    touched = frames["campaigns"].select(*KEYS).n_unique()
    if touched != len(frames["campaigns"]) or frames["campaigns"].join(cells, on=KEYS).height != len(cells):
        raise InvalidInput("behaviour: `campaigns` must hold one touch per customer and period")
    return cells.with_columns(pl.col("cell").cast(pl.Int64))


def fit_reader(frames: Mapping[str, pl.DataFrame], rarest: int = RAREST) -> tuple[Reader, pl.DataFrame, Sequences]:
    """Learn categories, vocabularies and scales from training customers, and read them.

    Raises:
        InvalidInput: As `Reader.read`.
    """
    cells = cells_of(frames)
    people, months, touches = frames["customers"], frames["periods"], frames["campaigns"]
    _need(people, "customers", (*STATIC, "age", "opened_on"))
    _need(months, "periods", (*_UNREAD, LEVEL))
    _need(touches, "campaigns", (*TOUCH, "sent", "opened", "responded"))
    categories = {name: _values(people[name]) for name in STATIC}
    codes = {name: _values(touches[name]) for name in TOUCH}
    moving = tuple(name for name in months.columns if name not in _UNREAD)
    values = _columns(frames, cells, categories, codes, moving)
    scale = values.std(axis=0)
    words = {name: vocabulary(one, rarest) for name, one in tokens(frames, cells).items()}
    reader = Reader(
        categories, codes, moving, {name: one for name, one in words.items() if one},
        values.mean(axis=0), np.where(scale > 1e-9, scale, 1.0),
    )  # fmt: skip
    return reader, *reader.read(frames)


def _need(frame: pl.DataFrame, name: str, columns: Sequence[str]) -> None:
    lacking = [one for one in columns if one not in frame.columns]
    if lacking:
        raise InvalidInput(f"behaviour: {name} lacks {', '.join(lacking)}")


def _values(series: pl.Series) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in series.drop_nulls().unique().to_list()))


def _names(
    categories: Mapping[str, Sequence[str]], codes: Mapping[str, Sequence[str]], months: Sequence[str]
) -> list[str]:
    found = [f"is {name} {value}" for name, values in categories.items() for value in values]
    found += [f"age {edge}" for edge in AGES] + ["years", "tenure"] + [f"month {one}" for one in range(1, 13)]
    found += list(months)
    found += [f"{what} {name} {value}" for name in COUNTED for value in codes[name] for what in ("sent", "opened")]
    return [*found, "sent", "opened", "responded", "same product", "same product responded"]


def _columns(
    frames: Mapping[str, pl.DataFrame],
    cells: pl.DataFrame,
    categories: Mapping[str, Sequence[str]],
    codes: Mapping[str, Sequence[str]],
    months: Sequence[str],
) -> Floats:
    """(cells, columns), unscaled; amounts and counts as logs, history as what was before the month's touch."""
    import polars as pl

    _need(frames["periods"], "periods", (*_UNREAD, *months))
    people = frames["customers"].select("customer_id", "age", "opened_on", *STATIC)
    joined = (
        cells.join(frames["periods"], on=KEYS, maintain_order="left")
        .join(people, on="customer_id", how="left", maintain_order="left")
        .join(frames["campaigns"].drop("at", strict=False), on=KEYS, maintain_order="left")
        .sort("cell")
    )
    if joined["age"].null_count():
        raise InvalidInput("behaviour: `customers` lacks customers that `periods` has")
    made: list[pl.Expr] = [
        (pl.col(name).cast(pl.String) == value).fill_null(False).cast(pl.Float64)
        for name, values in categories.items()
        for value in values
    ]
    made += [(pl.col("age") >= edge).cast(pl.Float64) for edge in AGES]
    made += [pl.col("age").cast(pl.Float64), (pl.col("start") - pl.col("opened_on")).dt.total_days().cast(pl.Float64)]
    made += [(pl.col("start").dt.month() == one).cast(pl.Float64) for one in range(1, 13)]
    for name in months:
        amount = pl.col(name).cast(pl.Float64).fill_null(0.0)
        made.append(amount.sign() * amount.abs().log1p())

    def before(flag: pl.Expr, over: list[str]) -> pl.Expr:
        return (flag.cum_sum() - flag).over(over)

    flags = {name: pl.col(name).fill_null(False).cast(pl.Float64) for name in ("sent", "opened", "responded")}
    for name in COUNTED:
        for value in codes[name]:
            hit = (pl.col(name).cast(pl.String) == value).cast(pl.Float64)
            made += [before(flags[what] * hit, ["customer_id"]) for what in ("sent", "opened")]
    made += [before(flag, ["customer_id"]) for flag in flags.values()]
    made += [before(flags[what], ["customer_id", "product"]) for what in ("sent", "responded")]
    table = joined.select(one.alias(str(place)) for place, one in enumerate(made))
    return np.asarray(table.fill_null(0.0).to_numpy(), dtype=np.float64)


def _touches(
    frames: Mapping[str, pl.DataFrame], cells: pl.DataFrame, codes: Mapping[str, Sequence[str]]
) -> tuple[npt.NDArray[np.int64], list[Any]]:
    import polars as pl

    _need(frames["campaigns"], "campaigns", (*TOUCH, "sent", "opened", "responded"))
    touch = cells.join(frames["campaigns"], on=KEYS, maintain_order="left").sort("cell")
    columns = []
    for name, values in codes.items():
        places = {value: place for place, value in enumerate(values)}
        texts = touch[name].cast(pl.String).to_list()
        unknown = sorted({str(one) for one in texts if one not in places})
        if unknown:
            raise InvalidInput(f"behaviour: campaigns.{name} has values never seen in training: {', '.join(unknown)}")
        columns.append(np.array([places[one] for one in texts], dtype=np.int64))
    flags = [touch[name].fill_null(False).to_numpy().astype(bool) for name in ("sent", "opened", "responded")]
    return np.stack(columns, axis=1), flags
