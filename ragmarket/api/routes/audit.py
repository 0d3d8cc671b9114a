"""The audit log: its head, its state, proofs, checkpoints, kept bytes, and a part of it to be handed over."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from ragmarket.api import ranges
from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.errors import InvalidInput
from ragmarket.schemas.chain import ChainState, CheckpointPage, EntryView, HeadView
from ragmarket.schemas.checkpoint import InclusionProof
from ragmarket.schemas.export import Selection

router = APIRouter(prefix="/v1/audit", tags=["audit"])
DraftId = Annotated[str, Path(max_length=64, description="The draft_id of a result.")]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="The sha256 of bytes that a record cites.")]
_UNKNOWN = responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("/head", summary="The end of the chain", response_model=HeadView)
def head(doors: Open) -> HeadView:
    """Keep it outside this machine: held against it later, even a log that was written anew as a whole shows."""
    return doors.house.auditor.head()


@router.get("/verify", summary="What is known of the chain", response_model=ChainState)
def known(doors: Open) -> ChainState:
    """The last verification, and whether entries came since; nothing is verified by asking."""
    return doors.house.auditor.chain.state()


@router.post(
    "/verify",
    summary="Verify the chain",
    response_model=ChainState,
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def verify(
    doors: Open,
    wait_s: Annotated[float, Query(ge=0, le=30, description="How long to wait for the end, in seconds.")] = 2.0,
) -> ChainState:
    """Every entry, link, cited byte and checkpoint. A long run goes on; `GET` says how far it is."""
    return doors.house.auditor.chain.refresh(wait_s)


@router.get("/entries/{draft_id}", summary="Check one entry", response_model=EntryView, responses=_UNKNOWN)
def entry(draft_id: DraftId, doors: Open) -> EntryView:
    """An entry, whatever became of its record: its hash, its neighbours, its cited bytes, and who removed it."""
    return doors.house.auditor.entry(draft_id)


@router.get("/proof/{draft_id}", summary="Prove one record", response_model=InclusionProof, responses=_UNKNOWN)
def proof(draft_id: DraftId, doors: Open) -> InclusionProof:
    """The hashes that lead from a record to the root of the newest checkpoint; checked without the log."""
    return doors.house.auditor.proof(draft_id)


@router.get(
    "/checkpoints",
    summary="List checkpoints",
    response_model=CheckpointPage,
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def checkpoints(
    doors: Open,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 25,
) -> CheckpointPage:
    """Newest first, each with its signature checked."""
    return doors.house.auditor.checkpoints(before=before, limit=limit)


@router.get(
    "/documents/{sha256}",
    summary="Read kept bytes",
    response_class=Response,
    responses={
        **_UNKNOWN,
        200: {"description": "The bytes.", "content": {"application/octet-stream": {}, "text/plain": {}}},
        206: {"description": "The bytes of `Range`."},
        304: {"description": "Still kept, and unaltered."},
        416: {"description": "The range lies behind the end."},
    },
)
def kept(sha256: Sha256, request: Request, doors: Open) -> Response:
    """A document's canonical text, a rule pack or a model's card as the log keeps it, checked against its hash.

    `Range` counts bytes; for code points, in which citations count, ask for `/text`.
    """
    data = doors.house.auditor.blob(sha256)
    return ranges.answer(request, data, sha256, _media_type(data))


@router.get(
    "/documents/{sha256}/text",
    summary="Read a part of a kept text",
    response_class=Response,
    responses={**_UNKNOWN, 200: {"description": "The text.", "content": {"text/plain": {}}}},
)
def text(
    sha256: Sha256,
    doors: Open,
    start: Annotated[int, Query(ge=0, le=2**31)] = 0,
    end: Annotated[int | None, Query(ge=0, le=2**31, description="Not included; none reads to the end.")] = None,
) -> Response:
    """`text[start:end]`, counted in code points as citations are; `X-Code-Points` is the length of the whole."""
    try:
        whole = doors.house.auditor.blob(sha256).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"sha256: {sha256} is no text", hint="Read its bytes without /text.") from error
    if end is not None and end < start:
        raise InvalidInput(f"end: {end} lies before start, {start}")
    headers = {
        "X-Code-Points": str(len(whole)),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": ranges.REVALIDATED,
    }
    return Response(whole[start:end], media_type="text/plain; charset=utf-8", headers=headers)


@router.post(
    "/export",
    summary="Hand records over",
    response_class=FileResponse,
    responses={**_UNKNOWN, 200: {"description": "The export as a ZIP file.", "content": {"application/zip": {}}}},
)
def export(
    selection: Selection,
    doors: Open,
) -> FileResponse:
    """Records, proofs, documents, a readable dossier and a manifest, to be checked with `verify_export.py`.

    A checkpoint is added to the log where the newest does not cover the records, or where this server can sign one.
    """
    work = FilePath(tempfile.mkdtemp(prefix="ragmarket-export-"))
    try:
        folder = work / "dossier"
        report = doors.house.auditor.export(selection, folder)
        archive = work / "dossier.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                out.write(file, f"dossier/{file.relative_to(folder).as_posix()}")
        shutil.rmtree(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return FileResponse(
        archive,
        media_type="application/zip",
        filename=f"dossier-{report.first}-{report.last}.zip",
        headers={"X-Manifest-SHA256": report.manifest_sha256, "Cache-Control": "no-store"},
        background=BackgroundTask(shutil.rmtree, work, ignore_errors=True),
    )


def _media_type(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"
