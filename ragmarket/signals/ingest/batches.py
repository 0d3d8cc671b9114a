"""Some rows of a delivery at a time, as text: what every kind of delivery comes down to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import polars as pl

BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as text, in the order of the delivery.

    Attributes:
        rows: The delivered columns as strings; an empty field is null.
        numbers: 1-based number of each row.
        torn: Numbers of rows that do not fit the header or are no text, each with the reason; they are not in ``rows``.
    """

    rows: pl.DataFrame
    numbers: list[int]
    torn: list[tuple[int, str]]


def checked_header(header: Sequence[str]) -> list[str]:
    """The column names.

    Raises:
        InvalidInput: There are none, or one stands twice.
    """
    names = [str(name) for name in header]
    if not any(name.strip() for name in names):
        raise InvalidInput("there is no header", hint="The first line names the columns.")
    if len(set(names)) != len(names):
        raise InvalidInput("a column stands twice in the header", hint="Name every column once.")
    return names


def text_frame(header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> pl.DataFrame:
    """Rows of text as a frame."""
    import polars as pl

    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
