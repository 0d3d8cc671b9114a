"""What a small model counts in a session: pages, products, steps from page to page, words.

Fast, and every count has a name, so that a label can say what speaks for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ragmarket.signals.sessions.texts import pieces

Event = Mapping[str, Any]


def session_features(events: Sequence[Event]) -> dict[str, float]:
    """Named counts of one session's events, in order.

    A step leads from one product page to the next, whatever stood between them: how somebody reads up on a product. In
    a log without products every page is a step. Tiles that were passed over count where another was clicked.

    Args:
        events: Mappings with ``page`` and, where known, ``product text referrer device dwell_s tile_clicked``
            and ``tile_seen``.
    """
    found: dict[str, float] = {}

    def add(name: str) -> None:
        found[name] = found.get(name, 0.0) + 1.0

    products = any(event.get("product") for event in events)
    before: str | None = None
    subject: str | None = None
    for event in events:
        page, product = event["page"], event.get("product")
        add(f"page {page}")
        if product or not products:
            if before is not None:
                add(f"step {before} > {page}")
            before = page
        if product:
            add(f"{'enter' if product != subject else 'stay'} {product}")
            subject = product
        clicked = event.get("tile_clicked")
        if clicked:
            add(f"tile {clicked}")
            for shown in str(event.get("tile_seen") or "").split("|"):
                if shown and shown != clicked:
                    add(f"passed {shown}")
        if event.get("text"):
            for piece in pieces(str(event["text"])):
                add(f"word {piece}")
    if events:
        for field in ("referrer", "device"):
            if events[0].get(field):
                add(f"{field} {events[0][field]}")
    found["minutes"] = math.log1p(sum(float(event.get("dwell_s") or 0.0) for event in events) / 60)
    found["events"] = math.log1p(len(events))
    return found


def without_words(features: Mapping[str, float]) -> dict[str, float]:
    """The features of a visitor who typed nothing."""
    return {name: value for name, value in features.items() if not name.startswith("word ") and name != "page search"}


def by_session(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Events by session, in the order in which they come."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row["session_id"]), []).append(row)
    return found
