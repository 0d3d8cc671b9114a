"""Reaching Qdrant: a server by URL, or the in-process store in a folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import BackendUnavailable, MissingDependency


@dataclass(frozen=True)
class QdrantPlace:
    """Where the vectors live: ``url`` for a server, else a folder that one process at a time may open.

    ``wait_s`` is how long to wait for another process to let go of the folder.
    """

    folder: Path
    url: str | None = None
    api_key: str | None = None
    timeout_s: int = 30
    wait_s: float = 20.0

    @property
    def server(self) -> bool:
        """Whether a server is configured."""
        return self.url is not None

    @contextmanager
    def client(self) -> Iterator[Any]:
        """A client for writing; faults of the server become ``BackendUnavailable``.

        Raises:
            BackendUnavailable: The server does not answer, or another process holds the folder.
            MissingDependency: qdrant-client is not installed.
        """
        client = self.open()
        try:
            with self.faults():
                yield client
        finally:
            client.close()

    def open(self) -> Any:
        """A client; the caller closes it."""
        try:
            from qdrant_client import QdrantClient
        except ImportError as error:
            raise MissingDependency("qdrant-client", "retrieval") from error
        if self.url is not None:
            with self.faults():
                client = QdrantClient(
                    url=self.url, api_key=self.api_key, timeout=self.timeout_s, check_compatibility=False
                )
                client.get_collections()
                return client
        self.folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self.wait_s
        while True:
            try:
                return QdrantClient(path=str(self.folder), force_disable_check_same_thread=True)
            except RuntimeError as error:
                if "already accessed" not in str(error) or time.monotonic() > deadline:
                    raise BackendUnavailable(
                        f"another process holds the index in {self.folder}",
                        hint="Wait for it to end, or set RAGMARKET_RETRIEVAL__QDRANT_URL to share a Qdrant server.",
                    ) from error
                time.sleep(0.1)

    def reading_client(self, collection: str) -> Any:
        """A client for searching.

        In local mode a copy in memory (where local mode searches anyway), so that readers never keep the folder locked
        and indexing can go on beside a running service.
        """
        if self.server:
            return self.open()
        from qdrant_client import QdrantClient, models

        with self.client() as stored:
            memory = QdrantClient(location=":memory:")
            if not stored.collection_exists(collection):
                return memory
            params = stored.get_collection(collection).config.params
            memory.create_collection(
                collection, vectors_config=params.vectors, sparse_vectors_config=params.sparse_vectors
            )
            offset: Any = None
            while True:
                records, offset = stored.scroll(
                    collection, limit=1000, offset=offset, with_payload=True, with_vectors=True
                )
                if records:
                    points = [models.PointStruct(id=one.id, vector=one.vector, payload=one.payload) for one in records]
                    memory.upsert(collection, points)
                if offset is None:
                    return memory

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn the client's network errors into ours."""
        import httpx
        from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

        try:
            yield
        except (ResponseHandlingException, ApiException, httpx.HTTPError, ConnectionError) as error:
            raise BackendUnavailable(
                f"Qdrant at {self.url or self.folder} does not answer: {str(error)[:200]}",
                hint="Check that the server runs and that RAGMARKET_RETRIEVAL__QDRANT_URL and its key are right.",
            ) from error
