"""Recall and false alarms by class, tongue, script and difficulty, for several systems side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from eval.shares import Share
from ragmarket.compliance.paraphrase.samples import Sample
from ragmarket.compliance.rules.scripts import NATIVE_SCRIPT, script_shares

GROUPS = ("all", "difficulty", "class", "tongue", "script")


def script_name(text: str) -> str:
    """The script of most letters, or "mixed" where none has three quarters of them."""
    shares = script_shares(text)
    name, share = max(shares.items(), key=lambda item: item[1], default=("none", 1.0))
    return name if share >= 0.75 else "mixed"


def language_of(tongue: str) -> str:
    """The language code of a tongue of the copy."""
    return tongue if tongue in NATIVE_SCRIPT else tongue.partition("_")[0]


@dataclass
class CopyTally:
    """What one system did: counts by (measure, group, value), and every miss and false alarm."""

    counts: defaultdict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    faults: list[dict[str, Any]] = field(default_factory=list)

    def add(self, sample: Sample, found: frozenset[int], caught: bool, detail: str = "") -> None:
        """Count one text: ``caught`` is the verdict, ``found`` the classes that were named."""
        measure = "recall" if sample.unlawful else "false alarms" if sample.kind == "lawful" else "alarms on neutral"
        groups = {
            "all": "all",
            "tongue": sample.tongue,
            "script": script_name(sample.text),
            "class": f"{sample.number:02d}",
            "difficulty": sample.kind,
        }
        for group, value in groups.items():
            self._count(measure, group, value, caught)
            if sample.unlawful and caught:
                self._count("right class", group, value, sample.number in found)
        if caught != sample.unlawful:
            self.faults.append(
                {
                    "fault": "miss" if sample.unlawful else "false alarm",
                    "class": sample.number,
                    "tongue": sample.tongue,
                    "kind": sample.kind,
                    "product_class": sample.product_class,
                    "text": sample.text,
                    "found": detail,
                }
            )

    def _count(self, measure: str, group: str, value: str, hit: bool) -> None:
        cell = self.counts[measure, group, value]
        cell[0] += hit
        cell[1] += 1

    def share(self, measure: str, group: str = "all", value: str = "all") -> Share:
        """One cell; of nothing when nothing was counted."""
        hits, total = self.counts.get((measure, group, value), (0, 0))
        return Share(hits, total)

    def values(self, group: str) -> list[str]:
        """The values of one group, in order."""
        return sorted({value for _, name, value in self.counts if name == group})

    def as_dict(self) -> dict[str, Any]:
        """All cells as plain JSON: measure, group, value."""
        body: dict[str, Any] = {}
        for (measure, group, value), (hits, total) in sorted(self.counts.items()):
            body.setdefault(measure, {}).setdefault(group, {})[value] = Share(hits, total).as_dict()
        return body
