"""What everybody reads: the knowledge, the index and the documents."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ragmarket.errors import NotFound
from ragmarket.knowledge.angles import Angles, load_angles
from ragmarket.knowledge.catalogue import Catalogue, Theme, load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.knowledge.own_segments import OwnSegments, own_segments
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.prediction import Prediction
from ragmarket.settings import Settings
from ragmarket.turns import Turn

if TYPE_CHECKING:
    from ragmarket.retrieval.embedding import SentenceEncoder
    from ragmarket.retrieval.qdrant import QdrantPlace
    from ragmarket.retrieval.retriever import CorpusRetriever


class ReadingRoom:
    """Settings, knowledge, index and documents: what all other rooms read.

    Args:
        settings: What the deployment has configured.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.turn = Turn()

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
