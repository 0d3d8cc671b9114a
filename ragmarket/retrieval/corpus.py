"""The corpus folder: every document found, read and checked."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ragmarket.errors import CorruptDocument, InvalidInput, RagmarketError
from ragmarket.retrieval import frontmatter
from ragmarket.retrieval.readers.pdf_sight import Unseen
from ragmarket.retrieval.readers.plain import decode
from ragmarket.retrieval.versions import overlaps
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
_SHOWN, _TOLD = 60, 3


@dataclass(frozen=True)
class CorpusDocument:
    """A document version and its canonical text; ``remark`` says what of the file was left out."""

    version: DocumentVersion
    text: str
    remark: str | None = None


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
    """What a folder holds: documents in path order, and what was refused, with the reason.

    A refused file that was read well before stands in both: its last good text among the documents.
    """

    documents: tuple[CorpusDocument, ...]
    rejected: tuple[tuple[str, CorruptDocument], ...]
    fingerprints: dict[str, str]
    notes: dict[str, str]


def unreadable(name: str, error: Exception) -> CorruptDocument:
    """A refusal for a fault that nobody foresaw, so that one file never stops the others."""
    if isinstance(error, RecursionError):
        return CorruptDocument(f"{name}: is nested too deeply to be read", hint="Close what is opened in the file.")
    said = " ".join(str(error).split())[:200]
    return CorruptDocument(
        f"{name}: cannot be read ({type(error).__name__}{f': {said}' if said else ''})",
        hint="Open the file, save it again, and run `ragmarket index`.",
    )


def find(root: Path) -> list[Path]:
    """The document files under a folder, in path order; README.md and names that begin with "." or "_" are left out.

    Raises:
        InvalidInput: The folder does not exist.
    """
    if not root.is_dir():
        raise InvalidInput(
            f"the corpus folder {root} does not exist", hint="Set RAGMARKET_CORPUS_DIR to a folder of documents."
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
    inside, remark = None, None
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

        text, unseen = pdf.read(source.data, name)
        remark = _left_out(unseen)
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
    return CorpusDocument(version, text, remark)


def read_corpus(
    root: Path,
    known: Callable[[str, str], CorpusDocument | None] = lambda _name, _print: None,
    last_good: Callable[[str], tuple[CorpusDocument, str] | None] = lambda _name: None,
) -> Corpus:
    """Read a whole folder; a file that cannot be read is refused and the others go on.

    Args:
        root: The folder.
        known: Gives a document read before, by name and fingerprint, so that it need not be extracted again.
        last_good: Gives what a refused file held when it was last read well, and the fingerprint it had then.

    Raises:
        InvalidInput: The folder does not exist.
        MissingDependency: A reader's library is not installed.
    """
    documents: list[CorpusDocument] = []
    rejected: list[tuple[str, CorruptDocument]] = []
    fingerprints: dict[str, str] = {}
    first: dict[tuple[str, str], str] = {}
    claimed: list[tuple[str, frontmatter.Claim]] = []
    for path in find(root):
        name = path.relative_to(root).as_posix()
        source: Source | None = None
        try:
            source = open_source(path, root)
            document = known(name, source.fingerprint) or _read(source)
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
            claim = frontmatter.claim_of(source.sidecar, source.data) if source else None
            if claim:
                claimed.append((name, claim))
    for name, _ in rejected:
        held = last_good(name)
        if held and (held[0].version.doc_id, held[0].version.version) not in first:
            first[(held[0].version.doc_id, held[0].version.version)] = name
            documents.append(held[0])
            fingerprints[name] = held[1]
    documents.sort(key=lambda document: document.version.path)
    notes = overlaps([one.version for one in documents])
    for one in documents:
        if one.remark:
            notes[one.version.path] = "; ".join(filter(None, [notes.get(one.version.path), one.remark]))
    for name, claim in claimed:
        for one in documents if first.get((claim.doc_id, claim.version or "")) != name else []:
            # A version that cannot be read may be meant to replace the one that is served.
            if one.version.doc_id == claim.doc_id and one.version.path != name and claim.version != one.version.version:
                what = f"{name} (refused) names {claim}; until it is mended this version may be out of date"
                notes[one.version.path] = "; ".join(filter(None, [notes.get(one.version.path), what]))
    return Corpus(tuple(documents), tuple(rejected), fingerprints, notes)


def _left_out(unseen: Sequence[Unseen]) -> str | None:
    """What an operator is told of text that nobody who looks at the pages sees."""
    if not unseen:
        return None
    told = [f"page {one.page}: {textwrap.shorten(one.text, _SHOWN, placeholder=' …')!r}" for one in unseen[:_TOLD]]
    more = f" and {len(unseen) - _TOLD} pages more" if len(unseen) > _TOLD else ""
    return f"text that nobody sees was left out ({'; '.join(told)}{more})"


def _read(source: Source) -> CorpusDocument:
    try:
        return read_document(source)
    except RagmarketError:
        raise
    except Exception as error:
        raise unreadable(source.name, error) from error
