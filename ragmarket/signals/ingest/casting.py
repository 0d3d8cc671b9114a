"""Text as the kinds that a contract names: numbers, dates, times, flags, choices; what cannot be one is null."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ragmarket.signals.ingest.contracts import SourceColumn

if TYPE_CHECKING:
    import polars as pl

_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_TIMES = (
    "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%b-%Y %H:%M:%S",
)  # fmt: skip
_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d-%b-%Y", "%Y%m%d")
_EARLIEST, _LATEST = 1900, 2100


def typed_as(name: str, column: SourceColumn) -> pl.Expr:
    """A text column as its kind; what cannot be one is null."""
    import polars as pl

    text = pl.col(name)
    if column.kind in {"number", "integer"}:
        plain = text.str.replace_all(r"[,\s₹]", "")
        number = plain.cast(pl.Float64, strict=False)
        if column.kind == "number":
            return pl.when(number.is_finite()).then(number).otherwise(None).alias(name)
        return pl.when(number == number.floor()).then(number).otherwise(None).cast(pl.Int64, strict=False).alias(name)
    if column.kind == "flag":
        said = text.str.to_lowercase()
        return pl.when(said.is_in(_TRUE)).then(True).when(said.is_in(_FALSE)).then(False).otherwise(None).alias(name)
    if column.kind == "date":
        day = pl.coalesce(
            *(text.str.to_date(form, strict=False) for form in _DATES),
            *(text.str.to_datetime(form, strict=False).dt.date() for form in _TIMES[:2]),
        )
        return _sane(day, day.dt.year()).alias(name)
    if column.kind == "time":
        local = [text.str.to_datetime(form, strict=False, time_unit="ms") for form in _TIMES]
        zoned = [
            text.str.replace("Z$", "+00:00")
            .str.to_datetime(form, strict=False, time_unit="ms", time_zone="UTC")
            .dt.convert_time_zone("Asia/Kolkata")
            .dt.replace_time_zone(None)
            for form in _ZONED
        ]
        days = [text.str.to_date(form, strict=False).cast(pl.Datetime("ms")) for form in _DATES]
        when = pl.coalesce(*local, *zoned, *days)
        return _sane(when, when.dt.year()).alias(name)
    if column.kind == "dates":
        return _dates(text, column.words).alias(name)
    if column.kind == "choice":
        known = {word.lower(): word for word in column.words} | {
            word.lower(): real for word, real in column.synonyms.items()
        }
        if column.many:
            one = pl.element().str.strip_chars().str.to_lowercase().replace_strict(known, default=None)
            return (
                text.str.split("|")
                .list.eval(one)
                .list.drop_nulls()
                .list.unique(maintain_order=True)
                .list.join("|")
                .alias(name)
            )
        return (
            text.str.strip_chars()
            .str.to_lowercase()
            .replace_strict(known, default=None, return_dtype=pl.String)
            .alias(name)
        )
    return text.alias(name)


def _dates(text: pl.Expr, words: Iterable[str]) -> pl.Expr:
    """Dates of words, WORD:DATE joined by |, with the dates as YYYY-MM-DD; a pair that is none is left out."""
    import polars as pl

    parts = pl.element().str.strip_chars().str.splitn(":", 2)
    word, said = (parts.struct.field(f"field_{place}").str.strip_chars() for place in (0, 1))
    day = pl.coalesce(*(said.str.to_date(form, strict=False) for form in _DATES))
    known = word.str.to_lowercase().replace_strict({one: one for one in words}, default=None)
    pair = pl.concat_str(known, _sane(day, day.dt.year()).dt.strftime("%Y-%m-%d"), separator=":")
    return text.str.split("|").list.eval(pair).list.drop_nulls().list.unique(maintain_order=True).list.join("|")


def _sane(value: pl.Expr, year: pl.Expr) -> pl.Expr:
    import polars as pl

    return pl.when((year >= _EARLIEST) & (year < _LATEST)).then(value).otherwise(None)


def lost_some(text: pl.Series, typed: pl.Series) -> pl.Series:
    """Where a list of words became shorter: one of them was unknown."""
    import polars as pl

    frame = pl.DataFrame([text.alias("text"), typed.alias("typed")])
    parts = [
        pl.col(name).str.to_lowercase().str.split("|").list.eval(pl.element().str.strip_chars()).list.n_unique()
        for name in ("text", "typed")
    ]
    return frame.select((parts[0] != parts[1]).fill_null(False) | (pl.col("typed") == "")).to_series()
