"""Deliveries that are tables of a database; asked again, it is asked for what is new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.signals.ingest.batches import BATCH, Batch, checked_header, text_frame

_NAME = re.compile(r"[A-Za-z_][\w.]*")


class SqlDelivery:
    """A table of a database, by SQLAlchemy URL or ``duckdb:///file``.

    Args:
        url: The database.
        table: The table or view; letters, digits, underscores and dots.

    Raises:
        InvalidInput: The table's name is none.
    """

    def __init__(self, url: str, table: str) -> None:
        if not _NAME.fullmatch(table):
            raise InvalidInput(f"{table!r} is no table name", hint="Give URL#table; use a view for a query.")
        self._url = url
        self._table = table
        self.name = f"{table}@{url.split('://')[0]}"
        self.clock: str | None = None

    def sha256(self) -> None:
        """Unknown before its rows were read."""

    def header(self) -> list[str]:
        """The table's columns.

        Raises:
            InvalidInput: There is no such database or table.
        """
        with self._rows(f"SELECT * FROM {self._table} LIMIT 0", {}) as (names, _):  # noqa: S608 (the name was checked)
            return checked_header(names)

    def batches(self, since: str | None = None) -> Iterator[Batch]:
        """Rows whose `clock` is not before ``since`` (ISO 8601), or all.

        Raises:
            InvalidInput: The database does not answer as it should.
        """
        query, values = f"SELECT * FROM {self._table}", {}  # noqa: S608
        if since and self.clock and _NAME.fullmatch(self.clock) and self._counts_up():
            query += f" WHERE {self.clock} >= :since"
            values = {"since": since}
        with self._rows(query, values) as (names, rows):
            for number, chunk in enumerate(rows):
                frame = text_frame(
                    names, [[None if one is None or one == "" else str(one) for one in row] for row in chunk]
                )
                first = number * BATCH + 1
                yield Batch(frame, list(range(first, first + frame.height)), [])

    def _counts_up(self) -> bool:
        """Whether the clock's values can be compared as they stand: a type of its own, or text in ISO order."""
        with self._rows(f"SELECT {self.clock} FROM {self._table} LIMIT 1", {}) as (_, rows):  # noqa: S608
            first = next(rows, [[""]])[0][0]
        return not isinstance(first, str) or re.match(r"\d{4}-\d{2}-\d{2}", first) is not None

    @contextmanager
    def _rows(
        self, query: str, values: dict[str, str]
    ) -> Iterator[tuple[list[str], Iterator[Sequence[Sequence[Any]]]]]:
        if self._url.startswith("duckdb:"):
            import duckdb

            path = self._url.removeprefix("duckdb:///")
            try:
                with duckdb.connect(path, read_only=True) as connection:
                    found = connection.execute(query.replace(":since", "$since"), values or None)
                    names = [str(one[0]) for one in found.description]
                    yield names, iter(lambda: found.fetchmany(BATCH), [])
            except duckdb.Error as error:
                raise _no_answer(error) from error
            return
        try:
            import sqlalchemy
        except ImportError as error:
            raise MissingDependency("sqlalchemy", "audit") from error
        try:
            engine = sqlalchemy.create_engine(self._url)
            try:
                with engine.connect().execution_options(stream_results=True) as link:
                    result = link.execute(sqlalchemy.text(query), values)
                    yield list(result.keys()), iter(lambda: result.fetchmany(BATCH), [])
            finally:
                engine.dispose()
        except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
            raise _no_answer(error) from error


def _no_answer(error: Exception) -> InvalidInput:
    # The message of a driver may quote the row it stumbled over.
    return InvalidInput(f"the database does not answer ({type(error).__name__})", hint="Check URL and table name.")
