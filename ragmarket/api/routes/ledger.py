"""The ledger of approved wordings, and the aims that a brief may name."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.knowledge.angles import load_angles
from ragmarket.schemas.base import Language

router = APIRouter(prefix="/v1", tags=["ledger"])


@router.get("/disclaimers", summary="List disclaimers", responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))
def disclaimers(
    doors: Open,
    language: Annotated[Language | None, Query(description="Only wordings in this language.")] = None,
    as_of: Annotated[date | None, Query(description="Only what is in force that day.")] = None,
) -> list[dict[str, Any]]:
    """Approved wordings with provenance, days in force, approver and hash."""
    return doors.house.disclaimers(as_of, language)


@router.get("/intents", summary="List intents")
def intents() -> list[dict[str, str]]:
    """What a brief's ``intent`` may be; an unknown word is treated as the neutral one."""
    return [{"id": id_, "label": intent.label} for id_, intent in load_angles().intents.items()]
