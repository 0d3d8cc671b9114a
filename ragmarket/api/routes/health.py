"""Is the server alive, and can it write?"""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from ragmarket.api.doors import Open

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Alive?")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready?", responses={503: {"description": "Some part is missing; `parts` names it."}})
def readyz(doors: Open) -> JSONResponse:
    """Every part of the house, with ``ok`` or what is missing."""
    parts = doors.house.ready()
    ready = all(state == "ok" for state in parts.values())
    body = {"status": "ok" if ready else "not ready", "parts": parts}
    return JSONResponse(body, status_code=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)
