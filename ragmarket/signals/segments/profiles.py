"""Profiles of segments as a bank keeps them: a YAML file that people edit, with every version remembered.

The writer fills the first version. What a person has changed since is theirs: a later fit keeps it for the segment that
behaves alike, and the file that held something wrong is refused whole.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ragmarket.errors import InvalidInput, NotFound
from ragmarket.knowledge.files import ROOT, load
from ragmarket.knowledge.profiles import UNCLEAR, ProfileField
from ragmarket.schemas.segments import Measurement, SegmentCard, SegmentProfile
from ragmarket.schemas.segments import ProfileField as Filled

HEAD = "# Profiles of behavioural segments. Edit freely: the next reading checks them and keeps what you wrote.\n"
# Segments of two fits are the same where their typical sentences are this alike (cosine of the shares).
ALIKE = 0.6
# Beneath this many standard deviations a difference counts as none, as in the writer's own task.
TYPICAL_BELOW = 0.2
PERSON = "a person"


def sophistication(measurements: Sequence[Measurement], rules: ProfileField | None = None) -> Filled:
    """How much a segment already does with its money, by the first fitting rule of ``sophistication.yaml``."""
    rules = rules or load(ROOT / "sophistication.yaml", ProfileField)
    sides = {
        one.kind: "higher" if one.value > one.overall else "lower"
        for one in measurements
        if one.spread > 0 and abs(one.value - one.overall) / one.spread >= TYPICAL_BELOW
    }
    for rule in rules.rules:
        if all(sides.get(kind) == side for kind, side in rule.when.items()):
            return Filled(value=rule.value, statistics=tuple(rule.when))
    return Filled(value=UNCLEAR)


def commonest(values: Sequence[str], statistic: str, *, least: float = 0.25) -> Filled:
    """The commonest language or region with its share, unclear where nobody reaches ``least``."""
    if not values:
        return Filled(value=UNCLEAR)
    best = max(sorted(set(values)), key=list(values).count)
    share = list(values).count(best) / len(values)
    return Filled(value=best, statistics=(f"{statistic} {share:.0%}",)) if share >= least else Filled(value=UNCLEAR)


class ProfileBook:
    """The profiles of one fitted model.

    Args:
        folder: Holds ``profiles.yaml`` and its history.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "profiles.yaml"
        self.history = folder / "profiles.history.jsonl"

    def read(self) -> tuple[SegmentProfile, ...]:
        """All profiles; what a person changed since the last reading becomes a version of its own.

        Raises:
            InvalidInput: The file cannot be read or a profile is wrong; names it. Nothing was changed.
            NotFound: There are none yet.
        """
        import yaml

        if not self.file.is_file():
            raise NotFound(f"there are no profiles at {self.file}", hint="Run `ragmarket segments profiles --write`.")
        try:
            data = yaml.safe_load(self.file.read_text("utf-8"))
            rows = data["profiles"]
        except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{self.file}: no list of profiles can be read: {error}") from error
        last = {one.segment: one for one in self._last()}
        found = []
        for place, row in enumerate(rows):
            try:
                profile = SegmentProfile.model_validate(row)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, ("profiles", place, *first["loc"])))
                raise InvalidInput(
                    f"{self.file}: {where}: {first['msg']}", hint="Correct it and read again."
                ) from error
            before = last.get(profile.segment)
            if before is not None and profile != before:
                profile = profile.model_copy(update={"version": before.version + 1, "written_by": PERSON})
            found.append(profile)
        if len({one.segment for one in found}) < len(found):
            raise InvalidInput(f"{self.file}: two profiles are of one segment")
        if any(one != last.get(one.segment) for one in found):
            self._keep(found)
        return tuple(found)

    def write(self, profiles: Sequence[SegmentProfile]) -> tuple[SegmentProfile, ...]:
        """Put new profiles beside or in place of old ones; what a person wrote of a segment stays."""
        kept = {one.segment: one for one in self.read()} if self.file.is_file() else {}
        merged = []
        for profile in profiles:
            before = kept.get(profile.segment)
            if before is not None and before.written_by == PERSON:
                merged.append(before)
            elif before is not None and before.model_copy(update={"version": 1}) != profile:
                merged.append(profile.model_copy(update={"version": before.version + 1}))
            else:
                merged.append(before or profile)
        self._keep(merged)
        return tuple(merged)

    def carry(self, places: Mapping[int, int]) -> None:
        """After a refit, move a person's profiles to the segments that behave as the old ones did.

        Args:
            places: Old segment to new; what is not in it is dropped, and stays in the history.
        """
        if self.file.is_file():
            moved = [
                one.model_copy(update={"segment": places[one.segment], "version": one.version + 1})
                for one in self.read()
                if one.written_by == PERSON and one.segment in places
            ]
            self._keep(moved)

    def versions(self) -> Iterator[Mapping[str, Any]]:
        """Everything that was ever kept, oldest first."""
        if self.history.is_file():
            for line in self.history.read_text("utf-8").splitlines():
                yield json.loads(line)

    def _last(self) -> list[SegmentProfile]:
        last: list[SegmentProfile] = []
        for row in self.versions():
            last = [SegmentProfile.model_validate(one) for one in row["profiles"]]
        return last

    def _keep(self, profiles: Sequence[SegmentProfile]) -> None:
        import yaml

        rows = [one.model_dump(mode="json") for one in profiles]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.history.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"profiles": rows}, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        text = HEAD + yaml.safe_dump({"profiles": rows}, allow_unicode=True, sort_keys=False, width=110)
        with tempfile.NamedTemporaryFile(
            "w", dir=self.file.parent, suffix=".yaml", delete=False, encoding="utf-8"
        ) as new:
            new.write(text)
        os.replace(new.name, self.file)  # noqa: PTH105 (a rename that replaces, on every system)


def same_segments(old: Sequence[SegmentCard], new: Sequence[SegmentCard]) -> dict[int, int]:
    """Which segment of a new fit behaves as which old one did; each at most once, the most alike first."""
    pairs = sorted(
        ((_alike(one, two), one.number, two.number) for one in old for two in new),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    found: dict[int, int] = {}
    for likeness, before, after in pairs:
        if likeness >= ALIKE and before not in found and after not in found.values():
            found[before] = after
    return found


def _alike(one: SegmentCard, two: SegmentCard) -> float:
    a, b = ({line.narrative: line.share for line in card.typical} for card in (one, two))
    lengths = (sum(value**2 for value in row.values()) ** 0.5 for row in (a, b))
    bottom = 1.0
    for length in lengths:
        bottom *= length
    return sum(value * b.get(name, 0.0) for name, value in a.items()) / bottom if bottom else 0.0
