from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
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
from ragmarket.retrieval.units import Unit
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
    assert "last good text (version 1) is still served" in (lines["two.md"].reason or "")
    assert (lines["two.md"].doc_id, lines["two.md"].units) == ("two", 1)
    assert stored(index)["two"] == 1


def test_a_new_version_that_breaks_does_not_bring_the_old_one_back(index: CorpusIndex, corpus: Path) -> None:
    newer = write(corpus, "one-v2.md", RATE_CARD, version="2", effective_from="2026-09-01")
    index.update(corpus)
    good = newer.read_text(encoding="utf-8")
    newer.write_text("broken", encoding="utf-8")

    def served() -> list[tuple[str, str]]:
        state = DocumentStore(index.home).state()
        assert state is not None
        return [(entry.version.doc_id, entry.version.version) for entry in state.entries]

    held = [("test-fd", "2"), ("test-fd", "1"), ("two", "1")]
    for _ in range(2):
        assert actions(index.update(corpus))["one-v2.md"] == "rejected"
        assert served() == held
    newer.write_text(good.replace("issuer:", "isuer:"), encoding="utf-8")
    lines = {line.path: line for line in index.update(corpus).documents}
    assert "refused" not in (lines["one.md"].reason or "")
    # Also where everything is read anew, the last good text is at hand.
    kinds = dict(index.catalogue.kinds)
    kinds.pop("fd_min_deposit")
    index.catalogue = index.catalogue.model_copy(update={"kinds": kinds})
    assert actions(index.update(corpus))["one-v2.md"] == "rejected"
    assert served() == held
    newer.write_text(good, encoding="utf-8")
    assert actions(index.update(corpus))["one-v2.md"] == "kept"
    newer.unlink()
    assert actions(index.update(corpus))["one-v2.md"] == "removed"
    assert served() == held[1:]


def test_what_is_refused_today_was_never_good(index: CorpusIndex, corpus: Path) -> None:
    index.update(corpus)
    store = DocumentStore(index.home)
    state = store.state()
    assert state is not None
    promise = state.entries[1].version.model_copy(update={"product_name": "FD 9.99% Guaranteed"})
    entry = state.entries[1].model_copy(update={"version": promise})
    store.save(state.model_copy(update={"entries": (state.entries[0], entry)}))
    (corpus / "two.md").write_text("broken", encoding="utf-8")
    lines = {line.path: line for line in index.update(corpus).documents}
    assert "no longer served" in (lines["two.md"].reason or "")
    assert "two" not in stored(index)


def test_a_version_never_read_is_told_of_where_the_old_one_stands(index: CorpusIndex, corpus: Path) -> None:
    write(corpus, "one-v2.md", RATE_CARD, version="2", effective_from="2026-09-01", language="xx")
    lines = {line.path: line for line in index.update(corpus).documents}
    assert lines["one-v2.md"].action == "rejected"
    assert "one-v2.md (refused) names test-fd version 2 from 2026-09-01" in (lines["one.md"].reason or "")
    assert lines["two.md"].reason is None


def test_a_document_that_fails_in_reading_is_rejected_alone(
    index: CorpusIndex, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = index.reader
    assert reader is not None
    read = reader.read

    def failing(units: Sequence[Unit], product_class: str | None, language: str, names: Sequence[str] = ()) -> object:
        if any("Rs. 99" in unit.view for unit in units):
            raise RecursionError
        return read(units, product_class, language, names)

    monkeypatch.setattr(reader, "read", failing)
    index.update(corpus)
    write(corpus, "two.md", "The fee is Rs. 99.\n", doc_id="two", product_code="TST-2")
    write(corpus, "three.md", "The fee is Rs. 99.\n", doc_id="three", product_code="TST-3")
    lines = {line.path: line for line in index.update(corpus).documents}
    assert {path: line.action for path, line in lines.items()} == {
        "one.md": "kept", "three.md": "rejected", "two.md": "rejected",
    }  # fmt: skip
    assert "still served" in (lines["two.md"].reason or "")
    assert "still served" not in (lines["three.md"].reason or "")
    assert stored(index) == {"test-fd": 8, "two": 1}


def test_damaged_texts_and_metadata_are_written_anew(index: CorpusIndex, corpus: Path) -> None:
    index.update(corpus)
    store = DocumentStore(index.home)
    state = store.state()
    assert state is not None
    sha256 = state.entries[1].version.sha256
    about = index.home / "documents" / f"{sha256}.json"
    about.write_text('{"half": ', encoding="utf-8")
    about.with_suffix(".txt").write_text("changed", encoding="utf-8")
    assert actions(index.update(corpus)) == {"one.md": "kept", "two.md": "kept"}
    assert "Rs. 20" in store.text(sha256)
    assert [record["doc_id"] for record in json.loads(about.read_text(encoding="utf-8"))] == ["two"]


def test_points_are_written_ahead_and_stand_in_one_file_at_the_end(
    index: CorpusIndex, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[str] = []
    reader = index.reader
    assert reader is not None
    read = reader.read

    def looking(*args: object) -> object:
        for file in (index.home / "qdrant").rglob("storage.sqlite"):
            with closing(sqlite3.connect(file)) as stored:
                modes.append(stored.execute("PRAGMA journal_mode").fetchone()[0])
        return read(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "read", looking)
    write(corpus, "three.md", "The fee is Rs. 30.\n", doc_id="three", product_code="TST-3")
    index.update(corpus)
    assert modes[-1] == "wal"
    files = list((index.home / "qdrant").rglob("storage.sqlite*"))
    assert [file.name for file in files] == ["storage.sqlite"]
    with closing(sqlite3.connect(files[0])) as stored:
        assert stored.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert stored.execute("SELECT count(*) FROM points").fetchone() == (10,)


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
