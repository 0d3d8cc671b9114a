"""What a table and a column are: names, types and units that can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import Frozen

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["string", "integer", "number", "flag", "date", "time", "category"]
Role = Literal["feature", "outcome", "truth"]


class Column(Frozen):
    """One column: ``unit`` is empty for words and flags; ``values`` closes a category."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    nullable: bool = False
    values: tuple[str, ...] = ()

    def dtype(self) -> pl.DataType:
        """The column's polars type; categories are Enums in the order of ``values``."""
        import polars as pl

        if self.kind == "category":
            return pl.Enum(self.values)
        types: dict[str, pl.DataType] = {
            "string": pl.String(),
            "integer": pl.Int32(),
            "number": pl.Float64(),
            "flag": pl.Boolean(),
            "date": pl.Date(),
            "time": pl.Datetime("ms"),
        }
        return types[self.kind]


class Table(Frozen):
    """One table: its key identifies a row; times are India's local time without a zone."""

    name: str
    role: Role
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def frame_schema(self) -> pl.Schema:
        """Column name to polars type, in order."""
        import polars as pl

        return pl.Schema({column.name: column.dtype() for column in self.columns})

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with the table's columns in order and cast to its types.

        Raises:
            InvalidInput: A column is missing or unknown, a value does not fit, or a null stands where none may.
        """
        import polars as pl

        names = [column.name for column in self.columns]
        if missing := [name for name in names if name not in frame.columns]:
            raise InvalidInput(f"{self.name}: columns are missing: {', '.join(missing)}")
        if unknown := [name for name in frame.columns if name not in names]:
            raise InvalidInput(f"{self.name}: unknown columns: {', '.join(unknown)}")
        for column in self.columns:
            try:
                frame = frame.with_columns(pl.col(column.name).cast(column.dtype()))
            except pl.exceptions.PolarsError as error:
                raise InvalidInput(f"{self.name}.{column.name}: a value is not a {column.kind}") from error
            if not column.nullable and frame[column.name].null_count():
                raise InvalidInput(f"{self.name}.{column.name}: a value is missing")
        return frame.select(names)


def identity(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """An identity or free text."""
    return Column(name=name, kind="string", meaning=meaning, nullable=nullable)


def word(name: str, values: tuple[str, ...], meaning: str, *, nullable: bool = False) -> Column:
    """A category with a closed vocabulary."""
    return Column(name=name, kind="category", values=values, meaning=meaning, nullable=nullable)


def count(name: str, meaning: str, unit: str = "count") -> Column:
    """A whole number."""
    return Column(name=name, kind="integer", unit=unit, meaning=meaning)


def rupees(name: str, meaning: str) -> Column:
    """An amount in INR."""
    return Column(name=name, kind="number", unit="INR", meaning=meaning)


def flag(name: str, meaning: str) -> Column:
    """True or false."""
    return Column(name=name, kind="flag", meaning=meaning)


CUSTOMER = identity("customer_id", "one customer, after identity resolution")
PERIOD = count("period", "month of observation, 0 is the first", unit="month")
