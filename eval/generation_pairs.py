"""Does another intent, segment, region or season change what is told and how, and never what is lawful?

Each brief is written twice, for two values of one field that are drawn at random among those the bank's knowledge tells
apart. Briefs whose product has fewer than four facts to tell are left out: there is nothing to choose from.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import combinations

from rich.console import Console
from rich.progress import track

from eval.written import Written
from ragmarket.bootstrap import House
from ragmarket.errors import UnknownProduct
from ragmarket.schemas.brief import Brief

Count = tuple[int, int]
Write = Callable[[House, Brief], Written]
LEAST_FACTS = 4
LAWFUL = "policy, wordings and demanded facts unchanged"


def pairs_of(house: House, row: Written, dice: random.Random) -> Iterator[tuple[str, Brief, Brief]]:
    """One pair of briefs per field that knowledge tells apart for this product."""
    angles, product_class = house.angles, row.record["policy"]["product_class"]
    brief, day = row.brief.model_copy(update={"seed": 0}), row.result.as_of

    def seen(region: str, day: date) -> tuple[float, ...]:
        return tuple(angles.weights("general", "neutral", product_class, region, day).values())

    for field, values in (("intent", sorted(angles.intents)), ("segment", sorted(angles.segments))):
        one, two = (brief.model_copy(update={field: value}) for value in dice.sample(values, 2))
        yield field, one, two
    regions = [(a, b) for a, b in combinations(sorted(angles.regions), 2) if seen(a, day) != seen(b, day)]
    if regions:
        first, second = (brief.model_copy(update={"region": region}) for region in dice.choice(regions))
        yield "region", first, second
    months = [day.replace(month=month, day=1) for month in range(1, 13)]
    seasons = [
        (region, a, b)
        for region in angles.regions
        for a, b in combinations(months, 2)
        if seen(region, a) != seen(region, b)
    ]
    if seasons:
        region, *days = dice.choice(seasons)
        # The day decides which documents are in force, too: that is another matter, and not asked here.
        early, late = (brief.model_copy(update={"region": region, "as_of": one}) for one in days)
        yield "season", early, late


def _lines(row: Written) -> tuple[str | None, str]:
    """What stands around the claims: subject, and the text without them and without mandatory wording."""
    text = row.result.text or ""
    claims, mandatory = row.result.claims, row.result.disclaimers
    spans = [*((one.start, one.end) for one in claims), *((one.start, one.end) for one in mandatory)]
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return row.result.subject, " ".join(text.split())


def _versions(row: Written) -> set[tuple[str, str]]:
    return {(item.doc_id, item.version) for item in row.evidence.values()}


def compare(one: Written, two: Written) -> dict[str, bool]:
    """What differs between two messages, each line including the ones before it, and whether the law is the same."""
    told = [[(item.kind, item.quote) for item in row.told] for row in (one, two)]
    facts = set(told[0]) != set(told[1])
    order = told[0] != told[1]
    words = order or one.words != two.words
    policies = [{**row.record["policy"], "as_of": None, "snapshot_id": None} for row in (one, two)]
    lawful = (
        policies[0] == policies[1]
        and [item.sha256 for item in one.result.disclaimers] == [item.sha256 for item in two.result.disclaimers]
        and all(one.demanded())
        and all(two.demanded())
    )
    return {
        "other facts": facts,
        "… or another order": order,
        "… or other words": words,
        "… or other lines around them": words or _lines(one) != _lines(two),
        LAWFUL: lawful,
    }


def metamorphic(
    house: House, rows: Sequence[Written], write: Write, console: Console, seed: int = 5
) -> dict[str, dict[str, Count]]:
    """Write pairs for every accepted row with facts enough.

    Returns:
        By field, how many of the pairs differ in what; by field ``both accepted``, of all pairs.
    """
    dice = random.Random(seed)
    found: defaultdict[str, defaultdict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in track(rows, "pairs", console=console):
        if sum(item.phrasable and item.kind is not None for item in row.evidence.values()) < LEAST_FACTS:
            continue
        for field, one, two in pairs_of(house, row, dice):
            try:
                first, second = write(house, one), write(house, two)
            except UnknownProduct:  # its document is not in force in every season
                continue
            both = first.accepted and second.accepted
            found[field]["both accepted"].append(both)
            if not both or (field == "season" and _versions(first) != _versions(second)):
                continue
            for name, hit in compare(first, second).items():
                # Another day may bring other rules; that is the policy's to say.
                if name != LAWFUL or field != "season":
                    found[field][name].append(hit)
    return {
        field: {name: (sum(hits), len(hits)) for name, hits in measures.items()} for field, measures in found.items()
    }
