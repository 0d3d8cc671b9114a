"""Plain text of the first training phase: the phrasebook and the bank's documents, without a single figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ragmarket.generation.phrasing import phrase_claim
from ragmarket.generation.task import Fact
from ragmarket.generation.writer.examples import claim_of, compact
from ragmarket.knowledge.language import LanguagePack, slots_of

FIELDS: tuple[Literal["opening", "bridge", "cta", "subject"], ...] = ("opening", "bridge", "cta", "subject")
PARAGRAPH = re.compile(r"\n\s*\n")
DIGITS = re.compile(r"\d[\d,.]*")
SHORTEST, LONGEST = 40, 1200


def phrasebook_lines(packs: Mapping[str, LanguagePack]) -> Iterator[str]:
    """Every phrasing as the claim that it will be, every opening and term as plain text."""
    for language, pack in packs.items():
        for id_, phrasings in pack.kinds.items():
            for phrase in phrasings.all:
                roles = sorted(slot for slot in slots_of(phrase) if slot != "product")
                fact = Fact("S1", id_, {role: f"S1{letter}" for role, letter in zip(roles, "abcdef", strict=False)})
                claim = claim_of(fact, phrase_claim(pack, fact, phrase))
                yield f"<lang> {language}\n{compact(claim)}"
        for term in pack.terms:
            yield f"<lang> {language}\n{term.en}: {', '.join([*term.customer, *term.formal])}"
        for field in FIELDS:
            yield from (f"<lang> {language}\n{line}" for line in sorted(pack.lines(field)))


def paragraphs(document: str) -> Iterator[str]:
    """The paragraphs of a document with every figure masked, so that no number can be learned by heart."""
    for paragraph in PARAGRAPH.split(document):
        text = " ".join(DIGITS.sub("#", paragraph).split())
        if len(text) >= SHORTEST:
            yield text[:LONGEST]


def plain_texts(packs: Mapping[str, LanguagePack], documents: Iterable[str]) -> list[str]:
    """Texts for domain-adaptive pretraining (ALIMN Eq. 1)."""
    return [*phrasebook_lines(packs), *(text for document in documents for text in paragraphs(document))]
