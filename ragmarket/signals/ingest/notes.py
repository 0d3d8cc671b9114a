"""Rows that stand aside, and which of them a later delivery has put right; nothing is forgotten, only closed.

A note is closed by a row of the same key that went in by a later delivery and is no older than the one noted. A torn
row tells no key: it is closed by a later delivery that brings again every row of its own that went in, and as many rows
in all, as a file does that was mended and sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ragmarket.errors import MissingDependency
from ragmarket.schemas.ingestion import Receipt, RowFault, RowNote, Source
from ragmarket.signals.ingest.contracts import SOURCES, load_contracts
from ragmarket.signals.ingest.intake import SUBJECT
from ragmarket.signals.ingest.store import SignalStore

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Closing = dict[str, Receipt]
_PUT_RIGHT = "SELECT DISTINCT key FROM noted JOIN brought USING (key) WHERE clock IS NULL OR written >= clock"
_CAME_AGAIN = "SELECT count(*) > 0 AND count(*) = count(brought.key) FROM own LEFT JOIN brought USING (key)"


def row_notes(store: SignalStore) -> Iterator[RowNote]:
    """Every row that stands aside, by source and delivery, the latter in the order in which they went in.

    Raises:
        MissingDependency: duckdb is not installed.
        RagmarketError: A receipt cannot be read.
    """
    receipts = sorted(store.receipts(), key=lambda one: one.taken_at)
    for source in SOURCES:
        own = [one for one in receipts if one.source == source]
        for place, told in enumerate(own):
            if not told.rejected:
                continue
            faults = store.faults(source, told.sha256)
            # Of deliveries whose order is not known, none closes what another left open.
            later = [one for one in own[place + 1 :] if one.taken_at > told.taken_at]
            closing = _closing(store, source, faults, told, later) if later else {}
            for fault in faults:
                by = closing.get(fault.key)
                closed = {"closed_by": by.name, "closed_at": by.taken_at} if by else {}
                yield RowNote(source=source, **fault.model_dump(), **closed)


def _closing(
    store: SignalStore, source: Source, faults: Sequence[RowFault], told: Receipt, later: Sequence[Receipt]
) -> Closing:
    """The first later delivery that closes each key; the empty key stands for torn rows."""
    try:
        import duckdb
    except ImportError as error:
        raise MissingDependency("duckdb", "signals") from error
    # A row with two faults is one row; what says no clock is as old as any.
    noted = {fault.key: fault.clock for fault in faults if fault.key}
    torn = any(not fault.key for fault in faults)
    found: Closing = {}
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE noted (key VARCHAR, clock TIMESTAMP)")
        if noted:
            rows = [(key, clock or None) for key, clock in noted.items()]
            connection.executemany("INSERT INTO noted VALUES (?, ?)", rows)
        if torn:
            _rows(connection, store, source, told, "own")
        for one in later:
            _rows(connection, store, source, one, "brought")
            for (key,) in connection.execute(_PUT_RIGHT).fetchall():
                found.setdefault(str(key), one)
            whole = torn and "" not in found and one.accepted >= told.rows
            if whole and connection.execute(_CAME_AGAIN).fetchone() == (True,):
                found[""] = one
    return found


def _rows(connection: DuckDBPyConnection, store: SignalStore, source: Source, told: Receipt, name: str) -> None:
    """The keys, as `screening.row_key` makes them, and clocks of the rows that went in by a delivery."""
    contract = load_contracts()[source]
    parts = (SUBJECT if part == contract.subject else part for part in contract.key)
    key = " || '|' || ".join(f'CAST("{part}" AS VARCHAR)' for part in parts)
    files = [str(one) for one in sorted(store.part(source, told.sha256).glob("*.parquet"))]
    connection.execute(
        f"CREATE OR REPLACE TABLE {name} AS "  # noqa: S608 (names of the contract)
        f'SELECT sha256({key}) AS key, max("{contract.clock}") AS written FROM read_parquet(?) GROUP BY 1',
        [files],
    )
