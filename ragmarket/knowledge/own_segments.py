"""Segments found in a bank's own data, as writing knows them: by the closed fields of their profiles alone.

A brief names one by the name of its profile or by its number ("segment_3"). The file beside the other knowledge in a
record's bundle keeps the traits of the day, so that the record can be made again after the profiles were edited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.customers import TRAITS, Trait
from ragmarket.schemas.segments import SegmentProfile

FILE = "own_segments.yaml"
OwnSegments = dict[str, dict[Trait, str]]
_READER: TypeAdapter[OwnSegments] = TypeAdapter(OwnSegments)


def own_segments(profiles: Iterable[SegmentProfile]) -> OwnSegments:
    """The traits of each profile, by the segment's name as a brief may give it and by its number."""
    found: OwnSegments = {}
    for profile in profiles:
        traits: dict[Trait, str] = {trait: getattr(profile, trait).value for trait in TRAITS}
        found[f"segment_{profile.segment}"] = traits
        # Of two segments of one name, neither is meant by it.
        name = re.sub(r"[\s-]", "_", profile.name.strip().lower())
        found[name] = traits if name not in found else {}
    return found


def as_file(segments: Mapping[str, Mapping[Trait, str]]) -> dict[str, str]:
    """The file of a bundle that keeps these segments; none when there are none."""
    return {FILE: json.dumps(segments, ensure_ascii=False, sort_keys=True)} if segments else {}


def load_own_segments(path: Path) -> OwnSegments:
    """Read such a file; a bundle without one knew no segments of the bank's own.

    Raises:
        BadKnowledge: The file holds something else.
    """
    if not path.is_file():
        return {}
    try:
        return _READER.validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadKnowledge(path, None, str(error.errors()[0]["msg"])) from error
