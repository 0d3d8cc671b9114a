"""What a run of indexing did with each document, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ragmarket.errors import CorruptDocument
from ragmarket.retrieval.documents import IndexState
from ragmarket.retrieval.versions import supersession
from ragmarket.schemas.indexing import IndexedDocument


def report_of(
    before: IndexState | None, state: IndexState, rejected: Sequence[tuple[str, CorruptDocument]], notes: dict[str, str]
) -> tuple[IndexedDocument, ...]:
    """One line per document file, in path order.

    Args:
        before: The state before the run; None for the first.
        state: The state after it.
        rejected: Files refused, with the reason.
        notes: Remarks on documents that were taken, by path.
    """
    old = {entry.path: entry for entry in before.entries} if before else {}
    old_versions = {(entry.version.doc_id, entry.version.version) for entry in old.values()}
    following = supersession([entry.version for entry in state.entries])
    refused = dict(rejected)
    lines: list[IndexedDocument] = []
    for entry in state.entries:
        if entry.path in refused:
            continue
        version = entry.version
        earlier = old.get(entry.path)
        reason = notes.get(entry.path)
        action: Literal["added", "kept", "updated"]
        if earlier is not None and earlier.uid == entry.uid:
            action = "kept"
        elif earlier is not None or (version.doc_id, version.version) in old_versions:
            action = "updated"
            if earlier is not None and earlier.fingerprint == entry.fingerprint:
                reason = "; ".join(
                    filter(None, ["read again: the encoder, the catalogue or the reading changed", reason])
                )
        else:
            action = "added"
        new = following.get((version.doc_id, version.version))
        lines.append(
            IndexedDocument(
                path=entry.path,
                doc_id=version.doc_id,
                version=version.version,
                action=action,
                reason=reason,
                superseded_by=f"version {new.version} from {new.effective_from}" if new else None,
                units=entry.units,
                figures=entry.figures,
                facts=entry.facts,
            )
        )
    live = {(entry.version.doc_id, entry.version.version) for entry in state.entries}
    served = {entry.path: entry for entry in state.entries}
    for path, error in refused.items():
        held = served.get(path) or old.get(path)
        reason = f"{error.message}. {error.hint}"
        if path in served:
            reason += f" Its last good text (version {served[path].version.version}) is still served."
        elif held:
            reason += " Its earlier text is no longer served."
        lines.append(
            IndexedDocument(
                path=path,
                doc_id=held.version.doc_id if held else None,
                version=held.version.version if held else None,
                action="rejected",
                reason="; ".join(filter(None, [reason, notes.get(path)])),
                units=served[path].units if path in served else 0,
                figures=served[path].figures if path in served else 0,
                facts=served[path].facts if path in served else 0,
            )
        )
    for path, entry in old.items():
        known = (entry.version.doc_id, entry.version.version)
        if path not in refused and path not in {one.path for one in state.entries} and known not in live:
            lines.append(
                IndexedDocument(
                    path=path, doc_id=known[0], version=known[1], action="removed", reason="the file is gone"
                )
            )
    return tuple(sorted(lines, key=lambda line: line.path))
