"""What a finding means to the person who has to act on it: explanation, authority and day in force, as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.schemas.base import Frozen
from ragmarket.schemas.compliance import Finding


class Explanation(Frozen):
    """What is wrong, why and what would be lawful; and on whose authority since when."""

    explanation: str = Field(min_length=1)
    authority: str = Field(min_length=1)
    effective_from: date
    confidence: Literal["A", "B", "C"]


class ExplanationFile(Frozen):
    """All explanations by rule id; ``room.*`` speaks for the rules of a room that have no entry of their own."""

    findings: dict[str, Explanation]


@lru_cache(maxsize=4)
def load_explanations(path: Path = ROOT / "findings.yaml") -> Mapping[str, Explanation]:
    """Read the explanations.

    Raises:
        BadKnowledge: The file is wrong; names the line.
    """
    found = load(path, ExplanationFile).findings
    for name in found:
        room, _, rule = name.partition(".")
        if not room or not rule:
            raise BadKnowledge(path, line_of(read_yaml(path)[1], ["findings", name]), f"{name} is no room.rule")
    return found


def explained(finding: Finding, explanations: Mapping[str, Explanation] | None = None) -> Finding:
    """The finding with what it lacks; what it says itself of authority, day and meaning is kept."""
    known = load_explanations() if explanations is None else explanations
    entry = known.get(finding.rule) or known.get(f"{finding.rule.partition('.')[0]}.*")
    if entry is None:
        return finding
    lacking: dict[str, Any] = {}
    if not finding.explanation:
        lacking["explanation"] = entry.explanation
    if finding.authority is None:
        lacking["authority"] = entry.authority
    if finding.in_force_from is None:
        lacking["in_force_from"] = entry.effective_from
    if finding.confidence is None:
        lacking["confidence"] = entry.confidence
    return finding.model_copy(update=lacking) if lacking else finding
