"""Canonical texts kept under their hash for as long as anything may cite them, and the index's own memory."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import BackendUnavailable, NotFound
from ragmarket.schemas.base import Frozen
from ragmarket.schemas.evidence import DocumentVersion


class Entry(Frozen):
    """One live document version: ``uid`` marks its points in the vector store, ``remark`` what was left out of it."""

    path: str
    fingerprint: str
    uid: str
    version: DocumentVersion
    units: int
    figures: int
    facts: int
    remark: str | None = None


class IndexState(Frozen):
    """What the index holds; written last, so that a run cut short leaves the run before in force.

    ``manifest`` is the hash of everything that decides how a document is read.
    """

    format: int = 1
    manifest: str
    collection: str
    entries: tuple[Entry, ...] = ()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content so that a reader sees the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _records(path: Path) -> list[Any]:
    """What the metadata file of a text says; nothing where it is damaged, since the state can write it anew."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


@dataclass(frozen=True)
class DocumentStore:
    """Texts and metadata under ``<home>/documents``, and the index state under ``<home>/index``."""

    home: Path

    @property
    def state_path(self) -> Path:
        """Where the state is written."""
        return self.home / "index" / "state.json"

    def _text_path(self, sha256: str) -> Path:
        return self.home / "documents" / f"{sha256}.txt"

    def put(self, version: DocumentVersion, text: str) -> None:
        """Keep a text, and what is known of the version; idempotent, and mends what was altered."""
        path = self._text_path(version.sha256)
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != version.sha256:
            write_atomically(path, text)
        about = path.with_suffix(".json")
        known = _records(about)
        record = version.model_dump(mode="json")
        if record not in known:
            write_atomically(about, json.dumps([*known, record], ensure_ascii=False, indent=2) + "\n")

    def text(self, sha256: str) -> str:
        """A text by its hash.

        Raises:
            NotFound: No document version with this text was ever indexed, or the file was altered.
        """
        path = self._text_path(sha256)
        if not (len(sha256) == 64 and sha256.isalnum() and path.is_file()):
            raise NotFound(f"no document text with SHA-256 {sha256}", hint="Run `ragmarket index`.")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotFound(f"the stored document {path.name} was altered", hint="Delete it and run `ragmarket index`.")
        return data.decode("utf-8")

    def state(self) -> IndexState | None:
        """The state of the last finished run; None before the first.

        Raises:
            BackendUnavailable: The state file is damaged.
        """
        try:
            return IndexState.model_validate_json(self.state_path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise BackendUnavailable(
                f"the index state {self.state_path} is damaged",
                hint="Delete the folder `index` and run `ragmarket index`.",
            ) from error

    def save(self, state: IndexState) -> None:
        """Make a finished run the one in force."""
        write_atomically(self.state_path, state.model_dump_json(indent=1) + "\n")
