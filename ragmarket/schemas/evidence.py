"""What the documents say: versions, units of text, figures, and the evidence handed to the writer.

All offsets are code points into the document's canonical text (`DocumentVersion.text`): for Markdown and plain text the
file itself, decoded as UTF-8 and normalised to NFC; for HTML, PDF and DOCX the text extracted from it, one table row
per line. ``text[start:end] == quote`` holds for every span anywhere in the system.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen, ProductClass

FigureType = Literal["amount", "rate", "duration", "age", "count", "date", "ratio"]
Bound = Literal["exact", "from", "up_to", "above", "below", "within", "after"]
Period = Literal["day", "week", "month", "quarter", "half_year", "year", "transaction", "order", "request"]
# Counted by what the customer does, not by time; an order and a request are transactions of a sort.
EVENTS: frozenset[Period] = frozenset({"transaction", "order", "request"})


class DocumentVersion(Frozen):
    """One version of one document.

    ``sha256`` is the hash of ``text`` in UTF-8; ``source_sha256`` that of the file's bytes. ``effective_to`` is the
    last day in force, None while open.
    """

    doc_id: str
    version: str
    title: str
    kind: Literal["product", "regulatory"]
    product_class: ProductClass | None = None
    product_code: str | None = None
    product_name: str | None = None
    issuer: str
    effective_from: date
    effective_to: date | None = None
    language: str
    source_format: Literal["markdown", "html", "text", "pdf", "docx"]
    source: str
    path: str
    sha256: str
    source_sha256: str
    product_classes: tuple[ProductClass, ...] = ()
    confidence: str | None = None
    authority: str | None = None
    citation: str | None = None

    def in_force(self, day: date) -> bool:
        """Whether this version is in force on ``day``."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class Figure(Frozen):
    """One recognised figure: a typed value and the exact span it was read from.

    ``value`` is in ``unit``: INR for amounts; percent for rates; day, week, month, year for durations; year for ages;
    point, gram, kilogram or none for counts; ISO date in ``iso`` for dates (``value`` is then its ordinal).
    ``bound`` and ``period`` are what the words beside the figure say ("at least", "per month").
    """

    type: FigureType
    value: Decimal
    unit: str
    bound: Bound = "exact"
    period: Period | None = None
    iso: str | None = None
    start: int
    end: int
    text: str


class Slot(Frozen):
    """A named place for a figure, or a range of two figures, in the writer's text.

    ``role`` is a role or condition of the fact kind; ``high`` is the upper end of a range.
    """

    name: str = Field(pattern=r"^S\d+[a-z]$")
    role: str
    low: Figure
    high: Figure | None = None
    range_kind: Literal["between", "to_below", "above_to"] = "between"


class Condition(Frozen):
    """A qualification of the fact that the words must carry ("GST extra", "above {S1b}")."""

    id: str
    slot: str | None = None
    start: int
    end: int


class Span(Frozen):
    """A stretch of a document version: ``text[start:end] == quote``."""

    start: int
    end: int
    quote: str


class Evidence(Frozen):
    """One citable unit: a sentence, or a table row read at one cell, with its headers.

    ``kind`` is None where no kind is sure enough, and ``phrasable`` is False where some figure or condition of the unit
    fits no role of its kind: such evidence supports, but is never put into words.
    """

    id: str = Field(pattern=r"^S\d+$")
    doc_id: str
    version: str
    sha256: str
    title: str
    product_code: str | None
    doc_kind: Literal["product", "regulatory"]
    start: int
    end: int
    quote: str
    context: tuple[Span, ...] = ()
    text: str
    kind: str | None
    kind_score: float
    phrasable: bool
    figures: tuple[Figure, ...] = ()
    slots: tuple[Slot, ...] = ()
    conditions: tuple[Condition, ...] = ()
    score: float = 0.0
    why_not: str | None = None
