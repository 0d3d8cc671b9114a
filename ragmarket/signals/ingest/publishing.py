"""From committed deliveries to feature tables that know a customer by id only.

Of every row the newest version counts, whatever the order in which deliveries came; rows are sorted by their key and
written by DuckDB within a fixed memory, so that the same deliveries give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.schemas.ingestion import PublishReport, Source
from ragmarket.signals.columns import Column, Table
from ragmarket.signals.ingest.contracts import load_contracts
from ragmarket.signals.ingest.intake import SUBJECT
from ragmarket.signals.ingest.queries import OPENING, QUERIES
from ragmarket.signals.ingest.store import SignalStore
from ragmarket.signals.tables import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Progress = Callable[[str, int, int], None]
_CUSTOMER = Column(name="customer_id", kind="string", meaning="one customer, after identity resolution")
STANDING = Table(
    name="standing",
    role="feature",
    meaning="One row per customer: what all of its customer files together hold, as last delivered.",
    key=("customer_id",),
    columns=(
        _CUSTOMER,
        Column(name="files", kind="integer", unit="count", meaning="customer files (CIFs) of this customer"),
        Column(name="as_of", kind="time", meaning="newest of those files"),
        Column(name="balance_inr", kind="number", unit="INR", meaning="savings balances together", nullable=True),
        Column(name="deposits_inr", kind="number", unit="INR", meaning="deposits together", nullable=True),
        Column(name="loans_inr", kind="number", unit="INR", meaning="loans outstanding together", nullable=True),
        Column(name="holdings", kind="string", meaning="product classes held, sorted, joined by |", nullable=True),
    ),
)
INTERESTS = Table(
    name="interests",
    role="feature",
    meaning="One row per product looked at and not bought.",
    key=("lead_id",),
    columns=(
        Column(name="lead_id", kind="string", meaning="one enquiry"),
        _CUSTOMER,
        Column(name="at", kind="time", meaning="when"),
        Column(name="product", kind="string", meaning="product class"),
        Column(name="action", kind="string", meaning="how far it went"),
    ),
)
_SQL_TYPES = {"integer": "INTEGER", "number": "DOUBLE", "flag": "BOOLEAN", "date": "DATE", "time": "TIMESTAMP_MS"}
PUBLISHED = ("customers", "standing", "transactions", "notes", "session_events", "interests")


def publish(
    store: SignalStore, *, memory: str = "2GB", threads: int = 2, progress: Progress | None = None
) -> PublishReport:
    """Write the feature tables anew.

    Args:
        store: The store; `signals link` must have run, as tables are keyed by customer.
        memory: DuckDB's limit.
        threads: DuckDB's.
        progress: Told of each table.

    Raises:
        InvalidInput: Identity resolution never ran, or the memory is no size.
        BackendUnavailable: Another process writes to the store.
        MissingDependency: duckdb is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise MissingDependency("duckdb", "signals") from error
    if not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", memory, re.IGNORECASE):
        raise InvalidInput(f"memory: {memory!r} is no size", hint="For example 2GB or 512MB.")
    people = store.identity / "customers.parquet"
    if not people.exists():
        raise InvalidInput("no customer is known yet", hint="Run `ragmarket signals link` first.")
    begun = time.perf_counter()
    rows: dict[str, int] = {}
    waiting: dict[str, int] = {}
    hashes: dict[str, str] = {}
    with store.writing():
        staging = store.root / "staging" / "tables"
        staging.mkdir(parents=True)
        scratch = store.root / "staging" / "scratch"
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(scratch),
        }
        with duckdb.connect(config=config) as connection:
            known = f"SELECT record_id, customer_id FROM read_parquet({_quoted(people)})"  # noqa: S608 (our own path)
            connection.execute(f"CREATE VIEW people AS {known}")
            for source in load_contracts():
                _current(connection, source, store.files(source))
            connection.execute(OPENING)
            for place, name in enumerate(PUBLISHED):
                if progress:
                    progress(name, place, len(PUBLISHED))
                file = staging / f"{name}.parquet"
                rows[name] = _write(connection, name, file)
                hashes[name] = hashlib.sha256(file.read_bytes()).hexdigest()
                waiting[name] = _waiting(connection, name)
        (staging / "card.json").write_text(
            json.dumps({"rows": rows, "sha256": hashes}, indent=1) + "\n", encoding="utf-8"
        )
        _exchange(staging, store.tables)
    if progress:
        progress("done", len(PUBLISHED), len(PUBLISHED))
    return PublishReport(tables=rows, sha256=hashes, waiting=waiting, seconds=round(time.perf_counter() - begun, 2))


def _quoted(place: Path) -> str:
    """A path as an SQL text; view definitions and COPY take no parameters."""
    return "'" + str(place).replace("'", "''") + "'"


def _exchange(staging: Path, place: Path) -> None:
    """Put the new tables where the old ones were; a reader sees one or the other."""
    old = place.with_name("tables.old")
    if place.exists():
        if old.exists():
            _remove(old)
        place.replace(old)
    staging.replace(place)
    if old.exists():
        _remove(old)


def _remove(folder: Path) -> None:
    for one in folder.iterdir():
        one.unlink()
    folder.rmdir()


def _current(connection: DuckDBPyConnection, source: Source, files: Sequence[Path]) -> None:
    """A table of a source's newest row by key; ties are broken by content, so that order of arrival means nothing."""
    contract = load_contracts()[source]
    columns = [SUBJECT, *(name for name, column in contract.columns.items() if not column.personal)]
    if source == "core_banking":
        columns += ["birth_year", "gender_recorded"]
    key = ", ".join(SUBJECT if name == contract.subject else name for name in contract.key)
    if not files:
        kinds = {name: column.kind for name, column in contract.columns.items()} | {"birth_year": "integer"}
        empty = ", ".join(
            f'CAST(NULL AS {_SQL_TYPES.get(kinds.get(name, ""), "VARCHAR")}) AS "{name}"' for name in columns
        )
        connection.execute(f"CREATE TABLE {source} AS SELECT {empty} LIMIT 0")
        return
    listed = ", ".join(_quoted(one) for one in files)
    ties = ", ".join(f'"{name}"' for name in columns if name != contract.clock)
    connection.execute(
        f"CREATE TABLE {source} AS SELECT * FROM read_parquet([{listed}]) "  # noqa: S608 (names of the contract, own paths)
        f'QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY "{contract.clock}" DESC, {ties}) = 1'
    )


_FROM = {
    "customers": "core_banking",
    "standing": "core_banking",
    "notes": "crm",
    "session_events": "digital",
    "interests": "market",
}


def _waiting(connection: DuckDBPyConnection, name: str) -> int:
    """Rows of a person whom identity resolution has not seen yet."""
    source = _FROM.get(name, name)
    query = f"SELECT count(*) FROM {source} ANTI JOIN people USING (record_id) WHERE record_id IS NOT NULL"  # noqa: S608
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _write(connection: DuckDBPyConnection, name: str, file: Path) -> int:
    table = TABLES.get(name) or {"standing": STANDING, "interests": INTERESTS}[name]
    columns = ", ".join(
        f'CAST("{column.name}" AS {_SQL_TYPES.get(column.kind, "VARCHAR")}) AS "{column.name}"'
        for column in table.columns
    )
    place = _quoted(file)
    connection.execute(
        f"COPY (SELECT {columns} FROM ({QUERIES[name]})) TO {place} "  # noqa: S608 (the table's own columns)
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"
    )
    row = connection.execute(f"SELECT count(*) FROM read_parquet({place})").fetchone()  # noqa: S608
    return int(row[0]) if row else 0
