"""From text to typed rows: what a contract does not allow stands aside with its reason, the rest goes on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency
from ragmarket.schemas.ingestion import RowFault
from ragmarket.signals.ingest.casting import lost_some, typed_as
from ragmarket.signals.ingest.contracts import Contract

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
    "not_dates": "Write WORD:YYYY-MM-DD with the contract's words, joined by |, as deposit:2024-03-01|loan:2025-01-31.",
    "not_a_flag": "Write true or false (Y/N, 1/0).",
    "unknown_value": "Use a value of the contract, or add a synonym to knowledge/ingest/sources.yaml.",
    "unknown_product": "Use one of the product classes; a new product is mapped to its class at the source.",
    "out_of_range": "Check the amount's unit and sign at its source.",
}
_WRONG = {
    "number": "not_a_number",
    "integer": "not_a_number",
    "date": "not_a_date",
    "time": "not_a_time",
    "flag": "not_a_flag",
    "dates": "not_dates",
}


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
        pseudonym: Of a subject, as the store keeps it.

    Raises:
        MissingDependency: polars or pandera is not installed.
    """

    def __init__(self, contract: Contract, pseudonym: Callable[[str], str]) -> None:
        self._contract = contract
        self._pseudonym = pseudonym
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
        typed = text.select(typed_as(name, column) for name, column in self._contract.columns.items())
        faults: dict[tuple[int, str], str] = {}
        for name, column in self._contract.columns.items():
            lost = text[name].is_not_null() & typed[name].is_null()
            if column.many:
                lost = lost | lost_some(text[name], typed[name])
            reason = "unknown_product" if column.is_product else _WRONG.get(column.kind, "unknown_value")
            for place in lost.arg_true().to_list():
                faults[place, name] = reason
        for place, name, reason in self._broken(typed):
            faults.setdefault((place, name), reason)
        told = [
            self._fault(file, batch.numbers[place], name, reason, text[name][place], typed.row(place, named=True))
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

    def _fault(
        self, file: str, number: int, name: str, reason: str, value: str | None, typed: Mapping[str, Any] | None = None
    ) -> RowFault:
        kind = "a whole row" if name == "*" else value_kind(value)
        clock = typed[self._contract.clock] if typed else None
        return RowFault(
            file=file,
            row=number,
            column=name,
            reason=reason,
            value=kind,
            remedy=REMEDIES[reason],
            key=self._key(typed) if typed else "",
            clock=clock.isoformat() if clock else "",
        )

    def _key(self, typed: Mapping[str, Any]) -> str:
        """The row's key as `row_key` makes it; empty where a part of it is missing."""
        parts = [typed[name] for name in self._contract.key]
        if any(part is None for part in parts):
            return ""
        subject = self._contract.subject
        return row_key(
            self._pseudonym(part) if name == subject else str(part)
            for name, part in zip(self._contract.key, parts, strict=True)
        )


def row_key(parts: Iterable[str]) -> str:
    """One row of a source, whatever its other columns say, without saying which."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _pandera(contract: Contract) -> DataFrameSchema:
    try:
        import pandera.polars as pa
        import polars as pl
    except ImportError as error:
        raise MissingDependency("pandera", "signals") from error
    types: dict[str, Any] = {
        "text": pl.String, "choice": pl.String, "number": pl.Float64, "integer": pl.Int64, "date": pl.Date,
        "time": pl.Datetime("ms"), "flag": pl.Boolean, "dates": pl.String,
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
