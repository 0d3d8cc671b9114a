"""From links to customers, without chains: a link is made only when all records on both sides may be one person.

Links are taken from the strongest down (Kruskal's order); joining two clusters is refused when they hold PANs of two
people, a pair that contradicts itself or a pair that a person kept apart. Connected components alone would let one
shared telephone chain a family together.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_NEW = "9999"
LARGEST = 50  # records of one person; more is a shop's telephone number, not a customer


@dataclass(slots=True)
class _Cluster:
    members: list[str]
    pans: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Customer id by record id, and the links that were refused with the reason."""

    customer: dict[str, str]
    refused: tuple[tuple[str, str, str], ...]


def _one(known: Mapping[str, str], record: str) -> set[str]:
    return {known[record]} if record in known else set()


def _differ(one: str, other: str) -> int:
    return sum(left != right for left, right in zip(one, other, strict=True))


def customer_id(members: Iterable[str], since: Mapping[str, str]) -> str:
    """The id of a customer: that of its eldest record, so that a new file of the same person does not change it."""
    eldest = min(members, key=lambda record: (since.get(record, _NEW), record))
    return "cust_" + hashlib.sha256(eldest.encode()).hexdigest()[:16]


def cluster(
    records: Iterable[str],
    links: Iterable[tuple[str, str, float]],
    apart: Iterable[tuple[str, str]],
    pans: Mapping[str, str],
    births: Mapping[str, str],
    since: Mapping[str, str] | None = None,
) -> Clusters:
    """Join records into customers.

    Args:
        records: Every record id.
        links: Pairs to join with their weight in bits; a person's decision comes with ``inf``.
        apart: Pairs that are not one person.
        pans: PAN by record id, where one is known.
        births: ISO date of birth by record id, where one is known.
        since: When each record was first seen (ISO 8601), where that is known.

    Returns:
        Every record's customer; a record without links is a customer of its own.
    """
    home: dict[str, _Cluster] = {}
    for record in records:
        home[record] = _Cluster([record], _one(pans, record), _one(births, record))
    enemies: defaultdict[str, set[str]] = defaultdict(set)
    for left, right in apart:
        enemies[left].add(right)
        enemies[right].add(left)
    refused = []
    for left, right, weight in sorted(links, key=lambda row: (-row[2], row[0], row[1])):
        if left not in home or right not in home or home[left] is home[right]:
            continue
        one, other = home[left], home[right]
        if len(one.members) < len(other.members):
            one, other = other, one
        reason = _forbids(one, other, enemies, decided=weight == float("inf"))
        if reason:
            refused.append((left, right, reason))
            continue
        one.members += other.members
        one.pans |= other.pans
        one.births |= other.births
        for member in other.members:
            home[member] = one
    ids: dict[int, str] = {}
    customer = {}
    for record, cluster_ in home.items():
        known = ids.get(id(cluster_)) or customer_id(cluster_.members, since or {})
        ids[id(cluster_)] = customer[record] = known
    return Clusters(customer, tuple(refused))


def _forbids(one: _Cluster, other: _Cluster, enemies: Mapping[str, set[str]], *, decided: bool) -> str | None:
    """Why two clusters may not be one customer; ``other`` is the smaller."""
    members = set(one.members)
    if any(members & enemies[member] for member in other.members if member in enemies):
        return "a pair between them is kept apart"
    if decided:
        return None
    if len(one.members) + len(other.members) > LARGEST:
        return f"more than {LARGEST} records would be one customer"
    if any(_differ(left, right) > 1 for left in one.pans for right in other.pans):
        return "they hold PANs of two people"
    if (
        one.births
        and other.births
        and all(left[:4] != right[:4] and _differ(left, right) > 1 for left in one.births for right in other.births)
    ):
        return "their dates of birth differ"
    return None
