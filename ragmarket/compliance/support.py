"""Does each claim say what its evidence says, and does nothing else assert anything?

A claim is supported when (1) its slots are exactly its evidence's, (2) the text around them is, up to blanks and the
sentence's final stop, a phrasing that the bank's phrasebook has for the evidence's kind, or its side of a joined line
whose other side stands beside it, (3) its parentheses name
exactly the evidence's conditions, and (4) every figure's source span lies in a cited quote and still reads the same.
The words of a language are judged against that language's own phrasebook, so nothing is translated. One word less can
be a lost "at least", so a sentence that the phrasebook does not hold is never "supported", however near it is: it is
not verified.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from ragmarket.knowledge.joined import sides_of
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.draft import Draft
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.message import Message, RenderedClaim

SLOT = re.compile(r"\{(S\d+[a-z])\}")
TOKEN = re.compile(r"\{\w+\}|[^\s{}.,;:?।()'’–-]+")
LAST_PARENTHESES = re.compile(r"\s*\(([^()]*)\)\s*(?=[.।,]?$)")


@dataclass(frozen=True, slots=True)
class SupportVerdict:
    """How well a claim's words fit its evidence; ``score`` is the nearness of its kind's best phrasing, 0 to 1."""

    verdict: str
    score: float
    reason: str | None = None


def _plain(text: str) -> str:
    """A text as phrasings are compared: NFC, single blanks, no final stop."""
    return " ".join(unicodedata.normalize("NFC", text).split()).removesuffix(".").removesuffix("।").rstrip()


@lru_cache(maxsize=65_536)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(token.casefold() for token in TOKEN.findall(text))


def nearness(left: str, right: str) -> float:
    """Similarity of two sentences as word sequences, 0 to 1; words that differ in an ending count in part."""
    a, b = _tokens(left), _tokens(right)
    if a == b:
        return 1.0
    if not a or not b:
        return 0.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio()


def _skeleton(body: str, evidence: Evidence) -> str:
    """A claim without its conditions, as the phrasebook has it: roles where its slots are."""
    role_of = {slot.name: slot.role for slot in evidence.slots}
    return SLOT.sub(lambda match: "{" + role_of.get(match.group(1), match.group(1)) + "}", body)


class SupportCheck:
    """Judges claims against the phrasebook.

    Args:
        packs: Phrasings per language.
    """

    def __init__(self, packs: Mapping[str, LanguagePack]) -> None:
        self._packs = packs
        self._phrasings: dict[tuple[str, str], frozenset[str]] = {}

    def claim(self, template: str, evidence: Evidence, language: str) -> SupportVerdict:
        """Judge one slotted claim against one piece of evidence."""
        pack = self._packs[language]
        if evidence.kind is None or not evidence.phrasable:
            return SupportVerdict("unsupported", 0.0, "the evidence states no fact of a known kind")
        if sorted(SLOT.findall(template)) != sorted(slot.name for slot in evidence.slots):
            return SupportVerdict("unsupported", 0.0, "the claim's figures are not those of its evidence")
        # Both registers of a language name the same conditions.
        registers = [
            sorted(
                words[item.id].format(x="{" + item.slot + "}") if item.slot else words[item.id]
                for item in evidence.conditions
            )
            for words in (pack.conditions, pack.plain.conditions)
        ]
        body = template
        if evidence.conditions:
            found = LAST_PARENTHESES.search(template)
            said = [part.strip() for part in found.group(1).split(";")] if found else []
            if sorted(said) not in registers:
                return SupportVerdict("unsupported", 0.0, "a condition of the evidence is missing or changed")
            body = LAST_PARENTHESES.sub("", template)
        skeleton = _skeleton(body, evidence)
        if _plain(skeleton) in self._said(language, evidence.kind):
            return SupportVerdict("supported", 1.0)
        scores = {id_: max(nearness(skeleton, phrase) for phrase in pack.said_of(id_)) for id_ in pack.kinds}
        own = scores.pop(evidence.kind)
        if max(scores.values()) > own:
            return SupportVerdict("unsupported", own, "the words say another kind of fact than the evidence")
        return SupportVerdict("not_verified", own, "the words are no known phrasing of this fact")

    def _said(self, language: str, kind: str) -> frozenset[str]:
        key = (language, kind)
        if key not in self._phrasings:
            self._phrasings[key] = frozenset(_plain(phrase) for phrase in self._packs[language].said_of(kind))
        return self._phrasings[key]

    def _apart(self, message: Message, draft: Draft, by_id: Mapping[str, Evidence]) -> Iterator[Finding]:
        """Sides of joined lines that do not stand together as the bank's sentences have them."""
        pack = self._packs[message.language]
        told: list[tuple[str, str]] = []
        for claim in message.claims:
            item = by_id.get(claim.cites[0]) if claim.cites else None
            body = LAST_PARENTHESES.sub("", claim.template) if item and item.conditions else claim.template
            told.append((str(item.kind), _plain(_skeleton(body, item))) if item else ("", ""))
        joins = [*(claim.joins for claim in draft.claims), False]
        for place, (claim, (kind, words)) in enumerate(zip(message.claims, told, strict=True)):
            if joins[place]:
                before, opening = told[place - 1] if place else ("", "")
                book = pack.joined.by_kinds.get((before, kind))
                whole = book is not None and (opening, words) in [
                    tuple(map(_plain, sides_of(line))) for line in book.all
                ]
            else:
                sides = {_plain(side) for side in pack.joined.sides(kind)}
                whole = joins[place + 1] or words not in sides or words in map(_plain, pack.kinds[kind].all)
            if not whole:
                yield _block("grounding.not_verified", "a side of a joined sentence stands without the other", claim)

    @staticmethod
    def figures(claim: RenderedClaim, evidence: Evidence, document: str) -> str | None:
        """Why a claim's figures do not stand in the cited source; None when they do."""
        spans = [(evidence.start, evidence.end), *((span.start, span.end) for span in evidence.context)]
        for figure in claim.figures:
            if document[figure.source_start : figure.source_end] != figure.source_text:
                return f"{figure.source_text} no longer stands at its place in the source"
            if not any(start <= figure.source_start and figure.source_end <= end for start, end in spans):
                return f"{figure.source_text} stands outside the cited quotes"
        quotes = [
            (evidence.start, evidence.end, evidence.quote),
            *((s.start, s.end, s.quote) for s in evidence.context),
        ]
        if any(document[start:end] != quote for start, end, quote in quotes):
            return "a quote no longer stands in the source"
        return None

    def review(self, message: Message, draft: Draft, evidence: Sequence[Evidence]) -> tuple[Finding, ...]:
        """Findings on all claims and on everything that is no claim."""
        by_id = {item.id: item for item in evidence}
        findings: list[Finding] = []
        told: set[str] = set()
        if not message.claims:
            findings.append(Finding(rule="grounding.no_claim", severity="block", message="the message states nothing"))
        for claim in message.claims:
            if not claim.cites:
                findings.append(_block("grounding.citation", "a claim without a citation", claim))
            for id_ in claim.cites:
                item = by_id.get(id_)
                if item is None:
                    findings.append(_block("grounding.citation", f"{id_} was not retrieved", claim))
                    continue
                verdict = self.claim(claim.template, item, message.language)
                if verdict.verdict != "supported":
                    findings.append(_block(f"grounding.{verdict.verdict}", str(verdict.reason), claim, id_))
                if id_ in told:
                    findings.append(_block("grounding.repeated", f"{id_} is told twice", claim, id_))
                told.add(id_)
        findings += self._apart(message, draft, by_id)
        pack = self._packs[message.language]
        parts: list[tuple[Literal["opening", "bridge", "cta", "subject"], str | None]] = [
            ("opening", draft.opening),
            ("cta", draft.cta),
            ("subject", draft.subject),
            *(("bridge", claim.bridge) for claim in draft.claims),
        ]
        for field, said in parts:
            if said and _plain(said) not in {_plain(line) for line in pack.lines(field)}:
                message_ = f"the {field} is not one of the bank's: a claim may hide in it"
                findings.append(Finding(rule="grounding.assertion_outside_claims", severity="block", message=message_))
        return tuple(findings)


def _block(rule: str, message: str, claim: RenderedClaim, evidence: str | None = None) -> Finding:
    return Finding(rule=rule, severity="block", message=message, start=claim.start, end=claim.end, evidence=evidence)
