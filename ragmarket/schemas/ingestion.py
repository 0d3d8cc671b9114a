"""What ingestion says: faults of rows and files, receipts of deliveries, a report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen

Source = Literal["core_banking", "transactions", "crm", "digital", "market"]
Outcome = Literal["taken", "duplicate", "refused"]


class RowFault(Frozen):
    """One row that stands aside. It says of what kind the value was, never the value: it may be personal."""

    file: str
    row: int = Field(description="1-based record of the delivery; the header is none")
    column: str
    reason: str
    value: str = Field(description="the kind of the value, such as 'text of 4 characters'")
    remedy: str


class Receipt(Frozen):
    """One delivery that went in; the same content gives the same receipt."""

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
    seconds: float
