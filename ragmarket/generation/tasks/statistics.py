"""What sets a segment apart: measured statistics, ranked, as kinds and directions with slots for their figures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ragmarket.errors import InvalidInput
from ragmarket.knowledge.profiles import DIRECTIONS, Direction, Profiles

MAX_STATISTICS = 12
MAX_STATEMENTS = 6
# Below this many standard deviations a difference counts as none (Cohen's "small" effect).
TYPICAL_BELOW = 0.2


@dataclass(frozen=True, slots=True)
class Measurement:
    """One statistic as measured: the segment's value, everybody's, and the spread among everybody (all same unit).

    ``shown`` and ``shown_overall`` are the two values as they shall be read, "62 %".
    """

    kind: str
    value: float
    overall: float
    spread: float
    shown: str
    shown_overall: str

    @property
    def effect(self) -> float:
        """The difference in standard deviations; 0 when everybody is alike."""
        return (self.value - self.overall) / self.spread if self.spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of a task: id "S3", kind, direction, and the figures its slots stand for."""

    id: str
    kind: str
    direction: Direction
    shown: str = ""
    shown_overall: str = ""

    @property
    def slots(self) -> tuple[str, str]:
        """Slot tokens of the segment's value and of everybody's."""
        return "{" + self.id + "a}", "{" + self.id + "b}"

    @property
    def body(self) -> str:
        """The statistic as the prompt lists it and the answer repeats it: ``upi_share higher {S3a} {S3b}``."""
        return f"{self.kind} {self.direction} {' '.join(self.slots)}"


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """A segment to be described; statistics stand in order of how much they set it apart, furthest first."""

    statistics: tuple[Statistic, ...]
    max_statements: int = 4

    @property
    def telling(self) -> tuple[Statistic, ...]:
        """The statistics that set the segment apart."""
        return tuple(item for item in self.statistics if item.direction != "typical")


def segment_task(measurements: Iterable[Measurement], profiles: Profiles, *, max_statements: int = 4) -> SegmentTask:
    """The task for measured statistics: those that differ most come first, at most twelve are kept.

    Raises:
        InvalidInput: A kind is unknown or stands twice, a number is not finite, or nothing was measured.
    """
    found = list(measurements)
    for item in found:
        if not all(math.isfinite(number) for number in (item.value, item.overall, item.spread)):
            raise InvalidInput(f"the statistic {item.kind!r} has a value that is no finite number")
    ranked = sorted(found, key=lambda item: (-abs(item.effect), item.kind))[:MAX_STATISTICS]
    statistics = tuple(
        Statistic(f"S{place}", item.kind, _direction(item.effect), item.shown, item.shown_overall)
        for place, item in enumerate(ranked, start=1)
    )
    task = SegmentTask(statistics, max_statements)
    check_segment(task, profiles)
    return task


def _direction(effect: float) -> Direction:
    if abs(effect) < TYPICAL_BELOW:
        return "typical"
    return "higher" if effect > 0 else "lower"


def check_segment(task: SegmentTask, profiles: Profiles) -> None:
    """Hold a task against the catalogue.

    Raises:
        InvalidInput: Names what is wrong.
    """
    if not 1 <= len(task.statistics) <= MAX_STATISTICS:
        raise InvalidInput(f"a segment needs 1 to {MAX_STATISTICS} statistics, not {len(task.statistics)}")
    if not 1 <= task.max_statements <= MAX_STATEMENTS:
        raise InvalidInput(f"max_statements must be 1 to {MAX_STATEMENTS}, not {task.max_statements}")
    kinds = [item.kind for item in task.statistics]
    for place, item in enumerate(task.statistics, start=1):
        if item.kind not in profiles.statistics:
            hint = f"Known kinds: {', '.join(sorted(profiles.statistics))}."
            raise InvalidInput(f"there is no kind of statistic {item.kind!r}", hint=hint)
        if item.direction not in DIRECTIONS:
            raise InvalidInput(f"the direction {item.direction!r} is not one of {', '.join(DIRECTIONS)}")
        if kinds.count(item.kind) > 1:
            raise InvalidInput(f"the statistic {item.kind!r} stands twice")
        if item.id != f"S{place}":
            raise InvalidInput(f"statistics are numbered in order: {item.id!r} must be 'S{place}'")
