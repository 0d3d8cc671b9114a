"""The rules, and what a day to come changes for live copy."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.schemas.policy import PolicyImpact

router = APIRouter(prefix="/v1/policy", tags=["policy"])


@router.get("/rules", summary="List rules", responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))
def rules(
    doors: Open, as_of: Annotated[date | None, Query(description="Only what is in force that day.")] = None
) -> list[dict[str, Any]]:
    """Every policy and claim rule with scope, dates, authority, source and confidence."""
    return doors.house.policy_rules(as_of)


@router.get(
    "/rules/{rule_id}",
    summary="Show a rule",
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def rule(rule_id: Annotated[str, Path(max_length=100)], doors: Open) -> dict[str, Any]:
    """One rule with all that its file says, words and examples included."""
    return doors.house.policy_rule(rule_id)


@router.get("/impact", summary="Look ahead", responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))
def impact(doors: Open, on: Annotated[date, Query(description="The day to come, as 2027-01-01.")]) -> PolicyImpact:
    """Which recorded messages fall foul of a rule that is in force on that day and not today, grouped by rule."""
    return doors.house.policy_impact(on)
