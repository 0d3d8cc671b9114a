"""Pairs of records counted against the truth, with intervals, and two baselines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eval.intervals import wilson
from ragmarket.signals.identity.corruption import KINDS
from ragmarket.signals.identity.systems import SourceRecord

_DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts of one partition of records against the truth, per true person and per customer found.

    ``by_person`` and ``by_customer`` hold (pairs joined rightly, pairs of it); ``whole`` counts people whose records
    are exactly one customer.
    """

    by_person: list[tuple[int, int]]
    by_customer: list[tuple[int, int]]
    whole: int

    def as_dict(self, seed: int = 0) -> dict[str, Any]:
        """Shares with 95 % bootstrap intervals over people and over customers."""
        precision, recall = _interval(self.by_customer, seed), _interval(self.by_person, seed)
        people = len(self.by_person)
        low, high = wilson(self.whole, people)
        return {
            "precision": precision,
            "recall": recall,
            "whole_people": {"share": self.whole / max(1, people), "low": low, "high": high, "n": people},
        }


def _interval(rows: Sequence[tuple[int, int]], seed: int) -> dict[str, float]:
    import numpy as np

    counted = np.array([row for row in rows if row[1]], dtype=float).reshape(-1, 2)
    if not len(counted):
        return {"share": 1.0, "low": 0.0, "high": 1.0, "n": 0}
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(_DRAWS):
        drawn = counted[rng.integers(len(counted), size=len(counted))].sum(axis=0)
        draws.append(drawn[0] / drawn[1])
    share = counted[:, 0].sum() / counted[:, 1].sum()
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"share": float(share), "low": float(low), "high": float(high), "n": int(counted[:, 1].sum())}


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def count_pairs(person: dict[str, str], customer: dict[str, str]) -> Pairs:
    """Hold a partition against the truth; both map record to group."""
    both = Counter((person[one], customer[one]) for one in person)
    people, customers = Counter(person.values()), Counter(customer[one] for one in person)
    right_of: defaultdict[str, int] = defaultdict(int)
    right_in: defaultdict[str, int] = defaultdict(int)
    for (who, found), size in both.items():
        right_of[who] += _pairs(size)
        right_in[found] += _pairs(size)
    whole = sum(size == people[who] == customers[found] for (who, found), size in both.items())
    return Pairs(
        [(right_of[who], _pairs(size)) for who, size in people.items()],
        [(right_in[found], _pairs(size)) for found, size in customers.items()],
        whole,
    )


def by_kind(records: Sequence[SourceRecord], customer: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Of the true pairs in which a record went through a corruption, those that were joined."""
    groups: defaultdict[str, list[SourceRecord]] = defaultdict(list)
    for one in records:
        groups[one.person_id].append(one)
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for group in groups.values():
        for place, one in enumerate(group):
            for other in group[place + 1 :]:
                joined = customer[one.record_id] == customer[other.record_id]
                for kind in one.kinds | other.kinds or {"none"}:
                    found[kind][0] += joined
                    found[kind][1] += 1
    return {kind: (found[kind][0], found[kind][1]) for kind in ("none", *KINDS) if kind in found}


def by_equal_keys(records: Sequence[SourceRecord], keys: Callable[[SourceRecord], Sequence[str]]) -> dict[str, str]:
    """A baseline: records that share a key, directly or through others, are one customer."""
    parent = {one.record_id: one.record_id for one in records}

    def root(of: str) -> str:
        while parent[of] != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    first: dict[str, str] = {}
    for one in records:
        for key in keys(one):
            parent[root(one.record_id)] = root(first.setdefault(key, one.record_id))
    return {one.record_id: root(one.record_id) for one in records}


def equal_pan(record: SourceRecord) -> list[str]:
    """The key of the first baseline."""
    return [record.pan] if record.pan else []


def equal_pan_or_phone_and_name(record: SourceRecord) -> list[str]:
    """The keys of the second: PAN, or last ten digits and the name as typed."""
    name = record.name.casefold()
    return equal_pan(record) + ([f"{record.phone[-10:]} {name}"] if record.phone else [])
