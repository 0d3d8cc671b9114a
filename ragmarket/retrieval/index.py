"""Keeping the index true to the corpus folder: only what changed is read again, and a run cut short changes nothing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import CorruptDocument, RagmarketError
from ragmarket.knowledge.catalogue import Catalogue
from ragmarket.retrieval.chunking import split
from ragmarket.retrieval.citing import cited
from ragmarket.retrieval.corpus import CorpusDocument, read_corpus, unreadable
from ragmarket.retrieval.documents import DocumentStore, Entry, IndexState
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.locks import exclusive
from ragmarket.retrieval.memory import Memory
from ragmarket.retrieval.progress import drawn_bar
from ragmarket.retrieval.qdrant import QdrantPlace
from ragmarket.retrieval.reading import UnitReader, UnitReading, evidence_of_unit, names_of
from ragmarket.retrieval.reporting import report_of
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.indexing import IndexReport

if TYPE_CHECKING:
    from llama_index.core.schema import BaseNode


@dataclass
class CorpusIndex:
    """The index of one corpus.

    Args:
        home: State folder; texts go to ``documents``, vectors to ``qdrant``, the state to ``index``.
        catalogue: The kinds of fact.
        encoder: The sentence encoder.
        place: Where the vectors live; default the folder ``qdrant`` under ``home``.
        reader: Reads facts from units; default ``FactReader(catalogue, encoder.embed)``.
        collection: Prefix of the Qdrant collection's name.
    """

    home: Path
    catalogue: Catalogue
    encoder: SentenceEncoder
    place: QdrantPlace | None = None
    reader: UnitReader | None = None
    collection: str = "ragmarket"

    def update(self, corpus_dir: Path, *, progress: bool = False) -> IndexReport:
        """Bring the index in line with a folder.

        Args:
            corpus_dir: The corpus.
            progress: Whether to draw a bar on stderr.

        Returns:
            What was added, kept, updated, removed and rejected, in path order.

        Raises:
            InvalidInput: The folder does not exist.
            BackendUnavailable: Qdrant does not answer, or another run of indexing is on.
            ModelMissing: The encoder's files are absent.
        """
        began = time.monotonic()
        place = self.place or QdrantPlace(self.home / "qdrant")
        store = DocumentStore(self.home)
        with self._alone():
            before = store.state()
            manifest = self.manifest()
            memory = Memory(store, {entry.path: entry for entry in before.entries} if before else {})
            current = memory.entries if before and before.manifest == manifest else {}
            corpus = read_corpus(corpus_dir, memory.known if current else lambda _name, _print: None, memory.last_good)
            for document in corpus.documents:
                if document.version.path in memory.lost:
                    store.put(document.version, document.text)
            collection = f"{self.collection}-{self.encoder.fingerprint[:12]}"
            entries, live, failed = self._write(
                place, store, collection, manifest, corpus.documents, corpus.fingerprints, current, progress
            )
            state = IndexState(manifest=manifest, collection=collection, entries=tuple(entries))
            if state != before:
                store.save(state)
            if live is not None:
                self._sweep(place, state, before)
        report = report_of(before, state, [*corpus.rejected, *failed], corpus.notes)
        return IndexReport(documents=report, seconds=round(time.monotonic() - began, 3))

    def manifest(self) -> str:
        """Hash of all that decides how a document is read: encoder, catalogue, lexicons and the reading code itself."""
        digest = hashlib.sha256(self.encoder.fingerprint.encode())
        digest.update(self.catalogue.model_dump_json().encode())
        digest.update(_reading_code())
        return digest.hexdigest()

    def _write(
        self,
        place: QdrantPlace,
        store: DocumentStore,
        collection: str,
        manifest: str,
        documents: Sequence[CorpusDocument],
        fingerprints: dict[str, str],
        current: dict[str, Entry],
        progress: bool,
    ) -> tuple[list[Entry], bool | None, list[tuple[str, CorruptDocument]]]:
        """Write new and changed documents: live entries, True where points may have to be swept, what was refused."""
        fresh = [one for one in documents if not _same(current.get(one.version.path), fingerprints[one.version.path])]
        kept = [entry for entry in current.values() if fingerprints.get(entry.path) == entry.fingerprint]
        held = {one.version.path for one in fresh}
        entries = [entry for entry in kept if entry.path not in held]
        if not fresh:
            return sorted(entries, key=lambda entry: entry.path), True if len(entries) != len(current) else None, []
        from ragmarket.retrieval import nodes

        failed: list[tuple[str, CorruptDocument]] = []
        with place.client() as client, place.bulk(client) as hasten:
            vectors = nodes.vector_store(client, collection, self.encoder.dimension, server=place.server)
            with drawn_bar(len(fresh), progress) as step:
                for document in fresh:
                    path = document.version.path
                    step(path)
                    store.put(document.version, document.text)
                    uid = hashlib.sha256(f"{manifest}{fingerprints[path]}".encode()).hexdigest()[:32]
                    try:
                        batch, entry = self.read(document, uid, fingerprints[path])
                    except RagmarketError:
                        raise
                    except Exception as error:  # noqa: BLE001 - whatever is wrong with one document, the others go on
                        failed.append((path, unreadable(path, error)))
                        entries += [current[path]] if path in current else []
                        continue
                    hasten()
                    vectors.add(batch)
                    entries.append(entry)
        return sorted(entries, key=lambda entry: entry.path), True, failed

    def read(self, document: CorpusDocument, uid: str, fingerprint: str) -> tuple[list[BaseNode], Entry]:
        """Read one document to nodes with their vectors."""
        from ragmarket.retrieval import nodes

        version = document.version
        units = split(document.text, self.encoder.count_tokens)
        reader, names = self._reader(), names_of(version)

        def read(several: Sequence[Unit]) -> Sequence[UnitReading]:
            return reader.read(several, version.product_class, version.language, names)

        readings = read(units)
        units = [
            replace(unit, context=context) for unit, context in zip(units, cited(units, readings, read), strict=True)
        ]
        texts = [f"{unit.heading}\n{unit.view}" if unit.heading else unit.view for unit in units]
        evidence = [evidence_of_unit(unit, reading, version) for unit, reading in zip(units, readings, strict=True)]
        batch: list[BaseNode] = []
        for number, (one, text, vector) in enumerate(zip(evidence, texts, self.encoder.embed(texts), strict=True)):
            node = nodes.node_of(one, version, uid, number, text)
            node.embedding = [float(value) for value in vector]
            batch.append(node)
        entry = Entry(
            path=version.path,
            fingerprint=fingerprint,
            uid=uid,
            version=version,
            units=len(units),
            figures=len({(figure.start, figure.end) for one in evidence for figure in one.figures}),
            facts=sum(one.phrasable for one in evidence),
            remark=document.remark,
        )
        return batch, entry

    def _reader(self) -> UnitReader:
        if self.reader is None:
            from ragmarket.retrieval.facts import FactReader

            self.reader = FactReader(self.catalogue, self.encoder.embed)
        return self.reader

    def _sweep(self, place: QdrantPlace, state: IndexState, before: IndexState | None) -> None:
        """Drop points that no live document owns, among them what an earlier run left when it was cut short."""
        from qdrant_client import models

        live: list[str] = [entry.uid for entry in state.entries]
        with place.client() as client:
            if client.collection_exists(state.collection):
                dead = (
                    models.Filter(must_not=[models.FieldCondition(key="uid", match=models.MatchAny(any=live))])
                    if live
                    else models.Filter()
                )
                client.delete(state.collection, points_selector=models.FilterSelector(filter=dead), wait=True)
            if before and before.collection != state.collection and client.collection_exists(before.collection):
                client.delete_collection(before.collection)

    def _alone(self) -> AbstractContextManager[None]:
        """Hold the lock of indexing, for local folders and servers alike."""
        return exclusive(
            self.home / "index" / "lock",
            wait_s=0.0,
            what="the lock of indexing",
            hint="Wait for the other run to end and run `ragmarket index` again.",
        )


@lru_cache(maxsize=1)
def _reading_code() -> bytes:
    """Hash of the code and lexicons that read documents, as they stood when this process first asked."""
    digest = hashlib.sha256()
    room = Path(__file__).parent
    lexicons = [path for path in (room.parent / "knowledge").glob("*.yaml") if path.stem not in {"kinds", "angles"}]
    for path in sorted([*room.rglob("*.py"), *lexicons]):
        # The search side may change without a single document being read anew.
        if path.name not in {
            "retriever.py",
            "search.py",
            "selection.py",
            "qdrant.py",
            "progress.py",
            "versions.py",
            "reporting.py",
            "__init__.py",
        }:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.digest()


def _same(entry: Entry | None, fingerprint: str) -> bool:
    return entry is not None and entry.fingerprint == fingerprint
