"""Is the claim about the product that its evidence is about? Names, across scripts, and what each passage is headed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from ragmarket.compliance.grounding.frame import Fault, Outcome
from ragmarket.compliance.grounding.names import (
    NOUN,
    WORD,
    names_in,
    other_product,
    product_names,
    same_name,
    skeleton,
)
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.sizes import same_size
from ragmarket.schemas.grounding import GroundingReason

_SHORT = 3
_HEAD = regex.compile(r"[^:;–—\p{Nd}₹]{0,80}")
_SOUNDS = 2


@lru_cache(maxsize=4096)
def headings(text: str) -> frozenset[str]:
    """Capitalised words of a passage, which may tell it from another: "Crest" of "Crest Credit Card; …"."""
    return frozenset(
        word[0].casefold().removesuffix("'s").removesuffix("’s")
        for word in WORD.finditer(text)
        if word[0][0].isupper() and not word[0].isupper() and len(word[0]) > _SHORT
    ) - frozenset(NOUN)


class NameComparison:
    """Holds the names of a claim against those of its evidence.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        passages: For each statement, the place of its passage.
        product: The name of the product asked about, if it is known.
    """

    def __init__(
        self, claim: Statement, evidence: Sequence[Statement], passages: Sequence[int], product: str | None
    ) -> None:
        self._claim = claim
        self._evidence = evidence
        self._passages = passages
        self._product = product
        texts = [one.text for one in evidence] + ([product] if product else [])
        self._said = {word[0] for text in texts for word in WORD.finditer(text)}
        self._runs = [run for text in texts for run in product_names(text)]

    def names(self, found: Outcome) -> None:
        """Add the first fault of a name, and what is told of another product's passage."""
        fault = self._other_product() or self._strange() or self._follows()
        if fault is not None:
            found.faults.append(fault)
        elsewhere = self._elsewhere()
        if elsewhere is not None:
            found.faults.append(elsewhere)

    def _fault(
        self, fault: Fault, message: str, start: int, end: int, code: str = "name"
    ) -> tuple[Fault, GroundingReason]:
        return fault, GroundingReason(code=code, message=message, claim_start=start, claim_end=end)

    def _other_product(self) -> tuple[Fault, GroundingReason] | None:
        if not self._product:
            return None
        other = other_product(self._claim.text, self._product, self._said)
        if not other:
            return None
        start = self._claim.text.index(other)
        message = f"asked about “{self._product}”, the claim speaks of “{other}”"
        return self._fault("contradicted", message, start, start + len(other))

    def _strange(self) -> tuple[Fault, GroundingReason] | None:
        """A name that the evidence does not hold in any script."""
        for name, start, end in names_in(self._claim.text):
            if any(same_name(name, word) for word in self._said):
                continue
            if any(m.start < end and start < m.end for m in self._claim.mentions):
                continue
            message = f"the evidence does not name “{self._claim.text[start:end]}”"
            if self._runs:
                return self._fault("contradicted", message, start, end)
            return self._fault("unsupported", message, start, end, "name_absent")
        return None

    def _follows(self) -> tuple[Fault, GroundingReason] | None:
        """Another second word behind the house's name, in the claim's script: "கோசி ஓய்வூதியம்" for "Kosi Sonpari"."""
        text = self._claim.text
        if text.isascii():
            return None
        words = [(match[0], match.start(), match.end()) for match in WORD.finditer(text)]
        for run in self._runs:
            if len(run) < _SOUNDS:
                continue
            for at, (word, _, _) in enumerate(words[:-1]):
                following, start, end = words[at + 1]
                if (
                    same_name(word, run[0])
                    and len(skeleton(run[0])) > _SOUNDS
                    and not any(same_name(following, part) for other in self._runs for part in other)
                    and not any(same_name(following, one) for one in self._said)
                    and not any(m.start <= start < m.end for m in self._claim.mentions)
                ):
                    message = f"the evidence speaks of “{' '.join(run).title()}”, not of “{following}”"
                    return self._fault("contradicted", message, start, end)
        return None

    def _headed(self) -> list[tuple[Statement, frozenset[str]]]:
        """The statements with the names at their head; one without is of the one before it in its passage."""
        found: list[tuple[Statement, frozenset[str]]] = []
        before, last = frozenset[str](), -1
        for one, passage in zip(self._evidence, self._passages, strict=True):
            stretch = _HEAD.match(one.text)
            own = headings(stretch[0]) if stretch else frozenset[str]()
            own = own or (before if passage == last else frozenset())
            found.append((one, own))
            before, last = own, passage
        return found

    def _elsewhere(self) -> tuple[Fault, GroundingReason] | None:
        """A figure that stands in the passage of another product only than the one that the claim names."""
        heads = self._headed()
        every = [own for _, own in heads]
        if len(set(every)) < _SOUNDS:
            return None
        words = {match[0].casefold() for match in WORD.finditer(self._claim.text)}
        telling = {
            head
            for head in frozenset().union(*every)
            if any(head not in own for own in every) and (head in words or any(_alike(head, word) for word in words))
        }
        best = max(len(own & telling) for own in every)
        if not best:
            return None
        for own in self._claim.quantities:
            homes = [heading for one, heading in heads if any(same_size(own, q) for q in one.quantities)]
            if own.value and homes and not any(len(heading & telling) == best for heading in homes):
                message = f"the evidence says {own.text} of another product than the claim names"
                return self._fault("contradicted", message, own.start, own.end, "name_other")
        return None


def _alike(head: str, word: str) -> bool:
    return not word.isascii() and len(skeleton(head)) > _SOUNDS and same_name(head, word)
