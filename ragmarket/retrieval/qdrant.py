"""Reaching Qdrant: a server by URL, or the in-process store in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import BackendUnavailable, MissingDependency
from ragmarket.retrieval.locks import exclusive


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
        # qdrant-client's own lock leaks its file where it fails, and does not wait.
        held = (
            nullcontext()
            if self.server
            else exclusive(
                self.folder.with_name(f"{self.folder.name}.lock"),
                wait_s=self.wait_s,
                what="the index",
                hint="Wait for it to end, or set RAGMARKET_RETRIEVAL__QDRANT_URL to share a Qdrant server.",
            )
        )
        with held, self.faults():
            client = self._open()
            try:
                yield client
            finally:
                client.close()

    def _open(self) -> Any:
        try:
            from qdrant_client import QdrantClient
        except ImportError as error:
            raise MissingDependency("qdrant-client", "retrieval") from error
        if self.url is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            return QdrantClient(path=str(self.folder), force_disable_check_same_thread=True)
        client = QdrantClient(url=self.url, api_key=self.api_key, timeout=self.timeout_s, check_compatibility=False)
        try:
            client.get_collections()
        except BaseException:
            client.close()
            raise
        return client

    @staticmethod
    @contextmanager
    def bulk(client: Any) -> Iterator[Callable[[], None]]:
        """Let local mode write many points without waiting for the disk after each; it waits once, at the end.

        Local mode commits every point by itself. A write-ahead log keeps the file whole through a crash, and no
        finished run has claimed what it may lose then, since the index state is written afterwards.

        Yields:
            What to call before writing; a collection may have been created since.
        """

        def journal(mode: str) -> None:
            for collection in getattr(getattr(client, "_client", None), "collections", {}).values():
                connection = getattr(getattr(collection, "storage", None), "storage", None)
                if connection is not None:
                    connection.execute(f"PRAGMA journal_mode={mode}")
                    connection.execute(f"PRAGMA synchronous={'NORMAL' if mode == 'WAL' else 'FULL'}")

        try:
            yield lambda: journal("WAL")
        finally:
            journal("DELETE")

    def reading_client(self, collection: str) -> Any:
        """A client for searching.

        In local mode a copy in memory (where local mode searches anyway), so that readers never keep the folder locked
        and indexing can go on beside a running service.
        """
        if self.server:
            with self.faults():
                return self._open()
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
