"""A reader of facts for tests of indexing and retrieval alone: word patterns, so that each test knows what it gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ragmarket.retrieval.units import Unit
from ragmarket.schemas.evidence import Condition, Figure, Slot

_PATTERNS = {
    "fd_interest_rate": re.compile(r"general public|deposit rate", re.I),
    "fd_senior_rate": re.compile(r"senior citizens\*? \(p\.a", re.I),
    "fd_min_deposit": re.compile(r"minimum amount", re.I),
    "fd_premature_penalty": re.compile(r"penalty", re.I),
    "processing_fee_rate": re.compile(r"processing fee", re.I),
    "loan_interest_rate": re.compile(r"interest rate", re.I),
}
_ROLE = {"fd_min_deposit": "amount"}
_FIGURE = re.compile(r"(?P<amount>(?:₹|Rs\.? )[\d,]+)|(?P<rate>[\d.]+%)")


@dataclass(frozen=True)
class PatternReading:
    kind: str | None
    kind_score: float
    phrasable: bool
    why_not: str | None
    figures: tuple[Figure, ...]
    slots: tuple[Slot, ...]
    conditions: tuple[Condition, ...]


class PatternReader:
    """Keeps ``index.UnitReader``; counts how many units it was asked to read."""

    def __init__(self) -> None:
        self.read_units = 0

    def read(
        self,
        units: Sequence[Unit],
        product_class: str | None,  # noqa: ARG002
        language: str,  # noqa: ARG002
        names: Sequence[str] = (),  # noqa: ARG002
    ) -> list[PatternReading]:
        self.read_units += len(units)
        return [self._one(unit) for unit in units]

    def _one(self, unit: Unit) -> PatternReading:
        figures = []
        for match in _FIGURE.finditer(unit.view):
            span = unit.source_span(*match.span())
            if span is None:
                continue
            number = re.sub(r"[^\d.]", "", match.group().replace("Rs.", ""))
            type_ = "amount" if match.group("amount") else "rate"
            figures.append(
                Figure(
                    type=type_,
                    value=Decimal(number),
                    unit="INR" if type_ == "amount" else "percent",
                    start=span[0],
                    end=span[1],
                    text=match.group(),
                )
            )
        kind = next((kind for kind, pattern in _PATTERNS.items() if pattern.search(unit.view)), None)
        phrasable = kind is not None and len(figures) == 1
        slots = (Slot(name="S0a", role=_ROLE.get(kind, "rate"), low=figures[0]),) if phrasable else ()
        why_not = None if phrasable else "no kind" if kind is None else "not one figure"
        return PatternReading(kind, 0.9 if kind else 0.1, phrasable, why_not, tuple(figures), slots, ())
