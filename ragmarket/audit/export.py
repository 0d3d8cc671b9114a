"""Handing a part of the log to a third party: records, proofs, documents and a readable dossier in one folder.

The folder holds ``records.jsonl`` (each entry with its record's exact bytes and its Merkle path), ``checkpoint.json``,
``documents/`` (every kept byte string that a record cites, by hash), ``dossier.html`` and ``manifest.json`` (the hash
of every other file, signed). ``deploy/verify_export.py`` checks all of it without this package.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ragmarket.audit.canonical import TAG, canonical_bytes
from ragmarket.audit.checkpoints import Checkpoints, newest, tree_of
from ragmarket.audit.dossier import article, pages, removed
from ragmarket.audit.entry import Entry
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.merkle import Tree
from ragmarket.audit.proofs import prove
from ragmarket.audit.retention import holding
from ragmarket.audit.signing import Signer, to_text
from ragmarket.audit.tables import OWN_KINDS
from ragmarket.audit.trace import build_trace
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound, RagmarketError
from ragmarket.schemas.base import Frozen
from ragmarket.schemas.checkpoint import Checkpoint
from ragmarket.schemas.export import ExportReport, Selection

MANIFEST_FORMAT = "ragmarket audit export, version 1"
_READ = 100


class Exported(Frozen):
    """One line of ``records.jsonl``; ``record`` is the record's canonical text, None once it was removed."""

    seq: int
    draft_id: str
    previous: str
    recorded_at: str
    record_sha256: str
    cited: str | None
    hash: str
    path: tuple[str, ...]
    documents: tuple[str, ...]
    record: str | None


def export(
    log: SqlAuditLog,
    selection: Selection,
    folder: Path,
    *,
    checkpoints: Checkpoints,
    progress: Callable[[str, int, int], None] | None = None,
) -> ExportReport:
    """Write the selected entries into a new folder; it appears whole, or not at all.

    Args:
        log: The log.
        selection: Days (UTC, both included), a campaign, or ids; dismissals come with their drafts.
        folder: Where to; must not exist yet.
        checkpoints: Makes the checkpoint that the proofs lead to, and signs the manifest with the same key; without
            one the newest checkpoint of the log is taken, and the manifest is not signed.
        progress: Told what is done, how much of it, and of how much.

    Raises:
        InvalidInput: The folder exists, or the days are in the wrong order.
        NotFound: Nothing is selected, or one of the ids was never recorded.
        AuditChainBroken: A selected entry was altered; nothing is exported as if it were sound.
    """
    if folder.exists():
        raise InvalidInput(f"{folder} exists", hint="Name a folder that is not there yet.")
    places, signer = selected(log, selection), checkpoints.signer
    point = _checkpoint(log, checkpoints, signer, places[-1])
    tree = tree_of(log)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        (work / "documents").mkdir()
        documents = _records(log, places, point, tree, work, progress)
        _dossier(log, selection, places, point, work, progress)
        (work / "checkpoint.json").write_bytes(canonical_bytes(point.model_dump(mode="json", exclude_none=False)))
        sha256 = _manifest(work, selection, len(places), signer)
        work.chmod(0o755)
        work.rename(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return ExportReport(
        folder=str(folder),
        records=len(places),
        documents=documents,
        first=places[0],
        last=places[-1],
        checkpoint=point,
        manifest_sha256=sha256,
        signed=signer is not None,
    )


def selected(log: SqlAuditLog, selection: Selection) -> list[int]:
    """The places of the selected entries, in order.

    Raises:
        InvalidInput: The days are in the wrong order.
        NotFound: Nothing is selected, or one of the ids was never recorded.
    """
    if selection.since and selection.until and selection.until < selection.since:
        raise InvalidInput(f"until: {selection.until} is before {selection.since}", hint="Give the earlier day first.")
    since = selection.since.isoformat() if selection.since else None
    before = (selection.until + timedelta(days=1)).isoformat() if selection.until else None
    text = holding(selection.campaign) if selection.campaign is not None else None
    with log.reading() as connection:
        rows = log.tables.chosen(connection, since, before, text)
        found = {draft_id: seq for seq, draft_id in rows}
        wanted = dict.fromkeys(selection.ids)
        if text is not None:
            wanted = dict.fromkeys(id_ for id_ in found if id_.partition(".")[0] not in OWN_KINDS)
        if wanted:
            missing = [id_ for id_ in wanted if id_ not in found]
            if missing:
                raise NotFound(f"no draft {missing[0]!r} is recorded among what is selected")
            every = log.tables.chosen(connection, None, None, None)
            found = {id_: seq for seq, id_ in every if id_ in wanted or id_.partition(".finding.")[0] in wanted}
    if not found:
        raise NotFound("nothing is recorded there", hint="Choose other days, another campaign or other ids.")
    return sorted(found.values())


def _checkpoint(log: SqlAuditLog, checkpoints: Checkpoints, signer: Signer | None, last: int) -> Checkpoint:
    stored = newest(log)
    if signer is None and stored is not None and stored.size >= last:
        return stored
    return checkpoints.make(log)


def _entries(log: SqlAuditLog, places: Sequence[int]) -> Iterator[Entry]:
    for start in range(0, len(places), _READ):
        with log.reading() as connection:
            page = log.tables.places(connection, places[start : start + _READ])
        if len(page) != len(places[start : start + _READ]):
            raise AuditChainBroken("entries of the audit log are gone")
        yield from page


def _records(
    log: SqlAuditLog,
    places: Sequence[int],
    point: Checkpoint,
    tree: Tree,
    work: Path,
    progress: Callable[[str, int, int], None] | None,
) -> int:
    kept: set[str] = set()
    with (work / "records.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for number, entry in enumerate(_entries(log, places), start=1):
            if not entry.intact():
                raise AuditChainBroken(f"entry {entry.seq} of the audit log was altered; nothing was exported")
            proof = prove(entry, point, tree)
            cited = entry.citations()
            for sha256 in cited:
                if sha256 not in kept:
                    (work / "documents" / sha256).write_bytes(log.get_blob(sha256))
                    kept.add(sha256)
            fields = proof.model_dump(exclude={"kind", "checkpoint"})
            record = None if entry.removed else entry.record_bytes.decode("utf-8")
            row = Exported(**fields, documents=cited, record=record)
            out.write(json.dumps(row.model_dump(mode="json"), ensure_ascii=False) + "\n")
            if progress is not None:
                progress("records exported", number, len(places))
    return len(kept)


def _dossier(
    log: SqlAuditLog,
    selection: Selection,
    places: Sequence[int],
    point: Checkpoint,
    work: Path,
    progress: Callable[[str, int, int], None] | None,
) -> None:
    faults = tuple(log.verify())

    def articles() -> Iterator[str]:
        for number, entry in enumerate(_entries(log, places), start=1):
            if entry.removed:
                yield removed(entry.draft_id, entry.seq, entry.hash)
            elif "kind" not in entry.record():
                try:
                    yield article(build_trace(log, entry.draft_id, faults))
                except (RagmarketError, ValidationError, KeyError, TypeError) as error:
                    # A record of a shape that this version does not know is exported all the same; only not told.
                    why = type(error).__name__
                    yield f"<article><h2>entry {entry.seq}</h2><p>{why}: see records.jsonl</p></article>"
            if progress is not None:
                progress("dossier pages", number, len(places))

    about: dict[str, Any] = {
        "records": len(places),
        "selected": selection.words(),
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "checkpoint": f"{point.size} entries, {point.root}",
    }
    with (work / "dossier.html").open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(pages("Audit dossier", about, articles()))


def _manifest(work: Path, selection: Selection, records: int, signer: Signer | None) -> str:
    files = {path.relative_to(work).as_posix(): _sha256(path) for path in sorted(work.rglob("*")) if path.is_file()}
    manifest: dict[str, Any] = {
        "format": MANIFEST_FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "selection": selection.model_dump(mode="json"),
        "records": records,
        "files": files,
    }
    if signer is not None:
        manifest["public_key"] = to_text(signer.public_key)
        manifest["signature"] = to_text(signer.sign(canonical_bytes(manifest)))
    data = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    with (work / "manifest.json").open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return TAG + hashlib.sha256(data).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
