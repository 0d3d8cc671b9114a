"""What happens to every request before any route sees it: it gets a number, and its body a limit."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragmarket import telemetry
from ragmarket.api import problems

BODY_LIMIT = 1 << 20


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


class HeadRequests:
    """Answers HEAD as GET would, without the body (RFC 9110, section 9.3.2); FastAPI's routes answer GET alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send one request on as GET and keep its answer's body back."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, bodiless)


class BoundedBodies:
    """Answers 413 to a body of more than ``limit`` bytes, announced or not, without keeping more of it than that."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read one body, up to the limit, and hand it on whole."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced[:20]) > self._limit:
            await self._refuse(scope, receive, send)
            return
        kept = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the caller hung up
            kept += message.get("body", b"")
            more = message.get("more_body", False)
            if len(kept) > self._limit:
                await self._refuse(scope, receive, send)
                return
        whole: list[Message] = [{"type": "http.request", "body": bytes(kept), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = {
            "code": "body_too_large",
            "message": f"the body has more than {self._limit:,} bytes",
            "hint": "Send one brief, or one piece of copy, per request.",
            "retryable": False,
        }
        reply = problems.answer(Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
        # The rest of the body is still on its way and nobody will read it.
        reply.headers["Connection"] = "close"
        await reply(scope, receive, send)
