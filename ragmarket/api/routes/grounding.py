"""Grounding: does this evidence say what this claim says?"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict

router = APIRouter(prefix="/v1/ground", tags=["grounding"])
PairBody = Annotated[
    GroundingRequest,
    Body(
        openapi_examples={
            "other_value": {
                "summary": "A Hindi claim with another fee than the document's",
                "value": {
                    "id": "1",
                    "claim": "प्रोसेसिंग फीस सिर्फ डेढ़ प्रतिशत है।",
                    "evidence": ["An upfront fee of 1.25 per cent of the facility amount is payable at drawdown."],
                    "language": "hi",
                },
            }
        }
    ),
]


@router.post(
    "",
    summary="Verify a claim",
    response_model=GroundingVerdict,
    responses=responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def ground(request: PairBody, doors: Open) -> GroundingVerdict:
    """Supported, contradicted, unsupported or not verified, with a score and the places on both sides."""
    return doors.house.ground(request)
