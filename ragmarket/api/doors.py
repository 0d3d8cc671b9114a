"""How requests come in: numbered, for the logs, and to the house that the server opened at its start."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragmarket import telemetry

if TYPE_CHECKING:
    from ragmarket.bootstrap import House


class Doors:
    """The house, and the desk at which one message is written at a time.

    The embedded engine uses every core for one message and an index on disk has one owner, so briefs that arrive
    together wait for one another here instead of in each workshop.

    Attributes:
        house: All workshops.
        writing: Held while the house writes or first builds a workshop.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.writing = threading.Lock()


def _doors(request: Request) -> Any:
    return request.app.state.doors


# FastAPI resolves annotations at run time, and `House` must not be imported for that.
Open = Annotated[Doors, Depends(_doors)]


class NumberedRequests:
    """Gives each request an id, which its log lines and the answer's ``X-Request-ID`` share."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Number one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Always our own number: a caller's could forge log lines.
        number = uuid.uuid4().hex

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = number
            await send(message)

        with telemetry.request(number):
            await self._app(scope, receive, numbered)
