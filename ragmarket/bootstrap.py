"""The caretaker: the only one with all the keys. Settings in, a working house out.

Every workshop is built at the moment it is first asked for, so `ragmarket trace` loads no model and `ragmarket check`
opens no index. Workshops receive plain values, never settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import RagmarketError
from ragmarket.knowledge.angles import Angles, load_angles
from ragmarket.knowledge.catalogue import Catalogue, load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.pipeline import Pipeline
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.schemas.indexing import IndexReport
from ragmarket.schemas.prediction import Prediction
from ragmarket.settings import Settings

if TYPE_CHECKING:
    from ragmarket.audit.log import SqlAuditLog
    from ragmarket.audit.trace import Trace
    from ragmarket.compliance.guard import GuardedReview
    from ragmarket.compliance.ledger import Ledger
    from ragmarket.compliance.policy import PolicyBook
    from ragmarket.compliance.reviewer import ComplianceReviewer
    from ragmarket.generation.drafter import GroundedDrafter
    from ragmarket.generation.engines.embedded import EmbeddedEngine
    from ragmarket.prediction.predictor import TrainedPredictor
    from ragmarket.retrieval.embedding import SentenceEncoder
    from ragmarket.retrieval.qdrant import QdrantPlace
    from ragmarket.retrieval.retriever import CorpusRetriever

WRITER_WEIGHTS = Path(__file__).parent / "generation" / "writer" / "weights"
PREDICTOR_WEIGHTS = Path(__file__).parent / "prediction" / "weights"


class House:
    """All workshops, wired by settings, each built when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

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
        """What intents and segments prefer."""
        return load_angles()

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
            self.angles.weight,
            place=self.place,
            k=self.settings.retrieval.top_k,
        )

    @cached_property
    def ledger(self) -> Ledger:
        """Approved wordings."""
        return self.policies.ledger

    @cached_property
    def policies(self) -> PolicyBook:
        """What must and must not be said."""
        from ragmarket.compliance.policy import load_policy_book

        return load_policy_book(self.settings.compliance.disclaimers_dir, production=self.settings.production)

    @cached_property
    def rules(self) -> GuardedReview:
        """The rules on final text, behind guardrails-ai."""
        from ragmarket.compliance.guard import GuardedReview

        return GuardedReview(self.policies)

    @cached_property
    def reviewer(self) -> ComplianceReviewer:
        """Renderer and checks."""
        from ragmarket.compliance.renderer import Renderer
        from ragmarket.compliance.reviewer import ComplianceReviewer
        from ragmarket.compliance.support import SupportCheck

        renderer = Renderer(self.catalogue, self.packs)
        return ComplianceReviewer(renderer, SupportCheck(self.packs), self.rules, self.document_text)

    @cached_property
    def engine(self) -> EmbeddedEngine:
        """The model that writes."""
        from ragmarket.generation.engines.embedded import EmbeddedEngine

        options = self.settings.generation
        return EmbeddedEngine(options.model_dir or WRITER_WEIGHTS, threads=options.threads)

    @cached_property
    def drafter(self) -> GroundedDrafter:
        """Prompt, grammar and engine."""
        from ragmarket.generation.drafter import GroundedDrafter

        return GroundedDrafter(self.engine, self.packs, self.angles)

    @cached_property
    def predictor(self) -> TrainedPredictor:
        """Segment, intent and propensities."""
        from ragmarket.prediction.predictor import TrainedPredictor
        from ragmarket.signals.features import DEFAULT_SPEC

        return TrainedPredictor(
            encode=DEFAULT_SPEC.encode,
            spec_sha256=DEFAULT_SPEC.sha256,
            weights=self.settings.prediction.model_dir or PREDICTOR_WEIGHTS,
            angles=self.angles,
        )

    @cached_property
    def audit(self) -> SqlAuditLog:
        """The log."""
        from ragmarket.audit.log import SqlAuditLog

        url = self.settings.audit.url
        return SqlAuditLog(url.get_secret_value() if url else f"sqlite:///{self.settings.home / 'audit.sqlite3'}")

    @cached_property
    def pipeline(self) -> Pipeline:
        """The line."""
        return Pipeline(
            predictor=self.predictor,
            policies=self.policies,
            retriever=self.retriever,
            drafter=self.drafter,
            reviewer=self.reviewer,
            audit=self.audit,
            rewrites=self.settings.generation.rewrites,
        )

    # What the doors ask for.
    def index(self, *, progress: bool = False) -> IndexReport:
        """(Re)index changed documents; ``progress`` draws a bar on stderr."""
        from ragmarket.retrieval.index import CorpusIndex

        index = CorpusIndex(self.settings.home, self.catalogue, self.encoder, place=self.place)
        return index.update(self.settings.corpus_dir, progress=progress)

    def check(self, request: CheckRequest, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        return self.rules.check(request, body_only=body_only)

    def predict(self, signals: Mapping[str, object]) -> Prediction:
        """Predict for one customer."""
        return self.predictor.score(signals)

    def trace(self, draft_id: str) -> Trace:
        """Where each sentence of a recorded message comes from."""
        from ragmarket.audit.trace import build_trace

        return build_trace(self.audit, draft_id, self.audit.verify())

    def trace_text(self, draft_id: str) -> str:
        """The trace for a terminal."""
        from ragmarket.audit.rendering import render_trace

        return render_trace(self.trace(draft_id))

    def disclaimers(self, as_of: date | None = None, language: str | None = None) -> list[dict[str, Any]]:
        """The ledger with approvals; on a day, only what is in force and was approved by then."""
        entries = self.ledger.texts(production=self.settings.production, day=as_of)
        return [entry.model_dump(mode="json") for entry in entries if language in {None, entry.language}]

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

    def train_writer(
        self, folder: Path, minutes: float | None, report: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Train, or go on training, the writer."""
        from ragmarket.generation.writer.card import write_card
        from ragmarket.generation.writer.corpus_text import plain_texts
        from ragmarket.generation.writer.examples import ExampleSampler
        from ragmarket.generation.writer.training import TrainingPlan, train

        sampler = ExampleSampler(self.catalogue, self.packs, self.angles)
        texts = plain_texts(self.packs, [self.document_text(item.sha256) for item in self.documents()])
        summary = train(TrainingPlan(minutes=minutes), sampler, texts, folder, report)
        write_card(
            folder / "model",
            summary,
            kinds=len(self.catalogue.kinds),
            phrasings=sum(len(kind.all) for pack in self.packs.values() for kind in pack.kinds.values()),
        )
        return summary

    def train_predictor(self, folder: Path, report: Callable[[str], None]) -> dict[str, Any]:
        """Train segment, intent and propensities on simulated customers; the same seeds give the same bytes."""
        from ragmarket.prediction.training import Sample, train
        from ragmarket.prediction.weights import save
        from ragmarket.signals.features import DEFAULT_SPEC
        from ragmarket.signals.simulate import simulate

        def sample(count: int, seed: int) -> Sample:
            customers = list(simulate(count, seed))
            heads = ("segment", "intent", "product_class", "channel")
            labels = {name: [getattr(one, name) for one in customers] for name in heads}
            labels["response"] = ["yes" if one.responds else "no" for one in customers]
            return Sample([DEFAULT_SPEC.encode(one.signals) for one in customers], labels)

        sizes, seeds = (20_000, 5_000, 10_000), (1, 2, 3)
        names = ("fit", "validation", "held_out")
        provenance = {
            "origin": "simulated customers (ragmarket.signals.simulate); no real person, no real bank",
            "seeds": dict(zip(names, seeds, strict=True)),
            "sizes": dict(zip(names, sizes, strict=True)),
            "limits": "The figures below say how well the simulator's hidden answers are found, not how well any real "
            "customer is. Calibrated for the simulator's mix of segments; train again on a deployment's own records.",
        }
        model = train(
            *(sample(size, seed) for size, seed in zip(sizes, seeds, strict=True)),
            columns=DEFAULT_SPEC.columns,
            spec_sha256=DEFAULT_SPEC.sha256,
            provenance=provenance,
            progress=report,
        )
        save(model, folder)
        return dict(model.card)

    def warm_up(self) -> None:
        """Load everything that the first draft would otherwise wait for.

        Raises:
            RagmarketError: A part is missing or does not answer.
        """
        for part in (self.engine, self.retriever, self.rules, self.predictor):
            part.warm_up()

    def ready(self) -> dict[str, str]:
        """Each part, "ok" or what is missing."""
        parts: dict[str, Callable[[], object]] = {
            "knowledge": lambda: self.packs,
            "ledger": lambda: self.ledger,
            "index": lambda: self.retriever.warm_up() if self.documents() else "nothing is indexed yet",
            "writer": lambda: self.engine.warm_up(),  # noqa: PLW0108 (the engine is built inside the try below)
            "predictor": lambda: self.predictor.warm_up(),  # noqa: PLW0108
            "audit": lambda: self.audit.head(),  # noqa: PLW0108
        }
        answers = {}
        for name, part in parts.items():
            try:
                answer = part()
                answers[name] = answer if isinstance(answer, str) else "ok"
            except RagmarketError as error:
                answers[name] = error.message
            except Exception as error:  # noqa: BLE001 (whatever is wrong with a part, the others are asked)
                answers[name] = f"fault: {type(error).__name__}"
        return answers


def build(settings: Settings) -> House:
    """The house for these settings."""
    return House(settings)
