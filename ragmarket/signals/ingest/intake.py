"""Taking deliveries in: read, screened, parted into features and identity records, committed one by one."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.personal_data import redact
from ragmarket.schemas.ingestion import Delivery, IngestReport, Receipt, RowFault, Source
from ragmarket.signals.identity.contacts import birth_date
from ragmarket.signals.identity.records import RAW_COLUMNS
from ragmarket.signals.ingest.contracts import SOURCES, Contract, load_contracts
from ragmarket.signals.ingest.databases import SqlDelivery
from ragmarket.signals.ingest.files import FileDelivery
from ragmarket.signals.ingest.reading import DeliverySource, open_delivery
from ragmarket.signals.ingest.screening import Screen
from ragmarket.signals.ingest.store import SignalStore

if TYPE_CHECKING:
    import polars as pl

Progress = Callable[[str, int, int], None]
SUBJECT = "record_id"
FAULTS_KEPT = 10_000  # of one delivery, in detail; the rest is counted
LATENESS = timedelta(days=7)  # how far behind the watermark a database is asked again


def _quiet(_: str, __: int, ___: int) -> None:
    return None


def record_id(source: str, value: str) -> str:
    """The id of a person's record in a system: a pseudonym, the same in every delivery."""
    return f"{source}:{hashlib.blake2b(value.strip().upper().encode(), digest_size=10).hexdigest()}"


def ingest(
    store: SignalStore, deliveries: Iterable[tuple[Source, str]], *, whole: bool = False, progress: Progress = _quiet
) -> IngestReport:
    """Take deliveries in.

    Args:
        store: Where to.
        deliveries: Source and place (path, or ``URL#table``) of each.
        whole: Ask databases for all rows, not only for those since the watermark less `LATENESS`.
        progress: Told of each delivery.

    Returns:
        What became of each. A damaged one stands aside, and the others go in.

    Raises:
        BackendUnavailable: Another process writes to the store.
        BadKnowledge: The contracts are wrong; nothing was taken.
    """
    begun = time.perf_counter()
    contracts = load_contracts()
    wanted = list(deliveries)
    done: list[Delivery] = []
    with store.writing():
        for place, (source, where) in enumerate(wanted):
            progress(f"{source}: {Path(where).name}", place, len(wanted))

            def told(rows: int, name: str = f"{source}: {Path(where).name}", place: int = place) -> None:
                progress(f"{name}, {rows:,} rows", place, len(wanted))

            done.append(_one(store, source, where, contracts[source], told, whole=whole))
    progress("done", len(wanted), len(wanted))
    taken = [one.receipt for one in done if one.outcome == "taken" and one.receipt]
    return IngestReport(
        deliveries=tuple(done),
        rows=sum(one.rows for one in taken),
        accepted=sum(one.accepted for one in taken),
        rejected=sum(one.rejected for one in taken),
        seconds=round(time.perf_counter() - begun, 2),
    )


def find_deliveries(folder: Path) -> list[tuple[Source, str]]:
    """The files of a folder whose names begin with a source's: ``transactions_2026-11.csv.gz``.

    Raises:
        InvalidInput: There are none.
    """
    files = sorted(one for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))
    found = [(source, str(one)) for source in SOURCES for one in files if one.name.startswith(source)]
    if not found:
        names = ", ".join(SOURCES)
        raise InvalidInput(f"no file of {folder} is named after a source", hint=f"Names begin with one of: {names}.")
    return found


def _one(
    store: SignalStore, source: Source, where: str, contract: Contract, told: Callable[[int], None], *, whole: bool
) -> Delivery:
    sha256 = None
    try:
        delivery = open_delivery(where)
        sha256 = delivery.sha256()
        known = store.receipt(source, sha256) if sha256 else None
        if known:
            return _duplicate(delivery.name, source, known)
        return _take(store, source, delivery, contract, sha256, told, whole=whole)
    except InvalidInput as error:
        name = Path(where).name if "://" not in where else where.split("://")[0]
        refused = Delivery(name=name, source=source, outcome="refused", reason=error.message, remedy=error.hint)
        store.refuse(refused, sha256 or hashlib.sha256(f"{source}:{name}".encode()).hexdigest())
        return refused


def _duplicate(name: str, source: Source, known: Receipt) -> Delivery:
    reason = f"its content went in before, as {known.name}"
    return Delivery(name=name, source=source, outcome="duplicate", reason=reason, receipt=known)


def _take(
    store: SignalStore,
    source: Source,
    delivery: DeliverySource,
    contract: Contract,
    sha256: str | None,
    told_rows: Callable[[int], None],
    *,
    whole: bool,
) -> Delivery:
    mapping, ignored = contract.mapping(delivery.header())
    before = store.watermark(source)
    since = None
    if isinstance(delivery, SqlDelivery) and before and not whole:
        delivery.clock = next(given for given, name in mapping.items() if name == contract.clock)
        since = (datetime.fromisoformat(before) - LATENESS).date().isoformat()
    staged = store.stage()
    counts: Counter[str] = Counter()
    faults: list[RowFault] = []
    digest = hashlib.sha256()
    screen = Screen(contract, partial(record_id, contract.subject_of or source))
    latest, late, rows, accepted = before, 0, 0, 0
    for number, batch in enumerate(delivery.batches(since)):
        if sha256 is None:
            digest.update(batch.rows.write_csv().encode())
        typed, told = screen.sift(batch, mapping, delivery.name)
        rows += len(batch.numbers) + len(batch.torn)
        accepted += typed.height
        counts.update(fault.reason for fault in told)
        faults += told[: max(0, FAULTS_KEPT - len(faults))]
        clock = typed[contract.clock]
        if before:
            late += int((clock < datetime.fromisoformat(before)).sum())
        newest = clock.max()
        if isinstance(newest, datetime):
            latest = max(latest or "", newest.isoformat())
        _write(typed, source, contract, number, staged)
        told_rows(rows)
    if rows == 0 and isinstance(delivery, FileDelivery):
        raise InvalidInput("there are no rows", hint="Deliver a file with rows below the header.")
    content = sha256 or digest.hexdigest()
    known = store.receipt(source, content)
    if known or rows == 0:
        reason = "nothing new since the watermark"
        return Delivery(name=delivery.name, source=source, outcome="duplicate", reason=reason, receipt=known)
    receipt = Receipt(
        source=source,
        name=delivery.name,
        sha256=content,
        rows=rows,
        accepted=accepted,
        rejected=rows - accepted,
        reasons=dict(sorted(counts.items())),
        late=late,
        watermark=latest,
        ignored_columns=ignored,
        taken_at=datetime.now(UTC).isoformat(),
    )
    store.commit(receipt, faults, staged)
    return Delivery(name=delivery.name, source=source, outcome="taken", receipt=receipt)


def _write(typed: pl.DataFrame, source: Source, contract: Contract, number: int, staged: tuple[Path, Path]) -> None:
    """One batch's features and identity records, each in a file of its own."""
    import polars as pl

    owner = contract.subject_of or source
    ids = {value: record_id(owner, value) for value in typed[contract.subject].unique().drop_nulls().to_list()}
    typed = typed.with_columns(
        pl.col(contract.subject).replace_strict(ids, default=None, return_dtype=pl.String).alias(SUBJECT)
    )
    for name, column in contract.columns.items():
        if column.free:
            clean = {value: redact(value) for value in typed[name].unique().drop_nulls().to_list()}
            typed = typed.with_columns(pl.col(name).replace_strict(clean, default=None, return_dtype=pl.String))
    plain = [name for name, column in contract.columns.items() if not column.personal]
    features = typed.select(SUBJECT, *plain, *(_derived(typed) if source == "core_banking" else ()))
    features.write_parquet(staged[0] / f"{number:05d}.parquet", compression="zstd", statistics=True)
    people = _people(typed, source, contract)
    if people is not None and people.height:
        people.write_parquet(staged[1] / f"{number:05d}.parquet", compression="zstd")


def _derived(typed: pl.DataFrame) -> Iterator[pl.Expr]:
    """What of a person a feature table may know: the year of birth and the gender as recorded."""
    import polars as pl

    born = {value: birth_date(value) for value in typed["birth_date"].unique().drop_nulls().to_list()}
    years = {value: day.year for value, day in born.items() if day}
    yield pl.col("birth_date").replace_strict(years, default=None, return_dtype=pl.Int32).alias("birth_year")
    said = pl.col("gender").str.to_lowercase().str.slice(0, 1)
    words = {"m": "male", "f": "female", "o": "other", "t": "other"}
    yield said.replace_strict(words, default=None, return_dtype=pl.String).alias("gender_recorded")


def _people(typed: pl.DataFrame, source: Source, contract: Contract) -> pl.DataFrame | None:
    """The identity records of a batch, one per subject and content; None for a source that names nobody."""
    import polars as pl

    fields = [name for name in RAW_COLUMNS[2:] if name in contract.columns]
    if not fields or contract.subject_of:
        return None
    told: Sequence[pl.Expr] = [pl.col(name).cast(pl.String) for name in fields]
    found = typed.filter(pl.col(SUBJECT).is_not_null()).select(
        SUBJECT, pl.lit(source).alias("source"), *told, pl.col(contract.clock).alias("seen_at")
    )
    newest = found.group_by(SUBJECT, "source", *fields, maintain_order=True).agg(pl.col("seen_at").max())
    return newest.sort(SUBJECT, "seen_at", *fields)
