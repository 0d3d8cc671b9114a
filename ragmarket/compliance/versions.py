"""The versions of every wording: on which channels and from which day to which, as files and decisions make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ragmarket.compliance.wordings import Entry, Wording, sha256_of
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import CHANNELS
from ragmarket.schemas.ledger import Decision

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Version:
    """One text of one disclaimer in one language, with the channels and days of this stretch of its life.

    ``decision`` is the number of the decision that put it in force, ``ended_by`` of the one that ended it; None where
    the ledger's files say so.
    """

    entry: Entry
    language: str
    wording: Wording
    sha256: str
    channels: tuple[str, ...]
    effective_from: date
    effective_to: date | None
    decision: int | None = None
    ended_by: int | None = None

    def in_force(self, day: date, channel: str | None = None) -> bool:
        """Whether it is in force on ``day`` (both ends included) and, when one is named, on ``channel``."""
        if channel is not None and channel not in self.channels:
            return False
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def overlaps(self, other: Version) -> bool:
        """Whether both are in force for one disclaimer and language on some day and channel."""
        return (
            (self.entry.id, self.language) == (other.entry.id, other.language)
            and bool({*self.channels} & {*other.channels})
            and self.effective_from <= (other.effective_to or date.max)
            and other.effective_from <= (self.effective_to or date.max)
        )


def of_files(entries: Iterable[Entry]) -> list[Version]:
    """The versions that the ledger's files state."""
    return [
        Version(
            entry=entry,
            language=language,
            wording=wording,
            sha256=sha256_of(wording.text),
            channels=wording.channels or entry.channels,
            effective_from=wording.effective_from or entry.effective_from,
            effective_to=wording.effective_to or entry.effective_to,
        )
        for entry in entries
        for language, wording in sorted(entry.texts.items())
    ]


def versions_of(entries: Iterable[Entry], decisions: Iterable[Decision]) -> tuple[Version, ...]:
    """The versions after every approved decision, in the order in which they were made.

    Raises:
        BadKnowledge: A decision contradicts the files: two wordings would begin on one day, or its entry is gone.
    """
    found = of_files(entries)
    for decision in decisions:
        if decision.action == "approve" and decision.change != "use":
            found = apply(found, decision)
    return tuple(sorted(found, key=lambda v: (v.entry.id, v.language, v.effective_from, v.channels)))


def apply(versions: Sequence[Version], decision: Decision) -> list[Version]:
    """The versions after one decision to expire or to supersede.

    Raises:
        BadKnowledge: Another wording begins on the same day, or the ledger has no such entry.
    """
    day = decision.effective_from
    own = [v for v in versions if (v.entry.id, v.language) == (decision.entry, decision.language)]
    entry = _entry_of(versions, decision)
    channels: set[str] = {*(decision.channels or entry.channels)}
    if day is None:
        raise BadKnowledge("decisions", None, f"decision {decision.seq} names no day")
    kept = [v for v in versions if v not in own]
    for version in own:
        if decision.change == "expire" and version.sha256 != decision.sha256:
            kept.append(version)
            continue
        if decision.change == "supersede" and version.effective_from >= day:
            if version.effective_from == day and channels & {*version.channels}:
                problem = f"decision {decision.seq} and another wording of {entry.id} in {decision.language} both begin"
                raise BadKnowledge("decisions", None, f"{problem} on {day}", hint="Give one of them another day.")
            kept.append(version)
            continue
        kept += _ended(version, day, channels, decision.seq)
    if decision.change == "supersede":
        kept += _begun(entry, own, decision, day, channels)
    return kept


def _entry_of(versions: Sequence[Version], decision: Decision) -> Entry:
    own = [v for v in versions if v.entry.id == decision.entry]
    if not own:
        raise BadKnowledge(
            "decisions",
            None,
            f"decision {decision.seq} is about {decision.entry}, which the ledger no longer has",
            hint="Put the file back: what was decided once must stay readable.",
        )
    before = [v for v in own if decision.effective_from is None or v.effective_from < decision.effective_from]
    return max(before or own, key=lambda v: (v.language == decision.language, v.effective_from)).entry


def _ended(version: Version, day: date, channels: set[str], decision: int) -> Iterable[Version]:
    """The version ended on the day before ``day`` on these channels, and left as it is on its others."""
    if version.effective_to is not None and version.effective_to < day:
        yield version
        return
    untouched = tuple(channel for channel in version.channels if channel not in channels)
    ended = tuple(channel for channel in version.channels if channel in channels)
    if untouched:
        yield replace(version, channels=untouched)
    if ended and version.effective_from < day:
        yield replace(version, channels=ended, effective_to=day - _DAY, ended_by=decision)


def _begun(
    entry: Entry, own: Sequence[Version], decision: Decision, day: date, channels: set[str]
) -> Iterable[Version]:
    """The new wording, on each channel until the day before one that was planned for later."""
    wording = Wording(
        text=decision.text or "",
        provenance=decision.provenance or "reference",
        sources=decision.sources,
        notes=decision.notes,
    )
    until: dict[date | None, list[str]] = {}
    for channel in CHANNELS:
        if channel in channels:
            later = [v.effective_from for v in own if channel in v.channels and v.effective_from > day]
            until.setdefault(min(later) - _DAY if later else None, []).append(channel)
    for end, group in until.items():
        yield Version(
            entry=entry,
            language=decision.language,
            wording=wording,
            sha256=decision.sha256,
            channels=tuple(group),
            effective_from=day,
            effective_to=end,
            decision=decision.seq,
        )
