"""The claim verifier: exact comparison first, the words' model for what is left."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import regex

from ragmarket.compliance.grounding.comparing import compare
from ragmarket.compliance.grounding.deciding import ENOUGH, Words, question, with_model, without_model
from ragmarket.compliance.grounding.frame import Fault, Outcome
from ragmarket.compliance.grounding.lexicon import (
    JOINERS,
    Concepts,
    Lexicon,
    load_concepts,
    shared_lexicon,
    terms_of,
)
from ragmarket.compliance.grounding.names import WORD, names_in, other_product, product_names, same_name, skeleton
from ragmarket.compliance.grounding.reading import Statement, read_statement
from ragmarket.schemas.grounding import GroundingReason, GroundingRequest, GroundingVerdict

if TYPE_CHECKING:
    from ragmarket.knowledge.language import LanguagePack
    from ragmarket.protocols import FigureReader, SupportModel

_SENTENCE = regex.compile(r"(?<=[।!?])\s+|(?<=\p{L}{2}[)”\"]?\.|\p{N}\.|%\.|\)\.)\s+(?=[\p{Lu}\p{Lo}₹(“\"])|\n+")
_SLAB = regex.compile(r"[^:]*\p{Nd}[^:]*:\s*[^:]*\p{Nd}")
_CELL, _CLUSTER = regex.compile(r"[^;]+"), regex.compile(r"\X")
_NATIVE = regex.compile(r"[\u0900-\u0dff]")
_READ = 3


def sentences(passage: str) -> list[tuple[int, str]]:
    """The sentences or rows of a passage, each with its start."""
    found, at = [], 0
    for match in _SENTENCE.finditer(passage):
        found.append((at, passage[at : match.start()]))
        at = match.end()
    found.append((at, passage[at:]))
    return [cell for start, text in found if text.strip() for cell in _slabs(start, text)]


def _slabs(start: int, row: str) -> list[tuple[int, str]]:
    """A row that tells several slabs, each with its value ("12 to 23: 8.10%; 24 to 35: 8.35%"), as one row each."""
    cells = [(match.start(), match[0]) for match in _CELL.finditer(row)]
    if sum(1 for _, cell in cells if _SLAB.match(cell)) < 2:
        return [(start, row)]
    return [(start + at, cell) for at, cell in cells]


class ClaimVerifier:
    """Judges claims in nine languages against English or same-language evidence.

    Args:
        figures: Reads the typed figures of a text.
        packs: Language packs by language: their terms name the concepts.
        model: Judges the words where everything exact fits; without one, concepts alone decide.
    """

    def __init__(
        self, figures: FigureReader, packs: Mapping[str, LanguagePack], *, model: SupportModel | None = None
    ) -> None:
        self._figures = figures
        self._packs = packs
        self._model = model
        self._lexicons: dict[str, Lexicon] = {}
        self._read = lru_cache(maxsize=4096)(self._statement)

    @cached_property
    def _concepts(self) -> Concepts:
        return load_concepts()

    def lexicons(self, language: str) -> tuple[Lexicon, ...]:
        """English, and the language's own words with the terms of its pack.

        Raises:
            BadKnowledge: A word file is wrong; names its line.
        """
        if "en" not in self._lexicons:
            self._lexicons["en"] = shared_lexicon("en")
        english = self._lexicons["en"]
        if language == "en":
            return (english,)
        if language not in self._lexicons:
            pack = self._packs.get(language)
            terms = terms_of(pack, english, self._concepts) if pack else {}
            own = tuple((id_, tuple(forms)) for id_, forms in sorted(terms.items()))
            self._lexicons[language] = shared_lexicon(language, own)
        return english, self._lexicons[language]

    def _statement(self, text: str, language: str) -> Statement:
        # English patterns need not be tried in full on a text of another script's words, but claims mix both.
        own = language if not text.isascii() and _NATIVE.search(text) else "en"
        return read_statement(text, own, self.lexicons(own), self._figures)

    def warm_up(self, languages: Sequence[str]) -> None:
        """Compile the words of languages and read the model's weights, so that no first claim pays for it."""
        for language in languages:
            read_statement("₹5,000 · 7.5% · 12 · 31/03/2027", language, self.lexicons(language), self._figures)
            if self._model is not None:
                self._model.score(["₹5,000"], ["A fee of Rs 5,000 is charged."], language)

    def verify(self, request: GroundingRequest, *, words: bool = True) -> GroundingVerdict:
        """What the evidence says of the claim; every reason names its places.

        Args:
            request: The claim and its evidence.
            words: Whether the model is asked about the words too; False compares exactly and no more.

        Raises:
            BadKnowledge: A word file is wrong; names its line.
            ModelMissing: The model's weights are absent or broken.
        """
        claim, evidence, outcome, claim_places, shifts = self._compared(request)
        verdict, score, reasons = self._judged(claim, evidence, request.language, outcome, words=words)
        return GroundingVerdict.model_validate(
            {
                "id": request.id,
                "verdict": verdict,
                "score": round(score, 4),
                "reasons": [_placed(reason, claim_places, shifts) for reason in reasons],
            }
        )

    def _compared(
        self, request: GroundingRequest
    ) -> tuple[Statement, list[Statement], Outcome, tuple[int, ...], list[tuple[int, tuple[int, ...]]]]:
        """Claim and evidence as read, what exact comparison found, and where everything stands in the texts as sent."""
        claim_text, claim_places = _folded(request.claim)
        claim = self._read(claim_text, request.language)
        evidence: list[Statement] = []
        shifts: list[tuple[int, tuple[int, ...]]] = []
        for index, passage in enumerate(request.passages):
            folded, places = _folded(passage)
            for start, text in sentences(folded):
                evidence.append(_at(self._read(text, request.language), len(shifts)))
                shifts.append((index, places[start : start + len(text) + 1]))
        given = frozenset[str]()
        if request.product_name:
            given = self._read(request.product_name, "en").concepts
        outcome = compare(claim, evidence, self._concepts, given)
        self._names(claim, evidence, request.product_name, outcome)
        return claim, evidence, outcome, claim_places, shifts

    def left_open(self, request: GroundingRequest) -> tuple[str, Words] | None:
        """What exact comparison leaves to the model, by the name of its threshold, and what the model says of it.

        None where exact comparison decides, or where there is no model. Thresholds are calibrated on this.
        """
        claim, evidence, outcome, _, _ = self._compared(request)
        if self._model is None or (outcome.fault and not outcome.doubtful) or not question(outcome):
            return None
        return question(outcome), self._words(self._model, claim, evidence, outcome, request.language)

    def _names(self, claim: Statement, evidence: list[Statement], product: str | None, found: Outcome) -> None:
        texts = [one.text for one in evidence] + ([product] if product else [])
        said = {word[0] for text in texts for word in WORD.finditer(text)}
        runs = [run for text in texts for run in product_names(text)]
        other = other_product(claim.text, product, said) if product else None
        if product and other:
            start = claim.text.index(other)
            message = f"asked about “{product}”, the claim speaks of “{other}”"
            reason = GroundingReason(code="name", message=message, claim_start=start, claim_end=start + len(other))
            found.faults.append(("contradicted", reason))
            return
        for name, start, end in names_in(claim.text):
            if any(same_name(name, word) for word in said):
                continue
            mentioned = any(m.start < end and start < m.end for m in claim.mentions)
            if mentioned:
                continue
            word = claim.text[start:end]
            fault: Fault = "contradicted" if runs else "unsupported"
            message = f"the evidence does not name “{word}”"
            found.faults.append(
                (fault, GroundingReason(code="name", message=message, claim_start=start, claim_end=end))
            )
            return
        words = [(match[0], match.start(), match.end()) for match in WORD.finditer(claim.text)]
        for run in runs:
            if len(run) < 2 or claim.text.isascii():
                continue
            for at, (word, _, _) in enumerate(words[:-1]):
                following, start, end = words[at + 1]
                if (
                    same_name(word, run[0])
                    and len(skeleton(run[0])) > 2
                    and not any(same_name(following, part) for other in runs for part in other)
                    and not any(same_name(following, one) for one in said)
                    and not any(m.start <= start < m.end for m in claim.mentions)
                ):
                    message = f"the evidence speaks of “{' '.join(run).title()}”, not of “{following}”"
                    reason = GroundingReason(code="name", message=message, claim_start=start, claim_end=end)
                    found.faults.append(("contradicted", reason))
                    return

    def _judged(
        self, claim: Statement, evidence: list[Statement], language: str, found: Outcome, *, words: bool
    ) -> tuple[str, float, list[GroundingReason]]:
        if found.fault and (self._model is None or not words or not found.doubtful):
            reasons = [reason for fault, reason in found.faults if fault == found.fault]
            rest = [reason for fault, reason in found.faults if fault != found.fault]
            return found.fault, 0.02 if found.fault == "contradicted" else 0.06, [*reasons, *rest]
        if self._model is None or not words:
            return without_model(claim, found)
        model = self._model
        return with_model(found, lambda: self._words(model, claim, evidence, found, language))

    @staticmethod
    def _words(
        model: SupportModel, claim: Statement, evidence: list[Statement], found: Outcome, language: str
    ) -> Words:
        """What the model says of the words: by the nearest sentence, or the nearest three where one is not enough."""
        cited = sorted(evidence, key=lambda one: -len(one.concepts & claim.concepts))[:_READ]
        best = found.best or (cited[0] if cited else None)
        texts = list(dict.fromkeys([best.text if best else "", " ".join(one.text for one in cited)]))
        said: list[Words] = []
        for text in texts:
            if not said or said[0].supported < ENOUGH:
                row = model.score([claim.text], [text], language)[0]
                said.append(Words(float(row[0]), float(row[1]), float(row[2])))
        return max(said, key=lambda one: one.supported)


def _at(statement: Statement, index: int) -> Statement:
    from dataclasses import replace

    return replace(statement, index=index)


@lru_cache(maxsize=4096)
def _folded(text: str) -> tuple[str, tuple[int, ...]]:
    """The text in NFC without joiners and, for each of its offsets and its end, the offset in the text as sent.

    Whether a compound is written with a joiner is a matter of keyboards.
    """
    if unicodedata.is_normalized("NFC", text) and not JOINERS.search(text):
        return text, tuple(range(len(text) + 1))
    out: list[str] = []
    places: list[int] = []
    for match in _CLUSTER.finditer(text):
        piece = JOINERS.sub("", unicodedata.normalize("NFC", match[0]))
        out.append(piece)
        places += [min(match.start() + at, match.end() - 1) for at in range(len(piece))]
    return "".join(out), (*places, len(text))


def _placed(
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
