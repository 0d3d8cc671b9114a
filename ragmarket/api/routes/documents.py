"""Documents: which versions are indexed, and the exact text that citations point into."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse, Response

from ragmarket.api import ranges
from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.schemas.evidence import DocumentVersion

router = APIRouter(prefix="/v1/documents", tags=["documents"])
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="The sha256 of a citation or a document.")]


@router.get("", summary="List documents", response_model=list[DocumentVersion])
def documents(doors: Open) -> list[DocumentVersion]:
    """Every version of every indexed document."""
    return doors.house.documents()


@router.get(
    "/{sha256}/text",
    summary="Read a document",
    response_class=PlainTextResponse,
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def text(sha256: Sha256, request: Request, doors: Open) -> Response:
    """The canonical text: ``text[start:end] == quote`` for every citation, counted in code points."""
    # The hash names the bytes, so they can never go stale.
    data = doors.house.document_text(sha256).encode("utf-8")
    cache = "private, max-age=31536000, immutable"
    return ranges.answer(request, data, sha256, "text/plain; charset=utf-8", cache=cache)
