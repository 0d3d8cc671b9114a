from __future__ import annotations

import json
from pathlib import Path

import pytest
from document_samples import RATE_CARD, write
from pattern_reader import PatternReader

from ragmarket.errors import BackendUnavailable, NotFound
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.documents import DocumentStore
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.index import CorpusIndex
from ragmarket.retrieval.qdrant import QdrantPlace
from ragmarket.schemas.indexing import IndexReport


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    write(root, "one.md", RATE_CARD)
    write(root, "two.md", "The fee is Rs. 20.\n", doc_id="two", product_code="TST-2")
    return root


@pytest.fixture
def index(tmp_path: Path, encoder: SentenceEncoder) -> CorpusIndex:
    return CorpusIndex(tmp_path / "home", load_catalogue(), encoder, reader=PatternReader())


def actions(report: IndexReport) -> dict[str, str]:
    return {line.path: line.action for line in report.documents}


def stored(index: CorpusIndex) -> dict[str, int]:
    """Points per document in the vector store."""
    state = DocumentStore(index.home).state()
    assert state is not None
    with QdrantPlace(index.home / "qdrant").client() as client:
        points, _ = client.scroll(state.collection, limit=10_000, with_payload=True)
    names = [point.payload["doc_id"] for point in points]
    return {name: names.count(name) for name in sorted(set(names))}


def test_a_run_reads_only_what_changed(index: CorpusIndex, corpus: Path) -> None:
    reader = index.reader
    assert isinstance(reader, PatternReader)
    first = index.update(corpus)
    assert actions(first) == {"one.md": "added", "two.md": "added"}
    counted = {line.path: (line.units, line.figures, line.facts) for line in first.documents}
    assert counted["one.md"] == (8, 6, 6)
    read = reader.read_units

    assert actions(index.update(corpus)) == {"one.md": "kept", "two.md": "kept"}
    assert reader.read_units == read

    write(corpus, "two.md", "The fee is Rs. 30. The form is free.\n", doc_id="two", product_code="TST-2")
    assert actions(index.update(corpus)) == {"one.md": "kept", "two.md": "updated"}
    assert reader.read_units == read + 2
    assert stored(index) == {"test-fd": 8, "two": 2}

    (corpus / "two.md").unlink()
    assert actions(index.update(corpus)) == {"one.md": "kept", "two.md": "removed"}
    assert stored(index) == {"test-fd": 8}
    assert actions(index.update(corpus)) == {"one.md": "kept"}


def test_payload_and_named_vectors(index: CorpusIndex, corpus: Path) -> None:
    index.update(corpus)
    state = DocumentStore(index.home).state()
    assert state is not None
    with QdrantPlace(index.home / "qdrant").client() as client:
        points, _ = client.scroll(state.collection, limit=100, with_payload=True, with_vectors=True)
    point = next(one for one in points if one.payload["doc_id"] == "test-fd")
    assert len(point.vector["dense"]) == 384
    assert point.vector["words"].indices
    assert point.payload["effective_from"] == 20260101
    assert point.payload["effective_to"] == 99991231
    assert point.payload["doc_id"] == "test-fd"
    assert point.payload["product_code"] == "TST-FD-1"


def test_texts_of_past_versions_stay(index: CorpusIndex, corpus: Path) -> None:
    index.update(corpus)
    store = DocumentStore(index.home)
    state = store.state()
    assert state is not None
    old = state.entries[1].version
    (corpus / "two.md").unlink()
    index.update(corpus)
    assert "Rs. 20" in store.text(old.sha256)
    about = json.loads((index.home / "documents" / f"{old.sha256}.json").read_text())
    assert about[0]["doc_id"] == "two"
    (index.home / "documents" / f"{old.sha256}.txt").write_text("changed")
    with pytest.raises(NotFound, match="altered"):
        store.text(old.sha256)
    with pytest.raises(NotFound):
        store.text("../../etc/passwd")


def test_a_run_cut_short_changes_nothing_and_the_next_one_cleans_up(
    index: CorpusIndex, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.update(corpus)
    before = DocumentStore(index.home).state()
    write(corpus, "one.md", RATE_CARD.replace("6.50%", "6.60%"))
    write(corpus, "two.md", "The fee is Rs. 40.\n", doc_id="two", product_code="TST-2")
    reader = index.reader
    assert reader is not None
    read, calls = reader.read, []

    def failing(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return read(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "read", failing)
    with pytest.raises(KeyboardInterrupt):
        index.update(corpus)
    assert DocumentStore(index.home).state() == before
    monkeypatch.undo()
    assert stored(index)["test-fd"] == 16
    assert actions(index.update(corpus)) == {"one.md": "updated", "two.md": "updated"}
    assert stored(index) == {"test-fd": 8, "two": 1}


def test_another_catalogue_reads_everything_again(index: CorpusIndex, corpus: Path) -> None:
    index.update(corpus)
    kinds = dict(index.catalogue.kinds)
    kinds.pop("fd_min_deposit")
    index.catalogue = index.catalogue.model_copy(update={"kinds": kinds})
    report = index.update(corpus)
    assert actions(report) == {"one.md": "updated", "two.md": "updated"}
    assert all("read again" in (line.reason or "") for line in report.documents)
    assert stored(index) == {"test-fd": 8, "two": 1}


def test_rejected_files_and_supersession_are_reported(index: CorpusIndex, corpus: Path) -> None:
    write(corpus, "one-v2.md", RATE_CARD, version="2", effective_from="2026-09-01")
    (corpus / "bad.md").write_text("nothing", encoding="utf-8")
    lines = {line.path: line for line in index.update(corpus).documents}
    assert lines["bad.md"].action == "rejected"
    assert "front matter" in (lines["bad.md"].reason or "")
    assert lines["one.md"].superseded_by == "version 2 from 2026-09-01"
    (corpus / "two.md").write_text("broken", encoding="utf-8")
    lines = {line.path: line for line in index.update(corpus).documents}
    assert lines["two.md"].action == "rejected"
    assert "no longer served" in (lines["two.md"].reason or "")
    assert "two" not in stored(index)


def test_two_runs_at_once_fail_clearly(index: CorpusIndex, corpus: Path) -> None:
    with index._alone(), pytest.raises(BackendUnavailable, match="lock of indexing"):
        index.update(corpus)


def test_a_held_folder_fails_clearly(tmp_path: Path) -> None:
    place = QdrantPlace(tmp_path / "q", wait_s=0.2)
    with place.client(), pytest.raises(BackendUnavailable, match="another process") as caught, place.client():
        pass
    assert "QDRANT_URL" in caught.value.hint


def test_an_unreachable_server_fails_clearly(tmp_path: Path) -> None:
    place = QdrantPlace(tmp_path, url="http://127.0.0.1:9", timeout_s=1)
    with pytest.raises(BackendUnavailable, match="does not answer") as caught, place.client():
        pass
    assert caught.value.retryable
    with pytest.raises(BackendUnavailable):
        place.reading_client("any")
