"""The trained writer as one who proposes lawful sentences to review; it is loaded when first asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal

from ragmarket.errors import BackendUnavailable, InvalidInput, UndecodableOutput
from ragmarket.generation.tasks.rewrites import MAX_SENTENCE, TrainedRewriter, load_rewrites
from ragmarket.protocols import Engine
from ragmarket.schemas.base import Language
from ragmarket.schemas.compliance import Finding, Policy

_LATIN_HINDI = "hi_latn"
_CLAIMS = "claims."


class WriterRewriter:
    """Keeps the `Rewriter` promise with the writer's choice among the lawful sentences of the finding's rule.

    Args:
        engine: Builds the engine; called once, at the first sentence that has several lawful ones to choose from.
    """

    source: Literal["phrasebook", "writer"] = "writer"

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._build = engine

    @cached_property
    def _trained(self) -> TrainedRewriter:
        return TrainedRewriter(self._build(), load_rewrites())

    def rewrite(self, finding: Finding, text: str, policy: Policy, language: Language) -> str | None:
        """A lawful sentence for the flagged one; None where no claim rule flagged it or the engine cannot answer."""
        if not finding.rule.startswith(_CLAIMS) or finding.start is None or finding.end is None:
            return None
        sentence = " ".join(text[finding.start : finding.end].split())
        if not sentence or len(sentence) > MAX_SENTENCE:
            return None
        native = any("\u0900" <= char <= "\u097f" for char in sentence)
        tongue = _LATIN_HINDI if language == "hi" and not native else language
        try:
            return self._trained.rewrite(tongue, policy.product_class, finding.rule, sentence)
        except (InvalidInput, UndecodableOutput, BackendUnavailable):
            # A rewrite is an offer: without one the finding stands, and the phrasebook is asked next.
            return None
