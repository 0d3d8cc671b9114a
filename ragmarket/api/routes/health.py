"""Is the server alive, and can it write?"""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from ragmarket.api.doors import Open
from ragmarket.errors import RagmarketError

router = APIRouter(tags=["health"])
_LOG = logging.getLogger("ragmarket.api")


@router.get("/healthz", summary="Alive?")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready?", responses={503: {"description": "Some part is missing; `parts` names it."}})
def readyz(doors: Open) -> JSONResponse:
    """Every part of the house, with ``ok`` or what is missing; ``warming up`` while the models are being loaded."""
    if doors.warming:
        return _unready("warming up", {})
    try:
        parts = doors.house.ready()
    except RagmarketError as error:
        return _unready("not ready", {"house": error.message})
    except Exception as error:  # noqa: BLE001  whoever asks must get an answer, whatever way a part finds to fail
        _LOG.error("/readyz: a part failed", exc_info=error)
        return _unready("not ready", {"house": f"{type(error).__name__}; see the server's log"})
    if any(state != "ok" for state in parts.values()):
        return _unready("not ready", parts)
    return JSONResponse({"status": "ok", "parts": parts})


def _unready(status: str, parts: dict[str, str]) -> JSONResponse:
    return JSONResponse({"status": status, "parts": parts}, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
