"""One brief written in every arm, and what the reference reading says of each released claim."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from eval.grounded.arms import GROUNDING, Arm, Outcome, Recall, Unverified
from eval.grounded.desk import Desk, Released
from eval.grounded.houses import products
from ragmarket.bootstrap import House
from ragmarket.compliance.support import SupportCheck
from ragmarket.pipeline import Pipeline
from ragmarket.protocols import Retriever, Reviewer
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.message import CitedClaim, Result

# The desk hands the verifier all that a product's documents say; a leaflet has about fifty such sentences.
_ALL = 200


class Experiment:
    """Writes a brief in every arm.

    Args:
        house: Indexed and warm.
        desk: Reads what is released.
        as_of: The day of all briefs.
        seed: Chooses whose facts are recalled.
    """

    def __init__(self, house: House, desk: Desk, as_of: date, seed: int) -> None:
        self._house = house
        self._desk = desk
        self._as_of = as_of
        self._seed = seed
        self._phrasebook = SupportCheck(house.packs)
        self._known: dict[str, tuple[Evidence, ...]] = {}

    @cached_property
    def _products(self) -> Mapping[str, DocumentVersion]:
        return products(self._house, self._as_of)

    def _pipeline(self, retriever: Retriever, *, verified: bool) -> Pipeline:
        shipped: Reviewer = self._house.reviewer
        return Pipeline(
            predictor=self._house.predictor,
            policies=self._house.policies,
            retriever=retriever,
            drafter=self._house.drafter,
            reviewer=shipped if verified else Unverified(shipped),
            audit=self._house.audit,
            rewrites=self._house.settings.generation.rewrites,
        )

    def donor(self, brief: Brief) -> str:
        """Whose facts are recalled for a brief: another product of its class, by the seed."""
        own = self._products[brief.product_code]
        others = [
            code
            for code, one in self._products.items()
            if one.product_class == own.product_class and code != own.product_code
        ]
        return random.Random(f"{self._seed} {brief.product_code} {brief.language} {brief.channel}").choice(others)

    def known(self, code: str) -> tuple[Evidence, ...]:
        """All that the documents of a product in force say, as the index holds it."""
        if code not in self._known:
            from ragmarket.retrieval.retriever import CorpusRetriever

            house = self._house
            wide = CorpusRetriever(
                house.settings.home,
                house.catalogue,
                house.encoder,
                lambda *_: defaultdict(lambda: 1.0),
                place=house.place,
                k=_ALL,
                rules=0,
            )
            brief = Brief(product_code=code, language="en", channel="email", as_of=self._as_of)
            policy = house.policies.resolve(
                product_class=str(self._products[code].product_class),
                channel="email",
                language="en",
                as_of=self._as_of,
            )
            # What e-mails must not say, other channels may.
            free = policy.model_copy(update={"must_not_say": ()})
            self._known[code] = wide.retrieve(brief, house.predictor.predict(brief), free)
        return self._known[code]

    def write(self, brief: Brief) -> list[Outcome]:
        """The outcomes of all arms."""
        outcomes = []
        for retrieval in (True, False):
            retriever: Retriever = (
                self._house.retriever if retrieval else Recall(self._house.retriever, self.donor(brief))
            )
            reviewed = self._run(retriever, brief, verified=True)
            attempts = reviewed[1]["attempts"]
            grounded = any(one["rule"].startswith(GROUNDING) for entry in attempts for one in entry.get("findings", ()))
            # Without a grounding finding the two runs are the same run: decoding is seeded.
            loose = self._run(retriever, brief, verified=False) if grounded else reviewed
            strict = reviewed if retrieval else loose
            outcomes.append(self._outcome(Arm(retrieval, True), brief, *strict))
            outcomes.append(self._outcome(Arm(retrieval, False), brief, *loose))
        return outcomes

    def without_evidence(self, brief: Brief) -> bool:
        """Whether anything is released when the writer is handed no evidence at all."""
        result, _ = self._run(Recall(self._house.retriever, None), brief, verified=False)
        return result.status == "accepted"

    def _run(self, retriever: Retriever, brief: Brief, *, verified: bool) -> tuple[Result, Mapping[str, Any]]:
        result = self._pipeline(retriever, verified=verified).draft(brief)
        return result, self._house.audit.get(result.draft_id)

    def _outcome(self, arm: Arm, brief: Brief, result: Result, record: Mapping[str, Any]) -> Outcome:
        document = self._products[brief.product_code].doc_id
        reasons = tuple(sorted({one.rule for one in result.findings if one.severity == "block"}))
        # The mandatory text alone does not fit, say: no writer could have answered.
        impossible = not result.attempts and any(one.startswith("policy.") for one in reasons)
        plain = Outcome(arm, brief, document, None, reasons=reasons, impossible=impossible)
        if result.status != "accepted":
            return plain
        message = released(result, brief.product_code)
        if not arm.retrieval:
            message = Released(
                **{**vars(message), "claims": tuple(one.model_copy(update={"citations": ()}) for one in message.claims)}
            )
            if arm.verifier and not self.borne_out(message):
                return Outcome(arm, brief, document, None, reasons=("verifier",))
        return Outcome(arm, brief, document, message, truth=self._truth(brief.product_code, record))

    def borne_out(self, message: Released) -> bool:
        """Whether the verifier finds every claim supported by the documents of the product itself."""
        return all(self.reading(message, claim) == "supported" for claim in message.claims)

    def reading(self, message: Released, claim: CitedClaim) -> str:
        """The verifier's word on a claim, held against all that the product's own documents say."""
        return self._desk.verdict(message, claim.text, self.passages(message.product_code)).verdict

    def passages(self, code: str) -> list[str]:
        """All that the documents of a product say, as passages for the verifier."""
        return list(dict.fromkeys(one.text for one in self.known(code)))[:_ALL]

    def _truth(self, code: str, record: Mapping[str, Any]) -> tuple[str, ...]:
        """The reference reading of the released claims, from how they were made.

        "supported": the words are a phrasing of the fact's kind, and the product's own documents state that kind with
        these very figures and conditions. "contradicted": they state the kind, with others. "unsupported": they do not
        state it, or the words are none of the kind's.
        """
        own: defaultdict[str | None, set[tuple[Any, ...]]] = defaultdict(set)
        for one in self.known(code):
            own[one.kind].add(_values(one))
        evidence = {item["id"]: Evidence.model_validate(item) for item in record["evidence"]}
        entry = record["attempts"][-1]
        judged = []
        language = record["brief"]["language"]
        for claim in entry["message"]["claims"]:
            told = evidence[claim["cites"][0]]
            if self._phrasebook.claim(claim["template"], told, language).verdict != "supported":
                judged.append("unsupported")
            elif _values(told) in own[told.kind]:
                judged.append("supported")
            else:
                judged.append("contradicted" if own[told.kind] else "unsupported")
        return tuple(judged)


def released(result: Result, code: str) -> Released:
    """An accepted result as its reader has it."""
    return Released(result.text or "", result.language, result.channel, result.as_of, code, result.claims)


def _values(evidence: Evidence) -> tuple[Any, ...]:
    """What a fact states beside its kind: roles with their values, and conditions."""
    ends = [
        (slot.role, slot.low.value, slot.low.unit, slot.low.bound, slot.high.value if slot.high else None)
        for slot in evidence.slots
    ]
    return (*sorted(map(str, ends)), *sorted(one.id for one in evidence.conditions))
