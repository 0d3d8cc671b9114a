"""Deliveries that are files: CSV, plain or gzipped, and Parquet.

A file is read once for its hash, so that a torn gzip or a duplicate is known before any row is taken; rows are
streamed, so that memory does not grow with the file.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.signals.ingest.batches import BATCH, Batch, checked_header, text_frame

if TYPE_CHECKING:
    import polars as pl

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_OPEN_QUOTE = "open_quote"
_PARQUET = b"PAR1"


class FileDelivery:
    """A CSV file, plain or gzipped, or a Parquet file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    def sha256(self) -> str:
        """Hash of the content (uncompressed, so that zipping a file again does not make it new).

        Raises:
            InvalidInput: The file cannot be read to its end.
        """
        digest = hashlib.sha256()
        try:
            with self._bytes() as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidInput("the gzip file is cut off or damaged", hint="Have it delivered again.") from error
        except OSError as error:
            raise InvalidInput(
                f"cannot be read: {error.strerror or type(error).__name__}", hint="Check the file."
            ) from error
        return digest.hexdigest()

    def header(self) -> list[str]:
        """The delivered column names.

        Raises:
            InvalidInput: There are none, or one stands twice.
        """
        return self._opened()[0]

    def batches(self, since: str | None = None) -> Iterator[Batch]:  # noqa: ARG002 (a file is always read whole)
        """All rows.

        Raises:
            InvalidInput: The file breaks off in a way that the hash did not show.
        """
        return self._opened()[1]

    def _opened(self) -> tuple[list[str], Iterator[Batch]]:
        with self._bytes() as stream:
            start = stream.read(4)
        return self._parquet() if start == _PARQUET else self._csv()

    @contextmanager
    def _bytes(self) -> Iterator[IO[bytes]]:
        with self.path.open("rb") as plain:
            zipped = plain.read(2) == _GZIP
            plain.seek(0)
            if zipped:
                with gzip.open(plain) as stream:
                    yield stream  # type: ignore[misc]
            else:
                yield plain

    def _csv(self) -> tuple[list[str], Iterator[Batch]]:
        csv.field_size_limit(_CHUNK)
        with self._bytes() as stream:
            first = stream.readline(_CHUNK).decode("utf-8", "replace")
        if "\x00" in first:
            raise InvalidInput(
                "it is no UTF-8 text", hint="Export CSV in UTF-8 (not UTF-16, not a spreadsheet), or Parquet."
            )
        delimiter = max(",;\t|", key=first.count)
        header = checked_header(next(csv.reader([first], delimiter=delimiter), []))

        def rows() -> Iterator[Batch]:
            with self._bytes() as stream:
                lines = (line.decode("utf-8", "surrogateescape") for line in stream)
                records = _records(lines, delimiter, len(header))
                next(records, None)
                yield from _batched(records, header)

        return header, rows()

    def _parquet(self) -> tuple[list[str], Iterator[Batch]]:
        import polars as pl

        damaged = "the Parquet file is damaged"
        try:
            scan = pl.scan_parquet(self.path)
            schema = scan.collect_schema()
            total = int(scan.select(pl.len()).collect().item())
        except pl.exceptions.PolarsError as error:
            raise InvalidInput(damaged, hint="Have it delivered again.") from error

        def rows() -> Iterator[Batch]:
            for start in range(0, total, BATCH):
                try:
                    frame = scan.slice(start, BATCH).with_columns(_as_text(schema)).collect()
                except pl.exceptions.PolarsError as error:
                    raise InvalidInput(damaged, hint="Have it delivered again.") from error
                yield Batch(frame, list(range(start + 1, start + 1 + frame.height)), [])

        return checked_header(schema.names()), rows()


def _as_text(schema: pl.Schema) -> list[pl.Expr]:
    import polars as pl

    found = []
    for name, dtype in schema.items():
        if isinstance(dtype, pl.List):
            found.append(pl.col(name).list.eval(pl.element().cast(pl.String)).list.join("|"))
        elif isinstance(dtype, pl.Datetime):
            zone = "%z" if dtype.time_zone else ""
            found.append(pl.col(name).dt.strftime(f"%Y-%m-%dT%H:%M:%S%.3f{zone}"))
        else:
            found.append(pl.col(name).cast(pl.String))
    return found


def _records(lines: Iterator[str], delimiter: str, width: int) -> Iterator[list[str] | None]:
    """Rows; None for a line whose quotes do not close.

    A quote that nobody closes would take in all lines up to the next one: it costs its own line only, and what follows
    is read again. A field may hold line breaks where the row has as many fields as the header.
    """
    again: deque[str] = deque()
    taken: list[str] = []

    def fed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            yield line

    reader = csv.reader(fed(), delimiter=delimiter, strict=True)
    while True:
        taken.clear()
        row: list[str] | None
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = None
        if row is None or (len(taken) > 1 and len(row) != width):
            again.extendleft(reversed(taken[1:]))
            reader = csv.reader(fed(), delimiter=delimiter, strict=True)
            yield None
        else:
            yield row


def _batched(records: Iterator[list[str] | None], header: Sequence[str]) -> Iterator[Batch]:
    kept: list[list[str | None]] = []
    numbers: list[int] = []
    torn: list[tuple[int, str]] = []
    for number, row in enumerate(records, start=1):
        if row is not None and not row:
            continue
        fault = _OPEN_QUOTE if row is None else _torn(row, len(header))
        if fault or row is None:
            torn.append((number, fault or _OPEN_QUOTE))
        else:
            kept.append([field.strip() or None for field in row])
            numbers.append(number)
        if len(kept) + len(torn) >= BATCH:
            yield Batch(text_frame(header, kept), numbers, torn)
            kept, numbers, torn = [], [], []
    if kept or torn:
        yield Batch(text_frame(header, kept), numbers, torn)


def _torn(row: Sequence[str], width: int) -> str | None:
    if len(row) != width:
        return "field_count"
    if any(not field.isascii() and any("\ud800" <= char <= "\udfff" for char in field) for field in row):
        return "not_text"
    return "not_text" if any("\x00" in field for field in row) else None
