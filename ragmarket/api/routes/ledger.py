"""The ledger of wordings and the decisions about them, and the aims that a brief may name."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ragmarket.api.doors import Open
from ragmarket.api.problems import responses
from ragmarket.knowledge.angles import load_angles
from ragmarket.schemas.base import Language
from ragmarket.schemas.ledger import Decision, DecisionRequest, ProposalRequest

router = APIRouter(prefix="/v1", tags=["ledger"])


@router.get("/disclaimers", summary="List disclaimers", responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))
def disclaimers(
    doors: Open,
    language: Annotated[Language | None, Query(description="Only wordings in this language.")] = None,
    as_of: Annotated[date | None, Query(description="Only what is in force that day.")] = None,
) -> list[dict[str, Any]]:
    """Approved wordings with provenance, days in force, approver and hash."""
    return doors.house.disclaimers(as_of, language)


def _recorded(rows: tuple[Decision, ...], *, dry_run: bool) -> dict[str, Any]:
    return {"recorded": not dry_run, "decisions": [row.model_dump(mode="json") for row in rows]}


@router.get("/disclaimers/proposals", summary="List open proposals")
def proposals(doors: Open) -> list[Decision]:
    """What somebody proposed and nobody has decided."""
    return list(doors.house.proposals())


@router.post(
    "/disclaimers/proposals",
    summary="Propose a change of the ledger",
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
def propose(request: ProposalRequest, doors: Open) -> dict[str, Any]:
    """Approve a wording (`use`), end it (`expire`) or replace it (`supersede`), once another person has agreed.

    ``by`` is taken as given: let the bank's gateway fill it with whoever has signed in.
    """
    return _recorded(doors.house.propose(request), dry_run=request.dry_run)


@router.post(
    "/disclaimers/proposals/{number}",
    summary="Approve or reject a proposal",
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)
def decide(
    number: Annotated[int, Path(ge=1, le=10**9, description="The proposal's ``seq``.")],
    request: DecisionRequest,
    doors: Open,
) -> dict[str, Any]:
    """By another person than the proposal's maker; its maker may only reject (withdraw) it. Counts from now on."""
    return _recorded(doors.house.decide([number], request), dry_run=request.dry_run)


@router.get("/disclaimers/decisions", summary="List decisions")
def decisions(doors: Open) -> dict[str, Any]:
    """Every record of the decisions file, in order, and the head of their chain."""
    return doors.house.decisions()


@router.get(
    "/disclaimers/{disclaimer_id}",
    summary="Show a disclaimer",
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def disclaimer(
    disclaimer_id: Annotated[str, Path(max_length=100)],
    doors: Open,
    language: Annotated[Language | None, Query(description="Only wordings in this language.")] = None,
) -> dict[str, Any]:
    """All wordings with text, provenance, sources, days, channels and approval, and what was decided of them."""
    return doors.house.disclaimer(disclaimer_id, language)


@router.get("/intents", summary="List intents")
def intents() -> list[dict[str, str]]:
    """What a brief's ``intent`` may be; an unknown word is treated as the neutral one."""
    return [{"id": id_, "label": intent.label} for id_, intent in load_angles().intents.items()]
