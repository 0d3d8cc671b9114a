"""The workshops of one house: each is built, from plain values, at the moment it is first asked for.

So `ragmarket trace` loads no model and `ragmarket check` opens no index. Decisions on wordings that another process
made since are heeded at the next request.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import NotFound
from ragmarket.knowledge.angles import Angles, load_angles
from ragmarket.knowledge.bundle import bundle
from ragmarket.knowledge.catalogue import Catalogue, Theme, load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.knowledge.own_segments import OwnSegments, as_file, own_segments
from ragmarket.pipeline import Pipeline
from ragmarket.protocols import Rewriter, SupportModel
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.customers import VisitIntent, VisitView
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.exhibit import Exhibit
from ragmarket.schemas.prediction import Prediction
from ragmarket.settings import Settings
from ragmarket.turns import Turn

if TYPE_CHECKING:
    from ragmarket.audit.checkpoints import Checkpoints
    from ragmarket.audit.log import SqlAuditLog
    from ragmarket.compliance.decisions import DecisionLog
    from ragmarket.compliance.grounding.verifier import ClaimVerifier
    from ragmarket.compliance.guard import GuardedReview
    from ragmarket.compliance.ledger import Ledger
    from ragmarket.compliance.policy import PolicyBook
    from ragmarket.compliance.renderer import Renderer
    from ragmarket.compliance.renderings import Renderings
    from ragmarket.compliance.reviewer import ComplianceReviewer
    from ragmarket.generation.drafter import GroundedDrafter
    from ragmarket.generation.engines.embedded import EmbeddedEngine
    from ragmarket.generation.engines.vllm import VllmEngine
    from ragmarket.prediction.predictor import TrainedPredictor
    from ragmarket.retrieval.embedding import SentenceEncoder
    from ragmarket.retrieval.qdrant import QdrantPlace
    from ragmarket.retrieval.retriever import CorpusRetriever
    from ragmarket.signals.customers import CustomerBook
    from ragmarket.signals.sessions.model import SessionModel

WRITER_WEIGHTS = Path(__file__).parent / "generation" / "writer" / "weights"
CONCURRENT_BRIEFS = 32
FREE_ATTEMPTS = 2
PREDICTOR_WEIGHTS = Path(__file__).parent / "prediction" / "weights"


class Workshops:
    """All workshops, wired by settings, each built when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._heeding = threading.RLock()
        self._heeded: tuple[int, int] | None = None
        self.turn = Turn()

    # Knowledge: one copy for the whole house.
    @cached_property
    def catalogue(self) -> Catalogue:
        """The fact catalogue."""
        return load_catalogue()

    @cached_property
    def packs(self) -> Mapping[str, LanguagePack]:
        """Language packs by language, held against the catalogue."""
        return load_languages(self.catalogue)

    @cached_property
    def angles(self) -> Angles:
        """What intents and segments prefer, the bank's own segments by their profiles."""
        return load_angles().like(self.own_segments)

    @cached_property
    def own_segments(self) -> OwnSegments:
        """The traits of the segments that were found in the bank's own data; none before they were described."""
        from ragmarket.signals.segments.profiles import ProfileBook

        with contextlib.suppress(NotFound):
            return own_segments(ProfileBook(self.settings.home / "segments").read())
        return {}

    # Workshops.
    @cached_property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder that index and retriever share."""
        from ragmarket.retrieval.embedding import SentenceEncoder

        return SentenceEncoder(self.settings.retrieval.embedding_model)

    @cached_property
    def place(self) -> QdrantPlace:
        """Where the vectors live."""
        from ragmarket.retrieval.qdrant import QdrantPlace

        options = self.settings.retrieval
        key = options.qdrant_api_key
        return QdrantPlace(
            self.settings.home / "qdrant", url=options.qdrant_url, api_key=key.get_secret_value() if key else None
        )

    @cached_property
    def retriever(self) -> CorpusRetriever:
        """Evidence from the index."""
        from ragmarket.retrieval.retriever import CorpusRetriever

        return CorpusRetriever(
            self.settings.home,
            self.catalogue,
            self.encoder,
            self._weights,
            fit=self._fit,
            place=self.place,
            k=self.settings.retrieval.top_k,
        )

    def _weights(self, brief: Brief, prediction: Prediction, product_class: str) -> Mapping[Theme, float]:
        region = self.angles.region(brief.region, brief.language)
        return self.angles.weights(prediction.intent, prediction.segment, product_class, region, brief.as_of)

    def _fit(self, fact: Evidence, prediction: Prediction) -> float:
        return self._fits(fact.kind, tuple(condition.id for condition in fact.conditions), prediction.segment)

    @cached_property
    def _fits(self) -> Callable[[str | None, tuple[str, ...], str], float]:
        return lru_cache(maxsize=16_384)(self.angles.fit)

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

    def _heed_decisions(self) -> None:
        """Let decisions made since, by another process too, count from this request on."""
        # Looked up outside the lock: who waits for a file while holding one makes all others wait for the file.
        state = self.decision_log.state()
        if "policies" not in self.__dict__ or state == self._heeded:
            return
        with self._heeding:
            if "policies" in self.__dict__ and self.decision_log.state() != self._heeded:
                for name in ("ledger", "policies", "rules", "reviewer", "_pipeline"):
                    self.__dict__.pop(name, None)

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

    @cached_property
    def engine(self) -> EmbeddedEngine | VllmEngine:
        """The model that writes: behind the configured server, else in this process."""
        options = self.settings.generation
        if options.base_url:
            from ragmarket.generation.engines.vllm import VllmEngine

            return VllmEngine(
                options.base_url,
                options.model,
                api_key=options.api_key.get_secret_value() if options.api_key else None,
                timeout_s=options.timeout_s,
                retries=options.retries,
            )
        from ragmarket.generation.engines.embedded import EmbeddedEngine

        return EmbeddedEngine(options.model_dir or WRITER_WEIGHTS, threads=options.threads)

    @property
    def writers(self) -> int:
        """How many messages are worth writing at a time: a server batches them, the engine in process does not."""
        options = self.settings.generation
        return options.workers or (CONCURRENT_BRIEFS if options.base_url else 1)

    @cached_property
    def drafter(self) -> GroundedDrafter:
        """Prompt, grammar and engine."""
        from ragmarket.generation.drafter import GroundedDrafter

        return GroundedDrafter(
            self.engine, self.packs, self.angles, self.free_attempts, self.catalogue, aside=self.turn.left
        )

    @property
    def free_attempts(self) -> int:
        """How often words of the writer's own are tried: not at all where nobody would look at them."""
        return FREE_ATTEMPTS if self.settings.compliance.not_verified == "review" else 0

    @cached_property
    def predictor(self) -> TrainedPredictor:
        """Segment, intent and propensities."""
        from ragmarket.prediction.predictor import TrainedPredictor
        from ragmarket.signals.features import DEFAULT_SPEC

        return TrainedPredictor(
            spec=DEFAULT_SPEC,
            weights=self.settings.prediction.model_dir or PREDICTOR_WEIGHTS,
            angles=self.angles,
            max_age_days=self.settings.prediction.max_signal_age_days,
            max_model_age_days=self.settings.prediction.max_model_age_days,
        )

    @cached_property
    def customers(self) -> CustomerBook:
        """Customers as `ragmarket signals publish` left them."""
        from ragmarket.signals.customers import CustomerBook

        home = self.settings.home
        return CustomerBook(home / "signals" / "tables", home / "sessions" / "links.parquet")

    @property
    def session_model(self) -> SessionModel:
        """Reads visits, under the taxonomy in force, people's edits included.

        Raises:
            ModelMissing: No sessions were fitted.
        """
        from ragmarket.signals.sessions.book import TaxonomyBook
        from ragmarket.signals.sessions.model import SessionModel

        folder = self.settings.home / "sessions"
        with contextlib.suppress(NotFound):
            return SessionModel.load(folder, None, taxonomy=TaxonomyBook(folder).read())
        return SessionModel.load(folder, None)

    @cached_property
    def audit(self) -> SqlAuditLog:
        """The log."""
        from ragmarket.audit.log import SqlAuditLog

        options = self.settings.audit
        url = options.url.get_secret_value() if options.url else f"sqlite:///{self.settings.home / 'audit.sqlite3'}"
        return SqlAuditLog(
            url,
            after_append=self.checkpoints.heed if options.key_file else None,
            before_waiting=self.turn.end,
        )

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Who makes checkpoints of the log, signed when there is a key."""
        from ragmarket.audit.checkpoints import Checkpoints
        from ragmarket.audit.signing import load_signer

        options = self.settings.audit
        return Checkpoints(load_signer(options.key_file) if options.key_file else None, options.checkpoint_every)

    @cached_property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """What every record keeps beside documents and rules: the bank's knowledge, and the cards of the models."""
        from ragmarket.compliance.grounding.model.store import SHIPPED as SUPPORT
        from ragmarket.compliance.paraphrase.model import SHIPPED

        options = self.settings
        folders = {
            "writer_card": None if options.generation.base_url else options.generation.model_dir or WRITER_WEIGHTS,
            "claims_classifier_card": options.compliance.claims_model_dir or SHIPPED,
            "support_model_card": options.compliance.support_model_dir or SUPPORT,
            "predictor_card": options.prediction.model_dir or PREDICTOR_WEIGHTS,
        }
        cards = {name: folder / "card.json" for name, folder in folders.items() if folder is not None}
        kept = [Exhibit(name, card.read_bytes()) for name, card in cards.items() if card.is_file()]
        return (Exhibit("knowledge", bundle(beside=as_file(self.own_segments))), *kept)

    @property
    def pipeline(self) -> Pipeline:
        """The line, under the wordings decided by now."""
        self._heed_decisions()
        return self._pipeline

    @cached_property
    def _pipeline(self) -> Pipeline:
        return Pipeline(
            predictor=self.predictor,
            policies=self.policies,
            retriever=self.retriever,
            drafter=self.drafter,
            reviewer=self.reviewer,
            audit=self.audit,
            rewrites=self.settings.generation.rewrites,
            customers=self.customers if self.customers.exists else None,
            visits=self.visit,
            exhibits=lambda: self.exhibits,
            turn=self.turn,
        )

    def visit(self, session_id: str) -> VisitView | None:
        """One visit of the published tables and what it is for; None for one that they do not hold.

        Raises:
            ModelMissing: No sessions were fitted.
        """
        found = self.customers.visit(session_id) if self.customers.exists else None
        if found is None or found.barred:
            return found
        reading = self.session_model.read(found.events, vector=False)
        return found.model_copy(update={"shows": VisitIntent.of(reading, self.angles.intents)})

    def documents(self) -> list[DocumentVersion]:
        """All indexed document versions; none before the first indexing."""
        from ragmarket.retrieval.documents import DocumentStore

        state = DocumentStore(self.settings.home).state()
        return [entry.version for entry in state.entries] if state else []

    def document_text(self, sha256: str) -> str:
        """The canonical text of a document version, past ones included.

        Raises:
            NotFound: It was never indexed.
        """
        from ragmarket.retrieval.documents import DocumentStore

        return DocumentStore(self.settings.home).text(sha256)
