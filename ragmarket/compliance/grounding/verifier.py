"""The claim verifier: exact comparison first, a model learnt from people's claims for what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ragmarket.compliance.grounding.comparing import compare
from ragmarket.compliance.grounding.deciding import Judged, decisive, flagged, with_model, without_model
from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.lexicon import (
    Concepts,
    Lexicon,
    load_concepts,
    shared_lexicon,
    terms_of,
)
from ragmarket.compliance.grounding.name_comparison import NameComparison
from ragmarket.compliance.grounding.placing import folded, placed
from ragmarket.compliance.grounding.reading import Statement, read_statement
from ragmarket.compliance.grounding.rendering import nearest, rendered
from ragmarket.compliance.grounding.sentences import sentences
from ragmarket.compliance.grounding.tongue import tongue_of
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict, SupportPair

if TYPE_CHECKING:
    from ragmarket.knowledge.language import LanguagePack
    from ragmarket.protocols import FigureReader, SupportModel
    from ragmarket.schemas.base import Language


@dataclass(frozen=True, slots=True)
class Compared:
    """Claim and evidence as read, what exact comparison found, and where all of it stands in the texts as sent."""

    claim: Statement
    evidence: list[Statement]
    outcome: Outcome
    claim_places: tuple[int, ...]
    shifts: list[tuple[int, tuple[int, ...]]]


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
        # Evidence may be in another language than the claim; English words are understood in every one.
        own = tongue_of(text, language)
        return read_statement(text, own, self.lexicons(own), self._figures)

    def warm_up(self, languages: Sequence[str]) -> None:
        """Compile the words of languages and read the model's weights, so that no first claim pays for it."""
        for language in languages:
            read_statement("₹5,000 · 7.5% · 12 · 31/03/2027", language, self.lexicons(language), self._figures)
            if self._model is not None:
                fee = GroundingRequest(claim="₹5,000", evidence="A fee of Rs 5,000 is charged.", language=language)
                self._model.score([self.pair(fee)])

    def verify(self, request: GroundingRequest, *, words: bool = True) -> GroundingVerdict:
        """What the evidence says of the claim; every reason names its places.

        Args:
            request: The claim and its evidence.
            words: Whether the models are asked too; False compares exactly and no more.

        Raises:
            BadKnowledge: A word file is wrong; names its line.
            ModelMissing: The models' weights are absent or broken.
        """
        seen = self._compared(request)
        verdict, score, reasons = self._judged(seen, request.language, words=words)
        return GroundingVerdict.model_validate(
            {
                "id": request.id,
                "verdict": verdict,
                "score": round(score, 4),
                "reasons": [placed(reason, seen.claim_places, seen.shifts) for reason in reasons],
            }
        )

    def pair(self, request: GroundingRequest) -> SupportPair:
        """What a support model is asked about a claim; the shipped one is trained on these.

        Raises:
            BadKnowledge: A word file is wrong; names its line.
        """
        return self._pair(self._compared(request), request.language)

    @staticmethod
    def _pair(seen: Compared, language: Language) -> SupportPair:
        claim, evidence = rendered(seen.claim, seen.evidence, language, seen.outcome.best)
        near = nearest(seen.claim, seen.evidence, seen.outcome.best)
        return SupportPair(
            claim=seen.claim.text,
            evidence=" ".join(one.text for one in near),
            language=language,
            english_claim=claim,
            english_evidence=evidence,
            faults=tuple(sorted({reason.code for _, reason in seen.outcome.faults})),
            borne=tuple(sorted({reason.code for reason in seen.outcome.borne})),
        )

    def _compared(self, request: GroundingRequest) -> Compared:
        claim_text, claim_places = folded(request.claim)
        claim = self._read(claim_text, request.language)
        evidence: list[Statement] = []
        shifts: list[tuple[int, tuple[int, ...]]] = []
        for index, passage in enumerate(request.passages):
            plain, places = folded(passage)
            for start, text in sentences(plain):
                evidence.append(replace(self._read(text, request.language), index=len(shifts)))
                shifts.append((index, places[start : start + len(text) + 1]))
        given = frozenset[str]()
        if request.product_name:
            given = self._read(request.product_name, "en").concepts
        outcome = compare(claim, evidence, self._concepts, given, request.product_name)
        NameComparison(claim, evidence, [index for index, _ in shifts], request.product_name).names(outcome)
        return Compared(claim, evidence, outcome, claim_places, shifts)

    def _judged(self, seen: Compared, language: Language, *, words: bool) -> Judged:
        if self._model is None or not words:
            return without_model(seen.claim, seen.outcome)
        if decisive(seen.claim, seen.evidence, seen.outcome):
            return flagged(seen.outcome)
        chances = self._model.score([self._pair(seen, language)])[0].tolist()
        return with_model(seen.claim, seen.evidence, seen.outcome, chances)
