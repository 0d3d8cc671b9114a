"""From text to typed rows: what a contract does not allow stands aside with its reason, the rest goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency
from ragmarket.schemas.ingestion import RowFault
from ragmarket.signals.ingest.contracts import Contract, SourceColumn

if TYPE_CHECKING:
    import polars as pl
    from pandera.polars import DataFrameSchema

    from ragmarket.signals.ingest.batches import Batch

REMEDIES = {
    "field_count": "Quote fields that hold the separator, and deliver the row again.",
    "open_quote": "Close the quote, or double a quote that belongs to the text, and deliver the row again.",
    "not_text": "Save the file as UTF-8 and deliver it again.",
    "missing": "Fill the column at its source.",
    "not_a_number": "Write digits with a point; commas are allowed between groups.",
    "not_a_date": "Write YYYY-MM-DD, or day before month.",
    "not_a_time": "Write YYYY-MM-DDTHH:MM:SS, local time in India or with an offset.",
    "not_a_flag": "Write true or false (Y/N, 1/0).",
    "unknown_value": "Use a value of the contract, or add a synonym to knowledge/ingest/sources.yaml.",
    "unknown_product": "Use one of the product classes; a new product is mapped to its class at the source.",
    "out_of_range": "Check the amount's unit and sign at its source.",
}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_TIMES = (
    "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%b-%Y %H:%M:%S",
)  # fmt: skip
_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d-%b-%Y", "%Y%m%d")
_WRONG = {
    "number": "not_a_number",
    "integer": "not_a_number",
    "date": "not_a_date",
    "time": "not_a_time",
    "flag": "not_a_flag",
}
_EARLIEST, _LATEST = 1900, 2100


def value_kind(value: str | None) -> str:
    """What a value is, without saying it."""
    if value is None or not value.strip():
        return "empty"
    if re.fullmatch(r"[-+]?[\d,]*\.?\d+", value):
        return "a number"
    if re.fullmatch(r"[\w.+-]+@[\w.-]+", value):
        return "an e-mail address"
    if re.fullmatch(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*", value):
        return "something like a date"
    return f"text of {len(value)} characters"


class Screen:
    """Holds the rows of one source against its contract.

    Args:
        contract: Of the source.

    Raises:
        MissingDependency: polars or pandera is not installed.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schema = _pandera(contract)

    def sift(self, batch: Batch, mapping: dict[str, str], file: str) -> tuple[pl.DataFrame, list[RowFault]]:
        """Part a batch.

        Args:
            batch: Rows as delivered.
            mapping: Contract's name by delivered name.
            file: Named in the faults.

        Returns:
            Typed rows with all columns of the contract (those not delivered are null), and a fault for each row that is
            not among them; a row with several faults is told of each.
        """
        import polars as pl

        text = batch.rows.select(pl.col(given).alias(name) for given, name in mapping.items())
        absent = [pl.lit(None, pl.String).alias(name) for name in self._contract.columns if name not in text.columns]
        text = text.with_columns(absent).select(list(self._contract.columns))
        typed = text.select(_typed(name, column) for name, column in self._contract.columns.items())
        faults: dict[tuple[int, str], str] = {}
        for name, column in self._contract.columns.items():
            lost = text[name].is_not_null() & typed[name].is_null()
            if column.many:
                lost = lost | _lost_some(text[name], typed[name])
            reason = "unknown_product" if column.is_product else _WRONG.get(column.kind, "unknown_value")
            for place in lost.arg_true().to_list():
                faults[place, name] = reason
        for place, name, reason in self._broken(typed):
            faults.setdefault((place, name), reason)
        told = [
            self._fault(file, batch.numbers[place], name, reason, text[name][place])
            for (place, name), reason in sorted(faults.items())
        ]
        told += [self._fault(file, number, "*", reason, "") for number, reason in batch.torn]
        bad = {place for place, _ in faults}
        if bad:
            keep = pl.Series([place not in bad for place in range(typed.height)], dtype=pl.Boolean)
            typed = typed.filter(keep)
        return typed, told

    def _broken(self, typed: pl.DataFrame) -> Iterable[tuple[int, str, str]]:
        from pandera.errors import SchemaErrors

        try:
            self._schema.validate(typed, lazy=True)
        except SchemaErrors as error:
            for row in error.failure_cases.select("index", "column", "check").iter_rows(named=True):
                reason = "missing" if row["check"] == "not_nullable" else "out_of_range"
                if row["index"] is not None:
                    yield int(row["index"]), str(row["column"]), reason

    @staticmethod
    def _fault(file: str, number: int, name: str, reason: str, value: str | None) -> RowFault:
        kind = "a whole row" if name == "*" else value_kind(value)
        return RowFault(file=file, row=number, column=name, reason=reason, value=kind, remedy=REMEDIES[reason])


def _pandera(contract: Contract) -> DataFrameSchema:
    try:
        import pandera.polars as pa
        import polars as pl
    except ImportError as error:
        raise MissingDependency("pandera", "signals") from error
    types: dict[str, Any] = {
        "text": pl.String, "choice": pl.String, "number": pl.Float64, "integer": pl.Int64, "date": pl.Date,
        "time": pl.Datetime("ms"), "flag": pl.Boolean,
    }  # fmt: skip
    columns = {}
    for name, column in contract.columns.items():
        checks = []
        if column.low is not None and column.high is not None:
            checks.append(pa.Check.in_range(column.low, column.high))
        if column.kind == "choice" and not column.many:
            checks.append(pa.Check.isin(list(column.words)))
        columns[name] = pa.Column(types[column.kind], checks, nullable=not column.required)
    return pa.DataFrameSchema(columns, strict=True)


def _typed(name: str, column: SourceColumn) -> pl.Expr:
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


def _sane(value: pl.Expr, year: pl.Expr) -> pl.Expr:
    import polars as pl

    return pl.when((year >= _EARLIEST) & (year < _LATEST)).then(value).otherwise(None)


def _lost_some(text: pl.Series, typed: pl.Series) -> pl.Series:
    """Where a list of words became shorter: one of them was unknown."""
    import polars as pl

    frame = pl.DataFrame([text.alias("text"), typed.alias("typed")])
    parts = [
        pl.col(name).str.to_lowercase().str.split("|").list.eval(pl.element().str.strip_chars()).list.n_unique()
        for name in ("text", "typed")
    ]
    return frame.select((parts[0] != parts[1]).fill_null(False) | (pl.col("typed") == "")).to_series()
