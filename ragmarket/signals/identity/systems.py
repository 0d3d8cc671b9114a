"""What each simulated system holds of a person, and one record of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holding:
    """How often a system holds a field."""

    birth_date: float
    gender: float
    pan: float
    phone: float
    email: float
    address: float
    pin: float
    records: tuple[float, ...]  # weights of 0, 1, 2 … records of one person in this system


HOLDINGS: dict[str, Holding] = {
    "core_banking": Holding(0.95, 0.95, 0.78, 0.9, 0.45, 0.97, 0.85, (0.0, 0.68, 0.24, 0.08)),
    "crm": Holding(0.55, 0.5, 0.2, 0.9, 0.5, 0.55, 0.5, (0.45, 0.48, 0.07)),
    "digital": Holding(0.6, 0.4, 0.1, 0.93, 0.85, 0.25, 0.4, (0.35, 0.58, 0.07)),
    "market": Holding(0.15, 0.2, 0.05, 0.9, 0.65, 0.15, 0.6, (0.8, 0.18, 0.02)),
    "cards": Holding(0.9, 0.7, 0.85, 0.85, 0.6, 0.9, 0.85, (0.65, 0.32, 0.03)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of one system, all text, and the truth beside it."""

    record_id: str
    source: str
    name: str
    birth_date: str
    gender: str
    pan: str
    phone: str
    email: str
    address: str
    pin: str
    person_id: str
    kinds: frozenset[str]
