"""How varied accepted messages are, and how they use the bank's terms, language by language."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from eval.copy_metrics import TermUse, distinct, repeated, self_bleu
from eval.written import Written
from ragmarket.bootstrap import House
from ragmarket.schemas.base import LANGUAGES


def variety(rows: Sequence[Written]) -> dict[str, dict[str, float]]:
    """Distinct-n, self-BLEU and repetition of the claims, by language."""
    found: dict[str, dict[str, float]] = {}
    for language in LANGUAGES:
        texts = [row.words for row in rows if row.accepted and row.brief.language == language]
        if texts:
            found[language] = {
                "distinct-1": distinct(texts, 1),
                "distinct-2": distinct(texts, 2),
                "self-BLEU": self_bleu(texts),
                "repeated 4-grams": statistics.mean(repeated(text) for text in texts),
            }
    return found


def terms(house: House, rows: Sequence[Written]) -> dict[str, dict[str, float]]:
    """Approved terms per message and messages with a form to avoid, by language."""
    found: dict[str, dict[str, float]] = {}
    for language in LANGUAGES:
        use = TermUse(house.packs[language])
        texts = [row.result.text or "" for row in rows if row.accepted and row.brief.language == language]
        if texts:
            found[language] = {
                "approved terms per message": statistics.mean(len(use.approved(text)) for text in texts),
                "messages with a form to avoid": sum(bool(use.avoided(text)) for text in texts),
            }
    return found
