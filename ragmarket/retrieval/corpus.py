"""The corpus folder: every document found, read and checked, and which of its versions is in force when."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal

from ragmarket.errors import CorruptDocument, InvalidInput
from ragmarket.retrieval import frontmatter
from ragmarket.retrieval.readers.plain import decode
from ragmarket.schemas.evidence import DocumentVersion

SourceFormat = Literal["markdown", "html", "text", "pdf", "docx"]
FORMATS: dict[str, SourceFormat] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}


@dataclass(frozen=True)
class CorpusDocument:
    """A document version and its canonical text."""

    version: DocumentVersion
    text: str


@dataclass(frozen=True)
class Source:
    """A file of the corpus before it is read; ``fingerprint`` changes with the file or its sidecar."""

    path: Path
    name: str
    data: bytes
    sidecar: bytes | None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over both files and the name."""
        parts = (self.name.encode(), self.data, b"" if self.sidecar is None else b"\x01" + self.sidecar)
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


@dataclass(frozen=True)
class Corpus:
    """What a folder holds: documents in path order, and what was refused, with the reason."""

    documents: tuple[CorpusDocument, ...]
    rejected: tuple[tuple[str, CorruptDocument], ...]
    fingerprints: dict[str, str]
    notes: dict[str, str]


def find(root: Path) -> list[Path]:
    """The document files under a folder, in path order; README.md and names that begin with "." or "_" are left out.

    Raises:
        InvalidInput: The folder does not exist.
    """
    if not root.is_dir():
        raise InvalidInput(
            f"the corpus folder {root} does not exist", hint="Set RAGMARKET_CORPUS_DIR or pass --corpus."
        )
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in FORMATS
        and path.is_file()
        and path.name.lower() != "readme.md"
        and not any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
    )


def open_source(path: Path, root: Path) -> Source:
    """A file and its sidecar as bytes.

    Raises:
        CorruptDocument: One of them cannot be read.
    """
    name = path.relative_to(root).as_posix()
    sidecar = next((path.with_suffix(end) for end in (".yaml", ".yml") if path.with_suffix(end).is_file()), None)
    try:
        return Source(path, name, path.read_bytes(), sidecar.read_bytes() if sidecar else None)
    except OSError as error:
        raise CorruptDocument(
            f"{name}: cannot be read: {error.strerror}", hint="Check the file's permissions."
        ) from error


def read_document(source: Source) -> CorpusDocument:
    """Read one file to its canonical text and checked front matter.

    Raises:
        CorruptDocument: Names the file, the field and the remedy.
    """
    name, format_ = source.name, FORMATS[source.path.suffix.lower()]
    inside = None
    if format_ in {"markdown", "text"}:
        text = decode(source.data, name)
        inside = frontmatter.in_text(text, name)
    elif format_ == "html":
        from ragmarket.retrieval.readers import html

        markup = decode(source.data, name)
        inside = frontmatter.in_html(markup, name)
        text = html.read(markup)
    elif format_ == "pdf":
        from ragmarket.retrieval.readers import pdf

        text = pdf.read(source.data, name)
    else:
        from ragmarket.retrieval.readers import docx

        text = docx.read(source.data, name)
    beside = (
        frontmatter.in_sidecar(decode(source.sidecar, f"{name} (sidecar)"), name)
        if source.sidecar is not None
        else None
    )
    front = frontmatter.validate(frontmatter.merged(inside, beside, name), format_, name)
    if not any(char.isalpha() for char in text):
        raise CorruptDocument(f"{name}: holds no text", hint="Replace the file by one with text in it.")
    fields = front.model_dump(exclude={"source_format", "product_name"})
    version = DocumentVersion(
        **fields,
        product_name=front.name(),
        source_format=format_,
        path=name,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        source_sha256=hashlib.sha256(source.data).hexdigest(),
    )
    return CorpusDocument(version, text)


def read_corpus(root: Path, known: Callable[[str, str], CorpusDocument | None] = lambda _name, _print: None) -> Corpus:
    """Read a whole folder; a file that cannot be read is refused and the others go on.

    Args:
        root: The folder.
        known: Gives a document read before, by name and fingerprint, so that it need not be extracted again.

    Raises:
        InvalidInput: The folder does not exist.
    """
    documents: list[CorpusDocument] = []
    rejected: list[tuple[str, CorruptDocument]] = []
    fingerprints: dict[str, str] = {}
    first: dict[tuple[str, str], str] = {}
    for path in find(root):
        name = path.relative_to(root).as_posix()
        try:
            source = open_source(path, root)
            document = known(name, source.fingerprint) or read_document(source)
            key = (document.version.doc_id, document.version.version)
            if key in first:
                raise CorruptDocument(
                    f"{name}: version: {key[0]} version {key[1]} already stands in {first[key]}",
                    hint="Give the new text a new version, or delete one of the two files.",
                )
            first[key] = name
            documents.append(document)
            fingerprints[name] = source.fingerprint
        except CorruptDocument as error:
            rejected.append((name, error))
    return Corpus(tuple(documents), tuple(rejected), fingerprints, _overlaps([one.version for one in documents]))


def _order(version: DocumentVersion) -> tuple[date, list[tuple[int, str]]]:
    # "10" is later than "9".
    pieces = re.findall(r"\d+|\D+", version.version)
    return version.effective_from, [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]


def in_force(versions: Iterable[DocumentVersion], day: date) -> list[DocumentVersion]:
    """One version of each document: the one in force on a day; of several, the one that took effect last."""
    winners: dict[str, DocumentVersion] = {}
    for version in versions:
        if version.in_force(day):
            held = winners.get(version.doc_id)
            if held is None or _order(version) > _order(held):
                winners[version.doc_id] = version
    return [winners[doc_id] for doc_id in sorted(winners)]


def supersession(versions: Sequence[DocumentVersion]) -> dict[tuple[str, str], DocumentVersion]:
    """For each version that a later one follows, the next of the same document."""
    following: dict[tuple[str, str], DocumentVersion] = {}
    for doc_id in {version.doc_id for version in versions}:
        line = sorted((version for version in versions if version.doc_id == doc_id), key=_order)
        for old, new in pairwise(line):
            following[(doc_id, old.version)] = new
    return following


def _overlaps(versions: Sequence[DocumentVersion]) -> dict[str, str]:
    notes: dict[str, str] = {}
    by_key = {(version.doc_id, version.version): version for version in versions}
    for (doc_id, number), new in supersession(versions).items():
        old = by_key[(doc_id, number)]
        if old.effective_to is None or old.effective_to >= new.effective_from:
            notes[old.path] = (
                f"in force until {old.effective_to or 'further notice'}, but version {new.version} takes effect on"
                f" {new.effective_from}; from that day version {new.version} holds"
            )
    return notes
