"""What ingestion says: faults of rows and files, receipts of deliveries, a report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen

Source = Literal["core_banking", "transactions", "crm", "digital", "market"]
Outcome = Literal["taken", "duplicate", "refused"]


class RowFault(Frozen):
    """One row that stands aside. It says of what kind the value was, never the value: it may be personal.

    ``key`` is a SHA-256 of the row's key and ``clock`` when the row says it was written; both are empty where the row
    does not tell them, as a torn one does not.
    """

    file: str
    row: int = Field(description="1-based record of the delivery; the header is none")
    column: str
    reason: str
    value: str = Field(description="the kind of the value, such as 'text of 4 characters'")
    remedy: str
    key: str = ""
    clock: str = ""


class RowNote(RowFault):
    """The same with its source, and the later delivery whose row took its place, where one did."""

    source: Source
    closed_by: str | None = None
    closed_at: str | None = None


class Receipt(Frozen):
    """One delivery that went in; the same content gives the same receipt, but for when it was taken."""

    source: Source
    name: str
    sha256: str
    rows: int
    accepted: int
    rejected: int
    reasons: dict[str, int] = {}
    late: int = Field(default=0, description="rows older than what had been seen before; they went in")
    watermark: str | None = Field(default=None, description="latest clock of its rows, ISO 8601, local time in India")
    ignored_columns: tuple[str, ...] = ()
    taken_at: str = Field(default="", description="when it went in, ISO 8601, UTC; empty in receipts of older stores")


class Delivery(Frozen):
    """What became of one delivery."""

    name: str
    source: Source | None
    outcome: Outcome
    reason: str = ""
    remedy: str = ""
    receipt: Receipt | None = None


class IngestReport(Frozen):
    """One run of ingestion."""

    deliveries: tuple[Delivery, ...]
    rows: int
    accepted: int
    rejected: int
    seconds: float


class PublishReport(Frozen):
    """The feature tables after one run."""

    tables: dict[str, int] = Field(description="rows by table")
    sha256: dict[str, str] = Field(description="hash of each table's file")
    waiting: dict[str, int] = Field(
        description="rows whose customer is not known yet, by table; they stay in the store"
    )
    without_history: dict[str, int] = Field(
        description="customers of whom fewer than two month ends are known, by reason; they are not in its history"
    )
    seconds: float
