"""The index opened for search: by meaning and by words at once, through LlamaIndex."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from ragmarket.retrieval.documents import Entry, IndexState
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.qdrant import QdrantPlace
from ragmarket.retrieval.selection import Signature, signature
from ragmarket.schemas.evidence import Evidence

SEARCHES_KEPT = 1_024
VECTORS_KEPT = 64
_Found = tuple[tuple[Evidence, float], ...]
Place = tuple[str, int, str]


@dataclass(frozen=True)
class OpenIndex:
    """One state of the index, opened; a newer state is opened anew.

    Attributes:
        mark: What told this state from others when it was opened.
        index: A LlamaIndex ``VectorStoreIndex``; None where nothing was ever stored.
        held: Facts already fetched, by document ``uid``.
        searched: Searches already made: a campaign asks the same of a product for every language and channel.
        vectors: Vectors of the latest queries.
        signed: Signatures already worked out, by where the evidence stands.
    """

    mark: tuple[int, int]
    state: IndexState
    index: Any
    client: Any
    place: QdrantPlace
    encoder: SentenceEncoder
    held: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    searched: OrderedDict[tuple[object, ...], _Found] = field(default_factory=OrderedDict)
    vectors: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)
    signed: dict[Place, Signature] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, state: IndexState, mark: tuple[int, int], place: QdrantPlace, encoder: SentenceEncoder) -> Self:
        """Open the collection that a state names.

        Raises:
            BackendUnavailable: Qdrant does not answer.
        """
        from llama_index.core import VectorStoreIndex

        from ragmarket.retrieval.nodes import EncoderEmbedding, vector_store

        client = place.reading_client(state.collection)
        with place.faults():
            store = vector_store(client, state.collection, encoder.dimension, server=place.server)
            exists = client.collection_exists(state.collection)
        embedding = EncoderEmbedding(encoder)
        # Naming the transformations keeps LlamaIndex from building its default splitter.
        index = VectorStoreIndex.from_vector_store(store, embed_model=embedding, transformations=[embedding])
        return cls(mark, state, index if exists else None, client, place, encoder)

    def search(self, entries: Sequence[Entry], query: str, as_of: date, limit: int) -> _Found:
        """The evidence nearest to a query among some documents, best first, with fused scores in (0, 1].

        Raises:
            BackendUnavailable: Qdrant does not answer.
        """
        key = (tuple(entry.uid for entry in entries), query, as_of, limit)
        # Held while searching, too: neither the encoder's tokenizer nor Qdrant's local mode is made for threads.
        with self.lock:
            found = self.searched.get(key)
            if found is None:
                found = self._search(entries, query, as_of, limit)
                self.searched[key] = found
                if len(self.searched) > SEARCHES_KEPT:
                    self.searched.popitem(last=False)
            self.searched.move_to_end(key)
            return found

    def _search(self, entries: Sequence[Entry], query: str, as_of: date, limit: int) -> _Found:
        from llama_index.core.schema import QueryBundle
        from llama_index.core.vector_stores.types import (
            FilterOperator,
            MetadataFilter,
            MetadataFilters,
            VectorStoreQueryMode,
        )

        from ragmarket.retrieval.nodes import day_number, evidence_of

        if self.index is None:
            return ()
        day = day_number(as_of)
        # The uid already names the version in force; the dates are checked once more where the vectors are.
        filters = MetadataFilters(
            filters=[
                MetadataFilter(key="uid", operator=FilterOperator.IN, value=[entry.uid for entry in entries]),
                MetadataFilter(key="effective_from", operator=FilterOperator.LTE, value=day),
                MetadataFilter(key="effective_to", operator=FilterOperator.GTE, value=day),
            ]
        )
        retriever = self.index.as_retriever(
            similarity_top_k=limit,
            sparse_top_k=limit,
            hybrid_top_k=limit,
            vector_store_query_mode=VectorStoreQueryMode.HYBRID,
            filters=filters,
        )
        vector = self._vector(query)
        with self.place.faults():
            found = retriever.retrieve(QueryBundle(query_str=query, embedding=vector))
        return tuple((evidence_of(one.node), float(one.score or 0.0)) for one in found)

    def _vector(self, query: str) -> list[float]:
        """A query's vector: a product's documents and the rules that bind them are asked the same."""
        found = self.vectors.get(query)
        if found is None:
            found = self.vectors[query] = [float(value) for value in self.encoder.embed([query])[0]]
            if len(self.vectors) > VECTORS_KEPT:
                self.vectors.popitem(last=False)
        return found

    def signature(self, place: Place, evidence: Evidence) -> Signature:
        """What makes evidence the same as other evidence, worked out once for each place."""
        found = self.signed.get(place)
        if found is None:
            found = self.signed[place] = signature(evidence)
        return found

    def facts(self, entry: Entry) -> tuple[Evidence, ...]:
        """All facts of a document: a search may rank a demanded fact out of sight, this does not."""
        held = self.held.get(entry.uid)
        if held is None:
            from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters

            from ragmarket.retrieval.nodes import evidence_of

            filters = MetadataFilters(
                filters=[MetadataFilter(key="uid", value=entry.uid), MetadataFilter(key="phrasable", value=1)]
            )
            nodes = []
            if self.index is not None:
                with self.place.faults():
                    nodes = self.index.vector_store.get_nodes(filters=filters, limit=10_000)
            held = self.held[entry.uid] = tuple(sorted(map(evidence_of, nodes), key=lambda one: (one.start, one.text)))
        return held
