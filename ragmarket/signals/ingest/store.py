"""The store: one folder per delivery that went in, written aside and then moved into place at once.

Nothing is ever changed in place, so a crash leaves what was committed and a folder of scraps that the next run sweeps
away. What identifies a person lies under ``identity/`` (its owner's alone) and nowhere else.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from ragmarket.errors import BackendUnavailable, RagmarketError
from ragmarket.schemas.ingestion import Delivery, Receipt, RowFault, Source

RECEIPT, FAULTS = "receipt.json", "faults.jsonl"


class SignalStore:
    """A bank's signals on disk.

    Args:
        root: Folder of the store; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.identity = root / "identity"
        self.tables = root / "tables"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store for one writer.

        Raises:
            BackendUnavailable: Another process writes to it.
            RagmarketError: The folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.identity.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise RagmarketError(f"{self.root}: {error.strerror}", hint="Let RAGMARKET_HOME be writable.") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackendUnavailable(
                    f"another process writes to {self.root}", hint="Wait until it has finished, then run again."
                ) from error
            shutil.rmtree(self.root / "staging", ignore_errors=True)
            shutil.rmtree(self.identity / "staging", ignore_errors=True)
            yield
        finally:
            os.close(handle)

    def part(self, source: Source, sha256: str) -> Path:
        """Where the features of a delivery lie."""
        return self.root / "parts" / source / sha256

    def person_part(self, source: Source, sha256: str) -> Path:
        """Where its identity records lie."""
        return self.identity / "parts" / source / sha256

    def stage(self) -> tuple[Path, Path]:
        """Two empty folders to write a delivery to: features, identity records."""
        found = (self.root / "staging" / "features", self.identity / "staging" / "records")
        for folder in found:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        return found

    def commit(self, receipt: Receipt, faults: list[RowFault], staged: tuple[Path, Path]) -> None:
        """Move a staged delivery into place; it counts from the moment its features are there."""
        features, records = staged
        lines = "".join(fault.model_dump_json() + "\n" for fault in faults)
        (features / FAULTS).write_text(lines, encoding="utf-8")
        (features / RECEIPT).write_text(receipt.model_dump_json(indent=1) + "\n", encoding="utf-8")
        for place in (*features.iterdir(), *records.iterdir()):
            _sync(place)
        people = self.person_part(receipt.source, receipt.sha256)
        people.parent.mkdir(parents=True, exist_ok=True)
        # Left by a run that ended between the two moves.
        shutil.rmtree(people, ignore_errors=True)
        records.replace(people)
        place = self.part(receipt.source, receipt.sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        features.replace(place)
        _sync(place.parent)

    def receipt(self, source: Source, sha256: str) -> Receipt | None:
        """The receipt of a delivery; None when it never went in."""
        place = self.part(source, sha256) / RECEIPT
        return _receipt(place) if place.exists() else None

    def receipts(self) -> list[Receipt]:
        """All receipts, in the order of source and hash.

        Raises:
            RagmarketError: One cannot be read.
        """
        return [_receipt(place) for place in sorted((self.root / "parts").glob(f"*/*/{RECEIPT}"))]

    def watermark(self, source: Source) -> str | None:
        """The latest clock of a source's rows (ISO 8601); None when there are none."""
        seen = [one.watermark for one in self.receipts() if one.source == source and one.watermark]
        return max(seen, default=None)

    def refuse(self, delivery: Delivery, sha256: str) -> None:
        """Note a file that stood aside whole; the same one again gives the same note."""
        folder = self.root / "refused"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{sha256}.json").write_text(delivery.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def refused(self, *, closed: bool = False) -> list[Delivery]:
        """Files that stand aside.

        Args:
            closed: Whether those are told too whose very content went in later, as after a name joined the contract.
        """
        noted = [
            (place.stem, Delivery.model_validate_json(place.read_text(encoding="utf-8")))
            for place in sorted((self.root / "refused").glob("*.json"))
        ]
        return [
            one for sha256, one in noted if closed or one.source is None or self.receipt(one.source, sha256) is None
        ]

    def faults(self, source: Source, sha256: str) -> list[RowFault]:
        """Rows of a delivery that stand aside."""
        lines = (self.part(source, sha256) / FAULTS).read_text(encoding="utf-8").splitlines()
        return [RowFault.model_validate_json(line) for line in lines]

    def files(self, source: Source, *, people: bool = False) -> list[Path]:
        """Parquet files of a source's committed deliveries: features, or identity records."""
        found: list[Path] = []
        for one in self.receipts():
            if one.source == source:
                folder = (self.person_part if people else self.part)(source, one.sha256)
                found += sorted(folder.glob("*.parquet"))
        return found


def _receipt(place: Path) -> Receipt:
    try:
        return Receipt.model_validate_json(place.read_text(encoding="utf-8"))
    except (OSError, ValidationError, json.JSONDecodeError) as error:
        raise RagmarketError(
            f"{place} cannot be read", hint="Move its folder away and ingest that delivery again."
        ) from error


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
