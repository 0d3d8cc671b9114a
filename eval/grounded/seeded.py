"""Seeded faults: of the errors planted into good messages, how many does a reader of the record notice?"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.grounded.desk import Desk, Released
from eval.grounded.planting import PLANTERS, Planted, Surroundings
from eval.grounded.resampling import Estimate, cluster_share

CAUGHT, HELD_BACK = "caught", "held back"
ALARM, UNPROVEN = "false alarms", "not proven by wording"


@dataclass
class FaultTally:
    """What was caught, by kind and language, and what was flagged in messages that nobody touched."""

    seed: int = 0
    planted: defaultdict[tuple[str, str, str], defaultdict[str, list[bool]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    untouched: defaultdict[tuple[str, str], defaultdict[str, list[bool]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    missed: list[dict[str, Any]] = field(default_factory=list)

    def share(self, what: str, kind: str | None = None, language: str | None = None) -> Estimate:
        """Share of planted errors caught (or held back), of one kind or language where given."""
        pooled: defaultdict[str, list[bool]] = defaultdict(list)
        for (own, of, tongue), clusters in self.planted.items():
            if own == what and kind in {None, of} and language in {None, tongue}:
                for document, hits in clusters.items():
                    pooled[document] += hits
        return cluster_share(pooled, self.seed)

    def alarms(self, what: str, language: str | None = None) -> Estimate:
        """Share of untouched messages that are flagged, or that hold a claim which its wording does not prove."""
        pooled: defaultdict[str, list[bool]] = defaultdict(list)
        for (own, tongue), clusters in self.untouched.items():
            if own == what and language in {None, tongue}:
                for document, hits in clusters.items():
                    pooled[document] += hits
        return cluster_share(pooled, self.seed)

    def languages(self) -> list[str]:
        """Languages with an untouched message."""
        return sorted({language for _, language in self.untouched})

    def as_dict(self) -> dict[str, Any]:
        """All shares as plain JSON."""
        return {
            "by kind": {
                kind: {what: self.share(what, kind).as_dict() for what in (CAUGHT, HELD_BACK)} for kind in PLANTERS
            },
            "by language": {
                language: {what: self.share(what, None, language).as_dict() for what in (CAUGHT, HELD_BACK)}
                for language in self.languages()
            },
            "by kind and language": {
                kind: {language: self.share(CAUGHT, kind, language).as_dict() for language in self.languages()}
                for kind in PLANTERS
            },
            "untouched": {
                what: {
                    "all": self.alarms(what).as_dict(),
                    **{language: self.alarms(what, language).as_dict() for language in self.languages()},
                }
                for what in (ALARM, UNPROVEN)
            },
        }


def run(desk: Desk, messages: Iterable[Released], around: Surroundings, seed: int) -> FaultTally:
    """Plant every kind of error into every message that has a place for it, and read both again."""
    tally = FaultTally(seed)
    for number, message in enumerate(messages):
        document = message.claims[0].citations[0].doc_id
        readings = desk.read(message)
        tally.untouched[ALARM, message.language][document].append(any(one.flagged for one in readings))
        tally.untouched[UNPROVEN, message.language][document].append(any(not one.proven for one in readings))
        for one in readings:
            if one.flagged:
                tally.missed.append(_told(ALARM, message, one.claim.text, one.claim.text, one.verdict, one.reasons))
        for kind, plant in PLANTERS.items():
            planted = plant(message, around, random.Random(f"{seed} {number} {kind}"))
            if planted is not None:
                _count(tally, desk, planted, document)
    return tally


def _count(tally: FaultTally, desk: Desk, planted: Planted, document: str) -> None:
    reading = desk.read(planted.message)[planted.claim]
    language = planted.message.language
    tally.planted[CAUGHT, planted.kind, language][document].append(reading.flagged)
    tally.planted[HELD_BACK, planted.kind, language][document].append(reading.held_back)
    if not reading.flagged:
        tally.missed.append(
            _told(planted.kind, planted.message, planted.was, planted.now, reading.verdict, reading.reasons)
        )


def _told(kind: str, message: Released, was: str, now: str, verdict: str, reasons: Sequence[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "product": message.product_code,
        "language": message.language,
        "channel": message.channel,
        "was": was,
        "now": now,
        "verdict": verdict,
        "reasons": list(reasons),
    }
