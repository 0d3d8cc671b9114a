"""Texts folded for comparison, and the places of reasons in the texts as they were sent."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

from ragmarket.compliance.grounding.word_patterns import JOINERS
from ragmarket.schemas.grounding import GroundingReason

_CLUSTER = regex.compile(r"\X")
# Bengali elides with an apostrophe: "দু'লাখ" is "দু লাখ".
_ELISION = regex.compile(r"(?<=[\u0980-\u09ff])['’](?=[\u0980-\u09ff])")


@lru_cache(maxsize=4096)
def folded(text: str) -> tuple[str, tuple[int, ...]]:
    """The text in NFC without joiners and, for each of its offsets and its end, the offset in the text as sent.

    Whether a compound is written with a joiner is a matter of keyboards, and so is an elision's apostrophe.
    """
    text = _ELISION.sub(" ", text)
    if unicodedata.is_normalized("NFC", text) and not JOINERS.search(text):
        return text, tuple(range(len(text) + 1))
    out: list[str] = []
    places: list[int] = []
    for match in _CLUSTER.finditer(text):
        piece = JOINERS.sub("", unicodedata.normalize("NFC", match[0]))
        out.append(piece)
        places += [min(match.start() + at, match.end() - 1) for at in range(len(piece))]
    return "".join(out), (*places, len(text))


def placed(
    reason: GroundingReason, claim_places: tuple[int, ...], shifts: list[tuple[int, tuple[int, ...]]]
) -> GroundingReason:
    """The reason with its places as the caller sent them."""
    update: dict[str, int | None] = {}
    if reason.claim_start is not None and reason.claim_end is not None:
        update = {"claim_start": claim_places[reason.claim_start], "claim_end": claim_places[reason.claim_end]}
    if reason.evidence_index is not None and reason.evidence_start is not None and reason.evidence_end is not None:
        index, places = shifts[reason.evidence_index]
        update |= {
            "evidence_index": index,
            "evidence_start": places[reason.evidence_start],
            "evidence_end": places[reason.evidence_end],
        }
    return reason.model_copy(update=update)
