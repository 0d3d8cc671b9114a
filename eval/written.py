"""One message that was asked for, with everything the log kept of its making, and what can be counted on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eval.copy_metrics import words
from ragmarket.bootstrap import House
from ragmarket.compliance.support import SLOT
from ragmarket.knowledge.angles import leaning
from ragmarket.knowledge.catalogue import Theme
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.message import CitedClaim, Result

LEADING = 2


@dataclass(frozen=True)
class Written:
    """A brief, its result, and the record of it."""

    brief: Brief
    result: Result
    record: Mapping[str, Any]
    house: House
    seconds: float

    @property
    def possible(self) -> bool:
        """Whether anything was tried: a combination that policy finds impossible is refused before the writing."""
        return bool(self.result.attempts)

    @property
    def accepted(self) -> bool:
        """Whether a message was released."""
        return self.result.status == "accepted"

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        """What was retrieved, by id."""
        return {item["id"]: Evidence.model_validate(item) for item in self.record["evidence"]}

    @cached_property
    def told(self) -> list[Evidence]:
        """The evidence of each claim of the released message, in order."""
        message = self.record["attempts"][-1]["message"]
        return [self.evidence[claim["cites"][0]] for claim in message["claims"]]

    @property
    def product(self) -> str:
        """The product's name as it stands in the text."""
        cited = {(item.doc_id, item.version): item for item in self.house.documents()}
        first = self.told[0]
        found = cited[first.doc_id, first.version]
        return found.product_name or found.title

    @cached_property
    def words(self) -> list[str]:
        """Words of the claims, without figures and the product's name."""
        return [word for claim in self.result.claims for word in words(claim.text, self.product)]

    def citation_needs(self) -> list[bool]:
        """For each cited span, whether the claim would stand without it (ALCE's precision, leave-one-out).

        A span is needed when it holds a figure that the claim tells and no other cited span holds, or when it is the
        sentence itself.
        """
        needed = []
        for claim in self.result.claims:
            for place, citation in enumerate(claim.citations):
                others = [one.quote for index, one in enumerate(claim.citations) if index != place]
                values = {figure.value for figure in recognise(citation.quote)}
                rest = {figure.value for quote in others for figure in recognise(quote)}
                needed.append(place == 0 or bool(values - rest) or not values)
        return needed

    def citation_recall(self) -> list[bool]:
        """For each claim, whether the spans it cites hold every figure it tells, judged verdict included."""
        return [bool(claim.citations) and self._holds(claim) for claim in self.result.claims]

    def _holds(self, claim: CitedClaim) -> bool:
        return all(citation.verdict == "supported" for citation in claim.citations) and all(
            self.house.document_text(citation.sha256)[citation.start : citation.end] == citation.quote
            for citation in claim.citations
        )

    def weights(self) -> Mapping[Theme, float]:
        """How much each theme weighed for this brief."""
        prediction = self.result.prediction
        assert prediction is not None  # noqa: S101 (a released message has one)
        angles = self.house.angles
        region = angles.region(self.brief.region, self.brief.language)
        policy = self.record["policy"]
        return angles.weights(prediction.intent, prediction.segment, policy["product_class"], region, self.result.as_of)

    def apt(self) -> list[bool]:
        """For each told fact, whether it serves the intent: its theme is one that the angle leads with.

        Where the evidence holds too few such facts, the best of the others count; facts that policy demands, or that
        must accompany a told one, are left out of the count.
        """
        policy = self.record["policy"]
        bound = {*policy["must_say"], *(kind for kinds in policy["must_say_with"].values() for kind in kinds)}
        kinds = self.house.catalogue.kinds
        weights = self.weights()
        free = [item for item in self.evidence.values() if item.phrasable and item.kind and item.kind not in bound]
        ranked = sorted({kinds[str(item.kind)].theme for item in free}, key=lambda theme: (-weights[theme], theme))
        leading = set(leaning(weights)[:LEADING]) or set(ranked)
        leading |= set(ranked[:LEADING])
        return [kinds[str(item.kind)].theme in leading for item in self.told if item.kind not in bound]

    def demanded(self) -> list[bool]:
        """For each kind that policy demands, and each told kind that may not stand alone, whether policy was met."""
        policy, told = self.record["policy"], {item.kind for item in self.told}
        met = [kind in told for kind in policy["must_say"]]
        return met + [bool(told & set(kinds)) for kind, kinds in policy["must_say_with"].items() if kind in told]

    def slots(self) -> int:
        """Figures in the released message."""
        message = self.record["attempts"][-1]["message"]
        return sum(len(SLOT.findall(claim["template"])) for claim in message["claims"])
