"""The LlamaIndex side: the encoder as its embedding model, evidence as its nodes, Qdrant as its vector store.

This module imports LlamaIndex when it is imported; the others import it inside their functions.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import VectorStoreQueryResult
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import models

from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.sparse import encode_documents, encode_queries
from ragmarket.schemas.evidence import DocumentVersion, Evidence

DENSE = "dense"
SPARSE = "words"
OPEN_END = 9999_12_31
# Reciprocal rank fusion, with the constant of Cormack et al. (2009).
_RRF = 60


class EncoderEmbedding(BaseEmbedding):
    """A ``SentenceEncoder`` as LlamaIndex wants it."""

    _encoder: SentenceEncoder = PrivateAttr()

    def __init__(self, encoder: SentenceEncoder, **fields: Any) -> None:
        super().__init__(model_name=encoder.name, **fields)
        self._encoder = encoder

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in self._encoder.embed(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def day_number(day: Any) -> int:
    """A date as yyyymmdd; an open end as the last of days."""
    return OPEN_END if day is None else day.year * 10000 + day.month * 100 + day.day


def node_of(evidence: Evidence, version: DocumentVersion, uid: str, number: int, text: str) -> TextNode:
    """One unit as a node; its id follows from the document's ``uid``, so that writing it twice changes nothing."""
    metadata = {
        "uid": uid,
        "version": version.version,
        "sha256": version.sha256,
        "product_code": version.product_code or "",
        "product_class": version.product_class or "",
        "doc_kind": version.kind,
        "language": version.language,
        "effective_from": day_number(version.effective_from),
        "effective_to": day_number(version.effective_to),
        "fact_kind": evidence.kind or "",
        "phrasable": int(evidence.phrasable),
        "start": evidence.start,
        "end": evidence.end,
        "evidence": evidence.model_dump_json(),
    }
    return TextNode(
        id_=str(UUID(hex=f"{int(uid, 16) ^ number:032x}")),
        text=text,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=list(metadata),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=version.doc_id)},
    )


def evidence_of(node: Any) -> Evidence:
    """The evidence that a node carries."""
    return Evidence.model_validate_json(node.metadata["evidence"])


def reciprocal_rank_fusion(
    dense_result: VectorStoreQueryResult,
    sparse_result: VectorStoreQueryResult,
    alpha: float = 0.5,
    top_k: int = 2,
    **_: Any,
) -> VectorStoreQueryResult:
    """Fuse by ranks alone, since cosine and BM25 share no scale; 1.0 is first in both."""
    scores: dict[str, float] = {}
    nodes: dict[str, Any] = {}
    for result, weight in ((dense_result, alpha), (sparse_result, 1.0 - alpha)):
        for rank, node in enumerate(result.nodes or []):
            nodes.setdefault(node.node_id, node)
            scores[node.node_id] = scores.get(node.node_id, 0.0) + weight * (_RRF + 1) / (_RRF + 1 + rank)
    best = sorted(scores, key=lambda id_: (-scores[id_], nodes[id_].metadata["sha256"], nodes[id_].metadata["start"]))[
        :top_k
    ]
    return VectorStoreQueryResult(
        nodes=[nodes[id_] for id_ in best], similarities=[scores[id_] for id_ in best], ids=best
    )


def vector_store(client: Any, collection: str, dimension: int, *, server: bool) -> QdrantVectorStore:
    """The Qdrant collection as a LlamaIndex vector store with dense and word vectors."""
    keyword, integer = models.PayloadSchemaType.KEYWORD, models.PayloadSchemaType.INTEGER
    indexed: dict[str, models.PayloadSchemaType] = {
        "uid": keyword,
        "product_code": keyword,
        "fact_kind": keyword,
        "doc_kind": keyword,
        "effective_from": integer,
        "effective_to": integer,
    }
    return QdrantVectorStore(
        collection_name=collection,
        client=client,
        enable_hybrid=True,
        dense_vector_name=DENSE,
        sparse_vector_name=SPARSE,
        dense_config=models.VectorParams(size=dimension, distance=models.Distance.COSINE),
        sparse_config=models.SparseVectorParams(modifier=models.Modifier.IDF),
        sparse_doc_fn=encode_documents,
        sparse_query_fn=encode_queries,
        hybrid_fusion_fn=reciprocal_rank_fusion,
        # Local mode has no payload indexes and warns about each.
        index_doc_id=server,
        payload_indexes=_payload_indexes(indexed) if server else None,
    )


def _payload_indexes(fields: dict[str, models.PayloadSchemaType]) -> Any:
    # LlamaIndex declares the values as schema types but reads the name from the same mapping.
    return [{"field_name": name, "field_schema": schema} for name, schema in fields.items()]
