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
from ragmarket.signals.ingest.history import HOLDINGS, tell_history
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
CARD = "card.json"
_SQL_TYPES = {"integer": "INTEGER", "number": "DOUBLE", "flag": "BOOLEAN", "date": "DATE", "time": "TIMESTAMP_MS"}
_OWN = {"standing": STANDING, "holdings": HOLDINGS, "interests": INTERESTS}
PUBLISHED = ("customers", "standing", "holdings", "transactions", "notes", "session_events", "interests")


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
            left_out = tell_history(connection)
            for place, name in enumerate(PUBLISHED):
                if progress:
                    progress(name, place, len(PUBLISHED))
                file = staging / f"{name}.parquet"
                rows[name] = _write(connection, name, file)
                hashes[name] = hashlib.sha256(file.read_bytes()).hexdigest()
                waiting[name] = _waiting(connection, name)
        card = {"rows": rows, "sha256": hashes, "without_history": left_out}
        (staging / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        _exchange(staging, store.tables)
    if progress:
        progress("done", len(PUBLISHED), len(PUBLISHED))
    return PublishReport(
        tables=rows,
        sha256=hashes,
        waiting=waiting,
        without_history=left_out,
        seconds=round(time.perf_counter() - begun, 2),
    )


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
    """A view of all versions of a source's rows, and a table of the newest by key.

    Ties are broken by content, so that order of arrival means nothing.
    """
    contract = load_contracts()[source]
    kinds = {SUBJECT: "text"} | {name: one.kind for name, one in contract.columns.items() if not one.personal}
    if source == "core_banking":
        kinds |= {"birth_year": "integer", "gender_recorded": "text"}
    versions = "SELECT NULL LIMIT 0"
    delivered: set[str] = set()
    if files:
        listed = ", ".join(_quoted(one) for one in files)
        versions = f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"  # noqa: S608 (own paths)
        delivered = {str(row[0]) for row in connection.execute(f"DESCRIBE {versions}").fetchall()}
    # What went in before a column joined the contract does not have it.
    told = ", ".join(
        f'"{name}"' if name in delivered else f'CAST(NULL AS {_SQL_TYPES.get(kind, "VARCHAR")}) AS "{name}"'
        for name, kind in kinds.items()
    )
    connection.execute(f"CREATE VIEW {source}_versions AS SELECT {told} FROM ({versions})")  # noqa: S608
    key = ", ".join(SUBJECT if name == contract.subject else name for name in contract.key)
    ties = ", ".join(f'"{name}"' for name in kinds if name != contract.clock)
    connection.execute(
        f"CREATE TABLE {source} AS SELECT * FROM {source}_versions "  # noqa: S608 (names of the contract)
        f'QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY "{contract.clock}" DESC, {ties}) = 1'
    )


_FROM = {
    "customers": "core_banking",
    "standing": "core_banking",
    "holdings": "core_banking",
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
    table = TABLES.get(name) or _OWN[name]
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
