"""The versions of a document: which one follows which, and which one is in force when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from ragmarket.schemas.evidence import DocumentVersion


def _order(version: DocumentVersion) -> tuple[date, list[tuple[int, str]]]:
    # "10" is later than "9".
    pieces = re.findall(r"\d+|\D+", version.version)
    return version.effective_from, [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]


def in_force(versions: Iterable[DocumentVersion], day: date) -> list[DocumentVersion]:
    """The version of each document that is in force on a day, by ``doc_id``.

    A version ends on the day before the next one takes effect, whatever its own ``effective_to`` says; when the newer
    one lapses, no older one comes back.
    """
    latest: dict[str, DocumentVersion] = {}
    for version in versions:
        if version.effective_from <= day:
            held = latest.get(version.doc_id)
            if held is None or _order(version) > _order(held):
                latest[version.doc_id] = version
    return [latest[doc_id] for doc_id in sorted(latest) if latest[doc_id].in_force(day)]


def supersession(versions: Sequence[DocumentVersion]) -> dict[tuple[str, str], DocumentVersion]:
    """For each version that a later one follows, the next of the same document."""
    following: dict[tuple[str, str], DocumentVersion] = {}
    for doc_id in {version.doc_id for version in versions}:
        line = sorted((version for version in versions if version.doc_id == doc_id), key=_order)
        for old, new in pairwise(line):
            following[(doc_id, old.version)] = new
    return following


def overlaps(versions: Sequence[DocumentVersion]) -> dict[str, str]:
    """A remark, by path, on every version that claims days on which a later one is in force."""
    notes: dict[str, str] = {}
    by_key = {(version.doc_id, version.version): version for version in versions}
    for (doc_id, number), new in supersession(versions).items():
        old = by_key[(doc_id, number)]
        if old.effective_to is None or old.effective_to >= new.effective_from:
            notes[old.path] = (
                f"in force until {old.effective_to or 'further notice'}, but version {new.version} takes effect on"
                f" {new.effective_from}; from that day version {new.version} holds"
            )
    return notes
