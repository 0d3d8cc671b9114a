"""A figure in comparable form, and when two figures say the same size or measure the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ragmarket.schemas.evidence import Figure

Sign = Literal[-1, 0, 1]
_DATED = frozenset({"date", "month", "day"})
_DAYS = {"day": 1.0, "week": 7.0, "hour": 1 / 24, "minute": 1 / 1440}
SENIOR_MONTHS = 720.0
_ROUND = 1e-6


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure in comparable form: ``kind`` and ``value`` agree exactly when two figures say the same size.

    ``edge`` is 1 for the lower end of a range, -1 for its upper end. ``limit`` is a bound that words farther off set,
    in a row's label ("Maximum loan amount | ₹35 lakh") or before a noun.
    """

    kind: str
    value: float
    sign: Sign
    period: str | None
    start: int
    end: int
    text: str
    turn: Sign = 0
    edge: Sign = 0
    limit: Sign = 0

    @property
    def bound(self) -> Sign:
        """The bound, from wherever it is read; the nearest words first."""
        return self.sign or self.edge or self.limit


def comparable(figure: Figure) -> tuple[str, float]:
    """Kind and value of a figure in one unit per kind: percent, rupees, months or days."""
    value = float(figure.value)
    if figure.type in ("duration", "age"):
        unit = figure.unit
        if unit == "year":
            return "months", value * 12
        if unit == "month":
            return "months", value
        if unit == "working_day":
            return "working_days", value
        days = value * _DAYS.get(unit, 1.0)
        return ("months", days / 365 * 12) if days and days % 365 == 0 else ("days", days)
    if figure.type == "count" and figure.unit == "kilogram":
        return "count", value * 1000
    return figure.type, value


def _raws(one: Quantity) -> tuple[float, ...]:
    if one.kind == "months":
        return (one.value, one.value / 12)
    if one.kind == "days":
        return tuple(one.value / size for size in _DAYS.values())
    return (one.value,)


def same_size(one: Quantity, other: Quantity) -> bool:
    """Whether two figures say the same size; a bare number may be of any kind."""
    if one.kind == other.kind:
        return abs(one.value - other.value) <= _ROUND * max(1.0, abs(one.value))
    if {one.kind, other.kind} <= _DATED:
        return bool(_day_marks(one) & _day_marks(other))
    if "number" in (one.kind, other.kind):
        if {one.kind, other.kind} & _DATED:
            return False
        return any(abs(a - b) <= _ROUND * max(1.0, abs(a)) for a in _raws(one) for b in _raws(other))
    return False


def _day_marks(one: Quantity) -> set[tuple[str, float]]:
    if one.kind != "date":
        return {(one.kind, one.value)}
    day = date.fromordinal(int(one.value))
    return {("month", float(day.year * 12 + day.month)), ("day", float(day.month * 100 + day.day))}


def is_senior_age(one: Quantity) -> bool:
    """Whether a figure is the age from which one is a senior citizen, with its unit or bare."""
    return (one.kind == "months" and one.value == SENIOR_MONTHS) or (
        one.kind in ("number", "count") and one.value * 12 == SENIOR_MONTHS
    )


def alike(one: Quantity, other: Quantity) -> bool:
    """Whether two figures measure the same thing, so that one may stand in the other's place."""
    days = {"days", "months", "working_days", "number"}
    dated = one.kind in _DATED and other.kind in _DATED
    return one.kind == other.kind or dated or (one.kind in days and other.kind in days)
