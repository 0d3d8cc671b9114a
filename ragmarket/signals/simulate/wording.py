"""The words of notes and searches, read from `knowledge/simulation/wording.yaml`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pydantic import Field

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen
from ragmarket.signals.vocabulary import INTENTS

WORDING = ROOT / "simulation" / "wording.yaml"
_SLOT = re.compile(r"\{(\w+)\}")
Lines = tuple[str, ...]


class IntentWords(Frozen):
    """What is said and searched with one intent."""

    notes: Lines = Field(min_length=1)
    mixed: Lines = Field(min_length=1)
    searches: Lines = Field(min_length=1)

    @property
    def cores(self) -> Lines:
        """All lines of a note, English first."""
        return self.notes + self.mixed


class Wording(Frozen):
    """All words of the simulated bank's customers."""

    openings: Lines = Field(min_length=1)
    tails: Lines = Field(min_length=1)
    fillers: dict[str, Lines]
    complaints: Lines = Field(min_length=1)
    contact_complaints: Lines = Field(min_length=1)
    intents: dict[str, IntentWords]

    @property
    def cores(self) -> tuple[tuple[str, str], ...]:
        """(intent, line) of every core, in the order of `INTENTS`."""
        return tuple((name, line) for name in INTENTS for line in self.intents[name].cores)

    @property
    def searches(self) -> tuple[tuple[str, str], ...]:
        """(intent, query) of every search, in the order of `INTENTS`."""
        return tuple((name, line) for name in INTENTS for line in self.intents[name].searches)


@cache
def load_wording(path: Path = WORDING) -> Wording:
    """Read the words.

    Raises:
        BadKnowledge: The file cannot be read, an intent is missing or unknown, a line stands twice, or a slot has no
            filler.
    """
    wording = load(path, Wording)
    if set(wording.intents) != set(INTENTS):
        wrong = sorted(set(wording.intents) ^ set(INTENTS))
        raise BadKnowledge(path, None, f"intents: missing or unknown: {', '.join(wrong)}")
    lines = [*wording.openings, *wording.tails, *wording.complaints, *wording.contact_complaints]
    lines += [line for _, line in (*wording.cores, *wording.searches)]
    for line in lines:
        if lines.count(line) > 1:
            # Two sources of one line would make the computed bound wrong.
            raise BadKnowledge(path, None, f"the line {line!r} stands twice")
        for slot in _SLOT.findall(line):
            if not wording.fillers.get(slot):
                raise BadKnowledge(path, None, f"the slot {slot!r} of {line!r} has no filler")
    return wording
