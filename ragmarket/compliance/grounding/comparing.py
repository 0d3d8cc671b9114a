"""One claim held against all statements of its evidence, without a model."""

from __future__ import annotations

from collections.abc import Sequence

from ragmarket.compliance.grounding.bare_rows import headless
from ragmarket.compliance.grounding.figure_comparison import FigureComparison
from ragmarket.compliance.grounding.frame import Outcome
from ragmarket.compliance.grounding.lexicon import Concepts
from ragmarket.compliance.grounding.reading import Statement
from ragmarket.compliance.grounding.waivers import revoked
from ragmarket.compliance.grounding.word_comparison import WordComparison


def compare(
    claim: Statement,
    evidence: Sequence[Statement],
    known: Concepts,
    given: frozenset[str] = frozenset(),
    product: str | None = None,
) -> Outcome:
    """Compare everything that can be compared exactly.

    Args:
        claim: The claim as read.
        evidence: The statements of all passages.
        known: The concepts and how they relate.
        given: Concepts of the product's name, which need not stand in every sentence.
        product: The product's name, if it is known.
    """
    found = Outcome()
    figures = FigureComparison(claim, evidence, known, given, product)
    words = WordComparison(claim, evidence, known, given)
    words.coverage(found)
    counted = [one for one in claim.quantities if one.value != 0]
    for quantity in counted:
        figures.quantity(quantity, found)
    figures.rows(counted, found)
    if not any(reason.code == "figure" for reason in found.borne):
        words.words(found, counted=bool(counted))
    words.rivals(found)
    bare = headless(claim, evidence, found)
    if bare:
        found.faults.append(("unsupported", bare))
    waived = revoked(claim, evidence, known)
    if waived:
        found.faults.append(("contradicted", waived))
    return found
