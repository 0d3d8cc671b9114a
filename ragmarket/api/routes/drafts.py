"""Drafts: write one, read it again, and ask where each of its sentences comes from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.responses import JSONResponse

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.errors import NotFound
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.dismissal import Dismissal, DismissalRequest, DraftFindings
from ragmarket.schemas.message import Result

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])
BriefBody = Annotated[
    Brief,
    Body(
        openapi_examples={
            "deposit": {
                "summary": "A deposit in Hindi, for WhatsApp",
                "value": {
                    "product_code": "ARB-FD-001",
                    "language": "hi",
                    "channel": "whatsapp",
                    "intent": "grow_savings",
                },
            },
            "home_loan": {
                "summary": "A home loan in Tamil, by e-mail",
                "value": {
                    "product_code": "ARB-HL-001",
                    "language": "ta",
                    "channel": "email",
                    "max_claims": 3,
                    "seed": 7,
                },
            },
        }
    ),
]
DraftId = Annotated[str, Path(max_length=64, description="The draft_id of a result.")]


@router.post(
    "",
    summary="Write a message",
    response_model=Result,
    responses=responses(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
    ),
)
def write(brief: BriefBody, doors: Open) -> Result:
    """One brief in, one result out; a refusal is a result too, with its reasons in ``findings``."""
    with doors.writing:
        return doors.house.pipeline.draft(brief, None)


@router.get(
    "/{draft_id}",
    summary="Read a recorded result",
    response_model=Result,
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def read(draft_id: DraftId, doors: Open) -> Any:
    """The result as it was recorded, without timings."""
    # Straight from the record: a result of an older version is shown as it was, never reshaped.
    record = doors.house.audit.get(draft_id)
    if "result" not in record:
        raise NotFound(f"{draft_id!r} is no draft's record")
    return JSONResponse(record["result"])


@router.get(
    "/{draft_id}/trace",
    summary="Trace a recorded message",
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def trace(draft_id: DraftId, doors: Open) -> dict[str, Any]:
    """Sentence by sentence: the span that supports it, and the rules, disclaimers and model of that day."""
    return dict(doors.house.trace(draft_id))


@router.get(
    "/{draft_id}/findings",
    summary="List a draft's findings",
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def findings(draft_id: DraftId, doors: Open) -> DraftFindings:
    """Every finding with what was decided of it, and whether the draft may be published as they stand now."""
    return doors.house.findings(draft_id)


@router.post(
    "/{draft_id}/findings/{number}/dismissal",
    summary="Dismiss a finding",
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
)
def dismiss(
    draft_id: DraftId,
    number: Annotated[int, Path(ge=1, le=10_000, description="The finding's number, from 1.")],
    request: DismissalRequest,
    doors: Open,
) -> Dismissal:
    """Let a finding for review stand; recorded in the audit log for good. One that blocks cannot be dismissed.

    ``by`` is taken as given: let the bank's gateway fill it with whoever has signed in.
    """
    return doors.house.dismiss(draft_id, number, request)
