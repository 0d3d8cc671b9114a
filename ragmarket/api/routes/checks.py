"""Checks: may this copy, written by somebody else, be sent?"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Query

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.schemas.base import today
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict

router = APIRouter(prefix="/v1/check", tags=["check"])
CopyBody = Annotated[
    CheckRequest,
    Body(
        openapi_examples={
            "prohibited": {
                "summary": "Copy that promises too much",
                "value": {
                    "id": "1",
                    "text": "Guaranteed 12% returns every year. Invest today!",
                    "language": "en",
                    "product_class": "mutual_fund",
                    "channel": "sms",
                },
            }
        }
    ),
]


@router.post(
    "",
    summary="Check copy",
    response_model=CheckVerdict,
    responses=responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def check(
    request: CopyBody,
    doors: Open,
    body_only: Annotated[bool, Query(description="Do not ask for disclaimers.")] = False,
) -> CheckVerdict:
    """Pass or fail, with every finding; ``as_of`` defaults to today."""
    if request.as_of is None:
        request = request.model_copy(update={"as_of": today()})
    return doors.house.check(request, body_only)
