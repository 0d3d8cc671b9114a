"""What an earlier run of indexing knew: documents that need not be extracted again, and the last good ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from ragmarket.errors import CorruptDocument, NotFound
from ragmarket.retrieval import frontmatter
from ragmarket.retrieval.corpus import CorpusDocument
from ragmarket.retrieval.documents import DocumentStore, Entry
from ragmarket.schemas.evidence import DocumentVersion


@dataclass
class Memory:
    """What the run before knew of each path; ``lost`` names those whose stored text is gone or altered."""

    store: DocumentStore
    entries: dict[str, Entry]
    lost: set[str] = field(default_factory=set)

    def known(self, name: str, fingerprint: str) -> CorpusDocument | None:
        """A document that has not changed."""
        entry = self.entries.get(name)
        return self._document(entry) if entry is not None and entry.fingerprint == fingerprint else None

    def last_good(self, name: str) -> tuple[CorpusDocument, str] | None:
        """What a path held before, with its fingerprint; None where today's rules would refuse it too."""
        entry = self.entries.get(name)
        if entry is None or not _still_good(entry.version, name):
            return None
        document = self._document(entry)
        return (document, entry.fingerprint) if document is not None else None

    def _document(self, entry: Entry) -> CorpusDocument | None:
        try:
            return CorpusDocument(entry.version, self.store.text(entry.version.sha256), entry.remark)
        except NotFound:
            self.lost.add(entry.path)
            return None


def _still_good(version: DocumentVersion, name: str) -> bool:
    keys = {key: value for key, value in version.model_dump().items() if key in frontmatter.FrontMatter.model_fields}
    if version.product_name == version.product_code:
        # The code stands in where the title gives no name.
        keys["product_name"] = None
    try:
        frontmatter.validate(keys, version.source_format, name)
    except CorruptDocument:
        return False
    return True
