"""Traces: which drafts were recorded, and where each sentence of one comes from."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.schemas.base import Language
from ragmarket.schemas.chain import DraftFilter, DraftPage
from ragmarket.schemas.trace import Trace

router = APIRouter(prefix="/v1/traces", tags=["traces"])
DraftId = Annotated[str, Path(max_length=64, description="The draft_id of a result.")]
Status = Literal["accepted", "refused", "removed", "altered"]


@router.get(
    "",
    summary="List recorded drafts",
    response_model=DraftPage,
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def drafts(
    doors: Open,
    since: Annotated[date | None, Query(description="Recorded on this day (UTC) or later.")] = None,
    until: Annotated[date | None, Query(description="Recorded on this day (UTC) or before.")] = None,
    product_code: Annotated[str | None, Query(max_length=64)] = None,
    language: Annotated[Language | None, Query()] = None,
    status: Annotated[Status | None, Query(description="`removed`: its retention was over.")] = None,
    campaign: Annotated[str | None, Query(max_length=64)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 25,
) -> DraftPage:
    """Newest first. A search goes back a bounded way: a page with `next` may hold less than `limit`, or nothing."""
    wanted = DraftFilter(
        since=since, until=until, product_code=product_code, language=language, status=status, campaign=campaign
    )
    return doors.house.auditor.drafts(wanted, before=before, limit=limit)


@router.get(
    "/{draft_id}",
    summary="Trace a recorded message",
    response_model=Trace,
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def trace(draft_id: DraftId, doors: Open) -> Trace:
    """Sentence by sentence: the span that supports it, and the rules, disclaimers, approvals and model of that day.

    The record's own hash, its neighbours in the chain and the bytes that it cites are checked each time; what is known
    of the whole chain is that of the last `POST /v1/audit/verify`.
    """
    return doors.house.auditor.trace(draft_id)
