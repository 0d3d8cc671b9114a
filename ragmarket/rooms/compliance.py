"""Who decides what may be said: wordings, policies, rules, verifier and review."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ragmarket.protocols import Rewriter, SupportModel
from ragmarket.rooms.writing import WritingRoom

if TYPE_CHECKING:
    from ragmarket.compliance.decisions import DecisionLog
    from ragmarket.compliance.grounding.verifier import ClaimVerifier
    from ragmarket.compliance.guard import GuardedReview
    from ragmarket.compliance.ledger import Ledger
    from ragmarket.compliance.policy import PolicyBook
    from ragmarket.compliance.renderer import Renderer
    from ragmarket.compliance.renderings import Renderings
    from ragmarket.compliance.reviewer import ComplianceReviewer


class ComplianceRoom(WritingRoom):
    """Policies, rules, verifier and reviewer; the writer proposes lawful sentences to it."""

    _heeded: tuple[int, int] | None = None

    @cached_property
    def ledger(self) -> Ledger:
        """Approved wordings."""
        return self.policies.ledger

    @cached_property
    def policies(self) -> PolicyBook:
        """What must and must not be said."""
        from ragmarket.compliance.paraphrase.model import SHIPPED
        from ragmarket.compliance.policy import load_policy_book

        settings = self.settings
        self._heeded = self.decision_log.state()
        return load_policy_book(
            settings.compliance.disclaimers_dir,
            production=settings.production,
            decisions=settings.decisions_file,
            classifier=settings.compliance.claims_model_dir or SHIPPED,
        )

    @cached_property
    def decision_log(self) -> DecisionLog:
        """Who approved, expired and superseded which wording."""
        from ragmarket.compliance.decisions import DecisionLog

        return DecisionLog(self.settings.decisions_file)

    @cached_property
    def rules(self) -> GuardedReview:
        """The rules on final text, behind guardrails-ai."""
        from ragmarket.compliance.guard import GuardedReview
        from ragmarket.compliance.paraphrase.model import SHIPPED

        options = self.settings.compliance
        return GuardedReview(self.policies, options.claims_model_dir or SHIPPED, self._rewriters())

    def _rewriters(self) -> tuple[Rewriter, ...]:
        """Who proposes lawful sentences before the phrasebook does; the writer is loaded at its first proposal."""
        if self.settings.compliance.rewrites == "phrasebook":
            return ()
        from ragmarket.generation.tasks.rewriter import WriterRewriter

        return (WriterRewriter(lambda: self.engine),)

    @cached_property
    def support_model(self) -> SupportModel:
        """Judges what the words of a claim say: the shipped model, or a cross-encoder of the user's choice."""
        options = self.settings.compliance
        if options.nli_model:
            from ragmarket.compliance.grounding.model.nli import CrossEncoderSupport

            return CrossEncoderSupport(options.nli_model)
        from ragmarket.compliance.grounding.model.cross_encoder import CrossEncoder
        from ragmarket.compliance.grounding.model.store import SHIPPED
        from ragmarket.retrieval.embedding import packaged_path

        # It was made of the packaged encoder, whatever the index is made with.
        return CrossEncoder(packaged_path(), options.support_model_dir or SHIPPED)

    @cached_property
    def verifier(self) -> ClaimVerifier:
        """Judges any claim against any evidence."""
        from ragmarket.compliance.grounding.model.store import SHIPPED
        from ragmarket.compliance.grounding.verifier import ClaimVerifier
        from ragmarket.retrieval.figures import recognise

        options = self.settings.compliance
        # Without the shipped weights exact comparison judges alone; weights that were asked for have to be there.
        judges = options.nli_model or options.support_model_dir or SHIPPED.exists()
        return ClaimVerifier(recognise, self.packs, model=self.support_model if judges else None)

    @cached_property
    def renderer(self) -> Renderer:
        """Splices figures and disclaimers."""
        from ragmarket.compliance.renderer import Renderer

        return Renderer(self.catalogue, self.packs)

    @cached_property
    def renderings(self) -> Renderings:
        """Recognises what the phrasebook makes of a fact."""
        from ragmarket.compliance.renderings import Renderings

        return Renderings(self.renderer, self.packs)

    @cached_property
    def reviewer(self) -> ComplianceReviewer:
        """Renderer and checks."""
        from ragmarket.compliance.reviewer import ComplianceReviewer
        from ragmarket.compliance.support import SupportCheck

        return ComplianceReviewer(
            self.renderer,
            SupportCheck(self.packs),
            self.rules,
            self.document_text,
            verifier=self.verifier,
            not_verified=self.settings.compliance.not_verified,
        )
