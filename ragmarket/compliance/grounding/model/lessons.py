"""What there is to learn from, as the network reads it: people's claims, the house's phrasings, public pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ragmarket.compliance.grounding.model.claims import Claim
from ragmarket.compliance.grounding.model.public import KIND as PUBLIC
from ragmarket.schemas.grounding import GroundingRequest, SupportPair

PHRASES = "phrases"
# Phrasings are many and alike, and public pairs are of another world.
_WEIGHTS = {PHRASES: 0.5, PUBLIC: 0.3}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One pair with its label.

    ``author`` is whose claim it is, for hold-outs: a folder's name, or the name of the house's or of other people's
    pairs. ``twin`` where the claim is the author's own English rendering of a native one.
    """

    pair: SupportPair
    label: str
    author: str
    twin: bool = False

    @property
    def weight(self) -> float:
        """What the pair counts beside a person's claim."""
        return _WEIGHTS.get(self.author, 1.0)

    @property
    def ours(self) -> bool:
        """Whether a person wrote the claim for a bank's document."""
        return self.author not in _WEIGHTS


def lessons(claims: Sequence[Claim], author: str, read: Callable[[GroundingRequest], SupportPair]) -> Iterator[Lesson]:
    """Each claim as it stands and, where its writer rendered it in English, that too, right after it.

    Args:
        claims: Claims of one author.
        author: The author.
        read: Reads a claim and its evidence, and compares what can be compared exactly.
    """
    for claim in claims:
        yield Lesson(_pair(claim, read), claim.label, author)
        if claim.english:
            yield Lesson(_pair(replace(claim, text=claim.english, language="en"), read), claim.label, author, twin=True)


def _pair(claim: Claim, read: Callable[[GroundingRequest], SupportPair]) -> SupportPair:
    return read(
        GroundingRequest(
            claim=claim.text, evidence=list(claim.evidence), language=claim.language, product_name=claim.product_name
        )
    )
